// What the figures that compare texts have in common: runs of words, and the check of what is compared.

import { ArgumentError, ShapeError, shown } from '@dl/autograd';

/** Makes words of a text. */
export type Tokenize = (text: string) => readonly string[];

/** How often each run of so many words, or characters, comes. A word may have blanks in it, but not U+0000. */
export function runsOf(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + order <= words.length; i++) {
    const run = order === 1 ? words[i]! : words.slice(i, i + order).join('\u0000');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/** Checks what a figure over texts alone is given. */
export function checkTexts(where: string, texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) throw new ArgumentError(`${where}: texts is ${shown(texts)}, needs a list of texts`);
  if (texts.length === 0) throw new ArgumentError(`${where}: got no texts, needs at least 1`);
  for (const [i, text] of texts.entries()) {
    if (typeof text !== 'string') throw new ArgumentError(`${where}: text ${i} is ${shown(text)}, needs a text`);
  }
}

/** Checks translations and their references. */
export function checkTranslations(where: string, hypotheses: unknown, references: unknown): void {
  if (!Array.isArray(hypotheses) || !Array.isArray(references)) {
    throw new ArgumentError(
      `${where}: got ${shown(hypotheses)} and ${shown(references)}, needs a list of translations and a list with one or more references for each`,
    );
  }
  if (hypotheses.length === 0) throw new ArgumentError(`${where}: got no translations, needs at least 1`);
  if (references.length !== hypotheses.length) {
    throw new ShapeError(
      `${where}: got ${hypotheses.length} translations and references for ${references.length}; needs a text or a list of texts for each`,
    );
  }
  for (const [i, hypothesis] of hypotheses.entries()) {
    if (typeof hypothesis !== 'string') {
      throw new ArgumentError(`${where}: translation ${i} is ${shown(hypothesis)}, needs a text`);
    }
    const texts: unknown = references[i];
    const isTexts = Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === 'string');
    if (typeof texts === 'string' || isTexts) continue;
    throw new ArgumentError(
      `${where}: the reference of translation ${i} is ${shown(texts)}, needs a text or a list of texts`,
    );
  }
}
