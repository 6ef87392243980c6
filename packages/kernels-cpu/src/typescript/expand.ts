// Broadcasting to a shape.

import { broadcastStrides, expand } from '@dl/autograd';
import { copyNeighbours, forEachRow, kernel } from './kernel.js';

export const expandKernel = kernel(expand, ({ x, y }) => {
  forEachRow(y.shape, [broadcastStrides(x.shape, y.shape)], (start, length, i, step) => {
    if (step === 0) y.data.fill(x.data[i]!, start, start + length);
    else copyNeighbours(x.data, i, length, y.data, start);
  });
});
