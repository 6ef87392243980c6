// What every kind of value on the host becomes as a tensor: each has a meaning, or a sentence.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const wrong = (value: unknown): never => value as never;

type Kind = new (length: number) => { length: number; fill(value: never): unknown };

/** The typed arrays that there are, found by asking the engine: one that comes anew fails here until it has a meaning. */
const kinds = Object.getOwnPropertyNames(globalThis)
  .filter((name) => name.endsWith('Array') && name !== 'Array')
  .map((name) => [name, (globalThis as unknown as Record<string, Kind>)[name]!] as const);

/** By the rule: what float32 holds exactly is measured, wider integers count. */
function expectedDType(name: string): dl.DType {
  const bits = Number(/\d+/.exec(name)![0]);
  if (name.startsWith('Float')) return bits === 64 ? 'float64' : 'float32';
  return bits <= 16 ? 'float32' : 'int32';
}

test('there are the typed arrays of the language', () => {
  expect(kinds.length).toBeGreaterThanOrEqual(11);
});

describe.each(kinds)('%s', (name, Kind) => {
  const make = (values: readonly number[]): never => {
    const isBig = name.startsWith('Big');
    const array = new Kind(values.length) as unknown as Record<number, number | bigint>;
    for (const [i, value] of values.entries()) array[i] = isBig ? BigInt(value) : value;
    return array as never;
  };
  const dtype = expectedDType(name);

  test.each([
    ['alone', () => make([0, 1, 100]), [3], [0, 1, 100]],
    ['with a shape', () => wrong({ data: make([0, 1, 100, 7]), shape: [2, 2] }), [2, 2], [[0, 1], [100, 7]]], // biome-ignore format: one line
    ['as rows', () => wrong([make([0, 1]), make([100, 7]), make([5, 6])]), [3, 2], [[0, 1], [100, 7], [5, 6]]], // biome-ignore format: one line
    ['as rows of rows', () => wrong([[make([0, 1])], [make([100, 7])]]), [2, 1, 2], [[[0, 1]], [[100, 7]]]],
    ['empty', () => make([]), [0], []],
  ] as const)('%s keeps its numbers', (_, data, shape, values) => {
    const x = dl.tensor(data());
    expect([x.dtype, x.shape, x.toArray()]).toEqual([dtype, shape, values]);
  });

  test('in each dtype that is asked for', () => {
    for (const asked of dl.dtypes) {
      const x = dl.tensor(make([1, 0]), { dtype: asked });
      expect([x.dtype, x.toArray()]).toEqual([asked, asked === 'bool' ? [true, false] : [1, 0]]);
      expect(dl.tensor(wrong([make([1, 0])]), { dtype: asked }).toArray()).toEqual([x.toArray()]);
      expect(dl.tensor({ data: make([1, 0]), shape: [2], dtype: asked }).dtype).toBe(asked);
    }
    expect(() => dl.tensor(make([2]), { dtype: 'bool' })).toThrow('tensor: value 2 at index 0 is not a bool');
  });

  test('rows of different lengths are an error', () => {
    expect(() => dl.tensor(wrong([make([1, 2]), make([3])]))).toThrow(
      'tensor: ragged data: a row on axis 1 has 1 elements, the first one has 2',
    );
    expect(() => dl.tensor(wrong([[[1], [2]], make([3, 4])]))).toThrow(
      'tensor: ragged data: a row on axis 2 is 3, the first one has 1',
    );
  });

  test('takes no part in what the tensor does later', () => {
    const array = make([1, 2]) as Record<number, number | bigint>;
    const x = dl.tensor(array as never);
    array[0] = name.startsWith('Big') ? 9n : 9;
    expect(x.toArray()).toEqual([1, 2]);
  });
});

test('the bytes of an image are numbers, in all the forms in which they come', () => {
  const image = { data: new Uint8ClampedArray([0, 51, 255, 300]), width: 1, height: 1 };
  const pixels = dl.tensor({ data: image.data, shape: [1, 1, 4] }).div(255);
  expect(pixels.toArray()).toEqual([[[0, Math.fround(0.2), 1, 1]]]);
  expect(dl.tensor(Buffer.from([200, 3])).toArray()).toEqual([200, 3]);
  expect(() => dl.tensor(wrong(image))).toThrow(
    'tensor: got an object with data and no shape; pass { data, shape }, for an image { data: image.data, shape: [height, width, 4] }',
  );
});

