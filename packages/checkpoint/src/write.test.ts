// Writing safetensors: byte for byte what an independent writer makes, and back.

import { readFileSync } from 'node:fs';
import { ArgumentError, ShapeError, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { fromSafetensors } from './read.js';
import { toLittleEndian } from './safetensors.js';
import { toSafetensors } from './write.js';

beforeAll(async () => {
  await useBackend(cpu());
});

test('the bytes are those that Python writes, whatever the order', () => {
  const bytes = toSafetensors(
    {
      mask: { data: Uint8Array.of(1, 0, 1), shape: [3], dtype: 'bool' },
      bytes: { data: Uint8Array.of(3, 200), shape: [2] },
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
