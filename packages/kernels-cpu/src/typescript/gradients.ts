// The gradients of activations, of softmax and its kin, and of max pooling.

import {
  crossEntropyGrad,
  eluGrad,
  geluGrad,
  leakyReluGrad,
  logSoftmaxGrad,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softmaxGrad,
  softplusGrad,
  tanhGrad,
} from '@dl/autograd';
import { erfOf } from './erf.js';
import { forEachLine, kernel } from './kernel.js';
import { checkLabels } from './labels.js';

export const reluGradKernel = kernel(reluGrad, ({ g: { data: g }, y: { data: y }, dx: { data: dx } }) => {
  for (let i = 0; i < dx.length; i++) dx[i] = y[i]! <= 0 ? 0 : g[i]!;
});

export const tanhGradKernel = kernel(tanhGrad, ({ g: { data: g }, y: { data: y }, dx: { data: dx } }) => {
  for (let i = 0; i < dx.length; i++) dx[i] = g[i]! * (1 - y[i]! * y[i]!);
});

export const sigmoidGradKernel = kernel(sigmoidGrad, ({ g: { data: g }, y: { data: y }, dx: { data: dx } }) => {
  for (let i = 0; i < dx.length; i++) dx[i] = g[i]! * y[i]! * (1 - y[i]!);
});

export const siluGradKernel = kernel(siluGrad, ({ g: { data: g }, x: { data: x }, dx: { data: dx } }) => {
  for (let i = 0; i < dx.length; i++) {
    const s = 1 / (1 + Math.exp(-x[i]!));
    dx[i] = g[i]! * s * (1 + x[i]! * (1 - s));
  }
});

export const leakyReluGradKernel = kernel(
  leakyReluGrad,
  ({ g: { data: g }, x: { data: x }, dx: { data: dx } }, { slope }) => {
    for (let i = 0; i < dx.length; i++) dx[i] = x[i]! > 0 ? g[i]! : g[i]! * slope;
  },
);

export const eluGradKernel = kernel(eluGrad, ({ g: { data: g }, x: { data: x }, dx: { data: dx } }, { alpha }) => {
  for (let i = 0; i < dx.length; i++) dx[i] = x[i]! > 0 ? g[i]! : g[i]! * alpha * Math.exp(x[i]!);
});

export const softplusGradKernel = kernel(
  softplusGrad,
  ({ g: { data: g }, x: { data: x }, dx: { data: dx } }, { beta }) => {
    for (let i = 0; i < dx.length; i++) dx[i] = g[i]! / (1 + Math.exp(-beta * x[i]!));
  },
);

export const geluGradKernel = kernel(
  geluGrad,
  ({ g: { data: g }, x: { data: x }, dx: { data: dx } }, { approximate }) => {
    if (approximate === 'none') {
      for (let i = 0; i < dx.length; i++) {
        const v = x[i]!;
        const distribution = 0.5 * (1 + erfOf(v * Math.SQRT1_2));
        const density = Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI);
        dx[i] = g[i]! * (distribution + v * density);
      }
    } else {
      const scale = Math.sqrt(2 / Math.PI);
      for (let i = 0; i < dx.length; i++) {
        const v = x[i]!;
        const t = Math.tanh(scale * v * (1 + 0.044715 * v * v));
        const slope = scale * (1 + 3 * 0.044715 * v * v);
        dx[i] = g[i]! * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * slope);
      }
    }
  },
);

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
