// The gradient of a split: all parts at once, whichever of them were used.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import {
  grad,
  memory,
  noGrad,
  resetPeakMemory,
  scope,
  split,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

test('parts that nothing depends on have gradient 0', () => {
  using _ = scope();
  const x = tensor([1, 2, 3, 4, 5], { requiresGrad: true });
  const [, b, c] = split(x, [1, 2, 2]);
  b!
    .square()
    .sum()
    .add(c!.slice([1]).mul(7))
    .backward();
  expect(x.grad!.toArray()).toEqual([0, 4, 6, 0, 7]);
});

test('is differentiated twice', () => {
  using _ = scope();
  const cubes = (x: Tensor): Tensor => {
    const [a, b] = split(x, 2);
    return a!.mul(b!).mul(a!).sum();
  };
  // a²b by a: 2ab, by b: a²; and again, of their sum: 2b + 2a by a, 2a by b.
  const second = grad((x: Tensor) => grad(cubes)(x).sum());
  expect(second(tensor([1, 2, 3, 4], { requiresGrad: true })).toArray()).toEqual([8, 12, 2, 4]);
});

test('walking back through many parts takes memory for them once', () => {
  using _ = scope();
  const x = zeros([512, 1000], { requiresGrad: true });
  const rows = split(x, 1);
  const loss = rows.reduce((sum, row) => sum.add(row.sum()), zeros([]));
  const before = memory().bytes;
  resetPeakMemory();
  loss.backward();
  // The gradients of the parts, their concatenation, and little else: not one whole matrix for each part.
  expect(memory().peakBytes - before).toBeLessThan(2.1 * 4 * 512 * 1000);
  expect(x.grad!.sum().item()).toBe(512_000);
});

test('without a gradient to record, parts are leaves', () => {
  using _ = scope();
  const x = tensor([1, 2], { requiresGrad: true });
  expect(noGrad(() => split(x, 1)).map((part) => part.requiresGrad)).toEqual([false, false]);
  expect(split(tensor([1, 2]), 1).map((part) => part.requiresGrad)).toEqual([false, false]);
});
