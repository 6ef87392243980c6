// Softmax, its logarithm, and the gradients of both.

import { aroundAxis, logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from '@dl/autograd';
import { forEachLine, kernel } from './kernel.js';
import { forEachLogSum, largest } from './log-sums.js';

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
  forEachLogSum(x, axis, (start, length, step, top, logSum) => {
    for (let k = 0, at = start; k < length; k++, at += step) y.data[at] = x.data[at]! - top - logSum;
  });
});

export const softmaxGradKernel = kernel(softmaxGrad, ({ g: { data: g }, y, dx: { data: dx } }, { axis }) => {
  forEachLine(y, axis, (start, length, step) => {
    const end = start + length * step;
    let sum = 0;
    for (let at = start; at < end; at += step) sum += g[at]! * y.data[at]!;
    for (let at = start; at < end; at += step) dx[at] = y.data[at]! * (g[at]! - sum);
  });
});

export const logSoftmaxGradKernel = kernel(logSoftmaxGrad, ({ g: { data: g }, y, dx: { data: dx } }, { axis }) => {
  forEachLine(y, axis, (start, length, step) => {
    const end = start + length * step;
    let sum = 0;
    for (let at = start; at < end; at += step) sum += g[at]!;
    for (let at = start; at < end; at += step) dx[at] = g[at]! - Math.exp(y.data[at]!) * sum;
  });
});
