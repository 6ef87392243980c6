// How the TypeScript kernels are written: what they are given, and the walks over shapes that they share.

import {
  aroundAxis,
  broadcastStrides,
  type DType,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  mergeAxes,
  type OpInfo,
  type Shape,
  sizeOf,
  type TypedArray,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';

/** A tensor as these kernels see it: its values in place. */
export interface Values {
  readonly data: TypedArray;
  readonly dtype: DType;
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
} & { readonly [N in O[number] as SlotName<N>]: N extends `${string}?` ? Values | undefined : Values };

/** A kernel on typed arrays. */
export function kernel<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  run: (values: ValuesOf<I, O>, attrs: A) => void,
): KernelEntry {
  const names = [...op.slots.map(({ name }) => name), ...op.outputNames, ...op.reserveNames];
  return defineKernel(op, (tensors, attrs) => {
    const given = tensors as Readonly<Record<string, KernelTensor | readonly KernelTensor[] | undefined>>;
    const values: Record<string, Values | readonly Values[] | undefined> = {};
    for (const name of names) {
      const tensor = given[name];
      if (tensor !== undefined) values[name] = isList(tensor) ? tensor.map(valuesOf) : valuesOf(tensor);
    }
    run(values as ValuesOf<I, O>, attrs);
  });
}

function isList(value: KernelTensor | readonly KernelTensor[]): value is readonly KernelTensor[] {
  return Array.isArray(value);
}

/** Of halves, which come to kernels that only move elements, the bits: to a loop they are elements as any. */
function dataOf(tensor: KernelTensor): TypedArray {
  return bufferOf(tensor.handle).values as TypedArray;
}

function valuesOf(tensor: KernelTensor): Values {
  return { data: dataOf(tensor), dtype: tensor.dtype, shape: tensor.shape, size: tensor.size };
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
      const strides = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
      forEachRow(y.shape, strides, (o, n, i, di, j, dj) => loop(to, o, n, left, i, di, right, j, dj));
    }
  });
}

/**
 * What a walk over a shape does with each row: where it starts in the result and how long it is; then, for each of the
 * tensors read along with it, where the row starts there and the step between its elements.
 */
export type Row = (
  start: number,
  length: number,
  i: number,
  di: number,
  j: number,
  dj: number,
  k: number,
  dk: number,
) => void;

/** The strides where no tensor is read along. */
const none: readonly number[] = [];

/**
 * Walks over a shape row by row, in order, with the strides of up to three tensors that are read along with it. Axes
 * that can be are merged first, so that rows are long.
 */
export function forEachRow(shape: Shape, strides: readonly (readonly number[])[], row: Row): void {
  if (shape.includes(0)) return;
  const { shape: lengths, strides: merged } = mergeAxes(shape, strides);
  const last = lengths.length - 1;
  const [a = none, b = none, c = none] = merged;
  const length = lengths[last]!;
  let start = 0;
  const walk = (axis: number, i: number, j: number, k: number): void => {
    if (axis === last) {
      row(start, length, i, a[last] ?? 0, j, b[last] ?? 0, k, c[last] ?? 0);
      start += length;
      return;
    }
    const [di, dj, dk] = [a[axis] ?? 0, b[axis] ?? 0, c[axis] ?? 0];
    for (let count = lengths[axis]!; count > 0; count--, i += di, j += dj, k += dk) walk(axis + 1, i, j, k);
  };
  walk(0, 0, 0, 0);
}

/** Copies `n` neighbours. A view of them, for the machine's own copy, pays only when there are many. */
export function copyNeighbours(from: TypedArray, i: number, n: number, to: TypedArray, o: number): void {
  if (n >= 64) to.set(from.subarray(i, i + n), o);
  else for (const end = i + n; i < end; i++, o++) to[o] = from[i]!;
}

/** [..., features] as the matrix [rows, features] that it is in memory. */
export function rowsOf({ shape, dtype, size, handle }: KernelTensor): KernelTensor {
  return { shape: [sizeOf(shape.slice(0, -1)), shape.at(-1)!], dtype, size, handle };
}

/** Calls `line` for every line along an axis, with where it starts, the step between its elements, and its number. */
export function forEachLine(
  { shape }: Values,
  axis: number,
  line: (start: number, length: number, step: number, index: number) => void,
): void {
  const { outer, length, inner } = aroundAxis(shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) line(o * length * inner + i, length, inner, o * inner + i);
  }
}

/** What a normalisation multiplies by: 1 / √spread, and 0 for what does not spread at all. */
export function scaleOf(spread: number): number {
  return spread === 0 ? 0 : 1 / Math.sqrt(spread);
}

/** Reads `n` elements from `i` on in steps of `step`, and writes them side by side. */
export function collect(from: TypedArray, i: number, step: number, n: number, to: TypedArray, o: number): void {
  if (step === 1) copyNeighbours(from, i, n, to, o);
  else for (const end = o + n; o < end; o++, i += step) to[o] = from[i]!;
}

/** Reads `n` neighbours, and writes them from `o` on in steps of `step`. */
export function spread(from: TypedArray, i: number, n: number, to: TypedArray, o: number, step: number): void {
  for (const end = i + n; i < end; i++, o += step) to[o] = from[i]!;
}
