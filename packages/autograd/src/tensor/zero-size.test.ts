// Tensors without elements go through ops like any other, gradients included.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const empty = (...shape: number[]): dl.Tensor => dl.zeros(shape, { requiresGrad: true });

describe('shapes', () => {
  // biome-ignore format: a table
  test.each<[string, (x: dl.Tensor) => dl.Tensor, number[], number[]]>([
    ['add', (x) => x.add(1), [0, 3], [0, 3]],
    ['mul, stretched', (x) => x.mul(dl.ones([1, 3])), [0, 1], [0, 3]],
    ['relu', (x) => x.relu(), [2, 0], [2, 0]],
    ['softmax', (x) => x.softmax(), [0, 5], [0, 5]],
    ['logSoftmax over nothing', (x) => x.logSoftmax(), [5, 0], [5, 0]],
    ['where', (x) => dl.where(dl.zeros([0], { dtype: 'bool' }), x, x), [0], [0]],
    ['clone', (x) => x.clone(), [0, 2], [0, 2]],
    ['reshape', (x) => x.reshape([3, 0, 7]), [0, 2], [3, 0, 7]],
    ['transpose', (x) => x.transpose(), [0, 2], [2, 0]],
    ['expand', (x) => x.expand([4, 0, 3]), [0, 1], [4, 0, 3]],
    ['concat', (x) => dl.concat([x, dl.ones([2, 3])]), [0, 3], [2, 3]],
    ['stack', (x) => dl.stack([x, x]), [0], [2, 0]],
    ['slice of nothing', (x) => x.slice([[2, 2]]), [4, 3], [0, 3]],
    ['slice', (x) => x.slice([null, [1, 3]]), [0, 3], [0, 2]],
    ['flip', (x) => x.flip(), [0, 3], [0, 3]],
    ['roll', (x) => x.roll(1, 0), [0, 3], [0, 3]],
    ['repeat', (x) => x.repeat([0, 2]), [2, 3], [0, 6]],
    ['pad', (x) => x.pad([[1, 1], [0, 0]]), [0, 2], [2, 2]],
    ['tril', (x) => x.tril(), [0, 3], [0, 3]],
    ['indexSelect', (x) => x.indexSelect(0, dl.zeros([0], { dtype: 'int32' })), [4, 2], [0, 2]],
    ['gather', (x) => x.gather(0, dl.zeros([0, 2], { dtype: 'int32' })), [4, 2], [0, 2]],
    ['embedding', (x) => dl.embedding(dl.zeros([0, 3], { dtype: 'int32' }), x), [5, 2], [0, 3, 2]],
    ['cumsum', (x) => x.cumsum(0), [0, 3], [0, 3]],
    ['sort', (x) => x.sort().values, [2, 0], [2, 0]],
    ['matmul, no rows', (x) => dl.matmul(x, dl.ones([3, 2])), [0, 3], [0, 2]],
    ['matmul, no columns', (x) => dl.matmul(dl.ones([2, 3]), x), [3, 0], [2, 0]],
    ['matmul, no batch', (x) => dl.matmul(x, dl.ones([3, 2])), [0, 4, 3], [0, 4, 2]],
    ['matmul of vectors', (x) => dl.matmul(x, x), [0], []],
    ['einsum', (x) => dl.einsum('ij,jk->ik', x, dl.ones([3, 2])), [0, 3], [0, 2]],
    ['conv2d, no images', (x) => dl.conv2d(x, dl.ones([2, 3, 3, 3])), [0, 3, 8, 8], [0, 2, 6, 6]],
    ['maxPool2d, no images', (x) => x.maxPool2d(2), [0, 3, 8, 8], [0, 3, 4, 4]],
    ['avgPool2d, no images', (x) => x.avgPool2d(2), [0, 3, 8, 8], [0, 3, 4, 4]],
    ['crossEntropy, no rows', (x) => dl.crossEntropy(x, dl.zeros([0], { dtype: 'int32' }), { reduction: 'none' }), [0, 3], [0]],
    ['linear, no rows', (x) => dl.linear(x, dl.ones([2, 3]), dl.ones([2])), [0, 3], [0, 2]],
    ['linear, no features', (x) => dl.linear(x, dl.ones([2, 0]), dl.ones([2])), [3, 0], [3, 2]],
    ['layerNorm, no rows', (x) => x.layerNorm(3, { weight: dl.ones([3]), bias: dl.ones([3]) }), [0, 3], [0, 3]],
    ['rmsNorm of nothing', (x) => x.rmsNorm(0), [2, 0], [2, 0]],
    ['groupNorm, no images', (x) => x.groupNorm(2), [0, 4, 3], [0, 4, 3]],
    ['instanceNorm, no places', (x) => x.instanceNorm(), [2, 4, 0], [2, 4, 0]],
    ['batchNorm, no images', (x) => x.batchNorm().y, [0, 4, 3], [0, 4, 3]],
    ['batchNormInference, no images', (x) => dl.batchNormInference(x, dl.ones([4]), dl.ones([4])), [0, 4, 3], [0, 4, 3]],
    ['dropout', (x) => x.dropout(0.5), [0, 3], [0, 3]],
    ['scaledDotProductAttention, no queries', (x) => dl.scaledDotProductAttention(x, dl.ones([2, 5, 4]), dl.ones([2, 5, 3])), [2, 0, 4], [2, 0, 3]],
    ['sum', (x) => x.sum(0), [0, 3], [3]],
    ['prod', (x) => x.prod(0), [0, 3], [3]],
    ['mean of nothing', (x) => x.mean(1), [2, 0], [2]],
    ['max of nothing', (x) => x.max(1), [2, 0], [2]],
    ['norm', (x) => x.norm(), [0], []],
    ['logSumExp', (x) => x.logSumExp(1), [2, 0], [2]],
    ['variance', (x) => x.variance(1), [2, 0], [2]],
  ])('%s', (_, op, from, to) => {
    const x = empty(...from);
    const y = op(x);
    expect(y.shape).toEqual(to);
    expect(y.dataSync().length).toBe(y.size);
    y.sum().backward();
    expect(x.grad!.shape).toEqual(from);
  });
});

