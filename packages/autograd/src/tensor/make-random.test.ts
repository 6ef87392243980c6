// Making random tensors: the same for the same seed, and distributed as they should be.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});
beforeEach(() => {
  dl.manualSeed(20);
});

const N = 40_000;
const values = (x: dl.Tensor): number[] => Array.from(x.dataSync());
const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
/** The share of the values for which something holds. */
const share = (list: readonly number[], holds: (value: number) => boolean): number =>
  list.filter(holds).length / list.length;
/** Five standard errors of a share: what chance stays inside, all but once in two million. */
const within = (p: number, n = N): number => 5 * Math.sqrt((p * (1 - p)) / n);

describe('the same seed gives the same numbers', () => {
  const draws = (): number[][] =>
    [
      dl.rand([3]),
      dl.randn([3]),
      dl.randint(0, 100, [3]),
      dl.bernoulli(0.5, [3]),
      dl.permutation(5),
      dl.categorical(dl.tensor([1, 2, 3]), 4),
      dl.dropout(dl.ones([6]), 0.5),
    ].map(values);

  test('for every maker, after manualSeed', () => {
    dl.manualSeed(5);
    const first = draws();
    expect(draws()).not.toEqual(first);
    dl.manualSeed(5);
    expect(draws()).toEqual(first);
    dl.manualSeed(6);
    expect(draws()).not.toEqual(first);
  });

  test('on every backend', async () => {
    const plain = new PlainBackend();
    const main = dl.currentBackend();
    await dl.useBackend(plain);
    dl.manualSeed(5);
    const there = values(dl.randn([20]));
    await dl.useBackend(main);
    dl.manualSeed(5);
    expect(values(dl.randn([20]))).toEqual(there);
  });

  test('in float64 the same, less rounded', () => {
    dl.manualSeed(5);
    const single = values(dl.randn([20]));
    dl.manualSeed(5);
    expect(values(dl.randn([20], { dtype: 'float64' })).map(Math.fround)).toEqual(single);
  });

  test('from a generator of its own, the default one stays where it is', () => {
    dl.manualSeed(5);
    const expected = values(dl.rand([3]));
    dl.manualSeed(5);
    const generator = new dl.Generator(9);
    const own = values(dl.randn([3], { generator }));
    expect(values(dl.randn([3], { generator: new dl.Generator(9) }))).toEqual(own);
    expect(values(dl.randn([3], { generator }))).not.toEqual(own);
    expect(values(dl.rand([3]))).toEqual(expected);
  });
});

