// Reading safetensors: files that Python wrote, and every way in which bytes can be wrong.

import { readFileSync } from 'node:fs';
import { FormatError } from '@dl/autograd';
import { expect, test } from 'vitest';
import { fromSafetensors } from './read.js';

const golden = (name: string): Buffer => readFileSync(new URL(`../golden/${name}`, import.meta.url));

type Expected = Record<string, { shape: number[]; values: (number | boolean | { special: string })[] }>;

test('every element type, unaligned, as Python wrote it', () => {
  const expected = JSON.parse(golden('every-type.json').toString()) as Expected;
  const { tensors, metadata } = fromSafetensors(golden('every-type.safetensors'));
  expect(metadata).toEqual({ 'made by': 'hand', é: 'ü' });
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const numbers = values.map((v) =>
      typeof v === 'object' ? Number(v.special.replace('inf', 'Infinity')) : Number(v),
    );
    expect(tensors[name]!.shape).toEqual(shape);
    expect([...tensors[name]!.data], name).toEqual(numbers);
  }
});

test('types become those that tensors have', () => {
  const { tensors } = fromSafetensors(golden('every-type.safetensors'));
  const dtypes = Object.fromEntries(Object.entries(tensors).map(([name, { dtype }]) => [name, dtype]));
  expect(dtypes).toMatchObject({ f64: 'float64', f32: 'float32', f16: 'float16', bf16: 'bfloat16', bool: 'bool' });
  for (const name of ['i64', 'i32', 'i16', 'i8', 'u64', 'u32', 'u16', 'u8']) expect(dtypes[name]).toBe('int32');
});

