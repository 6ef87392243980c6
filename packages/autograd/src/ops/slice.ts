// Taking parts out of a tensor: slice, flip.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape, normalizeAxes, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { reshape } from './reshape.js';

/**
 * What to take of one axis: an index, [start, stop, step] as in Python (null leaves one open), or null for all of it. `'...'` stands for all
 * axes that are not named otherwise, once in a list.
 */
export type SliceRange = number | null | '...' | readonly [start: number | null, stop?: number | null, step?: number];
type AxisRange = Exclude<SliceRange, '...'>;

/**
 * Part of a tensor, by one range for each axis (axes without one are taken whole). A number picks one index and
 * drops the axis; `[start, stop, step]` works as in Python, negative numbers and steps included; `'...'` leaves axes out in between.
 *
 * The result has values of its own, which no change of x touches. Yet what lies in one piece, such as rows of a matrix, is not copied before one
 * of the two changes, and until then holds the memory of all of x: keep a small part of something large as a `clone()`.
 *
 * @example
 * ```ts
 * import { arange, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = arange(12).reshape([3, 4]);
 * console.log(x.slice([-1]).toArray()); // [8, 9, 10, 11]
 * console.log(x.slice([null, [null, null, -2]]).toArray()); // [[3, 1], [7, 5], [11, 9]]
 * console.log(x.slice(['...', 0]).toArray()); // [0, 4, 8]
 * ```
 */
export const slice = /* @__PURE__ */ defineOp({
  name: 'slice',
  inputs: ['x'],
  attrs: { starts: required<readonly number[]>(), steps: required<readonly number[]>(), shape: required<Shape>() },
  halves: true,
  infer: ({ x }, { shape }) => ({ shape, dtype: x.dtype }),
  view: ({ x }, { starts, steps, shape }) => placeOf(x.shape, starts, steps, shape),
  grad: ({ dy, x }, { starts, steps }) => ({
    x: (): Tensor => sliceGrad.run({ g: dy }, { starts, steps, shape: x.shape }),
  }),
  takes: { parameters: ['x', 'ranges'] },
  call:
    (run) =>
    (x: Tensor, ranges: readonly SliceRange[]): Tensor => {
      const named = spelledOut(x, ranges);
      const [starts, steps, shape, left]: [number[], number[], number[], number[]] = [[], [], [], []];
      // A loop, since rows are cut in less time than functions for each axis would take.
      for (let axis = 0; axis < x.shape.length; axis++) {
        const range = named[axis] ?? null;
        const { start, step, count } = resolveRange(range, x.shape[axis]!, axis);
        starts.push(start);
        steps.push(step);
        shape.push(count);
        if (typeof range !== 'number') left.push(count);
      }
      const y = run({ x }, { starts, steps, shape });
      return left.length < shape.length ? reshape(y, left) : y;
    },
});

/** How many elements lie before a slice that is in one piece; undefined for one that is not. */
function placeOf(x: Shape, starts: readonly number[], steps: readonly number[], shape: Shape): number | undefined {
  let first = 0;
  let stride = 1;
  let isWhole = true;
  for (let axis = x.length - 1; axis >= 0; axis--) {
    const count = shape[axis]!;
    if (count !== 1 && (count === 0 || !isWhole || steps[axis] !== 1)) return undefined;
    if (count !== x[axis]) isWhole = false;
    first += starts[axis]! * stride;
    stride *= x[axis]!;
  }
  return first;
}

/** Zeros of `shape` with g at the places that a slice took: the gradient of slice. */
export const sliceGrad = /* @__PURE__ */ defineOp({
  name: 'sliceGrad',
  inputs: ['g'],
  attrs: { starts: required<readonly number[]>(), steps: required<readonly number[]>(), shape: required<Shape>() },
  infer: ({ g }, { shape }) => ({ shape, dtype: g.dtype }),
  grad: ({ dy, g }, { starts, steps }) => ({
    g: (): Tensor => slice.run({ x: dy }, { starts, steps, shape: g.shape }),
  }),
});

/** The ranges with nulls for `'...'`. */
function spelledOut(x: Tensor, ranges: readonly SliceRange[]): readonly AxisRange[] {
  const at = ranges.indexOf('...');
  if (at < 0 && ranges.length <= x.rank) return ranges as readonly AxisRange[];
  const named =
    at < 0 ? ranges : ranges.toSpliced(at, 1, ...new Array<null>(Math.max(0, x.rank - ranges.length + 1)).fill(null));
  if (named.includes('...')) throw new ArgumentError("slice: '...' comes twice; it can stand for one run of axes only");
  if (named.length > x.rank) {
    throw new ShapeError(`slice: ${named.length} ranges for a tensor of ${x.rank} axes, ${formatShape(x.shape)}`);
  }
  return named as readonly AxisRange[];
}

function resolveRange(range: AxisRange, length: number, axis: number): { start: number; step: number; count: number } {
  if (typeof range === 'number') {
    const start = range < 0 ? range + length : range;
    if (!Number.isInteger(range) || start < 0 || start >= length) {
      throw new ShapeError(`slice: index ${range} is out of range for axis ${axis}, which has ${length} elements`);
    }
    return { start, step: 1, count: 1 };
  }
  if (range === null) return { start: 0, step: 1, count: length };
  if (!Array.isArray(range)) {
    throw new ArgumentError(
      `slice: the range of axis ${axis} is ${shown(range)}, needs an index, [start, stop, step] or null`,
    );
  }
  const step = range[2] === undefined ? 1 : range[2];
  if (!Number.isInteger(step) || step === 0)
    throw new ArgumentError(`slice: step ${step} on axis ${axis}; needs a whole number other than 0`);
  const start = clip(range[0], step, length, axis, step > 0 ? 0 : length - 1);
  const stop = clip(range[1], step, length, axis, step > 0 ? length : -1);
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

/** A bound counted from the beginning, within what the step can reach; `open` where there is none. */
function clip(value: number | null | undefined, step: number, length: number, axis: number, open: number): number {
  if (value === null || value === undefined) return open;
  if (!Number.isInteger(value))
    throw new ArgumentError(`slice: bound ${value} on axis ${axis}; needs a whole number or null`);
  const at = value < 0 ? value + length : value;
  return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
}

/** Reverses the order along the given axes, all of them when none are given. */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkCall('flip', arguments, ['x', 'axes']);
  const flipped = normalizeAxes('flip', axes, x.rank);
  return slice(
    x,
    x.shape.map((_, axis) => (flipped.includes(axis) ? [null, null, -1] : null)),
  );
}

export const sliceSamples = (): readonly OpSamples[] => [
  samples(
    slice,
    [
      { inputs: { x: { shape: [4, 6] } }, attrs: { starts: [1, 0], steps: [1, 1], shape: [2, 6] } },
      { inputs: { x: { shape: [4, 6] } }, attrs: { starts: [3, 1], steps: [-1, 2], shape: [4, 3] } },
      { inputs: { x: { shape: [2, 3, 4] } }, attrs: { starts: [0, 2, 3], steps: [1, -2, -1], shape: [2, 2, 2] } },
      {
        inputs: { x: { shape: [5], dtype: 'int32', low: 0, high: 9 } },
        attrs: { starts: [4], steps: [-2], shape: [3] },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(
    sliceGrad,
    [
      { inputs: { g: { shape: [2, 3] } }, attrs: { starts: [1, 0], steps: [1, 2], shape: [4, 6] } },
      { inputs: { g: { shape: [3] } }, attrs: { starts: [4], steps: [-2], shape: [5] } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
