// updateBatchNorm: the statistics of the data, of the norms that train, and nothing else changed.

import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, InstanceNorm2d, Linear, Sequential } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { updateBatchNorm } from '../index.js';

beforeAll(() => useBackend(cpu()));

test('the statistics of the data, as plain averages over batches', async () => {
  const norm = new BatchNorm1d(2);
  const model = new Sequential(norm, new Linear(2, 1)).eval();
  const batches = [
    [
      [1, 2],
      [3, 6],
    ],
    [
      [5, 0],
      [9, 4],
    ],
  ].map((rows) => tensor(rows));
  norm.runningMean!.assign(tensor([100, 100]));
  await updateBatchNorm(batches, model);
  // Means 2 and 4, 7 and 2; unbiased variances 2 and 8, 8 and 8.
  assertAllClose(norm.runningMean!.dataSync(), [4.5, 3], { rtol: 1e-6 });
  assertAllClose(norm.runningVariance!.dataSync(), [5, 8], { rtol: 1e-6 });
  expect([norm.momentum, model.training, norm.numBatchesTracked!.item()]).toEqual([0.1, false, 2]);
});

test('instance norms that follow statistics, too', async () => {
  const norm = new InstanceNorm2d(1, { trackRunningStats: true });
  norm.runningMean!.assign(tensor([100]));
  // Means 2 and 6, unbiased variances 2 and 8.
  await updateBatchNorm([tensor([[[[1, 3]]]]), tensor([[[[4, 8]]]])], new Sequential(norm));
  assertAllClose(norm.runningMean!.dataSync(), [4], { rtol: 1e-6 });
  assertAllClose(norm.runningVariance!.dataSync(), [5], { rtol: 1e-6 });
  expect(norm.momentum).toBe(0.1);
});

test('a part in eval() keeps its statistics, and between two batches nothing is changed but statistics', async () => {
  const [kept, renewed] = [new BatchNorm1d(1), new BatchNorm1d(1)];
  const model = new Sequential(kept.eval(), renewed);
  kept.runningMean!.assign(tensor([1]));
  const modes: unknown[] = [];
  const look = (): void => void modes.push([model.training, kept.training, renewed.training, renewed.momentum]);
  async function* batches() {
    // eval() subtracts the mean 1 first, and eps is next to nothing.
    for (const values of [
      [2, 4],
      [6, 8],
    ]) {
      look();
      yield tensor(values.map((value) => [value]));
    }
    look();
  }
  await updateBatchNorm(batches(), model);
  expect(modes).toEqual(new Array(3).fill([true, false, true, 0.1]));
  expect([kept.runningMean!.item(), kept.numBatchesTracked!.item()]).toEqual([1, 0]);
  expect(renewed.runningMean!.item()).toBeCloseTo(4, 4);
  // The part that trains stands in a model that does not.
  model.training = false;
  renewed.runningMean!.assign(tensor([100]));
  await updateBatchNorm([tensor([[2], [4]])], model);
  expect(renewed.runningMean!.item()).toBeCloseTo(2, 4);
  expect([model.training, kept.training, renewed.training]).toEqual([false, false, true]);
  model.train();
  await updateBatchNorm([tensor([[2], [4]])], new Sequential(kept.eval()));
  expect(kept.runningMean!.item()).toBe(1);
});

test('without a batch it changes nothing', async () => {
  const norm = new BatchNorm1d(2);
  const model = new Sequential(norm).eval();
  norm.runningMean!.assign(tensor([100, 100]));
  await expect(updateBatchNorm([], model)).rejects.toThrow(
    'updateBatchNorm: there was no batch, and nothing was changed; give it batches that were not iterated before',
  );
  expect(norm.runningMean!.toArray()).toEqual([100, 100]);
  expect([norm.momentum, model.training]).toEqual([0.1, false]);
});