describe('values', () => {
  test('of reductions over nothing are their neutral elements', () => {
    const x = dl.zeros([2, 0]);
    expect(x.sum(1).toArray()).toEqual([0, 0]);
    expect(x.prod(1).toArray()).toEqual([1, 1]);
    expect(x.mean(1).toArray()).toEqual([Number.NaN, Number.NaN]);
    expect(x.max(1).toArray()).toEqual([-Infinity, -Infinity]);
    expect(x.min(1).toArray()).toEqual([Infinity, Infinity]);
    expect(x.logSumExp(1).toArray()).toEqual([-Infinity, -Infinity]);
    expect(x.norm(1).toArray()).toEqual([0, 0]);
    expect(x.cast('bool').any(1).toArray()).toEqual([false, false]);
    expect(x.cast('bool').all(1).toArray()).toEqual([true, true]);
    expect(x.cast('int32').sum(1).toArray()).toEqual([0, 0]);
  });

  test('of products over an inner length of 0 are zeros', () => {
    expect(dl.matmul(dl.ones([2, 0]), dl.ones([0, 3])).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(dl.matmul(dl.ones([2, 2, 0]), dl.ones([0, 1])).toArray()).toEqual([
      [[0], [0]],
      [[0], [0]],
    ]);
    expect(dl.einsum('ij,jk->ik', dl.ones([1, 0]), dl.ones([0, 1])).toArray()).toEqual([[0]]);
    expect(dl.dot(dl.ones([0]), dl.ones([0])).item()).toBe(0);
  });

  test('gradients of weights over an empty batch are zeros', () => {
    const weight = dl.ones([2, 3, 3, 3], { requiresGrad: true });
    const bias = dl.ones([2], { requiresGrad: true });
    dl.conv2d(empty(0, 3, 8, 8), weight, { bias })
      .sum()
      .backward();
    expect(weight.grad!.abs().sum().item()).toBe(0);
    expect(bias.grad!.toArray()).toEqual([0, 0]);
    const dense = dl.ones([3, 2], { requiresGrad: true });
    dl.matmul(empty(0, 3), dense).sum().backward();
    expect(dense.grad!.abs().sum().item()).toBe(0);
  });
});
