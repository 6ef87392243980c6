// The gradients of activations as ops of their own: one pass over memory, where their formulas in other ops take several.
// Each gives dx for an upstream gradient g. Their own gradients follow from the formulas.

import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType, needSameShape } from './checks.js';
import { greater, lessEqual } from './compare.js';
import { clamp, erf, exp, sigmoid, square, tanh } from './elementwise.js';
import { where } from './where.js';

function specOf(op: string, g: Spec, name: string, other: Spec): Spec {
  needFloat(op, 'g', g);
  needSameDType(op, 'g', g, name, other);
  needSameShape(op, 'g', g, name, other);
  return { shape: other.shape, dtype: other.dtype };
}

/** A gradient that follows from the result y. */
function fromResult(name: string, formula: (g: Tensor, y: Tensor) => Tensor) {
  return defineOp({
    name,
    inputs: ['g', 'y'],
    outputs: ['dx'],
    infer: ({ g, y }) => specOf(name, g, 'y', y),
    compose: ({ g, y }): Tensor => formula(g, y),
  });
}

/** A gradient that follows from the input x. */
function fromInput<A extends object = Record<never, never>>(
  name: string,
  formula: (g: Tensor, x: Tensor, attrs: A) => Tensor,
  attrs?: A,
) {
  return defineOp({
    name,
    inputs: ['g', 'x'],
    outputs: ['dx'],
    ...(attrs !== undefined && { attrs }),
    infer: ({ g, x }) => specOf(name, g, 'x', x),
    compose: ({ g, x }, given: A): Tensor => formula(g, x, given),
  });
}

/** The gradient of relu: 0 where y ≤ 0, else g, so that where y is NaN it is not 0. */
export const reluGrad = /* @__PURE__ */ fromResult('reluGrad', (g, y): Tensor => where(lessEqual(y, 0), 0, g));

/** The gradient of tanh: g (1 - y²). */
export const tanhGrad = /* @__PURE__ */ fromResult('tanhGrad', (g, y): Tensor => mul(g, sub(1, square(y))));

/** The gradient of sigmoid: g y (1 - y). */
export const sigmoidGrad = /* @__PURE__ */ fromResult('sigmoidGrad', (g, y): Tensor => mul(g, mul(y, sub(1, y))));

/** The gradient of silu: g s (1 + x (1 - s)) with s = sigmoid(x). */
export const siluGrad = /* @__PURE__ */ fromInput('siluGrad', (g, x): Tensor => {
  const s = sigmoid(x);
  return mul(g, mul(s, add(mul(x, sub(1, s)), 1)));
});

/** The gradient of leakyRelu: g where x > 0, else slope · g. */
export const leakyReluGrad = /* @__PURE__ */ fromInput(
  'leakyReluGrad',
  (g, x, { slope }): Tensor => where(greater(x, 0), g, mul(g, slope)),
  { slope: 0.01 },
);

/** The gradient of elu: g where x > 0, else g alpha e^x. */
export const eluGrad = /* @__PURE__ */ fromInput(
  'eluGrad',
  // The exponential is kept out of the positive side, where it could overflow.
  (g, x, { alpha }): Tensor => where(greater(x, 0), g, mul(g, mul(exp(clamp(x, -Infinity, 0)), alpha))),
  { alpha: 1 },
);

/** The gradient of softplus: g sigmoid(beta x). */
export const softplusGrad = /* @__PURE__ */ fromInput(
  'softplusGrad',
  (g, x, { beta }): Tensor => mul(g, sigmoid(beta === 1 ? x : mul(x, beta))),
  { beta: 1 },
);

/** The gradient of gelu: g (Φ(x) + x φ(x)), with φ the density of the normal distribution Φ; or that of its approximation. */
export const geluGrad = /* @__PURE__ */ fromInput(
  'geluGrad',
  (g, x, { approximate }): Tensor => {
    if (approximate === 'none') {
      const distribution = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
      const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return mul(g, add(distribution, mul(x, density)));
    }
    const { inner, slope } = geluTanhParts(x);
    const t = tanh(inner);
    const sech2 = sub(1, square(t));
    return mul(g, add(mul(add(t, 1), 0.5), mul(mul(x, sech2), mul(slope, 0.5))));
  },
  { approximate: 'none' as 'none' | 'tanh' },
);

/** √(2/π) (x + 0.044715 x³) and its derivative. */
function geluTanhParts(x: Tensor): { inner: Tensor; slope: Tensor } {
  const scale = Math.sqrt(2 / Math.PI);
  const x2 = square(x);
  return { inner: mul(mul(x, add(mul(x2, 0.044715), 1)), scale), slope: mul(add(mul(x2, 3 * 0.044715), 1), scale) };
}

const inputs: readonly SampleInput[] = [[-3.5, -1.5, -0.5, 0.25, 1, 2.5], { shape: [3, 7] }];
// Beside numbers of the usual size: far out, second derivatives are too small for float32 to have any digit of them.
const far: readonly SampleInput[] = [...inputs, [-90, -20, -0.75, 0.5, 20, 90]];
const shapeOf = (x: SampleInput): SampleInput => (Array.isArray(x) ? { shape: [x.length] } : x);
const withX = (xs: readonly SampleInput[]) => xs.map((x) => ({ inputs: { g: shapeOf(x), x } }));
const withY = (ys: readonly SampleInput[]) => ys.map((y) => ({ inputs: { g: shapeOf(y), y } }));

export const activationGradSamples = (): readonly OpSamples[] => [
  samples(reluGrad, [...withY(inputs), { inputs: { g: [1, 2, 3], y: [0, 1, 0] }, smooth: false }]),
  samples(tanhGrad, withY([{ shape: [3, 7], low: -1, high: 1 }, [-1, 0, 1]]), { relativeTo: 'inputs' }),
  samples(sigmoidGrad, withY([{ shape: [3, 7], low: 0, high: 1 }, [0, 0.5, 1]])),
  samples(siluGrad, withX(far), { relativeTo: 'inputs' }),
  samples(leakyReluGrad, [
    ...withX(inputs),
    { inputs: { g: { shape: [4] }, x: { shape: [4] } }, attrs: { slope: 0.2 } },
  ]),
  samples(eluGrad, [...withX(far), { inputs: { g: { shape: [4] }, x: { shape: [4] } }, attrs: { alpha: 0.5 } }]),
  samples(softplusGrad, [...withX(far), { inputs: { g: { shape: [4] }, x: { shape: [4] } }, attrs: { beta: 2 } }]),
  samples(
    geluGrad,
    [...withX(far), ...withX(far).map((each) => ({ ...each, attrs: { approximate: 'tanh' } as const }))],
    { relativeTo: 'inputs' },
  ),
];
