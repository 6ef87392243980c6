// How the TypeScript kernels are written: what they are given, and the walks over shapes that they share.

import {
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  type OpInfo,
  type Shape,
  type TypedArray,
} from '@dl/autograd';
import { cpuBuffer } from '../heap.js';

/** A tensor as these kernels see it: its values in place. */
export interface Values {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly size: number;
}

type SlotName<S extends string> = S extends `...${infer N}` ? N : S extends `${infer N}?` ? N : S;
/** Inputs and outputs of an op, by name. */
export type ValuesOf<I extends readonly string[], O extends readonly string[]> = {
  readonly [S in I[number] as SlotName<S>]: S extends `...${string}`
    ? readonly Values[]
    : S extends `${string}?`
      ? Values | undefined
      : Values;
} & { readonly [N in O[number]]: Values };

/** A kernel on typed arrays. */
export function kernel<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  run: (values: ValuesOf<I, O>, attrs: A) => void,
): KernelEntry {
  return defineKernel(op, (tensors, attrs) => {
    const values: Record<string, Values | readonly Values[] | undefined> = {};
    for (const name in tensors) {
      const tensor: KernelTensor | readonly KernelTensor[] | undefined = (tensors as Record<string, KernelTensor>)[
        name
      ];
      values[name] = tensor === undefined ? undefined : Array.isArray(tensor) ? tensor.map(valuesOf) : valuesOf(tensor);
    }
    run(values as ValuesOf<I, O>, attrs);
  });
}

function dataOf(tensor: KernelTensor): TypedArray {
  return cpuBuffer(tensor.handle).values;
}

function valuesOf(tensor: KernelTensor): Values {
  return { data: dataOf(tensor), shape: tensor.shape, size: tensor.size };
}

/** A kernel for y = f(x): the loop is the op's own, so that nothing is called for each element. */
export function unary<A extends object>(
  op: OpInfo<readonly ['x'], A, readonly ['y']>,
  loop: (x: TypedArray, y: TypedArray, n: number, attrs: A) => void,
): KernelEntry {
  return defineKernel(op, ({ x, y }, attrs) => loop(dataOf(x), dataOf(y), y.size, attrs));
}

/**
 * The loop of a kernel for y = f(a, b): `n` elements of y from `o` on; a from `i` on in steps of `di`, b from `j`
 * on in steps of `dj` (0 repeats one element).
 */
export type BinaryLoop = (
  y: TypedArray,
  o: number,
  n: number,
  a: TypedArray,
  i: number,
  di: number,
  b: TypedArray,
  j: number,
  dj: number,
) => void;

/** A kernel for y = f(a, b) with broadcasting. */
export function binary<A extends object>(
  op: OpInfo<readonly ['a', 'b'], A, readonly ['y']>,
  loop: BinaryLoop,
): KernelEntry {
  return defineKernel(op, ({ a, b, y }) => {
    const to = dataOf(y);
    const left = dataOf(a);
    const right = dataOf(b);
    if (a.size === y.size && b.size === y.size) {
      loop(to, 0, y.size, left, 0, 1, right, 0, 1);
    } else if (b.size === 1 && a.size === y.size) {
      loop(to, 0, y.size, left, 0, 1, right, 0, 0);
    } else if (a.size === 1 && b.size === y.size) {
      loop(to, 0, y.size, left, 0, 0, right, 0, 1);
    } else {
      forEachRow(
        y.shape,
        [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)],
        (o, n, [i, j], [di, dj]) => loop(to, o, n, left, i!, di!, right, j!, dj!),
      );
    }
  });
}

/** How far apart neighbours of the larger shape lie in the smaller one: 0 along axes that are stretched. */
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

/**
 * Walks over a shape row by row, in order: `row` gets where the row starts in the result, its length, and for each
 * of the given strides where it starts there and the step between its elements. Axes that can be are merged first, so
 * that rows are long.
 */
export function forEachRow(
  shape: Shape,
  strides: readonly (readonly number[])[],
  row: (start: number, length: number, starts: readonly number[], steps: readonly number[]) => void,
): void {
  forEachPlane(shape, strides, (start, rows, length, starts, rowSteps, steps) => {
    const places = [...starts];
    for (let i = 0; i < rows; i++) {
      row(start + i * length, length, places, steps);
      for (let k = 0; k < places.length; k++) places[k]! += rowSteps[k]!;
    }
  });
}

/** The same with two axes at a time: `rows` rows of `length` elements, with the steps along both. */
export function forEachPlane(
  shape: Shape,
  strides: readonly (readonly number[])[],
  plane: (
    start: number,
    rows: number,
    length: number,
    starts: readonly number[],
    rowSteps: readonly number[],
    steps: readonly number[],
  ) => void,
): void {
  const lengths: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 0) return;
    if (length === 1) continue;
    const last = lengths.length - 1;
    if (last >= 0 && strides.every((stride, k) => merged[k]![last] === stride[axis]! * length)) {
      lengths[last]! *= length;
      strides.forEach((stride, k) => {
        merged[k]![last] = stride[axis]!;
      });
    } else {
      lengths.push(length);
      strides.forEach((stride, k) => merged[k]!.push(stride[axis]!));
    }
  }
  const length = lengths.pop() ?? 1;
  const steps = merged.map((stride) => stride.pop() ?? 0);
  const rows = lengths.pop() ?? 1;
  const rowSteps = merged.map((stride) => stride.pop() ?? 0);
  const starts = strides.map(() => 0);
  const index = lengths.map(() => 0);
  for (let start = 0; ; start += rows * length) {
    plane(start, rows, length, starts, rowSteps, steps);
    let axis = lengths.length - 1;
    for (; axis >= 0; axis--) {
      const isLast = ++index[axis]! === lengths[axis]!;
      for (let k = 0; k < starts.length; k++) {
        starts[k]! += isLast ? -merged[k]![axis]! * (lengths[axis]! - 1) : merged[k]![axis]!;
      }
      if (!isLast) break;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** The shape seen from one axis: how many groups lie before it, its length, and how many elements lie between neighbours. */
export function aroundAxis(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i]!;
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i]!;
  return { outer, length: shape[axis]!, inner };
}
