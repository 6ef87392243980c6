// Making tensors: from data, constants and sequences.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const wrong = (value: unknown): never => value as never;

describe('tensor', () => {
  test.each([
    ['a number', 2.5, [], 'float32', 2.5],
    ['a boolean', true, [], 'bool', true],
    ['a list', [1, 2, 3], [3], 'float32', [1, 2, 3]],
    [
      'lists of lists',
      [
        [[1], [2]],
        [[3], [4]],
      ],
      [2, 2, 1],
      'float32',
      [
        [[1], [2]],
        [[3], [4]],
      ],
    ],
    ['booleans', [[true, false]], [1, 2], 'bool', [[true, false]]],
    ['nothing', [], [0], 'float32', []],
    ['rows of nothing', [[], []], [2, 0], 'float32', [[], []]],
    ['a Float32Array', new Float32Array([1, 2]), [2], 'float32', [1, 2]],
    ['a Float64Array', new Float64Array([0.1]), [1], 'float64', [0.1]],
    ['an Int32Array', new Int32Array([-5]), [1], 'int32', [-5]],
    [
      'an array with its shape',
      { data: new Int32Array([1, 2, 3, 4]), shape: [2, 2] },
      [2, 2],
      'int32',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['an array of one with no axes', { data: new Float32Array([7]), shape: [] }, [], 'float32', 7],
  ] as const)('from %s', (_, data, shape, dtype, expected) => {
    const x = dl.tensor(data as never);
    expect(x.shape).toEqual(shape);
    expect(x.dtype).toBe(dtype);
    expect(x.size).toBe(shape.reduce((product: number, length) => product * length, 1));
    expect(x.rank).toBe(shape.length);
    expect(x.toArray()).toEqual(expected);
  });

  test('in the dtype that is asked for', () => {
    expect(dl.tensor([0, 3], { dtype: 'int32' }).dataSync()).toEqual(new Int32Array([0, 3]));
    expect(dl.tensor([0.1], { dtype: 'float64' }).dataSync()).toEqual(new Float64Array([0.1]));
    expect(dl.tensor([1, 0], { dtype: 'bool' }).toArray()).toEqual([true, false]);
    expect(dl.tensor([true, false], { dtype: 'float32' }).toArray()).toEqual([1, 0]);
    expect(dl.tensor(new Uint8Array([1, 0]), { dtype: 'bool' }).toArray()).toEqual([true, false]);
    expect(dl.tensor(new Uint8Array([255, 0]), { dtype: 'int32' }).toArray()).toEqual([255, 0]);
    expect(dl.tensor(new Float64Array([1.5]), { dtype: 'float32' }).dtype).toBe('float32');
  });

  test('with a gradient, when asked for', () => {
    expect(dl.tensor([1]).requiresGrad).toBe(false);
    expect(dl.tensor([1], { requiresGrad: true }).requiresGrad).toBe(true);
  });

  // biome-ignore format: one mistake a line
  test.each([
    ['tensor: ragged data: a row on axis 1 has 1 elements, the first one has 2; make all rows the same length', () => dl.tensor([[1, 2], [3]])],
    ['tensor: ragged data: a row on axis 1 is 2, the first one has 1; make all rows the same length', () => dl.tensor([[1], 2])],
    ['tensor: element 1 is [2], needs a number or a boolean', () => dl.tensor([1, [2]])],
    ["tensor: element 0 is 'a', needs a number or a boolean", () => dl.tensor(wrong([['a']]))],
    ['tensor: element 1 is undefined, needs a number or a boolean', () => dl.tensor(wrong([1, undefined]))],
    ['tensor: numbers and booleans are mixed; use one kind', () => dl.tensor([1, true])],
    ['tensor: got undefined, needs a number, nested arrays, a typed array, or { data, shape }', () => dl.tensor(wrong(undefined))],
    ["tensor: got 'abc', needs a number, nested arrays, a typed array, or { data, shape }", () => dl.tensor(wrong('abc'))],
    ['tensor: got a Tensor already; use clone() for a copy, cast() for another dtype', () => dl.tensor(wrong(dl.ones([1])))],
    ['tensor: 5 values do not fill shape [2, 3], which needs 6', () => dl.tensor({ data: new Float32Array(5), shape: [2, 3] })],
    ["tensor: value 1.5 at index 0 is not an int32; round it first, or ask for dtype 'float32'", () => dl.tensor([1.5], { dtype: 'int32' })],
    ["tensor: value 2147483648 at index 1 is not an int32; round it first, or ask for dtype 'float32'", () => dl.tensor([0, 2 ** 31], { dtype: 'int32' })],
    ["tensor: value NaN at index 0 is not an int32; round it first, or ask for dtype 'float32'", () => dl.tensor([Number.NaN], { dtype: 'int32' })],
    ['tensor: value 200 at index 1 is not a bool; use true or false (or 1 and 0), or ask for another dtype', () => dl.tensor(new Uint8Array([0, 200]), { dtype: 'bool' })],
    ["tensor: dtype is 'float8', needs one of float32, float64, int32, bool, float16, bfloat16", () => dl.tensor([1], { dtype: wrong('float8') })],
  ])('says: %s', (message, call) => {
    expect(call).toThrow(message);
  });
});

describe('constants', () => {
  test('zeros, ones and full, in every dtype', () => {
    for (const dtype of dl.dtypes) {
      expect(dl.zeros([2, 1], { dtype }).dataSync()).toEqual(dl.typedArray(dtype, 2));
      expect(Array.from(dl.ones([3], { dtype }).dataSync())).toEqual([1, 1, 1]);
      expect(dl.full([2], 1, { dtype }).dtype).toBe(dtype);
    }
    expect(dl.full([2, 2], -2.5).toArray()).toEqual([
      [-2.5, -2.5],
      [-2.5, -2.5],
    ]);
    expect(dl.full([], 3).item()).toBe(3);
    expect(dl.zeros([]).shape).toEqual([]);
  });

  test('the …Like forms take shape, dtype and backend over', async () => {
    const here = await dl.useBackend(cpu());
    const model = dl.tensor([[1, 2]], { dtype: 'float64' });
    await dl.useBackend(cpu());
    const made = [
      dl.zerosLike(model),
      dl.onesLike(model),
      dl.fullLike(model, 7),
      dl.randLike(model),
      dl.randnLike(model),
      dl.bernoulliLike(model, 0.5),
    ];
    for (const x of made) expect([x.shape, x.dtype, x.backend]).toEqual([[1, 2], 'float64', here]);
    expect(made.slice(0, 3).map((x) => x.toArray())).toEqual([[[0, 0]], [[1, 1]], [[7, 7]]]);
    const integers = dl.randintLike(model, 3, 5);
    expect([integers.shape, integers.dtype, integers.backend]).toEqual([[1, 2], 'int32', here]);
    expect(dl.onesLike(model, { dtype: 'int32' }).dtype).toBe('int32');
    expect(dl.onesLike(model, { requiresGrad: true }).requiresGrad).toBe(true);
  });

  test('eye', () => {
    expect(dl.eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(dl.eye(2, { columns: 3, dtype: 'int32' }).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(dl.eye(3, { columns: 1 }).toArray()).toEqual([[1], [0], [0]]);
    expect(dl.eye(0).shape).toEqual([0, 0]);
  });

  test('oneHot', () => {
    const indices = dl.tensor([[2, 0]], { dtype: 'int32' });
    expect(dl.oneHot(indices, 3).toArray()).toEqual([
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    ]);
    expect(dl.oneHot(indices, 3, { dtype: 'bool' }).toArray()).toEqual([
      [
        [false, false, true],
        [true, false, false],
      ],
    ]);
    expect(dl.oneHot(dl.zeros([0], { dtype: 'int32' }), 4).shape).toEqual([0, 4]);
  });

  // biome-ignore format: one mistake a line
  test.each([
    ['zeros: shape [-1] has -1, needs whole numbers of at least 0', () => dl.zeros([-1])],
    ["ones: shape is '3', needs an array such as [2, 3]", () => dl.ones(wrong('3'))],
    ['randn: shape [1.5] has 1.5, needs whole numbers of at least 0', () => dl.randn([1.5])],
    ["full: value 0.5 at index 0 is not an int32; round it first, or ask for dtype 'float32'", () => dl.full([2], 0.5, { dtype: 'int32' })],
    ['zerosLike: dtype is \'half\', needs one of float32, float64, int32, bool', () => dl.zerosLike(dl.ones([1]), { dtype: wrong('half') })],
    ['eye: rows is -1, needs a whole number of at least 0', () => dl.eye(-1)],
    ['oneHot: class 3 at position 0 is out of range; needs 0 to 2', () => dl.oneHot(dl.tensor([3], { dtype: 'int32' }), 3)],
    ["oneHot: indices are float32, needs int32; cast them with .cast('int32')", () => dl.oneHot(dl.ones([2]), 3)],
    ['oneHot: classes is 0, needs a whole number of at least 1', () => dl.oneHot(dl.zeros([1], { dtype: 'int32' }), 0)],
    ['out of memory: 1000000000000 float32 elements are more than an array on the host can hold', () => dl.rand([1e6, 1e6])],
    ['ones: out of memory: the cpu backend has no 3814697.3 MiB in one piece', () => dl.ones([1e6, 1e6])],
  ])('says: %s', (message, call) => {
    expect(call).toThrow(message);
  });
});

describe('sequences', () => {
  test('arange', () => {
    expect(dl.arange(4).dataSync()).toEqual(new Int32Array([0, 1, 2, 3]));
    expect(dl.arange(2, 5).toArray()).toEqual([2, 3, 4]);
    expect(dl.arange(5, 0, { step: -2 }).toArray()).toEqual([5, 3, 1]);
    expect(dl.arange(0, 1, { step: 0.25 }).dataSync()).toEqual(new Float32Array([0, 0.25, 0.5, 0.75]));
    expect(dl.arange(0.5, 3).dtype).toBe('float32');
    expect(dl.arange(3, { dtype: 'float64' }).dataSync()).toEqual(new Float64Array([0, 1, 2]));
    expect(dl.arange(3, 3).shape).toEqual([0]);
    expect(dl.arange(0, 5, { step: -1 }).shape).toEqual([0]);
    // 0.1 · 7 is a little more than 0.7; each element is start + i · step, not a running sum.
    expect(dl.arange(0, 0.7, { step: 0.1, dtype: 'float64' }).size).toBe(7);
  });

  test('linspace has both ends, exactly', () => {
    expect(dl.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(dl.linspace(2, -2, 3).toArray()).toEqual([2, 0, -2]);
    expect(dl.linspace(3, 9, 1).toArray()).toEqual([3]);
    const fine = dl.linspace(0.1, 0.7, 7, { dtype: 'float64' }).dataSync();
    expect([fine[0], fine[6]]).toEqual([0.1, 0.7]);
  });

  // biome-ignore format: one mistake a line
  test.each([
    ['arange: start 0, end NaN, step 1; needs finite numbers and a step other than 0', () => dl.arange(Number.NaN)],
    ['arange: start 0, end 5, step 0; needs finite numbers and a step other than 0', () => dl.arange(0, 5, { step: 0 })],
    ["arange: value 0.5 at index 0 is not an int32; round it first, or ask for dtype 'float32'", () => dl.arange(0.5, 3, { dtype: 'int32' })],
    ['arange: value 2 at index 2 is not a bool; use true or false (or 1 and 0), or ask for another dtype', () => dl.arange(5, { dtype: 'bool' })],
    ['linspace: count is 0, needs a whole number of at least 1', () => dl.linspace(0, 1, 0)],
    ['linspace: dtype is int32, needs float32 or float64', () => dl.linspace(0, 1, 2, { dtype: 'int32' })],
  ])('says: %s', (message, call) => {
    expect(call).toThrow(message);
  });
});
