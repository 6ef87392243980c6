// Activations.

import { elu, gelu, leakyRelu, relu, selu, silu, softplus } from '@dl/autograd';
import { erfOf } from './erf.js';
import { unary } from './kernel.js';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const reluKernel = unary(relu, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.max(x[i]!, 0);
});
export const leakyReluKernel = unary(leakyRelu, (x, y, n, { slope }) => {
  for (let i = 0; i < n; i++) y[i] = x[i]! > 0 ? x[i]! : slope * x[i]!;
});
export const eluKernel = unary(elu, (x, y, n, { alpha }) => {
  for (let i = 0; i < n; i++) y[i] = x[i]! > 0 ? x[i]! : alpha * Math.expm1(x[i]!);
});
export const seluKernel = unary(selu, (x, y, n) => {
  const alpha = SELU_SCALE * SELU_ALPHA;
  for (let i = 0; i < n; i++) y[i] = x[i]! > 0 ? SELU_SCALE * x[i]! : alpha * Math.expm1(x[i]!);
});
export const siluKernel = unary(silu, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = x[i]! / (1 + Math.exp(-x[i]!));
});
export const softplusKernel = unary(softplus, (x, y, n, { beta }) => {
  for (let i = 0; i < n; i++) {
    const z = beta * x[i]!;
    y[i] = (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) / beta;
  }
});
export const geluKernel = unary(gelu, (x, y, n, { approximate }) => {
  if (approximate === 'none') {
    for (let i = 0; i < n; i++) y[i] = 0.5 * x[i]! * (1 + erfOf(x[i]! * Math.SQRT1_2));
  } else {
    const scale = Math.sqrt(2 / Math.PI);
    for (let i = 0; i < n; i++) {
      const v = x[i]!;
      y[i] = 0.5 * v * (1 + Math.tanh(scale * (v + 0.044715 * v * v * v)));
    }
  }
});
