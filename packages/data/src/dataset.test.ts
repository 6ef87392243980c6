import { ArgumentError, IndexError, ShapeError } from '@dl/autograd';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { datasetSize, subset, take } from './dataset.js';
import type { NdArray } from './nd-array.js';

/** n rows: x is [n, 2] with (10 i, 10 i + 1), y is [n] with i. */
function rows(n: number): { x: NdArray<Float64Array>; y: NdArray<Uint8Array> } {
  return {
    x: { data: Float64Array.from({ length: 2 * n }, (_, i) => 10 * Math.floor(i / 2) + (i % 2)), shape: [n, 2] },
    y: { data: Uint8Array.from({ length: n }, (_, i) => i), shape: [n] },
  };
}

describe('datasetSize', () => {
  it('is the first dimension', () => {
    expect(datasetSize(rows(7))).toBe(7);
  });

  it('refuses what is no data set', () => {
    expect(() => datasetSize({})).toThrow(
      new ArgumentError('datasetSize: the data set is empty, needs at least one array, such as { images, labels }'),
    );
    expect(() => datasetSize({ ...rows(3), z: { data: new Int32Array(4), shape: [4] } })).toThrow(
      new ShapeError(
        "datasetSize: 'x' has 3 rows but 'z' has 4; all arrays of a data set need the same first dimension",
      ),
    );
    expect(() => datasetSize({ x: { data: new Int32Array(5), shape: [2, 3] } })).toThrow(
      new ShapeError(
        "datasetSize: 'x' has 5 elements and shape [2, 3], needs at least one dimension and as many elements as the shape says",
      ),
    );
    expect(() => datasetSize({ x: { data: new Int32Array(1), shape: [] } })).toThrow("'x' has 1 elements and shape []");
  });
});

describe('subset', () => {
  it('copies rows of every array, in the order asked for, in the same number types', () => {
    const some = subset(rows(5), [4, 0, 4]);
    expect(some).toEqual({
      x: { data: Float64Array.of(40, 41, 0, 1, 40, 41), shape: [3, 2] },
      y: { data: Uint8Array.of(4, 0, 4), shape: [3] },
    });
    expectTypeOf(some.y.data).toEqualTypeOf<Uint8Array>();
  });

  it('does not share memory', () => {
    const all = rows(3);
    subset(all, [1]).y.data.fill(99);
    expect(all.y.data).toEqual(Uint8Array.of(0, 1, 2));
  });

  it.each([-1, 3, 0.5, Number.NaN])('refuses index %s', (index) => {
    expect(() => subset(rows(3), [0, index])).toThrow(
      new IndexError(`subset: index ${index} is not a row, needs whole numbers from 0 to 2`),
    );
  });
});

describe('take', () => {
  it('views the first rows', () => {
    const all = rows(4);
    const first = take(all, 2);
    expect(first).toEqual(rows(2));
    first.y.data[0] = 77;
    expect(all.y.data[0]).toBe(77);
  });

  it.each([-1, 5, 1.5])('refuses a count of %s', (count) => {
    expect(() => take(rows(4), count)).toThrow(
      new ArgumentError(`take: count is ${count}, needs a whole number from 0 to 4, the rows that there are`),
    );
  });
});
