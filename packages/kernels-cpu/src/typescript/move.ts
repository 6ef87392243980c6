// Kernels that only move elements: permute, slice, concat, pad, triangles.

import {
  concat,
  type KernelEntry,
  type OpInfo,
  pad,
  permute,
  slice,
  sliceGrad,
  stridesOf,
  tril,
  triu,
} from '@dl/autograd';
import { aroundAxis, forEachRow, kernel } from './kernel.js';

export const permuteKernel = kernel(permute, ({ x, y }, { order }) => {
  const strides = stridesOf(x.shape);
  const [from, to] = [x.data, y.data];
  forEachRow(y.shape, [order.map((axis) => strides[axis]!)], (start, length, [offset], [step]) => {
    if (step === 1) {
      to.set(from.subarray(offset!, offset! + length), start);
    } else {
      for (let o = start, i = offset!; o < start + length; o++, i += step!) to[o] = from[i]!;
    }
  });
});

/** Where a slice begins in x, and the step along each axis, in elements. */
function sliceWalk(
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): { first: number; walk: number[] } {
  const strides = stridesOf(shape);
  return {
    first: starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0),
    walk: steps.map((step, axis) => step * strides[axis]!),
  };
}

export const sliceKernel = kernel(slice, ({ x, y }, { starts, steps }) => {
  const { first, walk } = sliceWalk(x.shape, starts, steps);
  const [from, to] = [x.data, y.data];
  forEachRow(y.shape, [walk], (start, length, [offset], [step]) => {
    const begin = first + offset!;
    if (step === 1) {
      to.set(from.subarray(begin, begin + length), start);
    } else {
      for (let o = start, i = begin; o < start + length; o++, i += step!) to[o] = from[i]!;
    }
  });
});

export const sliceGradKernel = kernel(sliceGrad, ({ g, y }, { starts, steps, shape }) => {
  const { first, walk } = sliceWalk(shape, starts, steps);
  const [from, to] = [g.data, y.data];
  to.fill(0);
  forEachRow(g.shape, [walk], (start, length, [offset], [step]) => {
    for (let o = start, i = first + offset!; o < start + length; o++, i += step!) to[i] = from[o]!;
  });
});

export const concatKernel = kernel(concat, ({ xs, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(y.shape, axis);
  let at = 0;
  for (const x of xs) {
    const width = x.shape[axis]! * inner;
    for (let o = 0; o < outer; o++) y.data.set(x.data.subarray(o * width, (o + 1) * width), o * length * inner + at);
    at += width;
  }
});

export const padKernel = kernel(pad, ({ x, y }, { pads, value }) => {
  const strides = stridesOf(y.shape);
  const first = pads.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  y.data.fill(value);
  forEachRow(x.shape, [strides], (start, length, [offset]) => {
    y.data.set(x.data.subarray(start, start + length), first + offset!);
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
