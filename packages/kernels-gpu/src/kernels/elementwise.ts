// Functions of one number, element by element. The device's own functions are not exact enough or not defined everywhere;
// what is made of them here is good to about 1e-6, infinities and NaN included. They choose among values and do not branch
// unless much work depends on it: neighbours on a device go both ways. What is chosen from stands in variables, because shader
// compilers branch around calls.

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
  isFinite,
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
import { copyProgram, run } from './shared.js';

/** Text that several formulas need stands before the function. */
interface Formula {
  readonly glsl: string;
  readonly before?: string;
  /** Numbers of the op that the formula names, as in `$alpha`. */
  readonly floats?: readonly string[];
}

/** Infinities and NaN cannot be written in GLSL; they come as arguments, after all others. */
const specials: Readonly<Record<string, number>> = { inf: Infinity, nan: Number.NaN };

/** Which of them a text names. */
export function specialsIn(glsl: string): string[] {
  return Object.keys(specials).filter((name) => glsl.includes(`$${name}`));
}

/** The floats of a program: those that are given, then the special values that it names. */
export function withSpecials(what: Pick<Program, 'floats'>, numbers: readonly number[]): number[] {
  return [...numbers, ...what.floats.slice(numbers.length).map((name) => specials[name]!)];
}

/** The largest float: what is above it in size is infinite. */
export const HUGE = '3.4028234e38';

/**
 * e^x by 2^n · e^r with |r| ≤ ln 2 / 2: the device's exp is off by 1e-6, and what it makes of NaN and ±∞ differs.
 * Twice 2^(n/2), because 2^n itself leaves the range where e^x does not. Beyond the bounds it is 0 and ∞ by itself.
 */
export const expGlsl = `
float expOf(float given) {
  float x = min(max(given, -105.0), 89.0);
  float n = floor(x * 1.44269504 + 0.5);
  float r = (x - n * 0.693359375) + n * 2.12194440e-4;
  float p = 1.0 + r * (1.0 + r * (0.5 + r * (0.16666667 + r * (0.041666667 + r * (0.0083333333 + r * 0.0013888889)))));
  float h = floor(n * 0.5);
  float y = (p * POWER_OF_2(h)) * POWER_OF_2(n - h);
  return given != given ? given : y;
}
`;

/** e^x - 1: a series where e^x is near 1 and the difference would lose its digits. */
export const expm1Glsl = `${expGlsl}
float expm1Of(float x) {
  float near0 = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666667 + x * (0.0083333333 + x * (0.0013888889 + x * 0.0001984127))))));
  float far = expOf(x) - 1.0;
  return abs(x) > 0.35 ? far : near0;
}
`;

/** The natural logarithm; the device's own is undefined at 0 and below, and 88 instead of ∞. */
export const logGlsl = `
float logOf(float x) {
  float y = log(x);
  float above0 = x > ${HUGE} ? x : y;
  float from0 = x == 0.0 ? -$inf : above0;
  float below0 = x < 0.0 ? $nan : x;
  return x >= 0.0 ? from0 : below0;
}
`;

/** log(1 + x) by 2 artanh(x / (2 + x)) where 1 + x would lose digits. */
export const log1pGlsl = `${logGlsl}
float log1pOf(float x) {
  float z = x / (2.0 + x);
  float w = z * z;
  float near0 = 2.0 * z * (1.0 + w * (0.33333333 + w * (0.2 + w * (0.14285714 + w * (0.11111111 + w * 0.09090909)))));
  float far = logOf(1.0 + x);
  return abs(x) < 0.35 ? near0 : far;
}
`;

export const tanhGlsl = `${expm1Glsl}
float tanhOf(float x) {
  float e = expm1Of(2.0 * min(abs(x), 10.0));
  float y = e / (e + 2.0);
  float turned = x < 0.0 ? -y : y;
  return x != x ? x : turned;
}
`;

/** Where e^-x is infinite, the sigmoid is below the smallest number that devices compute with. */
export const sigmoidGlsl = `${expGlsl}
float sigmoidOf(float x) { return 1.0 / (1.0 + expOf(-x)); }
`;

/** Sine and cosine by quarter turns and Taylor's series; the angle is reduced in three parts of π/2. */
const sinGlsl = `
float quarter(float x, float turn) {
  float n = floor(x * 0.63661977 + 0.5);
  float r = ((x - n * 1.5703125) - n * 4.8375129e-4) - n * 7.5497899e-8;
  float z = r * r;
  float s = r * (1.0 + z * (-0.16666667 + z * (0.0083333333 + z * (-0.0001984127 + z * 2.7557319e-6))));
  float c = 1.0 + z * (-0.5 + z * (0.041666667 + z * (-0.0013888889 + z * 2.4801587e-5)));
  float which = n + turn - 4.0 * floor((n + turn) * 0.25);
  float y = which < 1.5 ? (which < 0.5 ? s : c) : (which < 2.5 ? -s : -c);
  return abs(x) <= ${HUGE} ? y : $nan;
}
`;

