// Activation functions. Formulas as in PyTorch.

import { shown } from '../arguments/shown.js';
import { defineOp, type GradContext } from '../dispatch/define-op.js';
import { casesOfX, type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape, normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { eluGrad, geluGrad, leakyReluGrad, reluGrad, siluGrad, softplusGrad } from './activation-grads.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType } from './checks.js';
import { greater, greaterEqual, less, lessEqual, logicalOr } from './compare.js';
import { clamp, sigmoid, square, tanh } from './elementwise.js';
import { sumTo } from './expand.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';
import { where } from './where.js';

type Context<S extends 'x' | 'y'> = GradContext<readonly ['x'], readonly ['y'], S>;

/** An activation without parameters that has a derivative formula of its own. */
function activation<const S extends 'x' | 'y'>(name: string, saves: readonly S[], dx: (context: Context<S>) => Tensor) {
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

/** An activation that is made of others, and its gradient where that is not to be that of what it is made of. */
function composed(name: string, formula: (x: Tensor) => Tensor, dx?: (dy: Tensor, x: Tensor) => Tensor) {
  return defineOp({
    name,
    inputs: ['x'],
    saves: ['x'],
    infer: ({ x }) => {
      needFloat(name, 'x', x);
      return { shape: x.shape, dtype: x.dtype };
    },
    ...(dx !== undefined && { grad: ({ dy, x }: Context<'x'>) => ({ x: (): Tensor => dx(dy, x) }) }),
    compose: ({ x }): Tensor => formula(x),
  });
}

/** max(x, 0). The derivative at 0 is taken as 0. */
export const relu = /* @__PURE__ */ activation('relu', ['y'], ({ dy, y }): Tensor => reluGrad.run({ g: dy, y }, {}));

/** x / (1 + e^-x), also called swish (Elfwing et al., 2017). */
export const silu = /* @__PURE__ */ activation('silu', ['x'], ({ dy, x }): Tensor => siluGrad.run({ g: dy, x }, {}));

/** x tanh(log(1 + e^x)) (Misra, 2019). */
export const mish = /* @__PURE__ */ composed(
  'mish',
  (x): Tensor => mul(x, tanh(softplus(x))),
  // With t = tanh(softplus(x)), whose slope is (1 - t²) sigmoid(x).
  (dy, x): Tensor => {
    const t = tanh(softplus(x));
    return mul(dy, add(t, mul(x, mul(sub(1, square(t)), sigmoid(x)))));
  },
);

/** min(max(x/6 + 1/2, 0), 1): a sigmoid of straight lines. The derivative at its corners is taken as 0. */
export const hardSigmoid = /* @__PURE__ */ composed(
  'hardSigmoid',
  (x): Tensor => clamp(add(mul(x, 1 / 6), 0.5), 0, 1),
  (dy, x): Tensor => where(logicalOr(lessEqual(x, -3), greaterEqual(x, 3)), 0, mul(dy, 1 / 6)),
);

/** x · hardSigmoid(x) (Howard et al., 2019). The derivative at its corners is that of the parabola between them. */
export const hardSwish = /* @__PURE__ */ composed(
  'hardSwish',
  // Selected, because -∞ · 0 is NaN.
  (x): Tensor => where(lessEqual(x, -3), 0, mul(x, hardSigmoid(x))),
  (dy, x): Tensor => where(less(x, -3), 0, where(greater(x, 3), dy, mul(dy, add(mul(x, 1 / 3), 0.5)))),
);

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** 1.0507 · elu(x, alpha 1.6733): keeps mean 0 and variance 1 through layers (Klambauer et al., 2017). */
export const selu = /* @__PURE__ */ composed('selu', (x): Tensor => mul(elu(x, { alpha: SELU_ALPHA }), SELU_SCALE));

/** x where positive, `slope` · x elsewhere. Default slope 0.01. */
export const leakyRelu = /* @__PURE__ */ defineOp({
  name: 'leakyRelu',
  inputs: ['x'],
  attrs: { slope: 0.01 },
  saves: ['x'],
  infer: ({ x }) => {
    needFloat('leakyRelu', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => leakyReluGrad.run({ g: dy, x }, attrs) }),
  takes: { parameters: ['x'], options: { slope: 'number' } },
  call:
    (run) =>
    (x: Tensor, { slope = 0.01 }: LeakyReluOptions = {}): Tensor =>
      // Not 0 · x, which is NaN at -∞.
      slope === 0 ? relu(x) : run({ x }, { slope }),
});

export interface LeakyReluOptions {
  /** The slope below 0. Default 0.01. */
  readonly slope?: number;
}

/** x where positive, alpha (e^x - 1) elsewhere (Clevert et al., 2015). Default alpha 1. */
export const elu = /* @__PURE__ */ defineOp({
  name: 'elu',
  inputs: ['x'],
  attrs: { alpha: 1 },
  saves: ['x'],
  infer: ({ x }) => {
    needFloat('elu', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => eluGrad.run({ g: dy, x }, attrs) }),
});

/** log(1 + e^(beta x)) / beta: a smooth relu. Default beta 1. */
export const softplus = /* @__PURE__ */ defineOp({
  name: 'softplus',
  inputs: ['x'],
  attrs: { beta: 1 },
  saves: ['x'],
  infer: ({ x }, { beta }) => {
    needFloat('softplus', 'x', x);
    if (!(beta > 0)) throw new ArgumentError(`softplus: beta is ${shown(beta)}, needs a number above 0`);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => softplusGrad.run({ g: dy, x }, attrs) }),
});

/**
 * x Φ(x), with Φ the normal distribution function (Hendrycks & Gimpel, 2016); with `approximate: 'tanh'` the
 * approximation x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
 */
export const gelu = /* @__PURE__ */ defineOp({
  name: 'gelu',
  inputs: ['x'],
  attrs: { approximate: 'none' as 'none' | 'tanh' },
  saves: ['x'],
  infer: ({ x }, { approximate }) => {
    needFloat('gelu', 'x', x);
    if (approximate !== 'none' && approximate !== 'tanh') {
      throw new ArgumentError(`gelu: approximate is '${String(approximate)}', needs 'none' or 'tanh'`);
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => geluGrad.run({ g: dy, x }, attrs) }),
});

/** x where positive, `weight` · x elsewhere, with a learned weight: one, or one for each channel (axis 1). */
export const prelu = /* @__PURE__ */ defineOp({
  name: 'prelu',
  inputs: ['x', 'weight'],
  saves: ['x', 'weight'],
  infer: ({ x, weight }) => {
    needFloat('prelu', 'x', x);
    needSameDType('prelu', 'x', x, 'weight', weight);
    const channels = x.shape.length > 1 ? x.shape[1]! : 1;
    if (weight.shape.length !== 1 || (weight.shape[0] !== 1 && weight.shape[0] !== channels)) {
      throw new ShapeError(
        `prelu: weight is ${formatShape(weight.shape)}, needs [1] or [${channels}], one for each channel of ${formatShape(x.shape)}`,
      );
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  // Where x is positive, a weight that is NaN does not matter, nor does such an x for the weight.
  grad: ({ dy, x, weight }) => ({
    x: (): Tensor => where(greater(x, 0), dy, mul(dy, perChannel(weight, x))),
    weight: (): Tensor =>
      reshape(sumTo(where(greater(x, 0), 0, mul(dy, x)), perChannel(weight, x).shape), weight.shape),
  }),
  compose: ({ x, weight }): Tensor => where(greater(x, 0), x, mul(x, perChannel(weight, x))),
});

/** One weight for each channel, in a shape that broadcasts to x. */
function perChannel(weight: Tensor, x: Tensor): Tensor {
  return weight.size === 1 ? weight : reshape(weight, [weight.size, ...x.shape.slice(2).map(() => 1)]);
}

/** Splits an axis (default the last) into halves a and b, and gives a · sigmoid(b) (Dauphin et al., 2016). */
export const glu = /* @__PURE__ */ defineOp({
  name: 'glu',
  inputs: ['x'],
  attrs: { axis: -1 },
  infer: ({ x }, { axis }) => {
    needFloat('glu', 'x', x);
    const at = normalizeAxis('glu', axis, x.shape.length);
    const length = x.shape[at]!;
    if (length % 2 !== 0)
      throw new ShapeError(
        `glu: axis ${axis} of ${formatShape(x.shape)} is ${shown(length)}, needs an even length to halve`,
      );
    return { shape: x.shape.with(at, length / 2), dtype: x.dtype };
  },
  compose: ({ x }, { axis }): Tensor => {
    const at = normalizeAxis('glu', axis, x.rank);
    const half = x.shape[at]! / 2;
    const take = (start: number): Tensor =>
      slice(
        x,
        x.shape.map((_, i) => (i === at ? [start, start + half] : null)),
      );
    return mul(take(0), sigmoid(take(half)));
  },
  takes: { parameters: ['x', 'axis'] },
  call:
    (run) =>
    (x: Tensor, axis?: number): Tensor =>
      run({ x }, { axis: axis ?? -1 }),
});

const anywhere: readonly SampleInput[] = [[-3.5, -1.5, -0.5, 0.25, 1, 2.5], { shape: [3, 5] }];
const far: readonly SampleInput[] = [...anywhere, [-90, -20, 20, 90]];
const atZero = { inputs: { x: [-1, 0, 1] }, smooth: false } as const;

export const activationSamples = (): readonly OpSamples[] => [
  samples(relu, [...casesOfX(anywhere), atZero], { tolerance: 0, relativeTo: 'value' }),
  samples(silu, casesOfX(far)),
  samples(mish, casesOfX(far), { tolerance: 2e-6 }),
  samples(hardSigmoid, casesOfX([...anywhere, [-5, 5]])),
  samples(hardSwish, casesOfX([...anywhere, [-5, 5]])),
  samples(selu, casesOfX(far)),
  samples(leakyRelu, [...casesOfX(anywhere), { inputs: { x: { shape: [4] } }, attrs: { slope: 0.2 } }]),
  samples(elu, [...casesOfX(far), { inputs: { x: { shape: [4] } }, attrs: { alpha: 0.5 } }]),
  samples(softplus, [...casesOfX(far), { inputs: { x: { shape: [4] } }, attrs: { beta: 2 } }]),
  samples(gelu, [...casesOfX(far), ...far.map((x) => ({ inputs: { x }, attrs: { approximate: 'tanh' } as const }))], {
    relativeTo: 'inputs',
  }),
  samples(
    prelu,
    [
      { inputs: { x: { shape: [2, 3, 4] }, weight: [0.1, 0.2, 0.3] } },
      { inputs: { x: { shape: [5] }, weight: [0.25] } },
    ],
    { relativeTo: 'value' },
  ),
  samples(glu, [{ inputs: { x: { shape: [3, 6] } } }, { inputs: { x: { shape: [4, 3] } }, attrs: { axis: 0 } }], {
    relativeTo: 'value',
  }),
];
