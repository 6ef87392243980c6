// The cache: its definition, added up over all that came, in windows, with decay, and with rows that part.

import { ArgumentError, Generator } from '@dl/autograd';
import { Decoding } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { total } from '../../../test/small-models.js';
import { type CacheModelOptions, cacheModel } from '../../index.js';

const SIZE = 5;

/** By the definition: each token counts decay^age, those beyond the window do not. */
function stated(tokens: readonly number[], { window = Infinity, decay = 1 }: CacheModelOptions): number[] {
  const weights = new Array<number>(SIZE).fill(0);
  tokens.toReversed().forEach((token, age) => {
    if (age < window) weights[token]! += decay ** age;
  });
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (all === 0 ? 1 / SIZE : weight / all));
}

const options: readonly CacheModelOptions[] = [
  {},
  { window: 1 },
  { window: 7 },
  { decay: 0.9 },
  { decay: 0.01 },
  { decay: 1 },
];

describe.each(options)('a cache with %j', (given) => {
  test('has the probabilities of its definition, which sum to 1', async () => {
    const random = new Generator(1);
    const decoding = new Decoding(cacheModel(SIZE, given));
    const tokens: number[] = [];
    for (let t = 0; t < 400; t++) {
      const p = Array.from(await decoding.logProbabilities(), Math.exp);
      const right = stated(tokens, given);
      p.forEach((each, token) => void expect(each).toBeCloseTo(right[token]!, 12));
      expect(total(await decoding.logProbabilities())).toBeCloseTo(1, 12);
      // Some are long away before they come again.
      const token = random.integer(0, t % 100 < 80 ? 2 : SIZE);
      decoding.step([token]);
      tokens.push(token);
    }
  });

  test('goes on in each row for itself', async () => {
    const decoding = new Decoding(cacheModel(SIZE, given), { batch: 2 });
    decoding.read([
      [0, 1, 1],
      [2, 3, 4],
    ]);
    decoding.select([1, 1, 0]);
    decoding.step([0, 4, 1]);
    const rows = [
      [2, 3, 4, 0],
      [2, 3, 4, 4],
      [0, 1, 1, 1],
    ].flatMap((tokens) => stated(tokens, given));
    Array.from(await decoding.logProbabilities(), Math.exp).forEach((p, i) => void expect(p).toBeCloseTo(rows[i]!, 12));
  });
});

test('forgets nothing by rounding, however long it goes on', async () => {
  const decoding = new Decoding(cacheModel(2, { decay: 0.5 }));
  for (let t = 0; t < 3000; t++) decoding.step([t % 2]);
  // 1 + 1/4 + 1/16 … beside 1/2 + 1/8 …
  expect(Array.from(await decoding.logProbabilities(), Math.exp)).toEqual([
    expect.closeTo(1 / 3, 12),
    expect.closeTo(2 / 3, 12),
  ]);
});

test.each<[number, CacheModelOptions, string]>([
  [0, {}, 'cacheModel: vocabularySize is 0'],
  [3, { window: 0 }, 'cacheModel: window is 0'],
  [3, { window: 1.5 }, 'cacheModel: window is 1.5'],
  [3, { decay: 0 }, 'cacheModel: decay is 0, needs a number above 0 and at most 1'],
  [3, { decay: 1.1 }, 'cacheModel: decay is 1.1'],
  [3, { decay: 0.9, window: 5 }, 'cacheModel: there are a window and a decay; give one of them'],
])('%j with %j is refused', (size, given, message) => {
  expect(() => cacheModel(size, given)).toThrow(ArgumentError);
  expect(() => cacheModel(size, given)).toThrow(message);
});
