// Whole words left out: which words are chosen, counted by the definition, beside what BERT's authors do; and the same masks as plain arrays.

import { ArgumentError, Generator, manualSeed, ShapeError, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MaskRowsOptions, maskRows, maskTokens } from '../index.js';

beforeAll(() => useBackend(cpu()));

const options = { vocabularySize: 60, mask: 1, special: [0, 2] };
/** A row of 42: 2 begins and ends, between them words of 1, 2, 3 and 4 tokens again and again. */
const words = [-1, ...Array.from({ length: 16 }, (_, word) => new Array<number>(1 + (word % 4)).fill(word)).flat(), -1];
const row = words.map((word, t) => (word < 0 ? 2 : 3 + ((5 * t) % 57)));
const draw = (seed: number, more: Partial<MaskRowsOptions> = {}) =>
  maskRows([row], { ...options, words: [words], generator: new Generator(seed), ...more });

describe('whole words', () => {
  test('all tokens of a word are to be said, or none, and never more than the share', () => {
    const times = new Map<number, number>();
    for (let seed = 0; seed < 600; seed++) {
      const { tokens, places, labels } = draw(seed);
      const chosen = new Set(Array.from(places.data, (place) => words[place]!));
      const all = [...words.keys()].filter((t) => chosen.has(words[t]!));
      expect([...places.data]).toEqual(all);
      expect([...labels.data]).toEqual(all.map((t) => row[t]!));
      // 15 % of 40 tokens that are not special: what is passed over leaves room for words of one token, of which there are enough.
      expect(all).toHaveLength(6);
      for (const word of chosen) times.set(word, (times.get(word) ?? 0) + 1);
      for (const [t, token] of tokens.data.entries()) if (!all.includes(t)) expect(token).toBe(row[t]);
    }
    // Every word has its turn, and those of one length equally often: of four means within five standard deviations.
    expect([...times.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    for (let size = 0; size < 4; size++) {
      const same = [0, 4, 8, 12].map((first) => times.get(first + size)!);
      const mean = same.reduce((a, b) => a + b) / 4;
      for (const count of same) expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean));
    }
  });

  test('the order is that of a permutation of the words, in which what does not fit is passed over', () => {
    // The authors' procedure, on the same permutation.
    const byDefinition = (seed: number): number[] => {
      const sets = Array.from({ length: 16 }, (_, word) => [...words.keys()].filter((t) => words[t] === word));
      const found: number[] = [];
      for (const i of new Generator(seed).permutation(16)) {
        if (found.length >= 6) break;
        if (found.length + sets[i]!.length > 6) continue;
        found.push(...sets[i]!);
      }
      return found.sort((a, b) => a - b);
    };
    for (let seed = 0; seed < 100; seed++) expect([...draw(seed).places.data]).toEqual(byDefinition(seed));
  });

  test('what is read in its place is drawn for each token: all masked, or one kept in a word', () => {
    let [mixed, masked] = [0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const { tokens, places } = draw(seed);
      const read = Array.from(places.data, (place) => tokens.data[place] === 1);
      if (read.every(Boolean)) masked++;
      else if (read.some(Boolean)) mixed++;
    }
    // 0.8⁶ of all are masked throughout: 79 of 300, five standard deviations are 38.
    expect(Math.abs(masked - 300 * 0.8 ** 6)).toBeLessThan(40);
    expect(mixed).toBeGreaterThan(150);
  });

  test('where no word fits into the share, one of the shortest is left out', () => {
    const few = { ...options, words: [[0, 0, 0, 1, 1, 1, 1, 2, 2, 2]], share: 0.15 };
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const { places } = maskRows([[3, 4, 5, 6, 7, 8, 9, 10, 11, 12]], { ...few, generator: new Generator(seed) });
      seen.add(String(places.data));
    }
    expect([...seen].sort()).toEqual(['0,1,2', '7,8,9']);
  });

  test('special tokens in a word, tokens of no word and padding are never chosen', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { places } = maskRows([[5, 0, 6, 7, 8, 9]], {
        ...options,
        words: [[0, 0, 0, -1, -7, 0]],
        lengths: [5],
        share: 1,
        generator: new Generator(seed),
      });
      expect([...places.data]).toEqual([0, 2]);
    }
    expect(maskRows([[5, 6]], { ...options, words: [[-1, -1]] }).places.data).toHaveLength(0);
  });

  test('words of one token are tokens', () => {
    const rows = [row, row.toReversed()];
    const each = rows.map((some) => some.map((_, t) => t));
    const plain = maskRows(rows, { ...options, generator: new Generator(4) });
    expect(maskRows(rows, { ...options, words: each, generator: new Generator(4) })).toEqual(plain);
  });
});

test('maskRows and maskTokens choose the same', () => {
  const rows = [row, row.toReversed()];
  const given = { ...options, words: [words, words.toReversed()] };
  manualSeed(3);
  const plain = maskRows(rows, given);
  manualSeed(3);
  const { tokens, places, labels } = maskTokens(rows, given);
  expect([tokens.shape, places.shape, labels.shape]).toEqual([[2, 42], plain.places.shape, plain.labels.shape]);
  expect((tokens.toArray() as number[][]).flat()).toEqual([...plain.tokens.data]);
  expect(places.toArray()).toEqual([...plain.places.data]);
  expect(labels.toArray()).toEqual([...plain.labels.data]);
});

test.each<[string, typeof ArgumentError, () => unknown]>([
  [
    'maskRows: words has 1 rows for 2 of tokens; needs one for each',
    ShapeError,
    () => maskRows([[3], [4]], { ...options, words: [[0]] }),
  ],
  [
    'for row 0, needs 2 numbers, one for each token',
    ShapeError,
    () => maskRows([[3, 4]], { ...options, words: [[0]] }),
  ],
  [
    'maskTokens: words has 0.5 in row 0, needs whole numbers',
    ArgumentError,
    () => maskTokens([[3, 4]], { ...options, words: [[0, 0.5]] }),
  ],
  ['maskRows: row 0 has 77 at 1, needs a token from 0 to 59', ArgumentError, () => maskRows([[3, 77]], options)],
  ['maskRows: there is no option backend', ArgumentError, () => maskRows([[3]], { ...options, backend: 1 } as never)],
])('%s', (message, kind, run) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
