// Kernels along axes, at lengths around every step of their loops, against the TypeScript kernels: places, truths and running
// sums are equal, products and softmax agree with double precision.

import * as dl from '@dl/autograd';
import { type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

const reference = cpu({ engine: 'typescript' });
const sizes = [1, 3, 4, 5, 15, 16, 17, 63, 65, 1023];

describe.each(wasmEngines())('%s', (engine) => {
  const backend = cpu({ engine });
  beforeAll(() => useBackend([backend, reference]));

  /** The shapes [n], [5, n], [n, 7], [3, n, 17] and their axes, with values from `draw`. */
  async function forEachAxis(draw: (shape: Shape) => Tensor, check: (x: Tensor, axis: number) => Promise<void> | void) {
    for (const n of sizes) {
      for (const shape of [[n], [5, n], [n, 7], [3, n, 17]]) {
        await useBackend(reference);
        dl.manualSeed(2);
        using _ = scope();
        const x = draw(shape);
        for (let axis = 0; axis < shape.length; axis++) await check(x, axis);
      }
    }
  }

  function equal(x: Tensor, f: (x: Tensor) => Tensor): void {
    const expected = f(x);
    const actual = f(x.to(backend));
    expect(actual.shape).toEqual(expected.shape);
    const [got, wanted] = [actual.dataSync(), expected.dataSync()];
    const wrong = got.findIndex((value, i) => !Object.is(value, wanted[i]));
    expect(wrong < 0 ? 'equal' : `${got[wrong]} for ${wanted[wrong]} at ${wrong}`).toBe('equal');
  }

  test('argmax and argmin, the first of equals, and NaN before all', async () => {
    const few = (shape: Shape): Tensor => dl.randint(-4, 5, shape).cast('float32');
    const withNaN = (shape: Shape): Tensor => dl.where(dl.less(dl.rand(shape), 0.02), Number.NaN, dl.randn(shape));
    const drawn = [dl.randn, few, withNaN];
    for (const draw of drawn) {
      await forEachAxis(draw, (x, axis) => {
        equal(x, (v) => dl.argmax(v, axis));
        equal(x, (v) => dl.argmin(v, axis, { keepDims: true }));
      });
    }
  });

  test('extremes, with NaN anywhere', async () => {
    const withNaN = (shape: Shape): Tensor => dl.where(dl.less(dl.rand(shape), 0.01), Number.NaN, dl.randn(shape));
    for (const draw of [dl.randn, withNaN]) {
      await forEachAxis(draw, (x, axis) => {
        equal(x, (v) => dl.max(v, axis));
        equal(x, (v) => dl.min(v, axis));
      });
    }
    // First, last, and in each place of a row that takes all steps of the loop.
    for (const i of [0, 1, 15, 16, 31, 47, 63, 64, 127, 128, 143, 144, 148]) {
      const x = dl.tensor(Array.from({ length: 149 }, (_, k) => (k === i ? Number.NaN : k)));
      expect([dl.max(x).item(), dl.min(x).item(), dl.argmax(x, 0).item()]).toEqual([Number.NaN, Number.NaN, i]);
    }
    const x = dl.randn([5, 2100]).to(reference);
    equal(x, (v) => dl.max(v, 0));
    equal(x, (v) => dl.argmin(v, 0));
  });

  test('running sums', async () => {
    await forEachAxis(dl.randn, (x, axis) => {
      equal(x, (v) => dl.cumsum(v, axis));
      equal(x, (v) => dl.cumsum(v, axis, { reverse: true }));
    });
  });

  test('any and all', async () => {
    for (const share of [0.001, 0.5, 0.999]) {
      await forEachAxis(
        (shape) => dl.less(dl.rand(shape), share),
        (x, axis) => {
          equal(x, (v) => dl.any(v, axis));
          equal(x, (v) => dl.all(v, axis, { keepDims: true }));
        },
      );
    }
    const x = dl.less(dl.rand([3, 1, 4, 5]), 0.5);
    for (const axes of [[], [1], [0, 1], [1, 2], [2, 3], [0, 3], [0, 1, 2, 3]]) {
      equal(x.to(reference), (v) => dl.any(v, axes));
      equal(x.to(reference), (v) => dl.all(v, axes));
    }
  });

  test('products', async () => {
    const nearOne = (shape: Shape): Tensor => dl.randn(shape).mul(0.1).add(1);
    await forEachAxis(nearOne, async (x, axis) => {
      const expected = dl.prod(x.cast('float64'), axis);
      assertAllClose(await dl.prod(x.to(backend), axis).data(), await expected.data(), { rtol: 1e-7, atol: 0 });
    });
    for (const shape of [
      [3, 1, 4, 5],
      [7, 1050],
      [2, 9, 1037],
    ]) {
      const wide = nearOne(shape);
      const expected = dl.prod(wide.to(reference).cast('float64'), -2);
      assertAllClose(await dl.prod(wide, -2).data(), await expected.data(), { rtol: 1e-7, atol: 0 });
    }
    const x = nearOne([3, 1, 4, 5]);
    for (const axes of [[], [1], [0, 1], [1, 2], [2, 3], [0, 3], [0, 1, 2, 3]]) {
      const expected = dl.prod(x.to(reference).cast('float64'), axes);
      assertAllClose(await dl.prod(x, axes).data(), await expected.data(), { rtol: 1e-7, atol: 0 });
    }
  });

  test('products that leave the range of double precision in parts, or hold 0, infinity or NaN', () => {
    const of = (n: number, at: (i: number) => number): Tensor =>
      dl.tensor(Float32Array.from({ length: n }, (_, i) => at(i)));
    const product = (n: number, at: (i: number) => number): number => dl.prod(of(n, at)).item();
    for (const n of [40_000, 400_000, 400_002]) {
      // Pairs of 2 and 1/2, and of 1e30 and 1e-30, in every lane alone.
      expect(product(n, (i) => (i % 2 === 0 ? 2 : 0.5))).toBe(1);
      expect(product(n, (i) => (i % 2 === 0 ? 2 ** 100 : -(2 ** -100)))).toBe((n / 2) % 2 === 0 ? 1 : -1);
      expect(product(n, (i) => [8, 1, 0.25, 0.5][i % 4]!)).toBe(n % 4 === 2 ? 8 : 1);
      // Many halves: it vanishes, with its sign.
      expect(product(n, () => 0.5)).toBe(0);
      expect(product(n, (i) => (i === 7 ? -0.5 : 0.5))).toBe(-0);
      expect(product(n, (i) => (i === n - 1 ? -2 : 2))).toBe(Number.NEGATIVE_INFINITY);
      for (const place of [0, 5, 17, n - 20, n - 1]) {
        expect(product(n, (i) => (i === place ? 0 : 1))).toBe(0);
        expect(product(n, (i) => (i === place ? -0 : 1))).toBe(-0);
        expect(product(n, (i) => (i === place ? Number.NEGATIVE_INFINITY : 1))).toBe(Number.NEGATIVE_INFINITY);
        expect(product(n, (i) => (i === place ? Number.NaN : 0.5))).toBe(Number.NaN);
        expect(product(n, (i) => (i === place ? Number.NaN : 0))).toBe(Number.NaN);
        expect(product(n, (i) => (i === place ? Number.POSITIVE_INFINITY : i === n - 2 ? 0 : 1))).toBe(Number.NaN);
      }
    }
  });

  test('rows so long that they go by chunks', async () => {
    const chunk = 65_536;
    for (const shape of [[2 * chunk], [3, 2 * chunk + 1], [2, 3 * chunk - 17]]) {
      await useBackend(reference);
      using _ = scope();
      dl.manualSeed(3);
      const [n, x] = [shape.at(-1)!, dl.randn(shape)];
      const few = dl.randint(-4, 5, shape).cast('float32');
      const places = [n - 1, 2 * chunk - 1, chunk];
      const withNaN = places.map((place) => dl.where(dl.arange(n).equal(place), Number.NaN, x));
      const onTop = places.map((place) => dl.where(dl.arange(n).greaterEqual(place), 9, x));
      for (const values of [x, few, ...withNaN, ...onTop]) {
        for (const f of [dl.max, dl.min, dl.argmax, dl.argmin]) equal(values, (v) => f(v, -1));
      }
      const nearOne = x.mul(0.001).add(1);
      const expected = dl.prod(nearOne.cast('float64'), -1);
      assertAllClose(await dl.prod(nearOne.to(backend), -1).data(), await expected.data(), { rtol: 1e-7, atol: 0 });
    }
  });

  test('softmax and its logarithm along an axis before the last', async () => {
    const spread = (shape: Shape): Tensor => dl.randn(shape).mul(5);
    await forEachAxis(spread, async (x, axis) => {
      if (axis === x.rank - 1) return;
      for (const op of [dl.softmax, dl.logSoftmax]) {
        const expected = op(x.cast('float64'), axis);
        assertAllClose(await op(x.to(backend), axis).data(), await expected.data(), { rtol: 2e-6, atol: 1e-7 });
      }
    });
  });
});
