// Walks over shapes, against places counted one by one.

import { describe, expect, test } from 'vitest';
import { aroundAxis, broadcastStrides, mergeAxes, reductionSteps } from './axes.js';
import { type Shape, sizeOf, stridesOf } from './shape.js';

/** The indices of every element of a shape, in order. */
function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (found, length) => found.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

const place = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);

const placesOf = (shape: Shape, strides: readonly number[]): number[] =>
  indicesOf(shape).map((index) => place(index, strides));

test.each([
  [[5], 0],
  [[2, 3, 4], 0],
  [[2, 3, 4], 1],
  [[2, 3, 4], 2],
  [[1, 4, 1], 1],
  [[2, 0, 3], 2],
] as const)('around an axis: %j, %i', (shape, axis) => {
  const { outer, length, inner } = aroundAxis(shape, axis);
  expect([outer * length * inner, length]).toEqual([sizeOf(shape), shape[axis]]);
  // Seen as three axes, each element has the same index along this one.
  const seen = indicesOf([outer, length, inner]).map((index) => index[1]);
  expect(seen).toEqual(indicesOf(shape).map((index) => index[axis]));
});

test.each([
  [
    [3, 1],
    [2, 3, 4],
  ],
  [[], [2, 2]],
  [[4], [3, 4]],
  [
    [2, 1, 4],
    [2, 3, 4],
  ],
  [
    [1, 1],
    [1, 1],
  ],
] as const)('strides of an operand that broadcasts: %j to %j', (from, to) => {
  // By NumPy's rule: an axis of length 1, or one that is not there, has but index 0.
  const own = indicesOf(to).map((index) => {
    const aligned = index.slice(to.length - from.length);
    return place(
      aligned.map((i, axis) => (from[axis] === 1 ? 0 : i)),
      stridesOf(from),
    );
  });
  expect(placesOf(to, broadcastStrides(from, to))).toEqual(own);
});

describe('axes are merged', () => {
  test.each([
    [[2, 3, 4], [[12, 4, 1]], 1],
    [
      [2, 3, 4],
      [
        [12, 4, 1],
        [0, 4, 1],
      ],
      2,
    ],
    [
      [2, 3, 4],
      [
        [1, 2, 6],
        [12, 4, 1],
      ],
      3,
    ],
    [[1, 3, 1, 5], [[15, 5, 5, 1]], 1],
    [
      [1, 1],
      [
        [0, 0],
        [1, 1],
      ],
      1,
    ],
    [[], [[]], 1],
    [[4, 2], [[0, 0]], 1],
  ] as const)('%j with strides %j: %i left', (shape, strides, left) => {
    const merged = mergeAxes(shape, strides);
    expect(merged.shape).toHaveLength(left);
    expect(merged.strides.map((each) => placesOf(merged.shape, each))).toEqual(
      strides.map((each) => placesOf(shape, each)),
    );
  });
});

describe('reductions go by steps', () => {
  test.each([
    [[2, 3, 4], [1], 1],
    [[2, 3, 4], [0, 2], 2],
    [[2, 3, 4, 5], [2, 3], 1],
    [[2, 3, 4, 5], [0, 1, 3], 2],
    [[2, 1, 3], [0, 2], 1],
    [[2, 3], [], 0],
    [[2, 1], [1], 0],
    [[4], [0], 1],
  ] as const)('%j over %j: %i', (shape, axes, count) => {
    const steps = reductionSteps(shape, axes);
    expect(steps).toHaveLength(count);
    let values = Array.from({ length: sizeOf(shape) }, (_, i) => 2 ** i % 1009);
    const wanted = new Map<string, number>();
    for (const [at, index] of indicesOf(shape).entries()) {
      const kept = `${index.filter((_, axis) => !(axes as readonly number[]).includes(axis))}`;
      wanted.set(kept, (wanted.get(kept) ?? 0) + values[at]!);
    }
    for (const { outer, length, inner } of steps) {
      const former = values;
      values = new Array<number>(outer * inner).fill(0);
      for (const [at, [o, , i]] of indicesOf([outer, length, inner]).entries()) values[o! * inner + i!]! += former[at]!;
    }
    expect(values).toEqual([...wanted.values()]);
  });
});
