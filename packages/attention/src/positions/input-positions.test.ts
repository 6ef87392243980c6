// The positions that are added to the input: sines and cosines by their formula, rows of a learned table.

import { manualSeed, ones, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { LearnedPositions, SinusoidalPositions } from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;

/** Rows `from` … `from + length - 1` of the waves, each by itself. */
function waves(length: number, features: number, from = 0, base = 10_000): number[] {
  return Array.from({ length: length * features }, (_, n) => {
    const [position, i] = [from + Math.floor(n / features), n % features];
    const angle = position / base ** ((2 * Math.floor(i / 2)) / features);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

describe('SinusoidalPositions', () => {
  test.each([
    { features: 8, length: 5, from: 0, base: 10_000 },
    { features: 7, length: 4, from: 3, base: 10_000 },
    { features: 1, length: 3, from: 0, base: 10_000 },
    { features: 6, length: 2, from: 100_000, base: 500 },
  ])('the formula, $length positions from $from of $features features', ({ features, length, from, base }) => {
    using _ = scope();
    const positions = new SinusoidalPositions(features, { base });
    const y = positions.forward(zeros([2, length, features], float64), { from });
    assertAllClose(
      y.dataSync(),
      [1, 2].flatMap(() => waves(length, features, from, base)),
      { rtol: 1e-9, atol: 1e-10 },
    );
    expect(y.dtype).toBe('float64');
  });

  test('far positions are as exact in float32 as near ones', () => {
    using _ = scope();
    const y = new SinusoidalPositions(4).forward(zeros([1, 2, 4]), { from: 10_000_000 });
    // Had the angle been rounded to float32, it would be off by up to half a turn.
    assertAllClose(y.dataSync(), waves(2, 4, 10_000_000), { rtol: 0, atol: 1e-7 });
  });

  test('they are added to the input, whatever the axes in front, and the gradient passes', () => {
    using _ = scope();
    const positions = new SinusoidalPositions(4);
    const x = randn([2, 3, 5, 4], float64);
    const y = positions.forward(x);
    assertAllClose(y.sub(x).slice([1, 2]).dataSync(), waves(5, 4), { atol: 1e-12 });
    gradCheck((at) => positions.forward(at).square(), [randn([2, 3, 4], float64)]);
    expect(positions.parameters()).toEqual([]);
  });
});

describe('LearnedPositions', () => {
  test('the rows of the table from a position on', () => {
    using _ = scope();
    const positions = new LearnedPositions(6, 3, float64);
    positions.weight.assign(
      tensor(
        Array.from({ length: 6 }, (_, i) => [i, 10 * i, 100 * i]),
        float64,
      ),
    );
    const y = positions.forward(ones([2, 2, 3], float64), { from: 3 });
    const rows = [
      [4, 31, 301],
      [5, 41, 401],
    ];
    expect(y.toArray()).toEqual([rows, rows]);
    expect(
      positions
        .forward(ones([1, 3, 3], float64), { from: 3 })
        .slice([0, -1])
        .toArray(),
    ).toEqual([6, 51, 501]);
  });

  test('gradients of the input and of the rows that were used, and of no others', () => {
    using _ = scope();
    const positions = new LearnedPositions(6, 3, float64);
    gradCheck((at) => positions.forward(at, { from: 1 }).square(), [randn([2, 4, 3], float64)]);
    positions.zeroGrad();
    const weights = randn([2, 4, 3], float64);
    positions
      .forward(zeros([2, 4, 3], float64), { from: 1 })
      .mul(weights)
      .sum()
      .backward();
    const expected = zeros([6, 3], float64).clone();
    const sums = weights.sum(0).toArray() as number[][];
    assertAllClose(
      positions.weight.grad!.dataSync(),
      (expected.toArray() as number[][]).flatMap((row, p) => sums[p - 1] ?? row),
      { rtol: 1e-12 },
    );
  });

  test('the table starts normal with the deviation that is asked for, from the generator', () => {
    using _ = scope();
    const deviation = (positions: LearnedPositions): number => positions.weight.std().item();
    expect(deviation(new LearnedPositions(500, 20))).toBeCloseTo(0.02, 3);
    expect(deviation(new LearnedPositions(500, 20, { std: 1 }))).toBeCloseTo(1, 1);
    expect(new LearnedPositions(5, 2).stateDict()).toHaveProperty('weight');
  });
});

describe.each([
  ['SinusoidalPositions', () => new SinusoidalPositions(4, {})],
  ['LearnedPositions', () => new LearnedPositions(8, 4)],
] as const)('%s in pieces', (_, make) => {
  test('a piece from a position on is what it is as part of the whole', () => {
    using _ = scope();
    const positions = make();
    const x = randn([2, 8, 4]);
    const whole = positions.forward(x);
    const part = (y: Tensor, from: number, to: number): Tensor => y.slice([null, [from, to]]);
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 8],
    ] as const) {
      expect(positions.forward(part(x, from, to), { from }).toArray()).toEqual(part(whole, from, to).toArray());
    }
  });
});
