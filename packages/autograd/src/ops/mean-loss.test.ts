// meanLoss: what it remembers, its gradient, and what it refuses.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { crossEntropy, lossMean, meanLoss, noGrad, scope, type Tensor, tensor, useBackend, zeros } from '../index.js';

beforeAll(() => useBackend(cpu({ engine: 'typescript' })));

const leaf = (data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const partsOf = (loss: Tensor): number[] => {
  const { sum, count } = lossMean(loss)!;
  return [sum.item(), typeof count === 'number' ? count : count.item()];
};

test('the mean over elements, over a number, and over a tensor, with their parts', () => {
  using _ = scope();
  const x = leaf([1, 2, 6]);
  const mask = tensor([1, 0, 1], { dtype: 'int32' });
  const losses = [
    meanLoss(x),
    meanLoss(x.sum(), 2),
    meanLoss(x.mul(mask.cast('float64')).sum(), mask.sum().reshape([1])),
  ];
  expect(losses.map((loss) => loss.item())).toEqual([3, 4.5, 3.5]);
  expect(losses.map((loss) => loss.shape)).toEqual([[], [], []]);
  expect(losses.map(partsOf)).toEqual([
    [9, 3],
    [9, 2],
    [7, 2],
  ]);
});

test('its gradient, and that of the sum, through which the mean over several batches goes', () => {
  using _ = scope();
  const x = leaf([1, 2, 6]);
  const loss = meanLoss(x.square().sum(), 4);
  loss.backward({ retainGraph: true });
  expect(x.grad?.toArray()).toEqual([0.5, 1, 3]);
  x.zeroGrad();
  lossMean(loss)!.sum.backward();
  expect(x.grad?.toArray()).toEqual([2, 4, 12]);
  x.zeroGrad();
  lossMean(meanLoss(x.square()))!.sum.backward();
  Array.from(x.grad!.dataSync(), Number).forEach((value, i) => {
    expect(value).toBeCloseTo([2, 4, 12][i]!, 12);
  });
});

test('nothing that counts: the mean is NaN, the sum is 0 and has a gradient of 0', () => {
  using _ = scope();
  const logits = leaf([1, 2]).reshape([1, 2]);
  const x = tensor([[1, 2]], { dtype: 'float64', requiresGrad: true });
  const loss = crossEntropy(x, tensor([-1], { dtype: 'int32' }), { ignoreIndex: -1 });
  expect(loss.item()).toBeNaN();
  expect(partsOf(loss)).toEqual([0, 0]);
  lossMean(loss)!.sum.backward();
  expect(x.grad?.abs().toArray()).toEqual([[0, 0]]);
  expect(meanLoss(logits.sum(), 0).item()).toBe(Number.POSITIVE_INFINITY);
});

test('cross-entropy says it by the labels that count and their weights; other reductions and other tensors do not', () => {
  using _ = scope();
  const logits = zeros([3, 2], { dtype: 'float64' });
  const labels = tensor([0, 1, -1], { dtype: 'int32' });
  const weight = tensor([1, 3], { dtype: 'float64' });
  const of = (options: object): number[] | undefined => {
    const loss = crossEntropy(logits, labels, { ignoreIndex: -1, ...options });
    return lossMean(loss) && partsOf(loss);
  };
  const near = (value: number): unknown => expect.closeTo(value, 12);
  expect(of({})).toEqual([near(2 * Math.LN2), 2]);
  expect(of({ weight })).toEqual([near(4 * Math.LN2), 4]);
  expect([of({ reduction: 'sum' }), of({ reduction: 'none' })]).toEqual([undefined, undefined]);
  expect(partsOf(crossEntropy(logits, zeros([3, 2], { dtype: 'float64' })))).toEqual([0, 3]);
  expect(lossMean(crossEntropy(logits, labels, { ignoreIndex: -1 }).mul(2))).toBeUndefined();
  expect(lossMean(noGrad(() => crossEntropy(logits, labels, { ignoreIndex: -1 })))).toBeDefined();
});

test.each([
  [() => meanLoss(3 as never), 'meanLoss: losses is 3, needs a Tensor'],
  [() => meanLoss(leaf([1, 2]), 2), 'meanLoss: the sum is [2], needs one number'],
  [() => meanLoss(leaf([1]), leaf([1, 2])), 'meanLoss: the count is [2], needs one number'],
  [() => meanLoss(leaf([1]), -1), 'meanLoss: count is -1, needs a number of at least 0, or a tensor with one'],
  [() => meanLoss(leaf([1]), Number.NaN), 'meanLoss: count is NaN, needs a number of at least 0'],
  [() => meanLoss(tensor([1], { dtype: 'int32' }), 2), 'meanLoss: sum is int32'],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
