// Arithmetic on two tensors, with broadcasting.

import {
  add,
  defineKernel,
  div,
  isInteger,
  type KernelEntry,
  maximum,
  minimum,
  mod,
  mul,
  pow,
  sub,
} from '@dl/autograd';
import { binary, broadcastFormula } from './broadcast-formula.js';
import { modGlsl, powGlsl } from './power.js';

const floatMod = broadcastFormula('mod', ['a', 'b'], 'modOf(a, b)', modGlsl);
// Whole numbers have no NaN; JavaScript's is 0.
const wholeMod = broadcastFormula('wholeMod', ['a', 'b'], 'b == 0.0 ? 0.0 : modOf(a, b)', modGlsl);

export const arithmeticKernels: readonly KernelEntry[] = [
  binary(add, 'a + b'),
  binary(sub, 'a - b'),
  binary(mul, 'a * b'),
  binary(div, 'a / b'),
  defineKernel(mod, ({ a, b, y }) => (isInteger(y.dtype) ? wholeMod : floatMod)([a, b], y)),
  binary(pow, 'powOf(a, b)', powGlsl),
  binary(maximum, 'a > b || a != a ? a : b'),
  binary(minimum, 'a < b || a != a ? a : b'),
];
