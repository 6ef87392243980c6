// What pools do beyond the golden values: any power, and sizes to go back to.

import { randn, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { LpPool1d, MaxPool2d, MaxUnpool2d } from '../index.js';

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
