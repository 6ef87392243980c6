// Putting tensors together and making them larger: concat, stack, roll, repeat, pad.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { tensorFrom } from '../tensor/allocate.js';
import { checkInteger, formatShape, listOf, type Numbers, normalizeAxis, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needElement, needSameDType, needTensors } from './checks.js';
import { alias } from './copy.js';
import { expand } from './expand.js';
import { indexSelect } from './indexing.js';
import { reshape, unsqueeze } from './reshape.js';
import { type SliceRange, slice } from './slice.js';
import { split } from './split.js';

/**
 * Joins tensors along an axis that they all have; the other axes must agree.
 *
 * @example
 * ```ts
 * import { concat, ones, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(concat([zeros([2, 3]), ones([2, 1])], 1).shape); // [2, 4]
 * ```
 */
export const concat = /* @__PURE__ */ defineOp({
  name: 'concat',
  inputs: ['...xs'],
  attrs: { axis: 0 },
  halves: true,
  infer: ({ xs }, { axis }) => {
    const first = xs[0]!;
    let length = 0;
    for (const [i, x] of xs.entries()) {
      needSameDType('concat', 'tensor 0', first, `tensor ${i}`, x);
      if (
        !sameShape(x.shape.toSpliced(axis, 1), first.shape.toSpliced(axis, 1)) ||
        x.shape.length !== first.shape.length
      ) {
        throw new ShapeError(
          `concat: tensor 0 is ${formatShape(first.shape)} and tensor ${i} is ${formatShape(x.shape)}; they may differ in axis ${axis} only`,
        );
      }
      length += x.shape[axis]!;
    }
    return { shape: first.shape.with(axis, length), dtype: first.dtype };
  },
  grad: ({ dy, xs }, { axis }) => ({
    xs: (): Tensor[] =>
      split(
        dy,
        xs.map((x) => x.shape[axis]!),
        axis,
      ),
  }),
  takes: { parameters: ['xs', 'axis'] },
  call:
    (run) =>
    (xs: readonly Tensor[], axis?: number): Tensor => {
      needTensors('concat', xs);
      return run({ xs }, { axis: normalizeAxis('concat', axis ?? 0, xs[0]!.rank) });
    },
});

/** Joins tensors of one shape along a new axis. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  checkCall('stack', arguments, ['xs', 'axis']);
  needTensors('stack', xs);
  const { shape } = xs[0]!;
  const at = normalizeAxis('stack', axis, shape.length + 1);
  for (const [i, x] of xs.entries()) {
    needSameDType('stack', 'tensor 0', xs[0]!, `tensor ${i}`, x);
    if (!sameShape(x.shape, shape)) {
      throw new ShapeError(
        `stack: tensor 0 is ${formatShape(shape)} and tensor ${i} is ${formatShape(x.shape)}; all must have one shape`,
      );
    }
  }
  return concat(
    xs.map((x) => unsqueeze(x, at)),
    at,
  );
}

/** Shifts along axes; what leaves at one end comes in at the other. Without axes: in the flattened tensor. */
export function roll(x: Tensor, shifts: number | readonly number[], axes?: number | readonly number[]): Tensor {
  checkCall('roll', arguments, ['x', 'shifts', 'axes']);
  if (axes === undefined) {
    if (typeof shifts !== 'number') throw new ArgumentError('roll: several shifts need as many axes');
    return reshape(roll(reshape(x, [x.size]), shifts, 0), x.shape);
  }
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  const along = typeof axes === 'number' ? [axes] : axes;
  if (by.length !== along.length)
    throw new ArgumentError(`roll: ${by.length} shifts for ${along.length} axes; needs as many of each`);
  const rolled = along.reduce((rolled, axis, i) => {
    const at = normalizeAxis('roll', axis, x.rank);
    const length = x.shape[at]!;
    if (!Number.isInteger(by[i])) throw new ArgumentError(`roll: shift ${by[i]}; needs a whole number`);
    const shift = length === 0 ? 0 : ((by[i]! % length) + length) % length;
    if (shift === 0) return rolled;
    const take = (range: SliceRange): Tensor =>
      slice(
        rolled,
        x.shape.map((_, axis) => (axis === at ? range : null)),
      );
    return concat([take([length - shift, null]), take([null, length - shift])], at);
  }, x);
  return rolled === x ? alias(x) : rolled;
}

/** The whole tensor repeated `counts[i]` times along axis i; extra counts in front make new axes. */
export function repeat(x: Tensor, ...each: Numbers): Tensor {
  const counts = listOf('repeat', 'counts', each);
  if (counts.length < x.rank) {
    throw new ShapeError(
      `repeat: ${counts.length} counts for a tensor of ${x.rank} axes, ${formatShape(x.shape)}; needs one for each`,
    );
  }
  for (const count of counts) checkInteger('repeat', 'a count', count, 0);
  const shape = [...counts.slice(0, counts.length - x.rank).map(() => 1), ...x.shape];
  const spread = reshape(
    x,
    shape.flatMap((length) => [1, length]),
  );
  const copies = expand(
    spread,
    shape.flatMap((length, axis) => [counts[axis]!, length]),
  );
  return reshape(
    copies,
    shape.map((length, axis) => length * counts[axis]!),
  );
}

/** How much to add before and after each axis: one pair for each, in the order of the axes. */
export type Pads = readonly (readonly [before: number, after: number])[];

/** What stands around: one value, a mirror image, the edge again and again, or what stands at the other end. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

export interface PadOptions {
  /** `constant` (default), `reflect` (mirrored, the edge not repeated), `replicate` (the edge repeated) or `circular` (the other end). */
  readonly mode?: PadMode;
  /** What to fill with in mode `constant`. Default 0. */
  readonly value?: number;
}

