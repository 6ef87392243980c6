// The element types of tensors: one table of what is true of each. Elsewhere a property is asked for, not a name.

import { checkCall } from '../arguments/check-call.js';
import { DTypeError, MemoryError } from '../errors.js';

/**
 * `float32` is the default; `float64` is for checking gradients; `int32` for indices and labels; `bool` for masks; `float16` and `bfloat16`
 * store in half the room what is computed with in `float32`.
 */
export type DType = 'float32' | 'float64' | 'int32' | 'bool' | 'float16' | 'bfloat16';

/** The dtypes of two bytes that only store. */
export type HalfDType = 'float16' | 'bfloat16';

export interface TypedArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  bool: Uint8Array;
  float16: Float32Array;
  bfloat16: Float32Array;
}

/** What a tensor's values are read into: `bool` is 0 or 1 in a Uint8Array, `float16` and `bfloat16` are numbers in a Float32Array. */
export type TypedArray = TypedArrayOf[DType];

/** What is true of a dtype. */
export interface DTypeInfo<D extends DType = DType> {
  readonly kind: 'float' | 'int' | 'bool';
  /** What an element takes in memory. */
  readonly bytes: number;
  /** Ops move such elements, and take them as factors; they do not compute with them otherwise. */
  readonly isStorageOnly: boolean;
  /** What its values are on the host. */
  readonly array: new (
    length: number,
  ) => TypedArrayOf[D];
  /** From 1 to the next number. */
  readonly epsilon: number;
  /** The smallest number above 0. */
  readonly smallest: number;
  /** The largest finite number. */
  readonly largest: number;
}

type Row<D extends DType> = readonly [
  kind: DTypeInfo['kind'],
  bytes: number,
  array: DTypeInfo<D>['array'],
  epsilon: number,
  smallest: number,
  largest: number,
  isStorageOnly?: true,
];

const info = <D extends DType>([kind, bytes, array, epsilon, smallest, largest, storage]: Row<D>): DTypeInfo<D> => ({
  kind,
  bytes,
  isStorageOnly: storage === true,
  array,
  epsilon,
  smallest,
  largest,
});

const table: { readonly [D in DType]: DTypeInfo<D> } = {
  float32: /* @__PURE__ */ info(['float', 4, Float32Array, 2 ** -23, 2 ** -149, (2 - 2 ** -23) * 2 ** 127]),
  float64: /* @__PURE__ */ info(['float', 8, Float64Array, 2 ** -52, 2 ** -1074, (2 - 2 ** -52) * 2 ** 1023]),
  int32: /* @__PURE__ */ info(['int', 4, Int32Array, 1, 1, 2 ** 31 - 1]),
  bool: /* @__PURE__ */ info(['bool', 1, Uint8Array, 1, 1, 1]),
  float16: /* @__PURE__ */ info(['float', 2, Float32Array, 2 ** -10, 2 ** -24, 65504, true]),
  bfloat16: /* @__PURE__ */ info(['float', 2, Float32Array, 2 ** -7, 2 ** -133, (2 - 2 ** -7) * 2 ** 127, true]),
};

/** The one that is meant where none is said. */
export const defaultDType: DType = 'float32';

/** All dtypes. */
export const dtypes = /* @__PURE__ */ Object.keys(table) as readonly DType[];

/**
 * What is true of a dtype: its kind, the bytes of an element, the distance from 1 to the next number, the smallest and the largest.
 *
 * @throws DTypeError for what is none.
 *
 * @example
 * ```ts
 * import { dtypeInfo } from '@dl/autograd';
 * const { bytes, largest, epsilon } = dtypeInfo('float16');
 * console.log(bytes, largest, epsilon === 2 ** -10); // 2 65504 true
 * ```
 */
export function dtypeInfo<D extends DType>(dtype: D): DTypeInfo<D> {
  checkCall('dtypeInfo', arguments, ['dtype']);
  checkDType('dtypeInfo', dtype);
  return table[dtype] as DTypeInfo as DTypeInfo<D>;
}

/**
 * An array of zeros on the host, of the kind that holds this dtype.
 *
 * @throws MemoryError when there is no room.
 */
export function typedArray<D extends DType>(dtype: D, length: number): TypedArrayOf[D] {
  try {
    return new table[dtype].array(length) as TypedArrayOf[D];
  } catch (cause) {
    throw new MemoryError(`out of memory: ${length} ${dtype} elements are more than an array on the host can hold`, {
      cause,
    });
  }
}

/** 8 for `float64`, 4 for `float32` and `int32`, 2 for `float16` and `bfloat16`, 1 for `bool`. */
export function bytesPerElement(dtype: DType): number {
  return table[dtype].bytes;
}

/** Whether ops compute with it and gradients flow through it: `float32` and `float64`. */
export function isFloat(dtype: DType): boolean {
  const { kind, isStorageOnly } = table[dtype];
  return kind === 'float' && !isStorageOnly;
}

/** Whether elements are only stored as such: `float16` and `bfloat16`. */
export function isHalf(dtype: DType): dtype is HalfDType {
  return table[dtype].isStorageOnly;
}

/** Whether elements are whole numbers: `int32`. */
export function isInteger(dtype: DType): boolean {
  return table[dtype].kind === 'int';
}

/** Whether elements are true or false: `bool`. */
export function isBoolean(dtype: DType): boolean {
  return table[dtype].kind === 'bool';
}

/** Whether an array holds values of the dtype as a backend takes them; bytes could be numbers too, so they are looked through. */
export function isArrayOf(dtype: DType, array: unknown): array is TypedArray {
  return array instanceof table[dtype].array && !isBoolean(dtype);
}

/** The dtype; throws unless it is one. */
export function checkDType(name: string, dtype: DType): DType {
  if (!dtypes.includes(dtype))
    throw new DTypeError(`${name}: dtype is '${String(dtype)}', needs one of ${dtypes.join(', ')}`);
  return dtype;
}

/** Whether a number is an element of the dtype as it is; floats round. */
export function holds(dtype: DType, value: number): boolean {
  if (isInteger(dtype)) return (value | 0) === value;
  return !isBoolean(dtype) || value === 0 || value === 1;
}

/** The value; throws unless `dtype` can hold it without loss of meaning. */
export function checkValue(where: string, value: number, dtype: DType, index: number): number {
  if (holds(dtype, value)) return value;
  const cure = isInteger(dtype)
    ? "an int32; round it first, or ask for dtype 'float32'"
    : 'a bool; use true or false (or 1 and 0), or ask for another dtype';
  throw new DTypeError(`${where}: value ${value} at index ${index} is not ${cure}`);
}
