// Tensors put together, and what is around them: concat, pad, triangles.

import {
  aroundAxis,
  concat,
  halfBits,
  isHalf,
  type KernelEntry,
  type OpInfo,
  pad,
  stridesOf,
  tril,
  triu,
} from '@dl/autograd';
import { copyNeighbours, forEachRow, kernel, spread } from './kernel.js';

export const concatKernel = kernel(concat, ({ xs, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(y.shape, axis);
  let at = 0;
  for (const x of xs) {
    const width = x.shape[axis]! * inner;
    for (let o = 0; o < outer; o++) copyNeighbours(x.data, o * width, width, y.data, o * length * inner + at);
    at += width;
  }
});

export const padKernel = kernel(pad, ({ x, y }, { pads, value }) => {
  const strides = stridesOf(y.shape);
  const first = pads.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  y.data.fill(isHalf(y.dtype) ? halfBits([value], y.dtype)[0]! : value);
  forEachRow(x.shape, [strides], (start, length, o, step) => {
    if (step === 1) copyNeighbours(x.data, start, length, y.data, first + o);
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
