// Functions of one number, and activations.

import {
  abs,
  cast,
  ceil,
  clamp,
  clone,
  cos,
  defineKernel,
  elu,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  halfBits,
  halfValues,
  isBoolean,
  isFinite,
  isHalf,
  isNaN,
  leakyRelu,
  log,
  log1p,
  logicalNot,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  selu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from '@dl/autograd';
import { cpuBuffer } from '../heap.js';
import { erfOf } from './erf.js';
import { unary } from './kernel.js';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const negKernel = unary(neg, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = -x[i]!;
});
export const absKernel = unary(abs, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.abs(x[i]!);
});
export const signKernel = unary(sign, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.sign(x[i]!);
});
export const squareKernel = unary(square, (x, y, n) => {
  // The square of an int32 may not fit a double.
  if (x instanceof Int32Array) for (let i = 0; i < n; i++) y[i] = Math.imul(x[i]!, x[i]!);
  else for (let i = 0; i < n; i++) y[i] = x[i]! * x[i]!;
});
export const expKernel = unary(exp, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.exp(x[i]!);
});
export const expm1Kernel = unary(expm1, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.expm1(x[i]!);
});
export const logKernel = unary(log, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.log(x[i]!);
});
export const log1pKernel = unary(log1p, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.log1p(x[i]!);
});
export const sqrtKernel = unary(sqrt, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.sqrt(x[i]!);
});
export const rsqrtKernel = unary(rsqrt, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = 1 / Math.sqrt(x[i]!);
});
export const reciprocalKernel = unary(reciprocal, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = 1 / x[i]!;
});
export const sinKernel = unary(sin, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.sin(x[i]!);
});
export const cosKernel = unary(cos, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.cos(x[i]!);
});
export const tanhKernel = unary(tanh, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.tanh(x[i]!);
});
export const sigmoidKernel = unary(sigmoid, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = 1 / (1 + Math.exp(-x[i]!));
});
export const erfKernel = unary(erf, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = erfOf(x[i]!);
});
export const floorKernel = unary(floor, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.floor(x[i]!);
});
export const ceilKernel = unary(ceil, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Math.ceil(x[i]!);
});
export const roundKernel = unary(round, (x, y, n) => {
  for (let i = 0; i < n; i++) {
    const below = Math.floor(x[i]!);
    const part = x[i]! - below;
    y[i] = part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1;
  }
});
export const clampKernel = unary(clamp, (x, y, n, { min, max }) => {
  for (let i = 0; i < n; i++) y[i] = Math.min(Math.max(x[i]!, min), max);
});
export const isNaNKernel = unary(isNaN, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Number.isNaN(x[i]) ? 1 : 0;
});
export const isFiniteKernel = unary(isFinite, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = Number.isFinite(x[i]) ? 1 : 0;
});
export const logicalNotKernel = unary(logicalNot, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = 1 - x[i]!;
});
export const cloneKernel = unary(clone, (x, y) => y.set(x));
export const castKernel = defineKernel(cast, ({ x, y }, { dtype }) => {
  const { values } = cpuBuffer(x.handle);
  const from = isHalf(x.dtype) ? halfValues(values, x.dtype) : values;
  const to = cpuBuffer(y.handle).values;
  if (isHalf(dtype)) to.set(halfBits(from, dtype));
  else if (isBoolean(dtype)) for (let i = 0; i < y.size; i++) to[i] = from[i] === 0 ? 0 : 1;
  else for (let i = 0; i < y.size; i++) to[i] = from[i]!;
});

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
