// The product of all elements but one, for each.

import { prodOfOthers, stridesOf } from '@dl/autograd';
import { forEachRow, kernel } from './kernel.js';

export const prodOfOthersKernel = kernel(prodOfOthers, ({ x, y }, { axes }) => {
  const strides = stridesOf(x.shape);
  const places: number[] = [];
  forEachRow(
    axes.map((axis) => x.shape[axis]!),
    [axes.map((axis) => strides[axis]!)],
    (_, length, offset, step) => {
      for (let k = 0; k < length; k++) places.push(offset + k * step);
    },
  );
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  // The product of integers may not fit a double.
  const times = x.data instanceof Int32Array ? Math.imul : (a: number, b: number): number => a * b;
  forEachRow(
    kept.map((axis) => x.shape[axis]!),
    [kept.map((axis) => strides[axis]!)],
    (_, length, offset, step) => {
      for (let k = 0; k < length; k++) {
        const base = offset + k * step;
        // The product of those before, from the front; then of those after, from the back.
        let before = 1;
        for (const place of places) {
          y.data[base + place] = before;
          before = times(before, x.data[base + place]!);
        }
        let after = 1;
        for (const place of places.toReversed()) {
          y.data[base + place] = times(y.data[base + place]!, after);
          after = times(after, x.data[base + place]!);
        }
      }
    },
  );
});
