// Parts of tensors, taken out and written over: slice, flip, writeSlice.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, GradientError, ShapeError } from '../errors.js';
import { isGradEnabled } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { filledTensor } from '../tensor/allocate.js';
import { formatShape, normalizeAxes, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needSameDType, needTensor } from './checks.js';
import { cast } from './copy.js';
import { expand } from './expand.js';
import { reshape } from './reshape.js';
import { type Operand, scalarLike } from './scalar.js';
import { where } from './where.js';

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
      const { starts, steps, shape, left } = resolveRanges('slice', x, ranges);
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

interface Place {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly shape: Shape;
  /** The shape without the axes of which one index was picked. */
  readonly left: Shape;
}

function resolveRanges(op: string, x: Tensor, ranges: readonly SliceRange[]): Place {
  const named = spelledOut(op, x, ranges);
  const [starts, steps, shape, left]: [number[], number[], number[], number[]] = [[], [], [], []];
  // A loop, since rows are cut in less time than functions for each axis would take.
  for (let axis = 0; axis < x.shape.length; axis++) {
    const range = named[axis] ?? null;
    const { start, step, count } = resolveRange(op, range, x.shape[axis]!, axis);
    starts.push(start);
    steps.push(step);
    shape.push(count);
    if (typeof range !== 'number') left.push(count);
  }
  return { starts, steps, shape, left };
}

/** The ranges with nulls for `'...'`. */
function spelledOut(op: string, x: Tensor, ranges: readonly SliceRange[]): readonly AxisRange[] {
  const at = ranges.indexOf('...');
  if (at < 0 && ranges.length <= x.rank) return ranges as readonly AxisRange[];
  const named =
    at < 0 ? ranges : ranges.toSpliced(at, 1, ...new Array<null>(Math.max(0, x.rank - ranges.length + 1)).fill(null));
  if (named.includes('...')) throw new ArgumentError(`${op}: '...' comes twice; it can stand for one run of axes only`);
  if (named.length > x.rank) {
    throw new ShapeError(`${op}: ${named.length} ranges for a tensor of ${x.rank} axes, ${formatShape(x.shape)}`);
  }
  return named as readonly AxisRange[];
}

