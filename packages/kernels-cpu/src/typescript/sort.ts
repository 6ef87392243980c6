// Order: sort, topK and running sums. The first two find the first of a line in order, with where they stood; for sort
// that is all of them.

import { cumsum, sort, type TypedArray, topK } from '@dl/autograd';
import { Scratch } from './gemm.js';
import { forEachLine, kernel } from './kernel.js';

export const sortKernel = kernel(sort, ({ x, values, indices }, { axis, descending }) => {
  forEachLine(x, axis, (start, length, step) => {
    const order = firstOf(x.data, start, length, step, descending, length);
    pick(x.data, start, step, order, length, values.data, indices.data, start);
  });
});

export const topKKernel = kernel(topK, ({ x, values, indices }, { axis, k, largest }) => {
  forEachLine(x, axis, (start, length, step) => {
    const order = firstOf(x.data, start, length, step, largest, k);
    // The lines of the result are k long instead of `length`.
    const to = Math.floor(start / (length * step)) * k * step + (start % step);
    pick(x.data, start, step, order, k, values.data, indices.data, to);
  });
});

/** Writes the first `count` elements of a line in this order, and where they stood. */
function pick(
  x: TypedArray,
  start: number,
  step: number,
  order: Float64Array,
  count: number,
  values: TypedArray,
  indices: TypedArray,
  to: number,
): void {
  for (let k = 0, o = to; k < count; k++, o += step) {
    values[o] = x[start + order[k]! * step]!;
    indices[o] = order[k]!;
  }
}

/** Whether a comes before b. NaN counts as the largest. */
function precedes(a: number, b: number, descending: boolean): boolean {
  if (descending) return a > b || (Number.isNaN(a) && !Number.isNaN(b));
  return a < b || (Number.isNaN(b) && !Number.isNaN(a));
}

/** Values and the places where they stood. */
interface Entries {
  readonly value: Float64Array;
  readonly place: Float64Array;
}

const [valueScratch, placeScratch, otherValues, otherPlaces] = Array.from({ length: 4 }, () => new Scratch()) as [
  Scratch,
  Scratch,
  Scratch,
  Scratch,
];

// Four times as many as are wanted are gathered before they are sorted, so that each is sorted a few times at most.
const ROOM = 4;
const LEAST_ROOM = 64;

/** The places of the first `count` elements of a line in order, equals as they stood. */
function firstOf(
  x: TypedArray,
  start: number,
  length: number,
  step: number,
  descending: boolean,
  count: number,
): Float64Array {
  const room = Math.min(length, Math.max(ROOM * count, LEAST_ROOM));
  let held: Entries = { value: valueScratch.take(room), place: placeScratch.take(room) };
  let other: Entries = { value: otherValues.take(room), place: otherPlaces.take(room) };
  let n = 0;
  // The last of the first `count` so far: what does not come before it is none of them.
  let last: number | undefined;
  for (let k = 0, i = start; k < length; k++, i += step) {
    const value = x[i]!;
    if (last !== undefined && !precedes(value, last, descending)) continue;
    held.value[n] = value;
    held.place[n++] = k;
    if (n < room) continue;
    [held, other] = sorted(held, other, n, descending);
    n = count;
    last = held.value[count - 1]!;
  }
  return n === count ? held.place : sorted(held, other, n, descending)[0].place;
}

/** Sorts entries by merging ever longer runs of them, to and fro between two places: where it is then, and the other one. */
function sorted(from: Entries, to: Entries, length: number, descending: boolean): [Entries, Entries] {
  for (let sortedLength = 1; sortedLength < length; sortedLength *= 2) {
    for (let left = 0; left < length; left += 2 * sortedLength) {
      const middle = Math.min(left + sortedLength, length);
      merge(
        from.value,
        from.place,
        left,
        middle,
        Math.min(middle + sortedLength, length),
        to.value,
        to.place,
        descending,
      );
    }
    [from, to] = [to, from];
  }
  return [from, to];
}

/** Merges two runs that are in order, from `left` and from `middle` on, into one. */
function merge(
  value: Float64Array,
  place: Float64Array,
  left: number,
  middle: number,
  end: number,
  toValue: Float64Array,
  toPlace: Float64Array,
  descending: boolean,
): void {
  let [i, j] = [left, middle];
  for (let o = left; o < end; o++) {
    const from = i < middle && (j === end || !precedes(value[j]!, value[i]!, descending)) ? i++ : j++;
    toValue[o] = value[from]!;
    toPlace[o] = place[from]!;
  }
}

export const cumsumKernel = kernel(cumsum, ({ x, y }, { axis, reverse }) => {
  forEachLine(x, axis, (start, length, step) => {
    if (reverse) runningSums(x.data, y.data, start + (length - 1) * step, length, -step);
    else runningSums(x.data, y.data, start, length, step);
  });
});

function runningSums(x: TypedArray, y: TypedArray, start: number, length: number, step: number): void {
  let sum = 0;
  for (let k = 0, i = start; k < length; k++, i += step) {
    sum += x[i]!;
    y[i] = sum;
  }
}
