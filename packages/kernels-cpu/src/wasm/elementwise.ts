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
import { COSTLY } from './engine.js';
import { unary } from './unary.js';

export const negKernel = unary(neg, (wasm, x, y, n) => wasm.unaryNeg(x, y, n));
export const absKernel = unary(abs, (wasm, x, y, n) => wasm.unaryAbs(x, y, n));
export const squareKernel = unary(square, (wasm, x, y, n) => wasm.unarySquare(x, y, n));
export const sqrtKernel = unary(sqrt, (wasm, x, y, n) => wasm.unarySqrt(x, y, n));
export const rsqrtKernel = unary(rsqrt, (wasm, x, y, n) => wasm.unaryRsqrt(x, y, n));
export const reciprocalKernel = unary(reciprocal, (wasm, x, y, n) => wasm.unaryReciprocal(x, y, n));
export const clampKernel = unary(clamp, (wasm, x, y, n, { min, max }) => wasm.unaryClamp(x, y, n, min, max));
export const expKernel = unary(exp, (wasm, x, y, n) => wasm.unaryExp(x, y, n), COSTLY);
export const logKernel = unary(log, (wasm, x, y, n) => wasm.unaryLog(x, y, n), COSTLY);
export const tanhKernel = unary(tanh, (wasm, x, y, n) => wasm.unaryTanh(x, y, n), COSTLY);
export const sigmoidKernel = unary(sigmoid, (wasm, x, y, n) => wasm.unarySigmoid(x, y, n), COSTLY);

export const expm1Kernel = unary(expm1, (wasm, x, y, n) => wasm.unaryExpm1(x, y, n), COSTLY);
export const log1pKernel = unary(log1p, (wasm, x, y, n) => wasm.unaryLog1p(x, y, n), COSTLY);
export const sinKernel = unary(sin, (wasm, x, y, n) => wasm.unarySin(x, y, n), COSTLY);
export const cosKernel = unary(cos, (wasm, x, y, n) => wasm.unaryCos(x, y, n), COSTLY);
export const erfKernel = unary(erf, (wasm, x, y, n) => wasm.unaryErf(x, y, n), COSTLY);

export const floorKernel = unary(floor, (wasm, x, y, n) => wasm.unaryFloor(x, y, n));
export const ceilKernel = unary(ceil, (wasm, x, y, n) => wasm.unaryCeil(x, y, n));
export const roundKernel = unary(round, (wasm, x, y, n) => wasm.unaryRound(x, y, n));
export const signKernel = unary(sign, (wasm, x, y, n) => wasm.unarySign(x, y, n));
export const isNaNKernel = unary(isNaN, (wasm, x, y, n) => wasm.testNaN(x, y, n));
export const isFiniteKernel = unary(isFinite, (wasm, x, y, n) => wasm.testFinite(x, y, n));
