// Functions of one number, element by element.

import { shown } from '../arguments/shown.js';
import { defineOp, type GradContext } from '../dispatch/define-op.js';
import { casesOfX, type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import { ArgumentError } from '../errors.js';
import { filledTensor } from '../tensor/allocate.js';
import type { Tensor } from '../tensor/tensor.js';
import { sigmoidGrad, tanhGrad } from './activation-grads.js';
import { add, div, mul } from './arithmetic.js';
import { needElement, needFloat, needNumeric } from './checks.js';
import { greater, less, logicalOr } from './compare.js';
import { where } from './where.js';

type Context<S extends 'x' | 'y'> = GradContext<readonly ['x'], readonly ['y'], S>;

/** A function of floats: `saves` says which of x and y its derivative needs. */
function floatFunction<const S extends 'x' | 'y'>(
  name: string,
  saves: readonly S[],
  dx: (context: Context<S>) => Tensor,
) {
  return defineOp({
    name,
    inputs: ['x'],
    saves,
    infer: ({ x }) => {
      needFloat(name, 'x', x);
      return { shape: x.shape, dtype: x.dtype };
    },
    grad: (context: Context<S>) => ({ x: (): Tensor => dx(context) }),
  });
}

/** A function of numbers, int32 included. */
function numberFunction<const S extends 'x' | 'y'>(
  name: string,
  saves: readonly S[],
  dx: (context: Context<S>) => Tensor,
) {
  return defineOp({
    name,
    inputs: ['x'],
    saves,
    infer: ({ x }) => {
      needNumeric(name, 'x', x);
      return { shape: x.shape, dtype: x.dtype };
    },
    grad: (context: Context<S>) => ({ x: (): Tensor => dx(context) }),
  });
}

/** The derivative of what is constant between its steps. */
const flat = ({ dy }: Context<never>): Tensor => filledTensor(dy.backend, 0, dy.shape, dy.dtype, 'zeros');

/** -x */
export const neg = /* @__PURE__ */ numberFunction('neg', [], ({ dy }): Tensor => neg(dy));

/** |x|. The derivative at 0 is taken as 0. */
export const abs = /* @__PURE__ */ numberFunction('abs', ['x'], ({ dy, x }): Tensor => mul(dy, sign(x)));

/** -1, 0 or 1, as x is negative, zero or positive; NaN of NaN. Its derivative is 0. */
export const sign = /* @__PURE__ */ numberFunction('sign', [], flat);

/** x² */
export const square = /* @__PURE__ */ numberFunction('square', ['x'], ({ dy, x }): Tensor => mul(dy, mul(x, 2)));

/** e^x */
export const exp = /* @__PURE__ */ floatFunction('exp', ['y'], ({ dy, y }): Tensor => mul(dy, y));

/** e^x - 1, exact for small x. */
export const expm1 = /* @__PURE__ */ floatFunction('expm1', ['y'], ({ dy, y }): Tensor => mul(dy, add(y, 1)));

/** The natural logarithm. log 0 is -∞, of a negative number NaN. */
export const log = /* @__PURE__ */ floatFunction('log', ['x'], ({ dy, x }): Tensor => div(dy, x));

/** log(1 + x), exact for small x. */
export const log1p = /* @__PURE__ */ floatFunction('log1p', ['x'], ({ dy, x }): Tensor => div(dy, add(x, 1)));

/** √x; NaN for a negative number. */
export const sqrt = /* @__PURE__ */ floatFunction('sqrt', ['y'], ({ dy, y }): Tensor => div(dy, mul(y, 2)));

/** 1/√x */
export const rsqrt = /* @__PURE__ */ floatFunction(
  'rsqrt',
  ['y'],
  // From dy on, so that y³ is never met alone.
  ({ dy, y }): Tensor => mul(mul(mul(dy, mul(y, -0.5)), y), y),
);

/** 1/x */
export const reciprocal = /* @__PURE__ */ floatFunction(
  'reciprocal',
  ['y'],
  ({ dy, y }): Tensor => neg(mul(mul(dy, y), y)),
);

/** The sine of x radians. */
export const sin = /* @__PURE__ */ floatFunction('sin', ['x'], ({ dy, x }): Tensor => mul(dy, cos(x)));

/** The cosine of x radians. */
export const cos = /* @__PURE__ */ floatFunction('cos', ['x'], ({ dy, x }): Tensor => mul(dy, neg(sin(x))));

/** The hyperbolic tangent. */
export const tanh = /* @__PURE__ */ floatFunction('tanh', ['y'], ({ dy, y }): Tensor => tanhGrad.run({ g: dy, y }, {}));

/** 1 / (1 + e^-x), the logistic function. */
export const sigmoid = /* @__PURE__ */ floatFunction(
  'sigmoid',
  ['y'],
  ({ dy, y }): Tensor => sigmoidGrad.run({ g: dy, y }, {}),
);

/** The error function, 2/√π ∫₀ˣ e^(-t²) dt. */
export const erf = /* @__PURE__ */ floatFunction(
  'erf',
  ['x'],
  ({ dy, x }): Tensor => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);

/** The largest whole number that is not above x. Its derivative is 0. */
export const floor = /* @__PURE__ */ floatFunction('floor', [], flat);

/** The smallest whole number that is not below x. Its derivative is 0. */
export const ceil = /* @__PURE__ */ floatFunction('ceil', [], flat);

/** The nearest whole number; halves go to the even one, as in IEEE 754. Its derivative is 0. */
export const round = /* @__PURE__ */ floatFunction('round', [], flat);

/**
 * x, but not below `min` and not above `max`: min(max(x, min), max), so that a `min` above `max` gives `max` everywhere, as in PyTorch.
 * Leave one out as -Infinity or Infinity. The gradient passes where min ≤ x ≤ max.
 */
export const clamp = /* @__PURE__ */ defineOp({
  name: 'clamp',
  inputs: ['x'],
  attrs: { min: -Infinity, max: Infinity },
  saves: ['x'],
  infer: ({ x }, { min, max }) => {
    needNumeric('clamp', 'x', x);
    for (const [name, bound] of Object.entries({ min, max })) {
      if (typeof bound !== 'number' || Number.isNaN(bound)) {
        throw new ArgumentError(`clamp: ${name} is ${shown(bound)}, needs a number`);
      }
    }
    for (const bound of [min, max]) if (Number.isFinite(bound)) needElement('clamp', 'the bound', bound, x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }, { min, max }) => ({
    // By what is outside, not by what is inside, so that the gradient of NaN is not 0.
    x: (): Tensor => where(logicalOr(less(x, min), greater(x, max)), 0, dy),
  }),
  takes: { parameters: ['x', 'min', 'max'] },
  call:
    (run) =>
    (x: Tensor, min: number, max: number): Tensor =>
      run({ x }, { min, max }),
});

/** True where x is NaN. */
export const isNaN = /* @__PURE__ */ floatTest('isNaN');

/** True where x is neither infinite nor NaN. */
export const isFinite = /* @__PURE__ */ floatTest('isFinite');

function floatTest(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    infer: ({ x }) => {
      needFloat(name, 'x', x);
      return { shape: x.shape, dtype: 'bool' as const };
    },
    grad: 'nondifferentiable',
  });
}

