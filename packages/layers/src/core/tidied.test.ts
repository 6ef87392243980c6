// What a forward makes on its way is freed at once, but for what lives on.

import { crossEntropy, lossMean, memory, noGrad, ones, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeEach, expect, test } from 'vitest';
import { tidied } from '../index.js';

beforeEach(() => useBackend(cpu()));

test('tidied leaves the survivors and what the gradient needs, and nothing else', () => {
  const before = memory().buffers;
  const x = ones([4]);
  const { first, second } = tidied(
    () => ({ first: x.mul(2).add(1), second: x.sub(3).exp(), rest: x.mul(5) }),
    ({ first, second }) => [first, second],
  );
  expect(memory().buffers - before).toBe(3);
  expect(first.toArray()).toEqual([3, 3, 3, 3]);
  const leaf = ones([4], { requiresGrad: true });
  const y = tidied(
    () => leaf.exp().mul(2).square(),
    (y) => [y],
  );
  y.sum().backward();
  // d/dx (2 e^x)² = 8 e^2x.
  for (const value of leaf.grad!.toArray() as number[]) expect(value).toBeCloseTo(8 * Math.exp(2), 4);
  for (const each of [x, first, second, y, leaf.grad!, leaf]) each.dispose();
});

test('tidied frees everything where its body throws, and hands the error on', () => {
  const x = ones([4]);
  const before = memory().buffers;
  let made: Tensor | undefined;
  const fails = (): Tensor => {
    made = x.mul(2);
    throw new Error('no more');
  };
  expect(() => tidied(fails, (y) => [y])).toThrow('no more');
  expect(made!.isFreed).toBe(true);
  expect(memory().buffers).toBe(before);
  x.dispose();
});

test('tidied leaves what a loss is a mean over, also where nothing is recorded', () => {
  const labels = tensor([0, 1, -1], { dtype: 'int32' });
  const loss = noGrad(() =>
    tidied(
      () => crossEntropy(zeros([3, 2]), labels, { ignoreIndex: -1 }),
      (loss) => [loss],
    ),
  );
  const { sum, count } = lossMean(loss)!;
  expect(sum.item()).toBeCloseTo(2 * Math.log(2), 6);
  expect((count as Tensor).item()).toBe(2);
  for (const each of [labels, loss, sum, count as Tensor]) each.dispose();
});
