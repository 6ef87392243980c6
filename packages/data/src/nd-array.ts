// The plain arrays that this package reads and yields: numbers and a shape, no tensors.

/** The number types of an {@link NdArray}. */
export type NdData = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * An array of any rank, row-major: element (i, j, …) lies at `data[(i * shape[1] + j) * …]`. It is what
 * `tensor` of `@dl/autograd` takes, which makes numbers of the bytes of an image, and booleans of those that are said to be.
 *
 * @example
 * ```ts
 * import type { NdArray } from '@dl/data';
 * const points: NdArray<Float32Array> = { data: Float32Array.of(0, 0, 1, 2, 3, 4), shape: [3, 2] };
 * console.log(`${points.shape[0]} points`); // 3 points
 * ```
 */
export interface NdArray<D extends NdData = NdData> {
  readonly data: D;
  readonly shape: readonly number[];
  /** Where bytes are the 0 and 1 of a mask; otherwise they are numbers, such as pixels. It stays with what is taken or stacked of the array. */
  readonly dtype?: 'bool';
}

/** The dtype of an array, to be kept with what is made of it. */
export const dtypeOf = ({ dtype }: NdArray): { readonly dtype?: 'bool' } => (dtype === undefined ? {} : { dtype });

/** The product of the sizes of a shape: 1 for no dimensions. */
export function product(shape: readonly number[]): number {
  return shape.reduce((elements, size) => elements * size, 1);
}

/** A new array of the class of `data`, all zeros. */
export function emptyLike<D extends NdData>(data: D, length: number): D {
  const empty: NdData =
    data instanceof Float32Array
      ? new Float32Array(length)
      : data instanceof Float64Array
        ? new Float64Array(length)
        : data instanceof Int32Array
          ? new Int32Array(length)
          : new Uint8Array(length);
  return empty as D;
}