const anywhere: readonly SampleInput[] = [[-3, -1.5, -0.5, 0.25, 1, 2.5], { shape: [3, 5] }];
const positive: readonly SampleInput[] = [[0.01, 0.5, 1, 3, 40], { shape: [3, 5], low: 0.2, high: 4 }];
const small: readonly SampleInput[] = [[-1e-7, 1e-7, 0, 0.5, 2], { shape: [3, 5], low: -0.5, high: 2 }];
const kinked = { x: [-2, -0.5, 0, 0.5, 1.5, 2.5] };

export const elementwiseSamples = (): readonly OpSamples[] => [
  samples(neg, casesOfX(anywhere), { tolerance: 0, relativeTo: 'value' }),
  samples(abs, [...casesOfX(anywhere), { inputs: kinked, smooth: false }], { tolerance: 0, relativeTo: 'value' }),
  samples(sign, [...casesOfX(anywhere), { inputs: kinked, smooth: false }], { tolerance: 0, relativeTo: 'value' }),
  samples(square, casesOfX(anywhere)),
  samples(exp, casesOfX(anywhere)),
  samples(expm1, casesOfX(small)),
  samples(log, casesOfX(positive)),
  samples(log1p, casesOfX(small)),
  samples(sqrt, casesOfX(positive)),
  samples(rsqrt, casesOfX(positive)),
  samples(reciprocal, casesOfX(positive)),
  samples(sin, casesOfX(anywhere), { relativeTo: 'inputs' }),
  samples(cos, casesOfX(anywhere), { relativeTo: 'inputs' }),
  samples(tanh, casesOfX([...anywhere, [-30, 30, 1e-4]])),
  samples(sigmoid, casesOfX([...anywhere, [-90, 90, 1e-4]])),
  samples(erf, casesOfX([...anywhere, [-6, 6, 1e-4, 0]])),
  samples(floor, [...casesOfX([[-2.3, -0.4, 0.6, 1.7]]), { inputs: kinked, smooth: false }], {
    tolerance: 0,
    relativeTo: 'value',
  }),
  samples(ceil, [...casesOfX([[-2.3, -0.4, 0.6, 1.7]]), { inputs: kinked, smooth: false }], {
    tolerance: 0,
    relativeTo: 'value',
  }),
  samples(round, [...casesOfX([[-2.3, -0.4, 0.6, 1.7]]), { inputs: kinked, smooth: false }], {
    tolerance: 0,
    relativeTo: 'value',
  }),
  samples(
    clamp,
    [
      { inputs: { x: { shape: [3, 5] } }, attrs: { min: -1, max: 0.5 } },
      { inputs: kinked, attrs: { min: -0.5, max: 2 }, smooth: false },
      { inputs: { x: { shape: [4], dtype: 'int32', low: -9, high: 9 } }, attrs: { min: 0, max: 5 } },
      // The lower bound above the upper one: the upper one holds.
      { inputs: { x: [-2, 0.1, 3] }, attrs: { min: 1, max: -1 }, constant: true },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(isNaN, casesOfX([[1, Number.NaN, Infinity, -Infinity]])),
  samples(isFinite, casesOfX([[1, Number.NaN, Infinity, -Infinity]])),
];
