// A choice between two tensors, with broadcasting.

import { broadcastStrides, type TypedArray, where } from '@dl/autograd';
import { forEachRow, kernel } from './kernel.js';

export const whereKernel = kernel(where, ({ condition, a, b, y }) => {
  const strides = [condition, a, b].map(({ shape }) => broadcastStrides(shape, y.shape));
  forEachRow(y.shape, strides, (o, n, k, dk, i, di, j, dj) =>
    choose(condition.data, k, dk, a.data, i, di, b.data, j, dj, y.data, o, n),
  );
});

function choose(
  condition: TypedArray,
  k: number,
  dk: number,
  a: TypedArray,
  i: number,
  di: number,
  b: TypedArray,
  j: number,
  dj: number,
  y: TypedArray,
  o: number,
  n: number,
): void {
  for (const end = o + n; o < end; o++, k += dk, i += di, j += dj) y[o] = condition[k] === 1 ? a[i]! : b[j]!;
}
