// The range test of learning rates: the rate that it suggests, and that it changes nothing.

import { manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Adam, lrRangeTest, SGD } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

describe('lrRangeTest', () => {
  test.each([0, 0.5, 0.9])(
    'suggests the rate at which the loss falls fastest, with smoothing %d',
    async (smoothing) => {
      using _ = scope();
      const optimizer = new SGD([leaf([1])], { lr: 1 });
      // Steepest at 0.01, and up again from 1 on.
      const loss = (lr: number): number => 2 - Math.tanh(1.5 * (Math.log10(lr) + 2)) + (lr > 1 ? 50 * (lr - 1) : 0);
      const { points, suggestion } = await lrRangeTest(optimizer, loss, { from: 1e-5, to: 10, steps: 121, smoothing });
      expect(points[20]!.loss).toBe(loss(points[20]!.lr));
      expect(Math.abs(Math.log10(suggestion!) + 2)).toBeLessThanOrEqual(0.051);
    },
  );

  test('a loss below 0 does not end it', async () => {
    const optimizer = new SGD([leaf([1])], { lr: 1 });
    const { points } = await lrRangeTest(optimizer, (lr) => (lr < 0.099 ? -2 : 5), {
      from: 1e-3,
      steps: 41,
      smoothing: 0,
    });
    // 5 is more than 3 · 2 above -2.
    expect(points.map(({ loss }) => loss)).toEqual([...new Array<number>(20).fill(-2), 5]);
  });

  test('gives the curve, and leaves everything as it was', async () => {
    const params = [randn([3], { requiresGrad: true })];
    const optimizer = new Adam(params, { lr: 0.02 });
    const train = (): number => {
      using _ = scope();
      const loss = params[0]!.sub(1).square().sum();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    };
    train();
    const { bytes, buffers } = await settledMemory();
    const before = [
      params[0]!.toArray(),
      JSON.stringify(Array.from((optimizer.stateDict().state[0]!['expAvg'] as Tensor).dataSync())),
    ];
    const { points, suggestion } = await lrRangeTest(optimizer, train, {
      from: 1e-4,
      to: 100,
      steps: 61,
      smoothing: 0.5,
    });
    expect([
      params[0]!.toArray(),
      JSON.stringify(Array.from((optimizer.stateDict().state[0]!['expAvg'] as Tensor).dataSync())),
    ]).toEqual(before);
    expect([memory().bytes, memory().buffers]).toEqual([bytes, buffers]);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.02);
    assertAllClose(points[10]!.lr, 1e-3, { rtol: 1e-12 });
    // It stopped because the loss exploded, and the suggestion is a rate at which it fell.
    expect(points.length).toBeLessThan(61);
    expect(suggestion).toBeGreaterThan(1e-3);
    expect(suggestion).toBeLessThan(10);
  });

  test('says what does not fit', async () => {
    const optimizer = new SGD([leaf([1])], { lr: 1 });
    await expect(lrRangeTest(optimizer, () => 1, { from: 1, to: 0.1 })).rejects.toThrow(
      'lrRangeTest: from is 1, to 0.1 and steps 100; needs 0 < from < to and at least 2 steps',
    );
    await expect(lrRangeTest(optimizer, () => 1, { smoothing: 1 })).rejects.toThrow(
      'lrRangeTest: smoothing is 1 and divergence 4; needs 0 ≤ smoothing < 1 and a divergence above 1',
    );
    await expect(lrRangeTest(optimizer, () => 1, { spacing: 'square' as never })).rejects.toThrow(
      "lrRangeTest: spacing is 'square', needs 'exponential' or 'linear'",
    );
  });
});