/** The error function: its Taylor series near 0, and 1 - e^(-x²) times a continued fraction beyond. */
export const erfGlsl = `${expGlsl}
float erfOf(float x) {
  if (x != x) return x;
  float a = abs(x);
  if (a > 4.0) return x < 0.0 ? -1.0 : 1.0;
  float z = x * x;
  if (a < 2.0) {
    float term = x;
    float total = x;
    for (int k = 1; k < 32; k++) {
      term *= -z / float(k);
      total += term / float(2 * k + 1);
    }
    return total * 1.12837917;
  }
  float tail = a;
  for (int k = 0; k < 40; k++) tail = a + (20.0 - 0.5 * float(k)) / tail;
  float y = 1.0 - expOf(-z) * 0.56418958 / tail;
  return x < 0.0 ? -y : y;
}
`;

const formulas = {
  neg: { glsl: '-x' },
  abs: { glsl: 'abs(x)' },
  sign: { glsl: 'x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : x)' },
  square: { glsl: 'x * x' },
  sqrt: { glsl: `x > 0.0 ? (x > ${HUGE} ? x : sqrt(x)) : (x == 0.0 ? 0.0 : $nan)` },
  rsqrt: { glsl: `x > 0.0 ? (x > ${HUGE} ? 0.0 : 1.0 / sqrt(x)) : (x == 0.0 ? $inf : $nan)` },
  reciprocal: { glsl: 'x == 0.0 ? $inf : 1.0 / x' },
  exp: { glsl: 'expOf(x)', before: expGlsl },
  expm1: { glsl: 'expm1Of(x)', before: expm1Glsl },
  log: { glsl: 'logOf(x)', before: logGlsl },
  log1p: { glsl: 'log1pOf(x)', before: log1pGlsl },
  sin: { glsl: 'quarter(x, 0.0)', before: sinGlsl },
  cos: { glsl: 'quarter(x, 1.0)', before: sinGlsl },
  tanh: { glsl: 'tanhOf(x)', before: tanhGlsl },
  sigmoid: { glsl: 'sigmoidOf(x)', before: sigmoidGlsl },
  erf: { glsl: 'erfOf(x)', before: erfGlsl },
  floor: { glsl: 'floor(x)' },
  ceil: { glsl: 'ceil(x)' },
  // Halves go to the even number.
  round: { glsl: 'x - floor(x) == 0.5 ? 2.0 * floor(0.5 * x + 0.5) : floor(x + 0.5)' },
  relu: { glsl: 'float y = max(x, 0.0); return x != x ? x : y;' },
  silu: { glsl: 'x * sigmoidOf(x)', before: sigmoidGlsl },
  isNaN: { glsl: 'x != x ? 1.0 : 0.0' },
  isFinite: { glsl: `abs(x) <= ${HUGE} ? 1.0 : 0.0` },
  logicalNot: { glsl: '1.0 - x' },
  truncate: { glsl: 'x < 0.0 ? ceil(x) : floor(x)' },
  isTrue: { glsl: 'x == 0.0 ? 0.0 : 1.0' },
  clamp: { glsl: 'x < $low ? $low : (x > $high ? $high : x)', floats: ['low', 'high'] },
  leakyRelu: { glsl: 'x > 0.0 ? x : x * $slope', floats: ['slope'] },
  elu: { glsl: 'x > 0.0 ? x : $alpha * expm1Of(x)', before: expm1Glsl, floats: ['alpha'] },
  // log(1 + e^(βx)) / β = max(x, 0) + log(1 + e^(-β|x|)) / β
  softplus: {
    glsl: '(x > 0.0 ? x : 0.0) + log1pOf(expOf(-abs($beta * x))) / $beta',
    before: expGlsl + log1pGlsl,
    floats: ['beta'],
  },
  gelu: { glsl: 'x < -13.0 ? 0.0 : 0.5 * x * (1.0 + erfOf(x * 0.70710678))', before: erfGlsl },
  geluTanh: { glsl: '0.5 * x * (1.0 + tanhOf(0.79788456 * (x + 0.044715 * x * x * x)))', before: tanhGlsl },
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
  defineKernel(clone, ({ x, y }) => run(copyProgram, y, [x])),
  defineKernel(cast, ({ x, y }, { dtype }) => {
    if (dtype === 'bool') map('isTrue', x, y);
    else if (dtype === 'int32' && x.dtype === 'float32') map('truncate', x, y);
    else run(copyProgram, y, [x]);
  }),
  defineKernel(clamp, ({ x, y }, { min, max }) => map('clamp', x, y, [min, max])),
  defineKernel(leakyRelu, ({ x, y }, { slope }) => map('leakyRelu', x, y, [slope])),
  defineKernel(elu, ({ x, y }, { alpha }) => map('elu', x, y, [alpha])),
  defineKernel(softplus, ({ x, y }, { beta }) => map('softplus', x, y, [beta])),
  defineKernel(gelu, ({ x, y }, { approximate }) => map(approximate === 'none' ? 'gelu' : 'geluTanh', x, y)),
];