const padOptions: Known<PadOptions> = { mode: ['constant', 'reflect', 'replicate', 'circular'], value: 'element' };

/** Adds elements before and after: `pads` gives [before, after] for each axis. */
export const pad = /* @__PURE__ */ defineOp({
  name: 'pad',
  inputs: ['x'],
  attrs: { pads: required<Pads>(), value: 0 },
  halves: true,
  infer: ({ x }, { pads, value }) => {
    needElement('pad', 'the value', value, x);
    return {
      shape: x.shape.map((length, axis) => length + pads[axis]![0] + pads[axis]![1]),
      dtype: x.dtype,
    };
  },
  grad: ({ dy, x }, { pads }) => ({
    x: (): Tensor =>
      slice(
        dy,
        x.shape.map((length, axis) => [pads[axis]![0], pads[axis]![0] + length]),
      ),
  }),
  takes: { parameters: ['x', 'pads'], options: padOptions },
  call:
    (run) =>
    (x: Tensor, pads: Pads, { mode = 'constant', value = 0 }: PadOptions = {}): Tensor => {
      if (pads.length !== x.rank) {
        throw new ShapeError(
          `pad: ${pads.length} pairs for a tensor of ${x.rank} axes, ${formatShape(x.shape)}; needs one [before, after] for each`,
        );
      }
      for (const pair of pads) for (const count of pair) checkInteger('pad', 'a count', count, 0);
      if (mode === 'constant') return run({ x }, { pads, value });
      if (mode !== 'reflect' && mode !== 'replicate' && mode !== 'circular') {
        throw new ArgumentError(
          `pad: mode is '${String(mode)}', needs 'constant', 'reflect', 'replicate' or 'circular'`,
        );
      }
      return pads.reduce((padded, [before, after], axis) => {
        if (before === 0 && after === 0) return padded;
        return indexSelect(padded, axis, edgeIndices(x.shape[axis]!, before, after, mode, axis, x));
      }, x);
    },
});

function edgeIndices(
  length: number,
  before: number,
  after: number,
  mode: Exclude<PadMode, 'constant'>,
  axis: number,
  x: Tensor,
): Tensor {
  const limit = mode === 'reflect' ? length - 1 : mode === 'circular' ? length : Infinity;
  if (length === 0 || Math.max(before, after) > limit) {
    throw new ShapeError(
      `pad: ${Math.max(before, after)} elements cannot be taken by '${mode}' from axis ${axis}, which has ${length}`,
    );
  }
  const indices = Int32Array.from({ length: before + length + after }, (_, i) => {
    const at = i - before;
    if (mode === 'replicate') return Math.min(Math.max(at, 0), length - 1);
    if (mode === 'circular') return (at + length) % length;
    return at < 0 ? -at : at < length ? at : 2 * (length - 1) - at;
  });
  return tensorFrom(x.backend, indices, [indices.length], 'int32', 'pad');
}

/** Keeps the lower triangle of the last two axes, up to and including the given diagonal (0 the main one, above it positive). */
export const tril = /* @__PURE__ */ triangle('tril');

/** Keeps the upper triangle of the last two axes, from the given diagonal (0 the main one, above it positive) on. */
export const triu = /* @__PURE__ */ triangle('triu');

function triangle(name: 'tril' | 'triu') {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { diagonal: 0 },
    halves: true,
    infer: ({ x }, { diagonal }) => {
      if (!Number.isInteger(diagonal))
        throw new ArgumentError(`${name}: diagonal is ${shown(diagonal)}, needs a whole number`);
      if (x.shape.length < 2) throw new ShapeError(`${name}: ${formatShape(x.shape)} has fewer than two axes`);
      return { shape: x.shape, dtype: x.dtype };
    },
    grad: ({ dy }, { diagonal }) => ({ x: (): Tensor => (name === 'tril' ? tril : triu)(dy, diagonal) }),
    takes: { parameters: ['x', 'diagonal'] },
    call:
      (run) =>
      (x: Tensor, diagonal?: number): Tensor =>
        run({ x }, { diagonal: diagonal ?? 0 }),
  });
}

export const joinSamples = (): readonly OpSamples[] => [
  samples(
    concat,
    [
      { inputs: { xs: [{ shape: [2, 3] }, { shape: [1, 3] }] }, attrs: { axis: 0 } },
      { inputs: { xs: [{ shape: [2, 3, 2] }, { shape: [2, 1, 2] }, { shape: [2, 4, 2] }] }, attrs: { axis: 1 } },
      {
        inputs: {
          xs: [
            { shape: [2, 2], dtype: 'int32', low: 0, high: 9 },
            { shape: [2, 1], dtype: 'int32', low: 0, high: 9 },
          ],
        },
        attrs: { axis: 1 },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(
    pad,
    [
      {
        inputs: { x: { shape: [2, 3] } },
        attrs: {
          pads: [
            [1, 2],
            [0, 1],
          ],
          value: 1.5,
        },
      },
      {
        inputs: { x: { shape: [1, 2, 3, 3] } },
        attrs: {
          pads: [
            [0, 0],
            [0, 0],
            [1, 1],
            [2, 2],
          ],
        },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  ...[tril, triu].map((op) =>
    samples(
      op,
      [
        { inputs: { x: { shape: [4, 4] } }, attrs: { diagonal: 0 } },
        { inputs: { x: { shape: [2, 3, 5] } }, attrs: { diagonal: 1 } },
        { inputs: { x: { shape: [5, 3] } }, attrs: { diagonal: -2 } },
      ],
      { tolerance: 0, relativeTo: 'value' },
    ),
  ),
];