test('what int32 cannot hold is an error, not another number', () => {
  const message = (value: number) => `tensor: value ${value} at index 0 is not an int32`;
  expect(() => dl.tensor(Uint32Array.of(2 ** 31))).toThrow(message(2 ** 31));
  expect(() => dl.tensor(BigInt64Array.of(2n ** 40n))).toThrow(message(2 ** 40));
  expect(dl.tensor(BigInt64Array.of(-(2n ** 31n))).item()).toBe(-(2 ** 31));
  expect(dl.tensor(Uint32Array.of(2 ** 31), { dtype: 'float64' }).item()).toBe(2 ** 31);
});

// biome-ignore format: one mistake a line
test.each([
  ['tensor: got an ArrayBuffer, which does not say what numbers its bytes are; pass a typed array on it, such as new Float32Array(buffer), or new Uint8Array(buffer)', () => dl.tensor(wrong(new ArrayBuffer(8)))],
  ['tensor: got a SharedArrayBuffer, which does not say what numbers its bytes are', () => dl.tensor(wrong(new SharedArrayBuffer(8)))],
  ['tensor: got a DataView, which does not say what numbers its bytes are; pass a typed array on it, such as new Float32Array(view.buffer)', () => dl.tensor(wrong(new DataView(new ArrayBuffer(8))))],
  ['tensor: got a DataView', () => dl.tensor(wrong([new DataView(new ArrayBuffer(8))]))],
  ['tensor: got an ArrayBuffer', () => dl.tensor(wrong({ data: new ArrayBuffer(8), shape: [8] }))],
  ['tensor: data of { data, shape } is a Set, needs a typed array, or a list of numbers', () => dl.tensor(wrong({ data: new Set([1, 2]), shape: [2] }))],
  ['tensor: element 1 is null, needs a number or a boolean', () => dl.tensor(wrong({ data: [1, null], shape: [2] }))],
  ["tensor: element 0 is '1', needs a number or a boolean", () => dl.tensor(wrong({ data: ['1'], shape: [1] }))],
  ['tensor: element 1 is [2], needs a number or a boolean', () => dl.tensor(wrong({ data: [1, [2]], shape: [2] }))],
  ["tensor: dtype is 'F32', needs one of", () => dl.tensor(wrong({ data: Float32Array.of(1), shape: [1], dtype: 'F32' }))],
  ['tensor: some rows are float32, others int32; say by { dtype } which it is to be', () => dl.tensor([Float32Array.of(1), Int32Array.of(1)])],
  ['tensor: some rows are int32, others float32', () => dl.tensor([[1, 2], Int32Array.of(1, 2)])],
  ['tensor: numbers and booleans are mixed; use one kind', () => dl.tensor([Uint8Array.of(1, 0), [true, false]])],
  ['tensor: element 0 is a Tensor; join tensors with stack([x, y]) or concat([x, y]), which gradients go through', () => dl.tensor(wrong([dl.tensor(1), dl.tensor(2)]))],
  ['tensor: element 1 is a Tensor; join', () => dl.tensor(wrong([1, dl.tensor(2)]))],
  ['tensor: element 0 is a Tensor; join', () => dl.tensor(wrong([[1, 2], dl.tensor([3, 4])]))],
  ['tensor: element 0 is a Tensor; join', () => dl.tensor(wrong([[dl.tensor([3, 4])]]))],
  ['tensor: element 1 is the bigint 2, needs a number or a boolean; use Number(value), or a BigInt64Array', () => dl.tensor(wrong([1, 2n]))],
  ['tensor: element 0 is a Promise, needs a number or a boolean', () => dl.tensor(wrong([Promise.resolve(1)]))],
])('says: %s', (message, call) => {
  expect(call).toThrow(message);
});

test('rows of two kinds, in the dtype that is asked for', () => {
  expect(dl.tensor([Float32Array.of(1), Int32Array.of(2)], { dtype: 'float64' }).toArray()).toEqual([[1], [2]]);
});

test('what the message about tensors in a list says, works', () => {
  const [a, b] = [dl.tensor(1, { requiresGrad: true }), dl.tensor(2)];
  const both = dl.stack([a, b]);
  expect(both.toArray()).toEqual([1, 2]);
  both.sum().backward();
  expect(a.grad!.item()).toBe(1);
});
