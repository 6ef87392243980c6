// Rotary positions: two features at a time, turned.

import { broadcastStrides, rotary } from '@dl/autograd';
import { forEachRow, kernel } from './kernel.js';

export const rotaryKernel = kernel(rotary, ({ x, cos, sin, y }, { layout }) => {
  const [features, columns] = [x.shape.at(-1)!, cos.shape.at(-1)!];
  const rows = x.shape.slice(0, -1);
  const strides = broadcastStrides(cos.shape.slice(0, -1), rows);
  const [step, toOther] = layout === 'halves' ? [1, columns] : [2, 1];
  y.data.set(x.data);
  forEachRow(rows, [strides], (start, length, i, di) => {
    for (let row = start; row < start + length; row++, i += di) {
      for (let column = 0; column < columns; column++) {
        const at = row * features + column * step;
        const [a, b] = [x.data[at]!, x.data[at + toOther]!];
        const [c, s] = [cos.data[i * columns + column]!, sin.data[i * columns + column]!];
        y.data[at] = a * c - b * s;
        y.data[at + toOther] = b * c + a * s;
      }
    }
  });
});
