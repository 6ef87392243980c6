// Clipping by its formula: norms of every order, dtypes and backends beside each other, and errors.

import { manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clipGradNorm, clipGradValue } from '../index.js';

const backend = cpu();
beforeAll(() => useBackend(backend));
beforeEach(() => void manualSeed(2));

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

/** Two parameters with the gradients [3, -4] and [[12]], whose norm is 13; and one without. */
function withGradients(): Tensor[] {
  const params = [leaf([1, 1]), leaf([[1]]), leaf([7])];
  const weights = tensor([3, -4], { dtype: 'float64' });
  params[0]!.mul(weights).sum().add(params[1]!.sum().mul(12)).backward();
  return params;
}
const grads = (params: readonly Tensor[]): number[] =>
  params.flatMap(({ grad }) => (grad ? Array.from(grad.dataSync(), Number) : []));

describe('clipGradNorm', () => {
  test.each([
    [2, 13],
    [1, 19],
    [Number.POSITIVE_INFINITY, 12],
    [3, (27 + 64 + 1728) ** (1 / 3)],
  ])('scales by the norm of order %d over all parameters', (normType, norm) => {
    using _ = scope();
    const params = withGradients();
    const before = memory().buffers;
    const total = clipGradNorm(params, 2, { normType });
    expect(memory().buffers).toBe(before + 1);
    assertAllClose(total.item(), norm, { rtol: 1e-14 });
    assertAllClose(
      grads(params),
      [3, -4, 12].map((value) => (value * 2) / (norm + 1e-6)),
      { rtol: 1e-14 },
    );
    expect(params[2]!.grad).toBeUndefined();
  });

  test('leaves short gradients alone', () => {
    using _ = scope();
    const params = withGradients();
    clipGradNorm(params, 20);
    expect(grads(params)).toEqual([3, -4, 12]);
    expect(clipGradNorm([leaf([1])], 1).item()).toBe(0);
  });

  test('gradients may differ in dtype and live on two backends', async () => {
    const other = cpu({ engine: 'typescript' });
    await useBackend([backend, other]);
    using _ = scope();
    const params = [
      tensor([1, 1], { requiresGrad: true }),
      tensor([1], { requiresGrad: true, dtype: 'float64' }),
      tensor([1], { requiresGrad: true, backend: other }),
    ] as const;
    params[0]
      .mul(tensor([2, 4]))
      .sum()
      .backward();
    params[1].mul(5).sum().backward();
    params[2].mul(6).sum().backward();
    assertAllClose(clipGradNorm(params, 4.5).item(), 9, { rtol: 1e-7 }); // √(4 + 16 + 25 + 36)
    assertAllClose(grads(params), [1, 2, 2.5, 3], { rtol: 1e-6 });
  });

  test('says what does not fit', () => {
    using _ = scope();
    const params = withGradients();
    expect(() => clipGradNorm(params, 0)).toThrow('clipGradNorm: maxNorm is 0, needs a number above 0');
    expect(() => clipGradNorm(params, 1, { normType: -1 })).toThrow(
      'clipGradNorm: normType is -1, needs a number above 0, or Infinity',
    );
    params[1]!.mul(Number.POSITIVE_INFINITY).sum().backward();
    expect(() => clipGradNorm(params, 1, { errorIfNonfinite: true })).toThrow(
      'clipGradNorm: the norm of the gradients is Infinity',
    );
    expect(() => clipGradValue(params, -1)).toThrow('clipGradValue: clipValue is -1, needs a number above 0');
  });
});

test('clipping in a long loop leaves nothing in memory', () => {
  const params = [randn([4, 3], { requiresGrad: true })];
  const go = (times: number): void => {
    for (let i = 0; i < times; i++) {
      using _ = scope();
      params[0]!.square().sum().backward();
      clipGradNorm(params, 0.1);
      clipGradValue(params, 0.01);
      params[0]!.zeroGrad();
    }
  };
  go(10);
  const early = memory();
  go(490);
  expect([memory().bytes, memory().buffers]).toEqual([early.bytes, early.buffers]);
  params[0]!.dispose();
});

test('clipGradValue bounds each element', () => {
  using _ = scope();
  const params = withGradients();
  clipGradValue(params, 3.5);
  expect(grads(params)).toEqual([3, -3.5, 3.5]);
});
