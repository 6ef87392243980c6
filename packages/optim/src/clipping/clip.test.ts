// Clipping of gradients that are special: of no element, infinite, NaN, and of parameters whose gradients come from one sum.

import { scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { clipGradNorm, clipGradValue } from '../index.js';

/** A parameter with this gradient. */
function withGradient(values: readonly number[]): Tensor {
  const param = zeros([values.length], { requiresGrad: true });
  param
    .mul(tensor([...values]))
    .sum()
    .backward();
  return param;
}
const grads = (params: readonly Tensor[]): number[][] => params.map(({ grad }) => Array.from(grad!.dataSync(), Number));
const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
const orders = [0.5, 1, 2, 3, inf];

/** By the definition, in plain numbers. */
function expected(all: readonly (readonly number[])[], maxNorm: number, p: number) {
  const sizes = all.flat().map(Math.abs);
  const norm = p === inf ? Math.max(0, ...sizes) : sizes.reduce((sum, x) => sum + x ** p, 0) ** (1 / p);
  const factor = Math.min(1, maxNorm / (norm + 1e-6));
  return { norm, grads: all.map((each) => each.map((value) => value * factor)) };
}

describe.each(['wasm', 'typescript'] as const)('on the engine %s', (engine) => {
  test.each(orders)(
    'the norm of order %d is that of the definition, also of nothing and of what is special',
    async (normType) => {
      await useBackend(cpu({ engine }));
      for (const all of [
        [[3, -4], [], [12]],
        [[], [0.5]],
        [[], []],
        [[0, 0], [0]],
        [[1, nan], [2]],
        [[1, inf], [2]],
        [[1, -inf], [], [2, nan]],
      ]) {
        for (const maxNorm of [0.1, 2, 1e30]) {
          using _ = scope();
          const params = all.map(withGradient);
          const total = clipGradNorm(params, maxNorm, { normType });
          const formula = expected(all, maxNorm, normType);
          assertAllClose(total.item(), formula.norm, { rtol: 1e-5 });
          grads(params).forEach((each, i) => {
            assertAllClose(each, formula.grads[i]!, { rtol: 1e-5 });
          });
        }
      }
    },
  );

  test('errorIfNonfinite leaves the gradients as they are', async () => {
    await useBackend(cpu({ engine }));
    using _ = scope();
    for (const special of [nan, inf, -inf]) {
      const params = [withGradient([3, special]), withGradient([4])];
      expect(() => clipGradNorm(params, 1, { errorIfNonfinite: true })).toThrow(
        /clipGradNorm: the norm of the gradients is/,
      );
      expect(grads(params)).toEqual([[3, special], [4]]);
    }
  });

  test('parameters of one sum have gradients of their own', async () => {
    await useBackend(cpu({ engine }));
    using _ = scope();
    const make = (): [Tensor, Tensor] => [tensor([1], { requiresGrad: true }), tensor([2], { requiresGrad: true })];
    const [x, y] = make();
    x.add(y).sum().backward();
    assertAllClose(clipGradNorm([x, y], 1).item(), Math.SQRT2, { rtol: 1e-6 });
    assertAllClose(grads([x, y]), [[Math.SQRT1_2], [Math.SQRT1_2]], { rtol: 1e-5 });
    const [a, b] = make();
    a.mul(3)
      .add(b.reshape([1]).mul(3))
      .sum()
      .backward();
    clipGradValue([a, b], 0.5);
    expect(grads([a, b])).toEqual([[0.5], [0.5]]);
  });

  test('clipGradValue lets NaN through, and brings infinities to the bounds', async () => {
    await useBackend(cpu({ engine }));
    using _ = scope();
    const params = [withGradient([nan, inf, -inf, 0.1]), withGradient([])];
    clipGradValue(params, 0.5);
    assertAllClose(grads(params)[0]!, [nan, 0.5, -0.5, 0.1], { rtol: 1e-6 });
  });
});
