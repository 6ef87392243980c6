// Order: sort and topK. Both put one line at a time in order, with where its elements stood.

import { sort, type TypedArray, topK } from '@dl/autograd';
import { Scratch } from './gemm.js';
import { forEachLine, kernel } from './kernel.js';

export const sortKernel = kernel(sort, ({ x, values, indices }, { axis, descending }) => {
  forEachLine(x, axis, (start, length, step) => {
    const order = sorted(x.data, start, length, step, descending);
    pick(x.data, start, step, order, length, values.data, indices.data, start);
  });
});

export const topKKernel = kernel(topK, ({ x, values, indices }, { axis, k, largest }) => {
  forEachLine(x, axis, (start, length, step) => {
    const find = k <= FEW ? best : sorted;
    const order = find(x.data, start, length, step, largest, k);
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

// Values and the places where they stood; they move together, from one pair of arrays to the other and back.
const [valueScratch, placeScratch, otherValues, otherPlaces] = Array.from({ length: 4 }, () => new Scratch()) as [
  Scratch,
  Scratch,
  Scratch,
  Scratch,
];

/** The places of a line's elements in order, equals as they stood: by merging ever longer runs. */
function sorted(x: TypedArray, start: number, length: number, step: number, descending: boolean): Float64Array {
  let [value, place] = [valueScratch.take(length), placeScratch.take(length)];
  let [toValue, toPlace] = [otherValues.take(length), otherPlaces.take(length)];
  for (let k = 0, i = start; k < length; k++, i += step) {
    value[k] = x[i]!;
    place[k] = k;
  }
  for (let run = 1; run < length; run *= 2) {
    for (let left = 0; left < length; left += 2 * run) {
      const middle = Math.min(left + run, length);
      merge(value, place, left, middle, Math.min(middle + run, length), toValue, toPlace, descending);
    }
    [value, toValue] = [toValue, value];
    [place, toPlace] = [toPlace, place];
  }
  return place;
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

/** Up to so many are found by holding the best so far, which is faster than to sort all. */
const FEW = 32;

/** The places of the first `count` elements of a line in order, equals as they stood. */
function best(
  x: TypedArray,
  start: number,
  length: number,
  step: number,
  descending: boolean,
  count: number,
): Float64Array {
  const [value, place] = [valueScratch.take(count), placeScratch.take(count)];
  for (let k = 0, i = start; k < length; k++, i += step) {
    let at = Math.min(k, count);
    if (at === count && !precedes(x[i]!, value[count - 1]!, descending)) continue;
    if (at === count) at--;
    for (; at > 0 && precedes(x[i]!, value[at - 1]!, descending); at--) {
      value[at] = value[at - 1]!;
      place[at] = place[at - 1]!;
    }
    value[at] = x[i]!;
    place[at] = k;
  }
  return place;
}
