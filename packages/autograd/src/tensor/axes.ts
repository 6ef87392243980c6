// Shapes as kernels walk through them: one axis with what is around it, operands that broadcast, and axes that are one in memory.

import type { Shape } from './shape.js';

/** A shape seen from one axis, as [outer, length, inner]. */
export interface AroundAxis {
  /** How many groups lie before the axis. */
  readonly outer: number;
  readonly length: number;
  /** How many elements lie between neighbours along the axis. */
  readonly inner: number;
}

/**
 * A shape seen from one axis: element k of the axis, in group o at place i, is at (o · length + k) · inner + i.
 *
 * @example
 * ```ts
 * import { aroundAxis } from '@dl/autograd';
 * console.log(aroundAxis([2, 3, 4, 5], 1)); // { outer: 2, length: 3, inner: 20 }
 * ```
 */
export function aroundAxis(shape: Shape, axis: number): AroundAxis {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i]!;
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i]!;
  return { outer, length: shape[axis]!, inner };
}

/**
 * How far apart, in an operand that broadcasts to a shape, the elements of neighbours along each axis of that shape lie: 0 along
 * axes that are stretched.
 *
 * @example
 * ```ts
 * import { broadcastStrides } from '@dl/autograd';
 * console.log(broadcastStrides([3, 1], [2, 3, 4])); // [0, 1, 0]
 * ```
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = new Array<number>(to.length).fill(0);
  const extra = to.length - from.length;
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) strides[axis + extra] = stride;
    stride *= from[axis]!;
  }
  return strides;
}

/** A shape that several operands are walked through along with, and the strides of each. */
export interface StridedWalk {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * The same walk over as few axes as can be: those of length 1 are dropped, and neighbours that every operand steps through evenly
 * are merged. At least one axis is left.
 *
 * @example
 * ```ts
 * import { mergeAxes } from '@dl/autograd';
 * console.log(mergeAxes([2, 3, 4], [[12, 4, 1], [0, 4, 1]])); // { shape: [2, 12], strides: [[12, 1], [0, 1]] }
 * ```
 */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]): StridedWalk {
  const count = strides.length;
  const lengths: number[] = [];
  const merged: number[][] = [];
  for (let t = 0; t < count; t++) merged.push([]);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    let at = lengths.length - 1;
    let isEven = at >= 0;
    for (let t = 0; isEven && t < count; t++) isEven = merged[t]![at] === strides[t]![axis]! * length;
    if (isEven) lengths[at]! *= length;
    else at = lengths.push(length) - 1;
    for (let t = 0; t < count; t++) merged[t]![at] = strides[t]![axis]!;
  }
  if (lengths.length === 0) return { shape: [1], strides: strides.map(() => [0]) };
  return { shape: lengths, strides: merged };
}

/**
 * How to reduce some axes one step after the other: neighbours are reduced together, the last ones first, and each step is seen in
 * the shape that the steps before it have left. None where nothing is to be summed up.
 *
 * @example
 * ```ts
 * import { reductionSteps } from '@dl/autograd';
 * console.log(reductionSteps([2, 3, 4, 5], [0, 2, 3])); // [{ outer: 6, length: 20, inner: 1 }, { outer: 1, length: 2, inner: 3 }]
 * ```
 */
export function reductionSteps(shape: Shape, axes: readonly number[]): AroundAxis[] {
  const steps: AroundAxis[] = [];
  let outer = 1;
  for (let axis = 0; axis < shape.length; axis++) outer *= shape[axis]!;
  let [length, inner] = [1, 1];
  const add = (): void => {
    if (length > 1) steps.push({ outer, length, inner });
    length = 1;
  };
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const isReduced = axes.includes(axis);
    if (!isReduced) add();
    outer /= size;
    if (isReduced) length *= size;
    else inner *= size;
  }
  add();
  return steps;
}