function resolveRange(
  op: string,
  range: AxisRange,
  length: number,
  axis: number,
): { start: number; step: number; count: number } {
  if (typeof range === 'number') {
    const start = range < 0 ? range + length : range;
    if (!Number.isInteger(range) || start < 0 || start >= length) {
      throw new ShapeError(`${op}: index ${range} is out of range for axis ${axis}, which has ${length} elements`);
    }
    return { start, step: 1, count: 1 };
  }
  if (range === null) return { start: 0, step: 1, count: length };
  if (!Array.isArray(range)) {
    throw new ArgumentError(
      `${op}: the range of axis ${axis} is ${shown(range)}, needs an index, [start, stop, step] or null`,
    );
  }
  const step = range[2] === undefined ? 1 : range[2];
  if (!Number.isInteger(step) || step === 0)
    throw new ArgumentError(`${op}: step ${step} on axis ${axis}; needs a whole number other than 0`);
  const start = clip(op, range[0], step, length, axis, step > 0 ? 0 : length - 1);
  const stop = clip(op, range[1], step, length, axis, step > 0 ? length : -1);
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

/** A bound counted from the beginning, within what the step can reach; `open` where there is none. */
function clip(
  op: string,
  value: number | null | undefined,
  step: number,
  length: number,
  axis: number,
  open: number,
): number {
  if (value === null || value === undefined) return open;
  if (!Number.isInteger(value))
    throw new ArgumentError(`${op}: bound ${value} on axis ${axis}; needs a whole number or null`);
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

/**
 * Writes over a part of x in place, x[ranges] ← value, with ranges as {@link slice} takes them: how a cache grows without being copied, and
 * results are put where there is room for them. `value` is a tensor of x's dtype that broadcasts to the part, or a number. A part in one
 * piece, such as rows, is written by one copy.
 *
 * As with `assign`, a backward pass that still needs what x was will say so, and no gradient passes: neither x nor the value may be part of
 * a recorded computation.
 *
 * @throws ShapeError for a value that does not broadcast to the part, and for an index that is not there; GradientError where a gradient
 * would be lost: write `value.detach()`, or inside `noGrad`.
 *
 * @example
 * ```ts
 * import { tensor, useBackend, writeSlice, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const cache = zeros([2, 3]);
 * writeSlice(cache, [null, 1], tensor([5, 6])); // a column
 * cache.writeSlice([0, [1, null]], 7);
 * console.log(cache.toArray()); // [[0, 7, 7], [0, 6, 0]]
 * ```
 */
export const writeSlice = /* @__PURE__ */ defineOp({
  name: 'writeSlice',
  inputs: ['x', 'value'],
  outputs: [],
  attrs: { starts: required<readonly number[]>(), steps: required<readonly number[]>() },
  mutates: ['x'],
  grad: 'nondifferentiable',
  infer: ({ x, value }, { starts, steps }) => {
    needSameDType('writeSlice', 'x', x, 'value', value);
    const isInside = ({ shape }: { readonly shape: Shape }): boolean =>
      shape.every((length, axis) => {
        const last = starts[axis]! + (value.shape[axis]! - 1) * steps[axis]!;
        return (
          value.shape[axis] === 0 || (Math.min(starts[axis]!, last) >= 0 && Math.max(starts[axis]!, last) < length)
        );
      });
    if (value.shape.length !== x.shape.length || !isInside(x)) {
      throw new ShapeError(
        `writeSlice: value is ${formatShape(value.shape)} from [${starts}] on in steps of [${steps}], which is not inside x, ${formatShape(x.shape)}`,
      );
    }
  },
  overwrites: ({ x, value }, { starts, steps }) => placeOf(x.shape, starts, steps, value.shape),
  compose: ({ x, value }, { starts, steps }) => {
    const to = { starts, steps, shape: x.shape };
    const ones = filledTensor(x.backend, 1, value.shape, 'float32', 'writeSlice');
    // Chosen, not added: nothing that is there may reach what is written over it.
    return { x: where(cast(sliceGrad.run({ g: ones }, to), 'bool'), sliceGrad.run({ g: value }, to), x) };
  },
  takes: { parameters: ['x', 'ranges', 'value'] },
  call:
    (run) =>
    (x: Tensor, ranges: readonly SliceRange[], value: Operand): void => {
      needTensor('writeSlice', 'x', x);
      if (typeof value !== 'number') {
        needTensor('writeSlice', 'value', value);
        needSameDType('writeSlice', 'x', x, 'value', value);
        if (value.requiresGrad && isGradEnabled()) {
          throw new GradientError(
            'writeSlice: value requires a gradient, which would be lost; write value.detach(), or inside noGrad',
          );
        }
      }
      const { starts, steps, shape, left } = resolveRanges('writeSlice', x, ranges);
      const temporary = internalScope();
      try {
        const whole = typeof value === 'number' ? scalarLike('writeSlice', value, x) : value;
        run({ x, value: reshape(stretched(whole, left), shape) }, { starts, steps });
      } finally {
        temporary.endWith([]);
      }
    },
});

function stretched(value: Tensor, shape: Shape): Tensor {
  if (sameShape(value.shape, shape)) return value;
  const extra = shape.length - value.shape.length;
  if (extra < 0 || value.shape.some((length, axis) => length !== 1 && length !== shape[axis + extra])) {
    throw new ShapeError(
      `writeSlice: value is ${formatShape(value.shape)} and the part of x to write ${formatShape(shape)}; needs the same shape, or one that broadcasts to it`,
    );
  }
  return expand(value, shape);
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
  samples(
    writeSlice,
    [
      { inputs: { x: { shape: [4, 6] }, value: { shape: [2, 6] } }, attrs: { starts: [1, 0], steps: [1, 1] } },
      { inputs: { x: { shape: [4, 6] }, value: { shape: [4, 2] } }, attrs: { starts: [0, 3], steps: [1, 1] } },
      { inputs: { x: { shape: [4, 6] }, value: { shape: [4, 3] } }, attrs: { starts: [3, 1], steps: [-1, 2] } },
      // One time step of a cache, [batch, heads, time, features].
      {
        inputs: { x: { shape: [2, 3, 5, 4] }, value: { shape: [2, 3, 1, 4] } },
        attrs: { starts: [0, 0, 2, 0], steps: [1, 1, 1, 1] },
      },
      {
        inputs: { x: { shape: [2, 3, 4] }, value: { shape: [2, 2, 2] } },
        attrs: { starts: [0, 2, 3], steps: [1, -2, -1] },
      },
      {
        inputs: {
          x: { shape: [5], dtype: 'int32', low: 0, high: 9 },
          value: { shape: [3], dtype: 'int32', low: 10, high: 19 },
        },
        attrs: { starts: [4], steps: [-2] },
      },
      {
        inputs: { x: { shape: [3, 4], dtype: 'bool' }, value: { shape: [3, 2], dtype: 'bool' } },
        attrs: { starts: [0, 1], steps: [1, 1] },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
