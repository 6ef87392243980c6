// What reader and writer share: the element types of the safetensors format, and the types of tensors in and out.
//
// The format, in full: 8 bytes with the length N of the header (little-endian), N bytes of header in JSON, then the
// values of all tensors, little-endian, row by row, without gaps. The header maps each name to
// { dtype, shape, data_offsets: [begin, end] }, with offsets into the values, and `__metadata__` to strings by name.

import { ArgumentError, type DType, dtypeInfo, type HalfDType, type Known, type TypedArray } from '@dl/autograd';

/** A tensor, or values with their shape: what can be saved. */
export type TensorSource =
  | { readonly shape: readonly number[]; readonly dtype: DType; dataSync(): TypedArray }
  | { readonly shape: readonly number[]; readonly data: TypedArray; readonly dtype?: DType };

/** Values with their shape and dtype, as `tensor` of @dl/autograd takes them; those of `float16` and `bfloat16` in a Float32Array. */
export interface SavedTensor {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface SaveOptions {
  /** Texts to store beside the tensors, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const saveOptions: Known<SaveOptions> = { metadata: 'object' };

export interface LoadOptions {
  /** The dtype that all floats are to have. Default: each its own. */
  readonly dtype?: 'float32' | 'float64' | HalfDType;
}

export const loadOptions: Known<LoadOptions> = { dtype: 'dtype' };

/** The dtype asked for; throws for one that is not of floats. */
export function floatsAsked({ dtype }: LoadOptions): LoadOptions['dtype'] {
  if (dtype !== undefined && dtypeInfo(dtype).kind !== 'float') {
    throw new ArgumentError(`fromSafetensors: dtype is ${String(dtype)}, needs float32, float64, float16 or bfloat16`);
  }
  return dtype;
}

/** The header's key that is no tensor. */
export const METADATA = '__metadata__';

/** The most that the format allows for a header. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Element types that are read, with their bytes per element. */
export const widths = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof widths;

/** Turns values from this machine's byte order into the format's, in place, and back. */
export function toLittleEndian(bytes: Uint8Array, width: number, bigEndian = isBigEndian()): Uint8Array {
  if (bigEndian && width > 1) for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
  return bytes;
}

function isBigEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
}
