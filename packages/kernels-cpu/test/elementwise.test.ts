// Element-wise kernels, reductions and moves at sizes around every step of their loops, against TypeScript in float64.

import * as dl from '@dl/autograd';
import { type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmBackends } from './engines.js';

const reference = cpu({ engine: 'typescript' });
const sizes = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1023, 1025];

describe.each(wasmBackends())('%s', (_, backend) => {
  beforeAll(() => useBackend([backend, reference]));

  /** Runs `f` on tensors drawn in these shapes, on both backends, and compares. */
  async function compare(shapes: readonly Shape[], f: (...xs: Tensor[]) => Tensor, rtol = 1e-6): Promise<void> {
    await useBackend(reference);
    dl.manualSeed(1);
    using _ = scope();
    const xs = shapes.map((shape) => dl.randn(shape));
    const expected = f(...xs.map((x) => x.cast('float64')));
    const actual = f(...xs.map((x) => x.to(backend)));
    const scale = expected.dtype === 'bool' ? 1 : Number(expected.abs().max().item());
    expect(actual.shape).toEqual(expected.shape);
    assertAllClose(await actual.data(), await expected.data(), { rtol, atol: rtol * scale });
  }

  test.each([
    ['neg', dl.neg],
    ['abs', dl.abs],
    ['square', dl.square],
    ['sqrt', (x: Tensor) => dl.sqrt(dl.square(x))],
    ['rsqrt', (x: Tensor) => dl.rsqrt(dl.add(dl.square(x), 0.5))],
    ['reciprocal', (x: Tensor) => dl.reciprocal(dl.add(dl.square(x), 0.5))],
    ['relu', dl.relu],
    ['leakyRelu', (x: Tensor) => dl.leakyRelu(x, { slope: 0.2 })],
    ['clamp', (x: Tensor) => dl.clamp(x, -0.5, 1)],
    ['exp', dl.exp],
    ['log', (x: Tensor) => dl.log(dl.add(dl.square(x), 0.5))],
    ['tanh', dl.tanh],
    ['sigmoid', dl.sigmoid],
    ['sum', (x: Tensor) => dl.sum(dl.abs(x))],
    ['mean', (x: Tensor) => dl.mean(dl.abs(x))],
    ['max', (x: Tensor) => dl.max(x)],
    ['min', (x: Tensor) => dl.min(x)],
    ['softmax', (x: Tensor) => dl.softmax(x)],
    ['logSoftmax', (x: Tensor) => dl.logSoftmax(x)],
    ['permute', (x: Tensor) => dl.permute(dl.reshape(x, [1, -1, 1]), [2, 1, 0])],
    ['expand', (x: Tensor) => dl.expand(x, [3, x.size])],
  ] as const)('%s', async (_, f) => {
    for (const n of sizes) await compare([[n]], f);
  });

  test.each([
    ['add', dl.add],
    ['sub', dl.sub],
    ['mul', dl.mul],
    ['div', dl.div],
    ['maximum', dl.maximum],
    ['minimum', dl.minimum],
    ['less', dl.less],
    ['lessEqual', dl.lessEqual],
    ['greater', dl.greater],
    ['greaterEqual', dl.greaterEqual],
  ] as const)('%s, broadcasting', async (_, op) => {
    for (const n of sizes) {
      await compare([[n], [n]], op);
      await compare([[n], []], op);
      await compare([[], [n]], op);
      await compare([[3, n], [n]], op);
      await compare([[n], [3, n]], op);
      await compare(
        [
          [n, 3],
          [n, 1],
        ],
        op,
      );
      await compare(
        [
          [n, 1],
          [n, 3],
        ],
        op,
      );
      await compare(
        [
          [2, 1, n],
          [3, 1],
        ],
        op,
      );
      await compare(
        [
          [2, 3, n, 2],
          [1, 3, 1, 2],
        ],
        op,
      );
    }
  });

  test('where, broadcasting', async () => {
    for (const n of sizes) {
      const choose = (c: Tensor, a: Tensor, b: Tensor): Tensor => dl.where(dl.greater(c, 0), a, b);
      await compare([[n], [n], [n]], choose);
      await compare([[n], [], [n]], choose);
      await compare([[n], [n], []], choose);
      await compare([[3, 1], [n], [3, n]], choose);
      await compare([[n], [3, n], [3, 1]], choose);
      await compare([[2, 1, n], [3, 1], []], choose);
    }
  });

  test('reductions over every choice of axes', async () => {
    const shape = [3, 17, 2, 9];
    for (let mask = 0; mask < 16; mask++) {
      const axes = [0, 1, 2, 3].filter((axis) => (mask >> axis) & 1);
      for (const op of [dl.sum, dl.mean, dl.max, dl.min]) {
        for (const keepDims of [false, true]) await compare([shape], (x) => op(x, axes, { keepDims }));
      }
    }
    await compare([[1030, 19]], (x) => dl.sum(x, 0));
    await compare([[19, 1030]], (x) => dl.sum(x, 0));
  });

  test('a mean of ten million keeps six digits', async () => {
    await useBackend(backend);
    using _ = scope();
    expect(Math.abs(dl.full([10_000_000], 0.1).mean().item() - Math.fround(0.1))).toBeLessThan(1e-7);
    const x = dl.rand([10_000_000]);
    const values = x.dataSync();
    let sum = 0;
    for (const value of values) sum += value;
    expect(Math.abs(x.mean().item() / (sum / values.length) - 1)).toBeLessThan(1e-7);
    expect(
      Math.abs(
        dl
          .sum(x.reshape([-1, 10]), 0)
          .sum()
          .item() /
          sum -
          1,
      ),
    ).toBeLessThan(2e-7);
  });

  test('axes in every order', async () => {
    const orders = [0, 1, 2, 3].flatMap((a) =>
      [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].flatMap((c) => [[a, b, c, 6 - a - b - c]])),
    );
    for (const order of orders.filter((order) => new Set(order).size === 4)) {
      await compare([[3, 5, 9, 4]], (x) => dl.permute(x, order));
    }
    await compare([[67, 35]], (x) => dl.permute(x, [1, 0]));
  });

  test('NaN and infinities pass as IEEE 754 and PyTorch have them', async () => {
    await useBackend(backend);
    using _ = scope();
    const x = dl.tensor([Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, Number.NaN, 2, -3]);
    const same = (y: Tensor, f: (x: number) => number): void =>
      expect([...y.dataSync()].map((value) => value + 0)).toEqual(
        [...x.dataSync()].map((value) => Math.fround(f(value)) + 0),
      );
    same(dl.relu(x), (v) => Math.max(v, 0));
    same(dl.clamp(x, -1, 1), (v) => Math.min(Math.max(v, -1), 1));
    same(dl.maximum(x, 1), (v) => Math.max(v, 1));
    same(dl.minimum(x, 1), (v) => Math.min(v, 1));
    expect(dl.max(x).item()).toBeNaN();
    expect(dl.min(x).item()).toBeNaN();
    expect([...dl.softmax(x).dataSync()].every(Number.isNaN)).toBe(true);
  });

  test('a label out of range is named', async () => {
    await useBackend(backend);
    using _ = scope();
    const labels = dl.tensor([0, 5], { dtype: 'int32' });
    expect(() =>
      dl.crossEntropy(
        dl.tensor([
          [1, 2],
          [3, 4],
        ]),
        labels,
      ),
    ).toThrow('crossEntropy: label 5 of row 1');
  });
});
