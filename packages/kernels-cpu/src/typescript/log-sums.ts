// What softmax and cross-entropy share: the largest element of a line, and the logarithm of a sum of exponentials.

import { aroundAxis, type TypedArray } from '@dl/autograd';
import type { Values } from './kernel.js';

/** Calls `line` for every line along an axis, with the largest element there and log Σ e^(x - largest). */
export function forEachLogSum(
  x: Values,
  axis: number,
  line: (start: number, length: number, step: number, top: number, logSum: number) => void,
): void {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * length * inner + i;
      const top = largest(x.data, start, length, inner);
      let sum = 0;
      for (let k = 0, at = start; k < length; k++, at += inner) sum += Math.exp(x.data[at]! - top);
      line(start, length, inner, top, Math.log(sum));
    }
  }
}

export function largest(x: TypedArray, start: number, length: number, step: number): number {
  let top = -Infinity;
  for (let k = 0, at = start; k < length; k++, at += step) if (x[at]! > top) top = x[at]!;
  return top;
}
