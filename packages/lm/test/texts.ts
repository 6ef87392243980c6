// Random texts for the tests of n-gram models, and what one finds in them by looking.

import { Generator } from '@dl/autograd';
import { type Padding, Vocabulary } from '../src/index.js';

export const paddings: readonly Padding[] = ['none', 'ends', 'full'];

/** `<unk> <s> </s> <pad>`, and so many words. */
export function vocabularyOf(words: number): Vocabulary {
  const texts = Array.from({ length: words }, (_, i) => `w${i}`);
  return new Vocabulary(['<unk>', '<s>', '</s>', '<pad>', ...texts], {
    unk: '<unk>',
    bos: '<s>',
    eos: '</s>',
    pad: '<pad>',
  });
}

/** The first of the words of {@link vocabularyOf}. */
export const FIRST = 4;

/** Sequences of the tokens first … first + words - 1: some often, some seldom, and runs of them that come again. */
export function randomTexts(
  seed: number,
  {
    words,
    first = FIRST,
    sequences = 12,
    longest = 20,
  }: { words: number; first?: number; sequences?: number; longest?: number },
): number[][] {
  const generator = new Generator(seed);
  return Array.from({ length: sequences }, () => {
    let word = 0;
    return Array.from({ length: generator.integer(0, longest + 1) }, () => {
      const isNext = generator.uniform() < 0.5;
      word = isNext ? (2 * word + 1) % words : Math.floor(words * generator.uniform() ** 3);
      return first + word;
    });
  });
}

/** A sequence with what stands around it. */
export function padded(text: readonly number[], padding: Padding, order: number, bos = 1, eos = 2): number[] {
  const times = padding === 'none' ? 0 : padding === 'ends' ? 1 : order - 1;
  return [...new Array<number>(times).fill(bos), ...text, ...new Array<number>(times).fill(eos)];
}

/** How often each run of up to `order` tokens stands in sequences, by the run as text: `'4 7'`. */
export function runsIn(sequences: readonly (readonly number[])[], order: number): Map<string, number> {
  const runs = new Map<string, number>();
  for (const tokens of sequences) {
    for (let start = 0; start < tokens.length; start++) {
      for (let length = 1; length <= order && start + length <= tokens.length; length++) {
        const key = tokens.slice(start, start + length).join(' ');
        runs.set(key, (runs.get(key) ?? 0) + 1);
      }
    }
  }
  return runs;
}

/** The run of a text of {@link runsIn}. */
export const runOf = (key: string): number[] => (key === '' ? [] : key.split(' ').map(Number));

/** Random contexts of up to `longest` tokens, half of them out of the sequences. */
export function randomContexts(
  seed: number,
  count: number,
  { size, longest, texts }: { size: number; longest: number; texts: readonly (readonly number[])[] },
): number[][] {
  const generator = new Generator(seed);
  const written = texts.filter(({ length }) => length > 0);
  return Array.from({ length: count }, (_, i) => {
    const length = generator.integer(0, longest + 1);
    if (i % 2 === 0 && written.length > 0) {
      const text = written[generator.integer(0, written.length)]!;
      const end = generator.integer(0, text.length + 1);
      return text.slice(Math.max(0, end - length), end);
    }
    return Array.from({ length }, () => generator.integer(0, size));
  });
}
