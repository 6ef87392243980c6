// New shapes for the same buffer: nothing is copied.

import { checkCall, type Known } from '../arguments/check-call.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import {
  checkShape,
  formatShape,
  isAxisOfScalar,
  listOf,
  type Numbers,
  normalizeAxis,
  type Shape,
  sizeOf,
} from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * The same values, row by row, in another shape of as many elements; one length may be -1 and is then worked out.
 * Nothing is copied.
 *
 * @example
 * ```ts
 * import { arange, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(arange(6).reshape([2, -1]).shape); // [2, 3]
 * ```
 */
export const reshape = /* @__PURE__ */ defineOp({
  name: 'reshape',
  inputs: ['x'],
  attrs: { shape: required<Shape>() },
  view: true,
  halves: true,
  infer: ({ x }, { shape }) => {
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      throw new ShapeError(
        `reshape: ${formatShape(x.shape)} has ${sizeOf(x.shape)} elements, ${formatShape(shape)} needs ${sizeOf(shape)}; choose lengths whose product is ${sizeOf(x.shape)}`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  grad: ({ dy, x }) => ({ x: (): Tensor => reshape(dy, x.shape) }),
  call:
    (run) =>
    (x: Tensor, ...shape: Numbers): Tensor =>
      run({ x }, { shape: resolve(x, listOf('reshape', 'shape', shape)) }),
});

function resolve(x: Tensor, shape: Shape): Shape {
  const open = Array.isArray(shape) ? shape.indexOf(-1) : -1;
  if (open < 0) return checkShape('reshape', shape);
  if (shape.lastIndexOf(-1) !== open) {
    throw new ShapeError(
      `reshape: ${formatShape(shape)} has more than one -1; only one length can be worked out from the others`,
    );
  }
  const known = checkShape('reshape', shape.toSpliced(open, 1));
  const rest = x.size / sizeOf(known);
  if (!Number.isInteger(rest)) {
    throw new ShapeError(
      `reshape: ${formatShape(x.shape)} has ${x.size} elements, which ${formatShape(shape)} cannot hold whatever -1 stands for`,
    );
  }
  return shape.with(open, rest);
}

interface FlattenRange {
  /** Default 0. */
  readonly start?: number;
  /** Default -1. */
  readonly end?: number;
}

const flattenRange: Known<FlattenRange> = { start: 'number', end: 'number' };

/** What `flatten` takes: `{ start, end }`, or the axes themselves. */
export type FlattenArguments =
  | readonly [range?: FlattenRange | undefined]
  | readonly [start: number, end?: number | undefined];

/** Joins the axes from `start` to `end` (both included; default all) into one: `x.flatten(1)`, or `x.flatten({ start: 1 })`. */
export function flatten(x: Tensor, ...range: FlattenArguments): Tensor {
  const isNumbers = typeof range[0] === 'number';
  if (isNumbers) checkCall('flatten', arguments, ['x', 'start', 'end']);
  else checkCall('flatten', arguments, ['x'], flattenRange);
  const { start = 0, end = -1 } = (isNumbers ? { start: range[0], end: range[1] } : (range[0] ?? {})) as FlattenRange;
  if (x.rank === 0) return reshape(x, [1]);
  const first = normalizeAxis('flatten', start, x.rank);
  const last = normalizeAxis('flatten', end, x.rank);
  if (first > last) throw new ShapeError(`flatten: start ${start} comes after end ${end}`);
  return reshape(x, [...x.shape.slice(0, first), sizeOf(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)]);
}

/** Drops axes of length 1: the given one or ones, or all of them. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkCall('squeeze', arguments, ['x', 'axes']);
  if (axes === undefined)
    return reshape(
      x,
      x.shape.filter((length) => length !== 1),
    );
  const drop = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis('squeeze', axis, x.rank));
  for (const axis of drop) {
    if (x.shape[axis] !== 1)
      throw new ShapeError(`squeeze: axis ${axis} of ${formatShape(x.shape)} is ${x.shape[axis]}, needs to be 1`);
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !drop.includes(axis)),
  );
}

/** Adds an axis of length 1 before `axis`; -1 adds it at the end. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  checkCall('unsqueeze', arguments, ['x', 'axis']);
  const at = normalizeAxis('unsqueeze', axis, x.rank + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/** Calls `run` with the axis counted from 0. A scalar is a list of one to it. */
export function alongAxis(op: string, x: Tensor, axis: number, run: (x: Tensor, axis: number) => Tensor): Tensor {
  if (!isAxisOfScalar(axis, x.rank)) return run(x, normalizeAxis(op, axis, x.rank));
  return reshape(run(reshape(x, [1]), 0), []);
}

export const reshapeSamples = (): readonly OpSamples[] => [
  samples(
    reshape,
    [
      { inputs: { x: { shape: [2, 6] } }, attrs: { shape: [3, 4] } },
      { inputs: { x: { shape: [4] } }, attrs: { shape: [1, 2, 2] } },
      { inputs: { x: { shape: [1], dtype: 'bool' } }, attrs: { shape: [] } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
