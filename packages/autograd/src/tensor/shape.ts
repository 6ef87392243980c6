// Arithmetic of shapes: sizes, strides, axes and NumPy broadcasting.

import { shown } from '../arguments/shown.js';
import { ArgumentError, ShapeError } from '../errors.js';

/** The lengths of a tensor's axes; `[]` is a scalar. Row-major: the last axis varies fastest. */
export type Shape = readonly number[];

/** How many elements a tensor of this shape has. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** How far apart, in elements, neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape as messages have it: `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(shown).join(', ')}]`;
}

/** A list of lengths or axes, or the same numbers one by one: `[2, 3]` or `2, 3`. */
export type Numbers = readonly number[] | readonly [list: readonly number[]];

/** The numbers as a list, whichever way they came. */
export function listOf(where: string, name: string, numbers: Numbers): readonly number[] {
  const [first] = numbers;
  if (!Array.isArray(first)) return numbers as readonly number[];
  if (numbers.length > 1) {
    throw new ArgumentError(`${where}: after ${name} comes ${shown(numbers[1])}, but it takes no more than one list`);
  }
  return first;
}

/** Throws unless `shape` is a list of whole numbers of at least 0. */
export function checkShape(where: string, shape: Shape): Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`${where}: shape is ${shown(shape)}, needs an array such as [2, 3]`);
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ShapeError(
        `${where}: shape ${formatShape(shape)} has ${shown(length)}, needs whole numbers of at least 0`,
      );
    }
  }
  return shape;
}

/** The shape of `a op b` under NumPy's rule: align at the right, stretch axes of length 1. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ` +
          `axis ${rank - i} is ${m} in one and ${n} in the other; make them equal, or one of them 1`,
      );
    }
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}

/** The axis as a number from 0, counting negative ones from the end. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      rank === 0
        ? `${where}: axis ${shown(axis)} is out of range, a scalar has no axes`
        : `${where}: axis ${shown(axis)} is out of range for a tensor of ${rank} axes; needs ${-rank} to ${rank - 1}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Whether this axis of a scalar is meant as that of a list of one: as in PyTorch, 0 and -1 are where an op goes along an axis. */
export function isAxisOfScalar(axis: number | undefined, rank: number): boolean {
  return rank === 0 && (axis === 0 || axis === -1);
}

/** Axes to reduce over, sorted and without repeats; all of them when none are given. Axis 0 or -1 of a scalar is none. */
export function normalizeAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axes === 'number' ? [axes] : axes;
  if (!Array.isArray(list)) {
    throw new ShapeError(`${where}: axes is ${shown(axes)}, needs the number of an axis, or an array of such`);
  }
  if (list.length === 1 && isAxisOfScalar(list[0], rank)) return [];
  const normal = list.map((axis) => normalizeAxis(where, axis, rank)).sort((a, b) => a - b);
  for (let i = 1; i < normal.length; i++) {
    if (normal[i] === normal[i - 1])
      throw new ShapeError(`${where}: axis ${normal[i]} is given twice in ${formatShape(list)}`);
  }
  return normal;
}

/** The shape left after reducing over `axes` (sorted, from 0). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkInteger(where: string, name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError(`${where}: ${name} is ${shown(value)}, needs a whole number of at least ${least}`);
  }
  return value;
}

/** One number for both directions, or a pair [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/** What an option gives for both directions, checked to be whole numbers of at least `least`. */
export function toPair(where: string, name: string, value: Pair, least: number): readonly [number, number] {
  const pair: readonly number[] = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new ArgumentError(`${where}: ${name} is ${shown(pair)}, needs one number or a pair [vertical, horizontal]`);
  }
  return [checkInteger(where, name, pair[0]!, least), checkInteger(where, name, pair[1]!, least)];
}