/** A file with this header, over this many bytes of values. */
function file(header: unknown, values: number | number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof values === 'number' ? new Uint8Array(values) : Uint8Array.from(values);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

test('bytes made by hand', () => {
  const content = fromSafetensors(file({ a: f32(0, 4), b: f32(4, 8) }, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
  expect(content).toEqual({
    tensors: {
      a: { data: Float32Array.of(1), shape: [1], dtype: 'float32' },
      b: { data: Float32Array.of(-2), shape: [1], dtype: 'float32' },
    },
    metadata: {},
  });
  expect(fromSafetensors(file({}))).toEqual({ tensors: {}, metadata: {} });
});

test('a name that JavaScript gives a meaning to is a name', () => {
  const { tensors } = fromSafetensors(file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [5]));
  expect(Object.keys(tensors)).toEqual(['__proto__']);
});

const longHeader = new Uint8Array(16);
new DataView(longHeader.buffer).setBigUint64(0, 2n ** 60n, true);
const whole = file({ a: f32(0, 8) }, 8);
const i64 = (value: bigint) => [...new Uint8Array(BigInt64Array.of(value).buffer)];

test.each([
  [
    'nothing',
    new Uint8Array(),
    '0 bytes are too few for the length of a header; the file is truncated, or is another format',
  ],
  [
    'a huge header',
    longHeader,
    'the header would have 1152921504606846976 bytes, more than the 100000000 allowed; the file is another format',
  ],
  ['a cut header', whole.subarray(0, 20), 'the header has 54 bytes but only 12 follow; the file is truncated'],
  [
    'cut values',
    whole.subarray(0, whole.length - 3),
    "tensor 'a' ends at byte 8 of the values but only 5 are there; the file is truncated",
  ],
  ['no JSON', file('{"a":'), 'the header is no JSON; the file is damaged, or is another format'],
  ['a list', file([1]), 'the header is [1], needs an object that maps names to tensors'],
  ['metadata', file({ __metadata__: 'x' }), '__metadata__ is "x", needs an object of strings'],
  ['a number in it', file({ __metadata__: { epoch: 1 } }), '__metadata__.epoch is 1, needs a string'],
  ['no entry', file({ a: 4 }), "tensor 'a' is 4, needs { dtype, shape, data_offsets }"],
  [
    'no dtype',
    file({ a: {} }),
    "tensor 'a' has dtype missing, needs one of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL",
  ],
  [
    'a new dtype',
    file({ a: { ...f32(0, 1), dtype: 'F8_E4M3' } }, 1),
    `tensor 'a' has dtype "F8_E4M3", needs one of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL`,
  ],
  [
    'a bad shape',
    file({ a: f32(0, 4, [-1]) }, 4),
    "tensor 'a' has shape [-1], needs an array of whole numbers of at least 0",
  ],
  [
    'bad offsets',
    file({ a: { ...f32(0, 4), data_offsets: [0] } }, 4),
    "tensor 'a' has data_offsets [0], needs [begin, end] in whole numbers of at least 0",
  ],
  [
    'offsets turned',
    file({ a: f32(8, 4, [1]) }, 8),
    "tensor 'a' begins at byte 8 but ends at byte 4; the file is damaged",
  ],
  [
    'a wrong size',
    file({ a: f32(0, 8, [3]) }, 8),
    "tensor 'a' is F32 [3], which takes 12 bytes, but has 8; the file is damaged",
  ],
  [
    'an overlap',
    file({ a: f32(0, 8), b: f32(4, 12) }, 12),
    "tensors 'a' and 'b' overlap at byte 4; the file is damaged",
  ],
  [
    'a gap',
    file({ a: f32(0, 4), b: f32(8, 12) }, 12),
    'bytes 4 to 8 of the values belong to no tensor; the file is damaged',
  ],
  ['a rest', file({ a: f32(0, 4) }, 6), 'bytes 4 to 6 of the values belong to no tensor; the file is damaged'],
  [
    'a bool of 2',
    file({ a: { dtype: 'BOOL', shape: [2], data_offsets: [0, 2] } }, [1, 2]),
    "tensor 'a' is BOOL but holds 2 at index 1, needs 0 or 1; the file is damaged",
  ],
  [
    'a wide integer',
    file({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, i64(2n ** 53n + 1n)),
    "tensor 'a' is I64 and holds 9007199254740993 at index 0, which no int32 can; save it as F64 or with smaller values",
  ],
])('%s is refused', (_, bytes, message) => {
  expect(() => fromSafetensors(bytes)).toThrow(new FormatError(`fromSafetensors: ${message}`));
});

test('something else than bytes is refused', () => {
  const text = 'text' as unknown as Uint8Array;
  expect(() => fromSafetensors(text)).toThrow(
    'fromSafetensors: got no Uint8Array; read the file as bytes, not as text',
  );
});

test('damage anywhere in the header is a FormatError, never another one', () => {
  const bytes = golden('every-type.safetensors');
  const length = Number(bytes.readBigUInt64LE(0));
  for (let i = 0; i < 8 + length; i++) {
    const damaged = Uint8Array.from(bytes);
    damaged[i] = damaged[i]! ^ (1 << (i % 8));
    try {
      fromSafetensors(damaged);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
});

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"b":{"dtype":"U8","shape":[],"dtype":"I8"}}', 'dtype'],
  ['{"__metadata__":{"x":"\\"{","y":":","x":""}}', 'x'],
  ['{"a\\u0062" : [{"a":1},{"a":2}], "ab":1}', 'ab'],
])('a name that comes twice is refused: %s', (header, name) => {
  expect(() => fromSafetensors(file(header))).toThrow(
    new FormatError(
      `fromSafetensors: the header has the name '${name}' twice in one object; the file is damaged, or badly written`,
    ),
  );
});

test('the same name in two objects, and a text that is no name, are not twice', () => {
  const header = { __metadata__: { a: '"a":', b: 'a' }, a: { dtype: 'U8', shape: [0], data_offsets: [0, 0] } };
  expect(Object.keys(fromSafetensors(file(header)).tensors)).toEqual(['a']);
});

const start = (...bytes: number[]) => Uint8Array.from([...bytes, ...new Array<number>(40).fill(8)]);

test.each([
  ['a .pt file', start(0x50, 0x4b, 3, 4), /a zip archive, as \.pt, \.pth, .*save it as safetensors/],
  ['an old .pt file', start(0x80, 2, 0x8a, 0x0a), /a Python pickle, as old \.pt/],
  ['a .h5 file', start(0x89, 0x48, 0x44, 0x46), /HDF5/],
  ['a .npy file', start(0x93, 0x4e, 0x55, 0x4d), /NumPy/],
  ['gzip', start(0x1f, 0x8b), /gzip; unpack/],
])('%s is named', (_, bytes, words) => {
  expect(() => fromSafetensors(bytes)).toThrow(words);
});

test('a header whose length begins as another format does is read', () => {
  for (const length of [0x0280, 0x8b1f]) {
    const header = '{"__metadata__":{}}'.padEnd(length, ' ');
    expect(fromSafetensors(file(header))).toEqual({ tensors: {}, metadata: {} });
  }
});

const long = 'n'.repeat(1_000_000);
test.each([
  ['a long name', { [long]: 1 }],
  ['a name with lines', { 'a\nb\u2028c': 1 }],
  ['a long type', { a: { ...f32(0, 4), dtype: long } }],
  ['a long shape', { a: { ...f32(0, 4), shape: new Array(300_000).fill(1_000_000) } }],
  ['a deep shape', `{"a":{"dtype":"F32","shape":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ['long metadata', { __metadata__: { [long]: [long] } }],
])('%s makes no long message', (_, header) => {
  let message = '';
  try {
    fromSafetensors(file(header, 4));
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    message = (error as Error).message;
  }
  expect(message).toMatch(/^fromSafetensors: .{10,300}$/);
});
