// Functions of one number.

import {
  abs,
  ceil,
  clamp,
  cos,
  defineKernel,
  erf,
  exp,
  expm1,
  floor,
  isFinite,
  isInteger,
  isNaN,
  type KernelEntry,
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
import { checkWhole } from '../ranges.js';
import {
  erfGlsl,
  expGlsl,
  expm1Glsl,
  HUGE,
  log1pGlsl,
  logGlsl,
  roundGlsl,
  sigmoidGlsl,
  tanhGlsl,
} from './functions.js';
import { sineGlsl } from './sine.js';
import { unary, unaryFormula } from './unary-formula.js';

// Choosing by x < low alone may become a maximum, which drops NaN.
const clampFormula = unaryFormula(
  'clamp',
  'float y = x < $low ? $low : x; y = y > $high ? $high : y; return x != x ? x : y;',
  { floats: ['low', 'high'] },
);

export const elementwiseKernels: readonly KernelEntry[] = [
  unary(neg, '-x'),
  unary(abs, 'abs(x)'),
  unary(sign, 'x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : x)'),
  unary(square, 'x * x'),
  unary(sqrt, `x > 0.0 ? (x > ${HUGE} ? x : sqrt(x)) : (x == 0.0 ? x : $nan)`),
  unary(rsqrt, `x > 0.0 ? (x > ${HUGE} ? 0.0 : 1.0 / sqrt(x)) : (x == 0.0 ? 1.0 / x : $nan)`),
  unary(reciprocal, '1.0 / x'),
  unary(exp, 'expOf(x)', expGlsl),
  unary(expm1, 'expm1Of(x)', expm1Glsl),
  unary(log, 'logOf(x)', logGlsl),
  unary(log1p, 'log1pOf(x)', log1pGlsl),
  unary(sin, 'sineOf(x, 0.0)', sineGlsl),
  unary(cos, 'sineOf(x, 1.0)', sineGlsl),
  unary(tanh, 'tanhOf(x)', tanhGlsl),
  unary(sigmoid, 'sigmoidOf(x)', sigmoidGlsl),
  unary(erf, 'erfOf(x)', erfGlsl),
  unary(floor, 'floor(x)'),
  unary(ceil, 'ceil(x)'),
  unary(round, 'roundOf(x)', roundGlsl),
  unary(isNaN, 'x != x ? 1.0 : 0.0'),
  unary(isFinite, `abs(x) <= ${HUGE} ? 1.0 : 0.0`),
  defineKernel(clamp, ({ x, y }, { min, max }) => {
    if (isInteger(x.dtype)) for (const bound of [min, max]) checkWhole('clamp has the bound', bound);
    clampFormula(x, y, [min, max]);
  }),
];
