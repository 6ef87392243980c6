// BLEU: how near translations are to those of people.

import { ArgumentError, checkCall, type Known, ShapeError, shown } from '@dl/autograd';

/** Options of {@link bleu}. */
export interface BleuOptions {
  /** The longest runs of words that are compared. Default 4. */
  readonly maxOrder?: number;
  /**
   * What stands for the share of an order of which nothing was right, where others had something: `exponential`, 1 / (2ᵏ · runs) for the k-th such
   * order, or `none`, 0, which makes the whole figure 0. Default `exponential`.
   */
  readonly smoothing?: 'exponential' | 'none';
  /** Makes words of a text. Default {@link tokenize13a}; `(text) => text.split(' ')` for text that has been cut into words. */
  readonly tokenize?: (text: string) => readonly string[];
}

const bleuOptions: Known<BleuOptions> = {
  maxOrder: 'number',
  smoothing: ['exponential', 'none'],
  tokenize: 'function',
};

/** What {@link bleu} counts. */
export interface BleuScore {
  /** BLEU, 0 to 100. */
  readonly score: number;
  /** For one word, two in a row, and so on: which share of those said stands in a reference, in percent. */
  readonly precisions: readonly number[];
  /** What translations that are too short are multiplied by; 1 where they are not. */
  readonly brevityPenalty: number;
  /** How many words were said. */
  readonly length: number;
  /** How many there are in the references nearest in length. */
  readonly referenceLength: number;
}

/**
 * BLEU of a corpus (Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002): how many of the runs of one to four words
 * that a translation has are in a reference, none more often than there, over all sentences together:
 *
 *     100 · BP · exp(Σₙ log pₙ / N),  pₙ = Σ min(count, largest count in a reference) / Σ count
 *     BP = 1 where length ≥ referenceLength, else exp(1 - referenceLength / length)
 *
 * Of several references of a sentence the one whose length is nearest counts for the length, of two as near the shorter. Words and smoothing are by default those of
 * sacrebleu (Post, "A Call for Clarity in Reporting BLEU Scores", 2018; signature nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp), so that figures can be
 * compared. Where all translations have fewer than maxOrder words it is 0.
 *
 * @param hypotheses The translations, as texts.
 * @param references For each of them a text, or a list of texts.
 *
 * @throws ShapeError when there is not a reference for each translation, ArgumentError for no translation and for what is no text.
 *
 * @example
 * ```ts
 * import { bleu } from '@dl/train';
 * const { score, precisions } = bleu(['A man rides a red bicycle .'], [['A man rides a bike.', 'A man is riding a red bicycle.']]);
 * console.log(precisions); // 100, 100, 80 and 50: of four runs of four words two stand in a reference
 * console.log(score); // 79.5… = 100 · (1 · 1 · 0.8 · 0.5)^(1 / 4)
 * ```
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly (string | readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  checkCall('bleu', arguments, ['hypotheses', 'references'], bleuOptions);
  const { maxOrder = 4, smoothing = 'exponential', tokenize = tokenize13a } = options;
  if (!Number.isSafeInteger(maxOrder) || maxOrder < 1) {
    throw new ArgumentError(`bleu: maxOrder is ${shown(maxOrder)}, needs a whole number of at least 1`);
  }
  checkTexts(hypotheses, references);
  const right = new Array<number>(maxOrder).fill(0);
  const said = new Array<number>(maxOrder).fill(0);
  let length = 0;
  let referenceLength = 0;
  for (const [i, hypothesis] of hypotheses.entries()) {
    const words = tokenize(hypothesis);
    const wanted = [references[i]!].flat().map((text) => tokenize(text));
    length += words.length;
    referenceLength += nearest(
      words.length,
      wanted.map((each) => each.length),
    );
    for (let order = 1; order <= maxOrder; order++) {
      const allowed = wanted.map((each) => runsOf(each, order));
      for (const [run, count] of runsOf(words, order)) {
        said[order - 1]! += count;
        right[order - 1]! += Math.min(count, Math.max(...allowed.map((counts) => counts.get(run) ?? 0)));
      }
    }
  }
  const shares = smoothed(right, said, smoothing);
  const brevityPenalty = length >= referenceLength ? 1 : Math.exp(1 - referenceLength / length);
  const mean = shares.reduce((sum, share) => sum + Math.log(share), 0) / maxOrder;
  return {
    score: 100 * brevityPenalty * Math.exp(mean),
    precisions: shares.map((share) => 100 * share),
    brevityPenalty,
    length,
    referenceLength,
  };
}

/**
 * The words of a text as mteval-v13a, the tokeniser of the conferences on machine translation, makes them: punctuation stands by itself, but for `'`, `-` behind
 * what is no digit, and `.` and `,` between digits. Upper and lower case stay.
 *
 * @example
 * ```ts
 * import { tokenize13a } from '@dl/train';
 * console.log(tokenize13a("It's 3.50, isn't it?")); // It's, 3.50, a comma, isn't, it, ?
 * ```
 */
export function tokenize13a(text: string): string[] {
  checkCall('tokenize13a', arguments, [['text', 'string']]);
  const plain = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/[ -&(-+/:-@[-`{-~]/g, ' $& ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])-/g, '$1 - ')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** How often each run of so many words comes, by its words. */
function runsOf(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + order <= words.length; i++) {
    // A word may have blanks in it, but not this.
    const run = words.slice(i, i + order).join('\u0000');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

function nearest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, each) => {
    const gain = Math.abs(best - length) - Math.abs(each - length);
    return gain > 0 || (gain === 0 && each < best) ? each : best;
  });
}

/** The share of right runs of each order. */
function smoothed(right: readonly number[], said: readonly number[], smoothing: 'exponential' | 'none'): number[] {
  if (right.every((count) => count === 0)) return right.map(() => 0);
  let missing = 0;
  return right.map((count, i) => {
    if (said[i] === 0) return 0;
    if (count > 0 || smoothing === 'none') return count / said[i]!;
    missing++;
    return 1 / (2 ** missing * said[i]!);
  });
}

function checkTexts(hypotheses: unknown, references: unknown): void {
  if (!Array.isArray(hypotheses) || !Array.isArray(references)) {
    throw new ArgumentError(
      `bleu: got ${shown(hypotheses)} and ${shown(references)}, needs a list of translations and a list with one or more references for each`,
    );
  }
  if (hypotheses.length === 0) throw new ArgumentError('bleu: got no translations, needs at least 1');
  if (references.length !== hypotheses.length) {
    throw new ShapeError(
      `bleu: got ${hypotheses.length} translations and references for ${references.length}; needs a text or a list of texts for each`,
    );
  }
  for (const [i, hypothesis] of hypotheses.entries()) {
    if (typeof hypothesis !== 'string') {
      throw new ArgumentError(`bleu: translation ${i} is ${shown(hypothesis)}, needs a text`);
    }
    const texts: unknown = references[i];
    const isTexts = Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === 'string');
    if (typeof texts === 'string' || isTexts) continue;
    throw new ArgumentError(
      `bleu: the reference of translation ${i} is ${shown(texts)}, needs a text or a list of texts`,
    );
  }
}
