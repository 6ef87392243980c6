// Functions of one number, element by element. They choose among values and do not branch unless much work depends on it:
// neighbours on a device go both ways. What is chosen from stands in variables, because shader compilers branch around calls.

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
  isBoolean,
  isFinite,
  isFloat,
  isInteger,
  isNaN,
  type KernelEntry,
  type KernelTensor,
  leakyRelu,
  log,
  log1p,
  logicalNot,
  neg,
  type OpInfo,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from '@dl/autograd';
import { formulaProgram, type Program } from '../program.js';
import { checkWhole, inheritRange } from '../ranges.js';
import {
  erfGlsl,
  expGlsl,
  expm1Glsl,
  HUGE,
  log1pGlsl,
  logGlsl,
  normalGlsl,
  roundGlsl,
  sigmoidGlsl,
  specialsIn,
  tanhGlsl,
  wholeGlsl,
  withSpecials,
} from './functions.js';
import { copyProgram, run } from './shared.js';
import { sineGlsl } from './sine.js';

/** Text that several formulas need stands before the function. */
interface Formula {
  readonly glsl: string;
  readonly before?: string;
  /** Numbers of the op that the formula names, as in `$alpha`. */
  readonly floats?: readonly string[];
}

const formulas = {
  neg: { glsl: '-x' },
  abs: { glsl: 'abs(x)' },
  sign: { glsl: 'x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : x)' },
  square: { glsl: 'x * x' },
  sqrt: { glsl: `x > 0.0 ? (x > ${HUGE} ? x : sqrt(x)) : (x == 0.0 ? x : $nan)` },
  rsqrt: { glsl: `x > 0.0 ? (x > ${HUGE} ? 0.0 : 1.0 / sqrt(x)) : (x == 0.0 ? 1.0 / x : $nan)` },
  reciprocal: { glsl: '1.0 / x' },
  exp: { glsl: 'expOf(x)', before: expGlsl },
  expm1: { glsl: 'expm1Of(x)', before: expm1Glsl },
  log: { glsl: 'logOf(x)', before: logGlsl },
  log1p: { glsl: 'log1pOf(x)', before: log1pGlsl },
  sin: { glsl: 'sineOf(x, 0.0)', before: sineGlsl },
  cos: { glsl: 'sineOf(x, 1.0)', before: sineGlsl },
  tanh: { glsl: 'tanhOf(x)', before: tanhGlsl },
  sigmoid: { glsl: 'sigmoidOf(x)', before: sigmoidGlsl },
  erf: { glsl: 'erfOf(x)', before: erfGlsl },
  floor: { glsl: 'floor(x)' },
  ceil: { glsl: 'ceil(x)' },
  round: { glsl: 'roundOf(x)', before: roundGlsl },
  relu: { glsl: 'float y = max(x, 0.0); return x != x ? x : y;' },
  silu: { glsl: 'x * sigmoidOf(x)', before: sigmoidGlsl },
  isNaN: { glsl: 'x != x ? 1.0 : 0.0' },
  isFinite: { glsl: `abs(x) <= ${HUGE} ? 1.0 : 0.0` },
  logicalNot: { glsl: '1.0 - x' },
  whole: { glsl: 'wholeOf(x)', before: wholeGlsl },
  isTrue: { glsl: 'x == 0.0 ? 0.0 : 1.0' },
  // Choosing by x < low alone may become a maximum, which drops NaN.
  clamp: {
    glsl: 'float y = x < $low ? $low : x; y = y > $high ? $high : y; return x != x ? x : y;',
    floats: ['low', 'high'],
  },
  leakyRelu: { glsl: 'x > 0.0 ? x : x * $slope', floats: ['slope'] },
  elu: { glsl: 'x > 0.0 ? x : $alpha * expm1Of(x)', before: expm1Glsl, floats: ['alpha'] },
  // log(1 + e^(βx)) / β = max(x, 0) + log(1 + e^(-β|x|)) / β
  softplus: {
    glsl: '(x > 0.0 ? x : 0.0) + log1pOf(expOf(-abs($beta * x))) / $beta',
    before: expGlsl + log1pGlsl,
    floats: ['beta'],
  },
  gelu: { glsl: 'x * normalOf(x)', before: normalGlsl },
  // 1 + tanh u = 2 sigmoid(2u), which keeps its digits where the sum loses them.
  geluTanh: { glsl: 'x * sigmoidOf(1.59576912 * (x + 0.044715 * x * x * x))', before: sigmoidGlsl },
} satisfies Record<string, Formula>;

export type FormulaName = keyof typeof formulas;

const programs = Object.fromEntries(
  Object.entries(formulas).map(([name, formula]) => [name, unaryProgram(name, formula)]),
) as Readonly<Record<FormulaName, Program>>;

function unaryProgram(name: string, { glsl, before = '', floats = [] }: Formula): Program {
  return formulaProgram(name, ['x'], [...floats, ...specialsIn(before + glsl)], glsl, before);
}

/** Runs a formula on each element. */
export function map(name: FormulaName, x: KernelTensor, y: KernelTensor, numbers: readonly number[] = []): void {
  const what = programs[name];
  run(what, y, [x], [], withSpecials(what, numbers));
}

/** A kernel that is a formula and nothing else. */
function unary(op: OpInfo<readonly ['x'], object, readonly ['y']>, name: FormulaName): KernelEntry {
  return defineKernel(op, ({ x, y }) => map(name, x, y));
}

export const elementwiseKernels: readonly KernelEntry[] = [
  unary(neg, 'neg'),
  unary(abs, 'abs'),
  unary(sign, 'sign'),
  unary(square, 'square'),
  unary(sqrt, 'sqrt'),
  unary(rsqrt, 'rsqrt'),
  unary(reciprocal, 'reciprocal'),
  unary(exp, 'exp'),
  unary(expm1, 'expm1'),
  unary(log, 'log'),
  unary(log1p, 'log1p'),
  unary(sin, 'sin'),
  unary(cos, 'cos'),
  unary(tanh, 'tanh'),
  unary(sigmoid, 'sigmoid'),
  unary(erf, 'erf'),
  unary(floor, 'floor'),
  unary(ceil, 'ceil'),
  unary(round, 'round'),
  unary(relu, 'relu'),
  unary(silu, 'silu'),
  unary(isNaN, 'isNaN'),
  unary(isFinite, 'isFinite'),
  unary(logicalNot, 'logicalNot'),
  defineKernel(clone, ({ x, y }) => {
    run(copyProgram, y, [x]);
    inheritRange(y, [x], 'all');
  }),
  defineKernel(cast, ({ x, y }, { dtype }) => {
    if (isBoolean(dtype)) map('isTrue', x, y);
    else if (isInteger(dtype) && isFloat(x.dtype)) map('whole', x, y);
    else {
      run(copyProgram, y, [x]);
      inheritRange(y, [x], 'all');
    }
  }),
  defineKernel(clamp, ({ x, y }, { min, max }) => {
    if (isInteger(x.dtype)) for (const bound of [min, max]) checkWhole('clamp has the bound', bound);
    map('clamp', x, y, [min, max]);
  }),
  defineKernel(leakyRelu, ({ x, y }, { slope }) => map('leakyRelu', x, y, [slope])),
  defineKernel(elu, ({ x, y }, { alpha }) => map('elu', x, y, [alpha])),
  defineKernel(softplus, ({ x, y }, { beta }) => map('softplus', x, y, [beta])),
  defineKernel(gelu, ({ x, y }, { approximate }) => map(approximate === 'none' ? 'gelu' : 'geluTanh', x, y)),
];
