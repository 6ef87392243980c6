// Data sets as records of plain arrays, and the ways to take some of their rows (splits.ts has those that draw).

import { ArgumentError, checkCall, IndexError, ShapeError, shown } from '@dl/autograd';
import { dtypeOf, emptyLike, type NdArray, product } from './nd-array.js';

/** Arrays by name, all with the same first dimension: row i of each belongs to example i. */
export type Dataset = Readonly<Record<string, NdArray>>;

/** Grey images `[N, 1, 28, 28]` with values from 0 (paper) to 1 (ink), and their digits `[N]`, 0 to 9. */
export type DigitDataset = {
  readonly images: NdArray<Float32Array>;
  readonly labels: NdArray<Int32Array>;
};

/**
 * The number of rows of a data set.
 *
 * @throws ShapeError when an array's data do not fill its shape, or two arrays differ in their rows.
 * @throws ArgumentError when the data set has no arrays.
 *
 * @example
 * ```ts
 * import { datasetSize, drawnDigits } from '@dl/data';
 * console.log(datasetSize(drawnDigits(20))); // 20
 * ```
 */
export function datasetSize(dataset: Dataset): number {
  checkCall('datasetSize', arguments, ['dataset']);
  return checkedSize(dataset, 'datasetSize');
}

/** datasetSize, with the name of the function that its errors begin with. */
export function checkedSize(dataset: Dataset, what: string): number {
  const names = Object.keys(dataset);
  const first = names[0];
  if (first === undefined) {
    throw new ArgumentError(`${what}: the data set is empty, needs at least one array, such as { images, labels }`);
  }
  for (const name of names) {
    const { data, shape } = dataset[name]!;
    if (shape.length === 0 || data.length !== product(shape)) {
      throw new ShapeError(
        `${what}: '${name}' has ${data.length} elements and shape [${shape.join(', ')}], ` +
          'needs at least one dimension and as many elements as the shape says',
      );
    }
    if (shape[0] !== dataset[first]!.shape[0]) {
      throw new ShapeError(
        `${what}: '${first}' has ${dataset[first]!.shape[0]} rows but '${name}' has ${shape[0]}; ` +
          'all arrays of a data set need the same first dimension',
      );
    }
  }
  return dataset[first]!.shape[0]!;
}

/** The given rows of every array, copied, in the given order. The rows are within range. */
export function gather<D extends Dataset>(dataset: D, rows: ArrayLike<number>): D {
  const picked = Object.entries(dataset).map(([name, array]) => {
    const { data, shape } = array;
    const width = product(shape.slice(1));
    const out = emptyLike(data, rows.length * width);
    if (width === 1) {
      for (let i = 0; i < rows.length; i++) out[i] = data[rows[i]!]!;
    } else {
      for (let i = 0; i < rows.length; i++) out.set(data.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
    }
    return [name, { data: out, shape: [rows.length, ...shape.slice(1)], ...dtypeOf(array) }]; // [N, …] → [rows, …]
  });
  return Object.fromEntries(picked) as D;
}

/**
 * A copy of some rows, in the order of `indices`; an index may come more than once.
 *
 * @throws IndexError when an index is not a row.
 *
 * @example
 * ```ts
 * import { subset } from '@dl/data';
 * const numbers = { x: { data: Int32Array.of(10, 11, 12, 13), shape: [4] } };
 * console.log(subset(numbers, [3, 0]).x.data); // 13 and 10
 * ```
 */
export function subset<D extends Dataset>(dataset: D, indices: ArrayLike<number>): D {
  checkCall('subset', arguments, ['dataset', 'indices']);
  const size = checkedSize(dataset, 'subset');
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new IndexError(`subset: index ${index} is not a row, needs whole numbers from 0 to ${size - 1}`);
    }
  }
  return gather(dataset, indices);
}

/**
 * The first `count` rows, as views: no number is copied, and a change shows in both.
 *
 * @throws ArgumentError when `count` is not a whole number from 0 to the number of rows.
 *
 * @example
 * ```ts
 * import { drawnDigits, take } from '@dl/data';
 * console.log(take(drawnDigits(100), 10).images.shape); // [10, 1, 28, 28]
 * ```
 */
export function take<D extends Dataset>(dataset: D, count: number): D {
  checkCall('take', arguments, ['dataset', 'count']);
  const size = checkedSize(dataset, 'take');
  if (!Number.isInteger(count) || count < 0 || count > size) {
    throw new ArgumentError(
      `take: count is ${shown(count)}, needs a whole number from 0 to ${size}, the rows that there are`,
    );
  }
  const taken = Object.entries(dataset).map(([name, array]) => {
    const rest = array.shape.slice(1);
    const data = array.data.subarray(0, count * product(rest));
    return [name, { data, shape: [count, ...rest], ...dtypeOf(array) }]; // [N, …] → [count, …]
  });
  return Object.fromEntries(taken) as D;
}
