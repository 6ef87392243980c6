// What ops do in each dtype: which they take, what they give, and that nothing changes it unasked.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const of = (dtype: dl.DType, ...values: number[]): dl.Tensor => dl.tensor(values, { dtype });

describe('the result has the dtype of the operands', () => {
  const numbers = ['float32', 'float64', 'int32'] as const;

  test.each(numbers)('arithmetic in %s', (dtype) => {
    const [a, b] = [of(dtype, 7, -8), of(dtype, 2, 3)];
    const results = [
      [a.add(b), [9, -5]],
      [a.sub(b), [5, -11]],
      [a.mul(b), [14, -24]],
      [a.mod(b), [1, 1]],
      [a.maximum(b), [7, 3]],
      [a.minimum(b), [2, -8]],
      [a.neg(), [-7, 8]],
      [a.abs(), [7, 8]],
      [a.sign(), [1, -1]],
      [a.square(), [49, 64]],
      [a.clamp(-1, 1), [1, -1]],
      [a.add(1), [8, -7]],
      [dl.sub(1, a), [-6, 9]],
      [a.cumsum(0), [7, -1]],
      [a.sort().values, [-8, 7]],
      [a.topK(1).values, [7]],
      [a.sum(), -1],
      [a.prod(), -56],
      [a.max(), 7],
      [a.min(), -8],
      [dl.where(a.greater(0), a, b), [7, 3]],
      [a.maskedFill(a.less(0), 5), [7, 5]],
      [dl.dot(a, b), -10],
      [
        dl.outer(a, b),
        [
          [14, 21],
          [-16, -24],
        ],
      ],
      [dl.einsum('i,i->', a, b), -10],
      [dl.matmul(a.reshape([1, 2]), b.reshape([2, 1])), [[-10]]],
      [dl.maxPool2d(a.reshape([1, 1, 1, 2]), [1, 2]), [[[[7]]]]],
      [a.pad([[1, 0]], { value: 3 }), [3, 7, -8]],
    ] as const;
    for (const [y, expected] of results) {
      expect(y.dtype).toBe(dtype);
      expect(y.toArray()).toEqual(expected);
    }
  });

  test.each(['float32', 'float64', 'int32', 'bool'] as const)('moving in %s', (dtype) => {
    const x = of(dtype, 1, 0, 0, 1, 1, 0).reshape([2, 3]);
    const moved = [
      x.clone(),
      x.reshape([6]),
      x.transpose(),
      x.slice([null, [null, null, -1]]),
      x.flip(),
      x.roll(1, 1),
      x.repeat([2, 1]),
      x.expand([2, 2, 3]),
      x.pad([
        [1, 0],
        [0, 0],
      ]),
      x.pad(
        [
          [0, 0],
          [1, 1],
        ],
        { mode: 'reflect' },
      ),
      x.tril(),
      dl.concat([x, x]),
      dl.stack([x, x]),
      ...x.split(1),
      x.indexSelect(0, of('int32', 1, 0)),
      x.gather(1, of('int32', 0, 1).reshape([2, 1])),
      dl.where(of('bool', 1, 0, 1), x, x),
    ];
    for (const y of moved) expect(y.dtype).toBe(dtype);
    expect(Array.from(x.transpose().dataSync())).toEqual([1, 1, 0, 1, 0, 0]);
    expect(Array.from(x.flip().dataSync())).toEqual([0, 1, 1, 0, 0, 1]);
    expect(
      Array.from(
        x
          .pad([
            [1, 0],
            [0, 0],
          ])
          .dataSync(),
      ),
    ).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0]);
  });

  test.each(['float32', 'float64'] as const)('functions of floats in %s', (dtype) => {
    const x = of(dtype, 0.5, 2);
    for (const y of [
      x.exp(),
      x.log(),
      x.sqrt(),
      x.sigmoid(),
      x.gelu(),
      x.softmax(),
      x.mean(),
      x.std(),
      x.norm(),
      x.pow(2),
    ]) {
      expect(y.dtype).toBe(dtype);
    }
    const error = Math.abs(x.exp().dataSync()[0]! - Math.exp(0.5));
    if (dtype === 'float64') expect(error).toBeLessThan(1e-15);
    else expect(error).toBeGreaterThan(1e-9);
  });

  test('comparisons and logic give bool, indices int32', () => {
    const x = of('float64', 1, 2);
    for (const y of [x.equal(1), x.notEqual(1), x.less(1), x.lessEqual(1), x.greater(1), x.greaterEqual(1)]) {
      expect(y.dtype).toBe('bool');
    }
    expect([x.isNaN().dtype, x.isFinite().dtype, x.cast('bool').any().dtype]).toEqual(['bool', 'bool', 'bool']);
    expect([x.argmax().dtype, x.argmin().dtype, x.sort().indices.dtype, x.topK(1).indices.dtype]).toEqual(
      Array(4).fill('int32'),
    );
  });

  test('bool: comparisons, reductions and logic', () => {
    const [a, b] = [of('bool', 1, 1, 0, 0), of('bool', 1, 0, 1, 0)];
    expect(dl.logicalAnd(a, b).toArray()).toEqual([true, false, false, false]);
    expect(dl.logicalOr(a, b).toArray()).toEqual([true, true, true, false]);
    expect(dl.logicalXor(a, b).toArray()).toEqual([false, true, true, false]);
    expect(a.logicalNot().toArray()).toEqual([false, false, true, true]);
    expect(a.equal(b).toArray()).toEqual([true, false, false, true]);
    expect(a.equal(1).toArray()).toEqual([true, true, false, false]);
    expect([a.any().item(), a.all().item()]).toEqual([1, 0]);
    expect(a.cast('int32').sum().item()).toBe(2);
  });
});

describe('dtypes are never mixed silently', () => {
  test('two tensors of different dtypes are an error in every op that takes two', () => {
    const [a, b] = [of('float32', 1), of('float64', 1)];
    const ops = [dl.add, dl.mul, dl.div, dl.pow, dl.maximum, dl.equal, dl.dot, dl.outer] as const;
    for (const op of ops) expect(() => op(a, b)).toThrow(/is float32 and b is float64; cast one of them/);
  });

  test('a number takes the dtype of the tensor beside it', () => {
    expect(of('float64', 1).mul(0.1).item()).toBe(0.1);
    expect(of('float32', 1).mul(0.1).item()).toBe(Math.fround(0.1));
    expect(of('int32', 3).mul(2).dtype).toBe('int32');
  });

  test('a cast to the same dtype copies nothing', () => {
    const x = of('float32', 1);
    expect(x.cast('float32').storage).toBe(x.storage);
    expect(x.cast('float64').storage).not.toBe(x.storage);
  });

  test('gradients have the dtype of their tensor, also through casts', () => {
    const x = dl.tensor([1, 2], { requiresGrad: true });
    x.cast('float64').square().sum().backward();
    expect(x.grad!.dtype).toBe('float32');
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });
});
