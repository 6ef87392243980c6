// Kernels that only move elements: permute, slice, concat, pad, triangles.

import {
  concat,
  halfBits,
  isHalf,
  type KernelEntry,
  type OpInfo,
  pad,
  permute,
  slice,
  sliceGrad,
  stridesOf,
  type TypedArray,
  tril,
  triu,
} from '@dl/autograd';
import { aroundAxis, copyRun, forEachRow, kernel } from './kernel.js';

/** Reads `n` elements from `i` on in steps of `step`, and writes them side by side. */
function collect(from: TypedArray, i: number, step: number, n: number, to: TypedArray, o: number): void {
  if (step === 1) copyRun(from, i, n, to, o);
  else for (const end = o + n; o < end; o++, i += step) to[o] = from[i]!;
}

export const permuteKernel = kernel(permute, ({ x, y }, { order }) => {
  const strides = stridesOf(x.shape);
  const walk = order.map((axis) => strides[axis]!);
  forEachRow(y.shape, [walk], (start, length, i, step) => collect(x.data, i, step, length, y.data, start));
});

/** Where a slice begins in x, and the step along each axis, in elements. */
function sliceWalk(
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): { first: number; walk: number[] } {
  const walk = stridesOf(shape);
  let first = 0;
  for (let axis = 0; axis < walk.length; axis++) {
    first += starts[axis]! * walk[axis]!;
    walk[axis]! *= steps[axis]!;
  }
  return { first, walk };
}

export const sliceKernel = kernel(slice, ({ x, y }, { starts, steps }) => {
  const { first, walk } = sliceWalk(x.shape, starts, steps);
  forEachRow(y.shape, [walk], (start, length, i, step) => collect(x.data, first + i, step, length, y.data, start));
});

export const sliceGradKernel = kernel(sliceGrad, ({ g, y }, { starts, steps, shape }) => {
  const { first, walk } = sliceWalk(shape, starts, steps);
  y.data.fill(0);
  forEachRow(g.shape, [walk], (start, length, i, step) => spread(g.data, start, length, y.data, first + i, step));
});

/** Reads `n` neighbours, and writes them from `o` on in steps of `step`. */
function spread(from: TypedArray, i: number, n: number, to: TypedArray, o: number, step: number): void {
  for (const end = i + n; i < end; i++, o += step) to[o] = from[i]!;
}

export const concatKernel = kernel(concat, ({ xs, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(y.shape, axis);
  let at = 0;
  for (const x of xs) {
    const width = x.shape[axis]! * inner;
    for (let o = 0; o < outer; o++) copyRun(x.data, o * width, width, y.data, o * length * inner + at);
    at += width;
  }
});

export const padKernel = kernel(pad, ({ x, y }, { pads, value }) => {
  const strides = stridesOf(y.shape);
  const first = pads.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  y.data.fill(isHalf(y.dtype) ? halfBits([value], y.dtype)[0]! : value);
  forEachRow(x.shape, [strides], (start, length, o, step) => {
    if (step === 1) copyRun(x.data, start, length, y.data, first + o);
    else spread(x.data, start, length, y.data, first + o, step);
  });
});

function triangle(
  op: OpInfo<readonly ['x'], { diagonal: number }, readonly ['y']>,
  keeps: (above: number, diagonal: number) => boolean,
): KernelEntry {
  return kernel(op, ({ x, y }, { diagonal }) => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    for (let start = 0; start < x.size; start += columns) {
      const row = (start / columns) % rows;
      for (let column = 0; column < columns; column++) {
        y.data[start + column] = keeps(column - row, diagonal) ? x.data[start + column]! : 0;
      }
    }
  });
}

export const trilKernel = triangle(tril, (above, diagonal) => above <= diagonal);
export const triuKernel = triangle(triu, (above, diagonal) => above >= diagonal);
