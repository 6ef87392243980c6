// Parts of tensors, their gradient, and what is written over them.

import { slice, sliceGrad, stridesOf, writeSlice } from '@dl/autograd';
import { collect, copyNeighbours, forEachRow, kernel, spread } from './kernel.js';

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

export const writeSliceKernel = kernel(writeSlice, ({ x, value }, { starts, steps }) => {
  const { first, walk } = sliceWalk(x.shape, starts, steps);
  forEachRow(value.shape, [walk], (start, length, i, step) => {
    if (step === 1) copyNeighbours(value.data, start, length, x.data, first + i);
    else spread(value.data, start, length, x.data, first + i, step);
  });
});
