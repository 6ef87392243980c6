// The element types of tensors, and the typed arrays that hold them.

import { DTypeError, MemoryError } from '../errors.js';

/** `float32` is the default; `float64` is for checking gradients; `int32` for indices and labels; `bool` for masks. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool';

export interface TypedArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  bool: Uint8Array;
}

/** What a tensor's values are read into: `bool` is 0 or 1 in a Uint8Array. */
export type TypedArray = TypedArrayOf[DType];

const constructors = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

/** All dtypes. */
export const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool'];

/**
 * An array of zeros on the host, of the kind that holds this dtype.
 *
 * @throws MemoryError when there is no room.
 */
export function typedArray<D extends DType>(dtype: D, length: number): TypedArrayOf[D] {
  try {
    return new constructors[dtype](length) as TypedArrayOf[D];
  } catch (cause) {
    throw new MemoryError(`out of memory: ${length} ${dtype} elements are more than an array on the host can hold`, {
      cause,
    });
  }
}

/** 8 for `float64`, 4 for `float32` and `int32`, 1 for `bool`. */
export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** The dtype that a typed array holds, or undefined for kinds that no tensor has (Uint8Array could be bytes or booleans). */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  return undefined;
}

/** The dtype; throws unless it is one. */
export function checkDType(name: string, dtype: DType): DType {
  if (!dtypes.includes(dtype)) throw new DTypeError(`${name}: dtype is '${dtype}', needs one of ${dtypes.join(', ')}`);
  return dtype;
}

/** The value; throws unless `dtype` can hold it without loss of meaning. */
export function checkValue(where: string, value: number, dtype: DType, index: number): number {
  if (dtype === 'int32' && (value | 0) !== value) {
    throw new DTypeError(
      `${where}: value ${value} at index ${index} is not an int32; round it first, or ask for dtype 'float32'`,
    );
  }
  if (dtype === 'bool' && value !== 0 && value !== 1) {
    throw new DTypeError(
      `${where}: value ${value} at index ${index} is not a bool; use true or false (or 1 and 0), or ask for another dtype`,
    );
  }
  return value;
}
