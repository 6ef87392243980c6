// Axes in another order.

import { defineKernel, type KernelEntry, permute, stridesOf } from '@dl/autograd';
import { inheritRange } from '../ranges.js';
import { walk } from './walk.js';

export const permuteKernels: readonly KernelEntry[] = [
  defineKernel(permute, ({ x, y }, { order }) => {
    const strides = stridesOf(x.shape);
    walk(
      x,
      y,
      order.map((axis) => strides[axis]!),
    );
    inheritRange(y, [x], 'all');
  }),
];
