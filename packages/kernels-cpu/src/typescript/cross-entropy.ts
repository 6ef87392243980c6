// Cross-entropy and its gradient.

import { crossEntropy, crossEntropyGrad } from '@dl/autograd';
import { forEachLine, kernel } from './kernel.js';
import { checkLabels } from './labels.js';
import { forEachLogSum } from './log-sums.js';

export const crossEntropyKernel = kernel(crossEntropy, ({ logits, labels, y }) => {
  const classes = logits.shape[1]!;
  checkLabels('crossEntropy', labels, classes);
  forEachLogSum(logits, 1, (start, _length, _step, top, logSum) => {
    const row = start / classes;
    y.data[row] = logSum - (logits.data[start + labels.data[row]!]! - top);
  });
});

export const crossEntropyGradKernel = kernel(crossEntropyGrad, ({ g, logits, labels, dlogits }) => {
  checkLabels('crossEntropyGrad', labels, logits.shape[1]!);
  const [x, dx] = [logits.data, dlogits.data];
  forEachLine(logits, 1, (start, length, _step, row) => {
    const end = start + length;
    let top = -Infinity;
    for (let at = start; at < end; at++) if (x[at]! > top) top = x[at]!;
    let sum = 0;
    for (let at = start; at < end; at++) sum += Math.exp(x[at]! - top);
    const label = start + labels.data[row]!;
    for (let at = start; at < end; at++) {
      dx[at] = g.data[row]! * (Math.exp(x[at]! - top) / sum - (at === label ? 1 : 0));
    }
  });
});