describe('distributions', () => {
  test('rand is uniform between low and high', () => {
    const drawn = values(dl.rand([N], { low: -1, high: 3 }));
    expect(drawn.every((value) => value >= -1 && value < 3)).toBe(true);
    for (const edge of [-0.5, 0, 1, 2.5]) {
      const p = (edge + 1) / 4;
      expect(Math.abs(share(drawn, (value) => value < edge) - p)).toBeLessThan(within(p));
    }
  });

  test('rand and uniform stay below high, where rounding would reach it, and at or above low', () => {
    // A word whose upper 24 bits are ones, the largest that there is, is near.
    const generator = new dl.Generator(3);
    const near = { seed: 3, position: 39591964 };
    const largest = 1 - 2 ** -24;
    generator.state = near;
    expect(Math.max(...Array.from({ length: 4 }, () => generator.uniform()))).toBe(largest);
    const most = (low: number, high: number, dtype: 'float32' | 'float64' = 'float32'): number => {
      generator.state = near;
      return dl.rand([4], { low, high, generator, dtype }).max().item();
    };
    expect(most(0, 1)).toBe(largest);
    expect(most(1, 2)).toBe(2 - 2 ** -23);
    expect(most(-2, -1)).toBe(-1 - 2 ** -23);
    expect(most(-1, 0)).toBe(-(2 ** -24));
    expect(most(1, 2, 'float64')).toBe(1 + largest);
    expect(most(2 ** 53, 2 ** 53 + 4, 'float64')).toBe(2 ** 53 + 2);
    expect(
      dl
        .rand([64], { low: 0.7, high: 0.7 + 1e-7 })
        .min()
        .item(),
    ).toBeGreaterThanOrEqual(0.7);
    expect(() => dl.rand([1], { low: 1, high: 1 + 1e-12, generator })).not.toThrow();
    expect(() => dl.rand([1], { low: 1 + 1e-12, high: 1 + 2e-12 })).toThrow(
      "rand: no float32 lies in [1.000000000001, 1.000000000002); ask for dtype 'float64'",
    );
    expect(() => dl.rand([1], { low: -Infinity })).toThrow(
      'rand: low is -Infinity and high is 1; needs finite bounds, and a finite distance between them',
    );
  });

  test('randn has the mean, the deviation and the tails of the normal distribution', () => {
    const drawn = values(dl.randn([N], { mean: 10, std: 2 }));
    expect(Math.abs(mean(drawn) - 10)).toBeLessThan((5 * 2) / Math.sqrt(N));
    // P(|z| < 1) and P(|z| < 2), from tables.
    for (const [k, p] of [
      [1, 0.682689492],
      [2, 0.954499736],
    ] as const) {
      expect(Math.abs(share(drawn, (value) => Math.abs(value - 10) < 2 * k) - p)).toBeLessThan(within(p));
    }
    expect(values(dl.randn([3], { std: 0, mean: 1.5 }))).toEqual([1.5, 1.5, 1.5]);
  });

  test('randint is uniform over low … high - 1', () => {
    const x = dl.randint(-2, 3, [N]);
    expect(x.dtype).toBe('int32');
    const drawn = values(x);
    expect(new Set(drawn)).toEqual(new Set([-2, -1, 0, 1, 2]));
    for (const k of [-2, 0, 2]) expect(Math.abs(share(drawn, (value) => value === k) - 0.2)).toBeLessThan(within(0.2));
  });

  test('bernoulli is 1 with probability p', () => {
    const drawn = values(dl.bernoulli(0.3, [N]));
    expect(new Set(drawn)).toEqual(new Set([0, 1]));
    expect(Math.abs(mean(drawn) - 0.3)).toBeLessThan(within(0.3));
    expect(values(dl.bernoulli(0, [4]))).toEqual([0, 0, 0, 0]);
    expect(values(dl.bernoulli(1, [2], { dtype: 'bool' }))).toEqual([1, 1]);
  });

  test('permutation has each number once', () => {
    const order = dl.permutation(50);
    expect(order.dtype).toBe('int32');
    expect(values(order).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(values(order)).not.toEqual(values(dl.permutation(50)));
    expect(dl.permutation(3, { dtype: 'float32' }).dtype).toBe('float32');
    expect(dl.permutation(0).shape).toEqual([0]);
  });

  test('categorical draws in proportion to the weights', () => {
    const drawn = dl.categorical(dl.tensor([1, 0, 3, 4]), N);
    expect([drawn.shape, drawn.dtype]).toEqual([[N], 'int32']);
    const p = [1 / 8, 0, 3 / 8, 4 / 8];
    for (const [k, expected] of p.entries()) {
      expect(Math.abs(share(values(drawn), (value) => value === k) - expected)).toBeLessThanOrEqual(within(expected));
    }
  });

  test('categorical row by row, and without replacement', () => {
    const rows = dl.categorical(
      dl.tensor([
        [0, 1],
        [1, 0],
        [0, 5],
      ]),
      3,
    );
    expect(rows.toArray()).toEqual([
      [1, 1, 1],
      [0, 0, 0],
      [1, 1, 1],
    ]);
    const first = Array.from({ length: 4000 }, () => {
      const drawn = values(dl.categorical(dl.tensor([1, 2, 5]), 3, { replacement: false }));
      expect(drawn.toSorted()).toEqual([0, 1, 2]);
      return drawn[0]!;
    });
    expect(Math.abs(share(first, (value) => value === 2) - 5 / 8)).toBeLessThan(within(5 / 8, 4000));
  });

  test('dropout keeps the mean, and drops with probability p', () => {
    const drawn = values(dl.dropout(dl.ones([N]), 0.2));
    expect(new Set(drawn)).toEqual(new Set([0, 1.25]));
    expect(Math.abs(share(drawn, (value) => value === 0) - 0.2)).toBeLessThan(within(0.2));
    expect(values(dl.dropout(dl.ones([3]), 1))).toEqual([0, 0, 0]);
    const x = dl.ones([4]);
    expect(dl.dropout(x, 0).storage).toBe(x.storage);
    expect(dl.dropout(x, 0.5, { training: false }).storage).toBe(x.storage);
  });

  test('the gradient of dropout is its mask', () => {
    const x = dl.ones([200], { requiresGrad: true });
    const y = dl.dropout(x, 0.5);
    y.sum().backward();
    expect(values(x.grad!)).toEqual(values(y));
  });
});

// biome-ignore format: one mistake a line
test.each([
  ['rand: low 1 is not below high 0', () => dl.rand([2], { low: 1, high: 0 })],
  ['rand: dtype is int32, needs float32 or float64', () => dl.rand([2], { dtype: 'int32' })],
  ['randn: std is -1, needs a number of at least 0', () => dl.randn([2], { std: -1 })],
  ['randint: low is 3 and high is 3; needs whole numbers with low < high', () => dl.randint(3, 3, [2])],
  ['randint: low is 0.5 and high is 3; needs whole numbers with low < high', () => dl.randint(0.5, 3, [2])],
  ['is not a bool; use true or false (or 1 and 0), or ask for another dtype', () => dl.randint(2, 9, [1], { dtype: 'bool' })],
  ["is not an int32; round it first, or ask for dtype 'float32'", () => dl.randint(2 ** 40, 2 ** 41, [1])],
  ['bernoulli: p is 2, needs a probability from 0 to 1', () => dl.bernoulli(2, [2])],
  ['permutation: needs a whole number of at least 0, got -1', () => dl.permutation(-1)],
  ['categorical: weight -1 at index 1 of row 0; needs finite numbers of at least 0', () => dl.categorical(dl.tensor([1, -1]), 1)],
  ['categorical: weight NaN at index 0 of row 1; needs finite numbers of at least 0', () => dl.categorical(dl.tensor([[1], [Number.NaN]]), 1)],
  ['categorical: the weights of row 0 leave nothing to draw; they need a sum above 0', () => dl.categorical(dl.tensor([0, 0]), 1)],
  ['categorical: 3 draws without replacement from 2 classes; draw fewer, or with replacement', () => dl.categorical(dl.tensor([1, 1]), 3, { replacement: false })],
  ['categorical: weights are [1, 1, 1], needs [classes] or [rows, classes]', () => dl.categorical(dl.ones([1, 1, 1]), 1)],
  ['seed: got -1, needs an integer from 0 to 2^53 - 1', () => dl.manualSeed(-1)],
])('says: %s', (message, call) => {
  expect(call).toThrow(message);
});
