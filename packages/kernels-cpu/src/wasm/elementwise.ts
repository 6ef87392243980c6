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

export const negKernel = unary(neg, (run, x, y, n) => run.unaryNeg(x, y, n));
export const absKernel = unary(abs, (run, x, y, n) => run.unaryAbs(x, y, n));
export const squareKernel = unary(square, (run, x, y, n) => run.unarySquare(x, y, n));
export const sqrtKernel = unary(sqrt, (run, x, y, n) => run.unarySqrt(x, y, n));
export const rsqrtKernel = unary(rsqrt, (run, x, y, n) => run.unaryRsqrt(x, y, n));
export const reciprocalKernel = unary(reciprocal, (run, x, y, n) => run.unaryReciprocal(x, y, n));
export const clampKernel = unary(clamp, (run, x, y, n, { min, max }) => run.unaryClamp(x, y, n, min, max));
export const expKernel = unary(exp, (run, x, y, n) => run.unaryExp(x, y, n), COSTLY);
export const logKernel = unary(log, (run, x, y, n) => run.unaryLog(x, y, n), COSTLY);
export const tanhKernel = unary(tanh, (run, x, y, n) => run.unaryTanh(x, y, n), COSTLY);
export const sigmoidKernel = unary(sigmoid, (run, x, y, n) => run.unarySigmoid(x, y, n), COSTLY);

export const expm1Kernel = unary(expm1, (run, x, y, n) => run.unaryExpm1(x, y, n), COSTLY);
export const log1pKernel = unary(log1p, (run, x, y, n) => run.unaryLog1p(x, y, n), COSTLY);
export const sinKernel = unary(sin, (run, x, y, n) => run.unarySin(x, y, n), COSTLY);
export const cosKernel = unary(cos, (run, x, y, n) => run.unaryCos(x, y, n), COSTLY);
export const erfKernel = unary(erf, (run, x, y, n) => run.unaryErf(x, y, n), COSTLY);

export const floorKernel = unary(floor, (run, x, y, n) => run.unaryFloor(x, y, n));
export const ceilKernel = unary(ceil, (run, x, y, n) => run.unaryCeil(x, y, n));
export const roundKernel = unary(round, (run, x, y, n) => run.unaryRound(x, y, n));
export const signKernel = unary(sign, (run, x, y, n) => run.unarySign(x, y, n));
export const isNaNKernel = unary(isNaN, (run, x, y, n) => run.testNaN(x, y, n));
export const isFiniteKernel = unary(isFinite, (run, x, y, n) => run.testFinite(x, y, n));
