// The gradients of activations.

import {
  eluGrad,
  geluGrad,
  leakyReluGrad,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softplusGrad,
  tanhGrad,
} from '@dl/autograd';
import { erfOf } from './erf.js';
import { kernel } from './kernel.js';

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
