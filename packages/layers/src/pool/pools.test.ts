// What pools do beyond the golden values: any power, sizes to go back to, batches of nothing.

import { ones, randn, scope, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import * as layers from '../index.js';

const { LpPool1d, MaxPool2d, MaxUnpool2d } = layers;

beforeAll(() => useBackend(cpu()));

test('Lp pool: any p, of either sign, and no NaN in the gradient of a window of zeros', () => {
  using _ = scope();
  const x = tensor([[[-1, 2, 0, 0]]], { dtype: 'float64', requiresGrad: true });
  const y = new LpPool1d(3, 2).forward(x);
  expect(y.dataSync()[0]).toBeCloseTo(Math.cbrt(9), 12);
  expect(y.dataSync()[1]).toBe(0);
  y.sum().backward();
  // x |x|^(p - 2) / y^(p - 1)
  const [first, second, ...rest] = x.grad!.dataSync();
  expect(first).toBeCloseTo(-1 / Math.cbrt(9) ** 2, 12);
  expect(second).toBeCloseTo(4 / Math.cbrt(9) ** 2, 12);
  expect(rest).toEqual([0, 0]);
});

test('MaxUnpool2d to a size that is given', () => {
  using _ = scope();
  const x = randn([1, 2, 5, 5]);
  const { y, indices } = new MaxPool2d(2).forwardWithIndices(x);
  const back = new MaxUnpool2d(2).forward(y, indices, [5, 5]);
  expect(back.shape).toEqual([1, 2, 5, 5]);
  const [from, to] = [x.dataSync(), back.dataSync()];
  expect(Array.from(to).every((value, i) => value === 0 || value === from[i])).toBe(true);
  expect(Array.from(to).filter((value) => value !== 0).length).toBe(8);
});

test.each<[string, layers.Module, readonly number[], readonly number[]]>([
  ['AdaptiveAvgPool1d', new layers.AdaptiveAvgPool1d(3), [0, 2, 7], [0, 2, 3]],
  ['AdaptiveMaxPool1d', new layers.AdaptiveMaxPool1d(3), [0, 2, 5], [0, 2, 3]],
  ['AdaptiveAvgPool2d', new layers.AdaptiveAvgPool2d([2, null]), [0, 2, 7, 4], [0, 2, 2, 4]],
  ['AdaptiveMaxPool2d', new layers.AdaptiveMaxPool2d(3), [0, 2, 5, 5], [0, 2, 3, 3]],
  ['GlobalAvgPool', new layers.GlobalAvgPool(), [0, 2, 3, 3], [0, 2]],
  ['GlobalMaxPool', new layers.GlobalMaxPool(), [0, 2, 3], [0, 2]],
  ['LpPool2d', new layers.LpPool2d(2, 2, { ceilMode: true }), [0, 2, 3, 3], [0, 2, 2, 2]],
  ['MaxPool2d', new layers.MaxPool2d(2), [0, 2, 4, 4], [0, 2, 2, 2]],
  ['AvgPool1d', new layers.AvgPool1d(2), [0, 2, 4], [0, 2, 2]],
])('%s: a batch of nothing gives nothing', (_, pool, shape, pooled) => {
  using _scope = scope();
  const x = zeros(shape, { requiresGrad: true });
  const y = pool.forward(x);
  expect(y.shape).toEqual(pooled);
  y.sum().backward();
  expect(x.grad!.shape).toEqual(shape);
});

test('MaxUnpool2d of a batch of nothing', () => {
  using _ = scope();
  const { y, indices } = new MaxPool2d(2).forwardWithIndices(zeros([0, 2, 4, 4]));
  expect(new MaxUnpool2d(2).forward(y, indices).shape).toEqual([0, 2, 4, 4]);
});

test('adaptive pools of every length to every size, window by window', () => {
  using _ = scope();
  for (const length of [1, 2, 3, 5, 6, 7, 10]) {
    const x = randn([1, 2, length], { dtype: 'float64' });
    const rows = (x.toArray() as number[][][])[0]!;
    for (const size of [1, 2, 3, 4, 6, 9]) {
      const seen = rows.map((row) =>
        Array.from({ length: size }, (_, i) =>
          row.slice(Math.floor((i * length) / size), Math.ceil(((i + 1) * length) / size)),
        ),
      );
      const means = seen.map((windows) => windows.map((each) => each.reduce((sum, v) => sum + v) / each.length));
      const most = seen.map((windows) => windows.map((each) => Math.max(...each)));
      assertAllClose(new layers.AdaptiveAvgPool1d(size).forward(x), [means], { rtol: 1e-13, atol: 1e-14 });
      assertAllClose(new layers.AdaptiveMaxPool1d(size).forward(x), [most], { rtol: 0, atol: 0 });
    }
  }
});

test('what needs no pooling is a tensor of its own', () => {
  using _ = scope();
  const x = ones([1, 1, 3]);
  new layers.AdaptiveAvgPool1d(3).forward(x).dispose();
  for (const layer of [new layers.Dropout1d(0), new layers.AlphaDropout(0.5).eval(), new layers.GaussianNoise(0)]) {
    layer.forward(x).dispose();
  }
  expect(x.toArray()).toEqual([[[1, 1, 1]]]);
});
