// From sentences to numbers and back: words, vocabularies, and batches of sentences of about one length.

import type { Generator } from '@dl/autograd';
import type { SentencePair } from '@dl/data';
import { tokenize13a } from '@dl/lm';

/** Token 0 begins and ends a sentence, 1 stands for every word that is not known. */
export const END = 0;
const UNKNOWN = 1;

/** Words in lower case, punctuation by itself. */
export const wordsOf = (text: string): string[] => tokenize13a(text.toLowerCase());

/** The words of a language by number, those that come at least so often. */
export class Vocabulary {
  readonly words: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(texts: readonly string[], leastCount: number) {
    const counts = new Map<string, number>();
    for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const known = [...counts].filter(([, count]) => count >= leastCount).map(([word]) => word);
    this.words = ['<end>', '<unk>', ...known];
    this.#numbers = new Map(this.words.map((word, i) => [word, i]));
  }

  get size(): number {
    return this.words.length;
  }

  /** The numbers of a sentence's words, and the one that ends it. */
  tokens(text: string): number[] {
    return [...wordsOf(text).map((word) => this.#numbers.get(word) ?? UNKNOWN), END];
  }

  text(tokens: readonly number[]): string {
    return tokens.map((token) => this.words[token]).join(' ');
  }
}

/** A sentence and its translation, in numbers. */
export interface Example {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

export function examplesOf(pairs: readonly SentencePair[], source: Vocabulary, target: Vocabulary): Example[] {
  return pairs.map((pair) => ({ source: source.tokens(pair.source), target: target.tokens(pair.target) }));
}

/**
 * Sentences of about one length together, so that little is padding; with a generator in another order each time. A batch has so many tokens at most, counted with
 * its padding.
 */
export function inBatches(examples: readonly Example[], tokens: number, random?: Generator): Example[][] {
  const keyed = examples.map((example) => ({
    example,
    key: example.target.length + example.source.length / 100 + (random?.uniform() ?? 0),
  }));
  keyed.sort((a, b) => a.key - b.key);
  const batches: Example[][] = [];
  let batch: Example[] = [];
  let longest = 0;
  for (const { example } of keyed) {
    const length = Math.max(longest, example.source.length, example.target.length);
    if (batch.length > 0 && length * (batch.length + 1) > tokens) {
      batches.push(batch);
      batch = [];
      longest = 0;
    }
    longest = Math.max(longest, example.source.length, example.target.length);
    batch.push(example);
  }
  if (batch.length > 0) batches.push(batch);
  return random === undefined ? batches : Array.from(random.permutation(batches.length), (i) => batches[i]!);
}
