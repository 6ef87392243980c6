// Functions of one number.

import {
  abs,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  expm1,
  floor,
  isFinite,
  isNaN,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
} from '@dl/autograd';
import { erfOf } from './erf.js';
import { unary } from './kernel.js';

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
