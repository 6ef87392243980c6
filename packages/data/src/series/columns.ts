// How the numbers of an array belong to columns.

import { ArgumentError, ShapeError } from '@dl/autograd';
import { type NdArray, type NdData, product } from '../nd-array.js';

/** How many columns an array has: [N] is one, of others it is the last size. */
export const columnsOf = ({ shape }: NdArray): number => (shape.length > 1 ? shape.at(-1)! : 1);

/** The array, if it is one: numbers and the shape that they fill. */
export function checkedArray<D extends NdData>(array: NdArray<D>, what: string): NdArray<D> {
  const { data, shape } = (array ?? {}) as Partial<NdArray>;
  const isArray = ArrayBuffer.isView(data) && 'length' in data && Array.isArray(shape);
  if (!isArray) throw new ArgumentError(`${what}: the numbers are no { data, shape }, with a typed array as data`);
  if (data.length !== product(shape)) {
    throw new ShapeError(
      `${what}: the array has ${data.length} elements and shape [${shape.join(', ')}], needs as many elements as the shape says`,
    );
  }
  return array;
}

/** Numbers that need not be whole: of doubles, doubles, and of all others floats of 32 bits. */
export type Floats<D extends NdData> = D extends Float64Array ? Float64Array : Float32Array;

/** Room for so many floats made of `data`. */
export function floatsLike<D extends NdData>(data: D, length: number): Floats<D> {
  return (data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)) as Floats<D>;
}
