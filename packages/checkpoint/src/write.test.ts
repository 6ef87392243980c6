// Writing safetensors: byte for byte what an independent writer makes, and back.

import { readFileSync } from 'node:fs';
import { ArgumentError, halfValues, ShapeError, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { fromSafetensors } from './read.js';
import { toLittleEndian } from './safetensors.js';
import { packState, unpackState } from './state.js';
import { toSafetensors } from './write.js';

beforeAll(async () => {
  await useBackend(cpu());
});

test('the bytes are those that Python writes, whatever the order', () => {
  const bytes = toSafetensors(
    {
      mask: { data: Uint8Array.of(1, 0, 1), shape: [3], dtype: 'bool' },
      bytes: { data: Uint8Array.of(3, 200), shape: [2] },
      half: tensor([[1, -0, 2 ** -24], [65504, 1e6, 1 / 3]]).cast('float16'), // biome-ignore format: a matrix
      brain: { data: Float32Array.of(-3.140625, 2 ** -133, 1 / 3), shape: [3], dtype: 'bfloat16' },
      labels: tensor([7, -8, 9], { dtype: 'int32' }),
      b: tensor(-1),
      c: tensor([0.1], { dtype: 'float64' }),
      'a.weight': tensor([
        [1, 2],
        [3, 4],
      ]),
    },
    { metadata: { model: 'LeNet-5' } },
  );
  expect(bytes).toEqual(new Uint8Array(readFileSync(new URL('../golden/written.safetensors', import.meta.url))));
});

test('what is written is read back, bit by bit', () => {
  const odd = Float32Array.of(Number.NaN, -0, 2 ** -149, Number.POSITIVE_INFINITY, 1 / 3, 0);
  const tensors = {
    odd: { data: odd, shape: [2, 3], dtype: 'float32' as const },
    empty: { data: new Int32Array(), shape: [0, 5], dtype: 'int32' as const },
    // A view into a larger buffer: only its own bytes are saved.
    part: { data: Float64Array.of(1, 2, 3, 4).subarray(1, 3), shape: [2], dtype: 'float64' as const },
  };
  const read = fromSafetensors(toSafetensors(tensors));
  expect(read.tensors).toEqual(tensors);
  expect(Object.is(read.tensors.odd!.data[1], -0)).toBe(true);
  expect(read.metadata).toEqual({});
});

test('halves go out and come back in two bytes an element, to the bit', () => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const data = halfValues(bits, dtype);
    const bytes = toSafetensors({ all: tensor({ data, shape: [256, 256] }, { dtype }) });
    expect(bytes.length).toBeLessThan(131072 + 200);
    const { all } = fromSafetensors(bytes).tensors;
    expect(all).toEqual({ data, shape: [256, 256], dtype });
    expect(tensor(all!).dtype).toBe(dtype);
    const wide = fromSafetensors(bytes, { dtype: 'float64' }).tensors.all!;
    expect(wide).toEqual({ data: Float64Array.from(data), shape: [256, 256], dtype: 'float64' });
    expect(unpackState(packState({ all }))).toEqual({ all });
  }
});

test('the dtype asked for is that of all floats, and of nothing else', () => {
  const bytes = toSafetensors({
    a: tensor([1 / 3, 1e6]),
    b: tensor([1 / 3], { dtype: 'float64' }),
    i: tensor([70000], { dtype: 'int32' }),
    m: tensor([true]),
  });
  const { a, b, i, m } = fromSafetensors(bytes, { dtype: 'float16' }).tensors;
  const third = 1365 / 4096;
  expect(a).toEqual({ data: Float32Array.of(third, Infinity), shape: [2], dtype: 'float16' });
  expect(b).toEqual({ data: Float32Array.of(third), shape: [1], dtype: 'float16' });
  expect([i!.dtype, m!.dtype]).toEqual(['int32', 'bool']);
  expect(() => fromSafetensors(bytes, { dtype: 'int32' as 'float32' })).toThrow(
    'fromSafetensors: dtype is int32, needs float32, float64, float16 or bfloat16',
  );
  expect(() => toSafetensors({ x: { data: Float64Array.of(1), shape: [1], dtype: 'float16' } })).toThrow(
    "toSafetensors: 'x' is said to be float16, but holds a Float64Array",
  );
});

test('no tensors at all are a file, too', () => {
  expect(fromSafetensors(toSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
});

test('on a machine of the other byte order bytes are turned', () => {
  expect(toLittleEndian(Uint8Array.of(1, 2, 3, 4), 2, true)).toEqual(Uint8Array.of(2, 1, 4, 3));
  expect(toLittleEndian(Uint8Array.of(1, 2), 1, true)).toEqual(Uint8Array.of(1, 2));
});

const one = Float32Array.of(1);

test.each([
  ['no tensor', { a: 3 }, ArgumentError, "'a' is no tensor, needs a Tensor or { data, shape }"],
  [
    'other numbers',
    { a: { data: [1], shape: [1] } },
    ArgumentError,
    "'a' holds no Float32Array, Float64Array, Int32Array or Uint8Array; copy its values into one",
  ],
  [
    'a false dtype',
    { a: { data: one, shape: [1], dtype: 'int32' } },
    ArgumentError,
    "'a' is said to be int32, but holds a Float32Array",
  ],
  [
    'a bool of 2',
    { a: { data: Uint8Array.of(2), shape: [1], dtype: 'bool' } },
    ArgumentError,
    "'a' is said to be bool, but holds 2 at index 0, needs 0 or 1",
  ],
  ['a false shape', { a: { data: one, shape: [2, 2] } }, ShapeError, "'a' has 1 values, but its shape [2, 2] needs 4"],
  [
    'a reserved name',
    { __metadata__: { data: one, shape: [1] } },
    ArgumentError,
    "the format keeps the name '__metadata__' for itself; use another",
  ],
])('%s is refused', (_, tensors, type, message) => {
  expect(() => toSafetensors(tensors as never)).toThrow(new type(`toSafetensors: ${message}`));
});

test('metadata that is no text is refused', () => {
  const metadata = { epoch: 3 } as unknown as Record<string, string>;
  expect(() => toSafetensors({}, { metadata })).toThrow(
    new ArgumentError("toSafetensors: metadata 'epoch' is of type number, needs a string; use JSON.stringify"),
  );
});
