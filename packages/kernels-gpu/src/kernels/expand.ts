// Broadcasting to a shape.

import { broadcastStrides, defineKernel, expand, type KernelEntry } from '@dl/autograd';
import { inheritRange } from '../ranges.js';
import { walk } from './walk.js';

export const expandKernels: readonly KernelEntry[] = [
  defineKernel(expand, ({ x, y }) => {
    walk(x, y, broadcastStrides(x.shape, y.shape));
    inheritRange(y, [x], 'all');
  }),
];
