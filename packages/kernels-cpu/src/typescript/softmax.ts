// Softmax, its logarithm, and cross-entropy.

import { crossEntropy, logSoftmax, softmax, type TypedArray } from '@dl/autograd';
import { aroundAxis, kernel, type Values } from './kernel.js';
import { checkLabels } from './labels.js';

/** Calls `line` for every line along an axis, with the largest element there and log Σ e^(x - largest). */
function forEachLine(
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

function largest(x: TypedArray, start: number, length: number, step: number): number {
  let top = -Infinity;
  for (let k = 0, at = start; k < length; k++, at += step) if (x[at]! > top) top = x[at]!;
  return top;
}

export const softmaxKernel = kernel(softmax, ({ x, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const [from, to] = [x.data, y.data];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * length * inner + i;
      const end = start + length * inner;
      const top = largest(from, start, length, inner);
      let sum = 0;
      for (let at = start; at < end; at += inner) {
        const e = Math.exp(from[at]! - top);
        to[at] = e;
        sum += e;
      }
      for (let at = start; at < end; at += inner) to[at]! /= sum;
    }
  }
});

export const logSoftmaxKernel = kernel(logSoftmax, ({ x, y }, { axis }) => {
  forEachLine(x, axis, (start, length, step, top, logSum) => {
    for (let k = 0, at = start; k < length; k++, at += step) y.data[at] = x.data[at]! - top - logSum;
  });
});

export const crossEntropyKernel = kernel(crossEntropy, ({ logits, labels, y }) => {
  const classes = logits.shape[1]!;
  checkLabels('crossEntropy', labels, classes);
  forEachLine(logits, 1, (start, _length, _step, top, logSum) => {
    const row = start / classes;
    y.data[row] = logSum - (logits.data[start + labels.data[row]!]! - top);
  });
});
