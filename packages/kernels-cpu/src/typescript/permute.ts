// Axes in another order.

import { permute, stridesOf } from '@dl/autograd';
import { collect, forEachRow, kernel } from './kernel.js';

export const permuteKernel = kernel(permute, ({ x, y }, { order }) => {
  const strides = stridesOf(x.shape);
  const walk = order.map((axis) => strides[axis]!);
  forEachRow(y.shape, [walk], (start, length, i, step) => collect(x.data, i, step, length, y.data, start));
});
