// What `tensor` is given on the host, as one list of values with a shape and a dtype.

import { shown } from '../arguments/shown.js';
import { isInstance } from '../copies.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import type { DType, TypedArray } from './dtype.js';
import { checkShape, formatShape, type Shape, sizeOf } from './shape.js';
import { type NotFinite, TensorBase } from './tensor-base.js';

/** The typed arrays that hold numbers. */
export type NumberArray =
  | TypedArray
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Values with their shape, as data loaders give them, or as a tensor is in JSON. */
export interface ArrayWithShape {
  readonly data: NumberArray | readonly (number | NotFinite)[];
  readonly shape: Shape;
  /** Where the values do not say it: `'bool'` for the bytes of a mask. */
  readonly dtype?: DType;
}

/** A number, arrays of arrays of numbers, or rows that are typed arrays. */
export type NestedValues = number | boolean | NumberArray | readonly NestedValues[];

export interface HostValues {
  readonly flat: ArrayLike<number | boolean | bigint>;
  readonly shape: Shape;
  /** The dtype that the values have where no other is asked for. */
  readonly dtype: DType;
}

/**
 * The dtypes of typed arrays by what they are called, which a Buffer and arrays of another window share with them. Of integers those
 * of 8 and 16 bits are measurements, such as pixels and sound, and float32 holds each of them; wider ones are labels and indices.
 */
const dtypeOf: Readonly<Record<string, DType>> = {
  Float16Array: 'float32',
  Float32Array: 'float32',
  Float64Array: 'float64',
  Uint8Array: 'float32',
  Uint8ClampedArray: 'float32',
  Int8Array: 'float32',
  Int16Array: 'float32',
  Uint16Array: 'float32',
  Int32Array: 'int32',
  Uint32Array: 'int32',
  BigInt64Array: 'int32',
  BigUint64Array: 'int32',
};

/** The values of `data`, in `asked` where that is given. */
export function hostValues(data: unknown, asked: DType | undefined): HostValues {
  if (typeof data === 'number') return { flat: [data], shape: [], dtype: asked ?? 'float32' };
  if (typeof data === 'boolean') return { flat: [data], shape: [], dtype: asked ?? 'bool' };
  if (Array.isArray(data)) return nested(data, asked);
  const array = numbersIn(data);
  if (array !== undefined) return { flat: array, shape: [array.length], dtype: asked ?? naturalDType(array) };
  if (typeof data === 'object' && data !== null && 'data' in data) return withShape(data, asked);
  throw new ArgumentError(
    `tensor: got ${shown(data)}, needs a number, nested arrays, a typed array, or { data, shape }`,
  );
}

/** The typed array that a value is, if it is one; bytes that do not say what numbers they are, are refused. */
function numbersIn(value: unknown): NumberArray | undefined {
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (ArrayBuffer.isView(value) && kind in dtypeOf) return value as NumberArray;
  if (kind !== 'ArrayBuffer' && kind !== 'SharedArrayBuffer' && kind !== 'DataView') return undefined;
  const [buffer, article] =
    kind === 'DataView' ? ['view.buffer', 'a'] : ['buffer', kind === 'ArrayBuffer' ? 'an' : 'a'];
  throw new ArgumentError(
    `tensor: got ${article} ${kind}, which does not say what numbers its bytes are; ` +
      `pass a typed array on it, such as new Float32Array(${buffer}), or new Uint8Array(${buffer})`,
  );
}

function naturalDType(array: NumberArray): DType {
  return dtypeOf[Object.prototype.toString.call(array).slice('[object '.length, -1)]!;
}

function withShape(given: object, asked: DType | undefined): HostValues {
  const { data, shape, dtype } = given as Partial<ArrayWithShape>;
  const array = Array.isArray(data) ? data.map(numberOf) : numbersIn(data);
  if (array === undefined) {
    throw new ArgumentError(
      `tensor: data of { data, shape } is ${shown(data)}, needs a typed array, or a list of numbers`,
    );
  }
  if (shape === undefined) {
    throw new ArgumentError(
      `tensor: got an object with data and no shape; pass { data, shape }, for an image { data: image.data, shape: [height, width, 4] }`,
    );
  }
  checkShape('tensor', shape);
  if (sizeOf(shape) !== array.length) {
    throw new ShapeError(
      `tensor: ${array.length} values do not fill shape ${formatShape(shape)}, which needs ${sizeOf(shape)}`,
    );
  }
  return { flat: array, shape, dtype: asked ?? dtype ?? (Array.isArray(array) ? 'float32' : naturalDType(array)) };
}

function numberOf(value: unknown, at: number): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw noNumber(value, at);
}

function nested(data: readonly unknown[], asked: DType | undefined): HostValues {
  const shape = shapeOfFirst(data);
  const flat: (number | boolean | bigint)[] = [];
  const rows = new Set<DType>();
  let [numbers, booleans] = [0, 0];
  const visit = (value: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof value === 'number') numbers++;
      else if (typeof value === 'boolean') booleans++;
      else throw noNumber(value, flat.length);
      flat.push(value);
      return;
    }
    const row = Array.isArray(value) ? value : numbersIn(value);
    if (row === undefined || row.length !== shape[axis]) throw ragged(value, row, axis, shape[axis]!);
    if (Array.isArray(row)) {
      for (const element of row) visit(element, axis + 1);
      return;
    }
    if (axis + 1 < shape.length) throw ragged(row[0], undefined, axis + 1, shape[axis + 1]!);
    rows.add(naturalDType(row));
    for (let i = 0; i < row.length; i++) flat.push(row[i]!);
  };
  visit(data, 0);
  if (booleans > 0 && booleans < flat.length)
    throw new DTypeError('tensor: numbers and booleans are mixed; use one kind');
  if (numbers > 0) rows.add('float32');
  if (rows.size > 1 && asked === undefined) {
    throw new DTypeError(`tensor: some rows are ${[...rows].join(', others ')}; say by { dtype } which it is to be`);
  }
  const [only] = rows;
  return { flat, shape, dtype: asked ?? (booleans > 0 ? 'bool' : (only ?? 'float32')) };
}

/** The lengths along the first elements; rows of another length are found on the way. */
function shapeOfFirst(data: readonly unknown[]): number[] {
  const shape: number[] = [];
  let level: unknown = data;
  for (; Array.isArray(level); level = level[0]) shape.push(level.length);
  const row = numbersIn(level);
  if (row !== undefined) shape.push(row.length);
  return shape;
}

const isTensor = (value: unknown): boolean => isInstance(value, TensorBase, 'tensor', 'an element');

function noNumber(value: unknown, at: number): ArgumentError {
  if (isTensor(value)) {
    return new ArgumentError(
      `tensor: element ${at} is a Tensor; join tensors with stack([x, y]) or concat([x, y]), which gradients go through`,
    );
  }
  const got = typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? shown(value) : String(value);
  return new ArgumentError(
    typeof value === 'bigint'
      ? `tensor: element ${at} is the bigint ${value}, needs a number or a boolean; use Number(value), or a BigInt64Array`
      : `tensor: element ${at} is ${got}, needs a number or a boolean`,
  );
}

function ragged(value: unknown, row: { readonly length: number } | undefined, axis: number, first: number): Error {
  if (isTensor(value)) return noNumber(value, 0);
  const got =
    row === undefined ? `is ${typeof value === 'object' ? shown(value) : String(value)}` : `has ${row.length} elements`;
  return new ShapeError(
    `tensor: ragged data: a row on axis ${axis} ${got}, the first one has ${first}; make all rows the same length`,
  );
}
