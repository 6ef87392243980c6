// The gated recurrent unit over a whole sequence (Cho et al., 2014).

import type { Known } from '../arguments/check-call.js';
import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import type { Tensor } from '../tensor/tensor.js';
import { sigmoidGrad, tanhGrad } from './activation-grads.js';
import { add, mul, sub } from './arithmetic.js';
import { sigmoid, tanh } from './elementwise.js';
import { concat } from './join.js';
import { linear } from './linear.js';
import { matmul } from './matmul.js';
import {
  along,
  before,
  checkSequence,
  inActive,
  needPart,
  rowsOf,
  type Sizes,
  stepsOf,
  weightGradient,
  withinLengths,
  withStates,
} from './recurrent.js';
import { sum } from './reduce.js';
import { type Order, orderAttrs, type SequenceOptions, sequenceOptions } from './sequence-options.js';
import { slice } from './slice.js';
import { split, unbind } from './split.js';

/** Which of the forms that the literature has. */
export interface GruForm {
  /**
   * Where the reset gate r stands: `after` the recurrent product, r ⊙ (W h + b), as in PyTorch; or `before` it, W (r ⊙ h) + b, as in Cho et al.
   * Default `after`.
   */
  readonly reset?: 'after' | 'before';
  /** What the update gate z does: `keep` the former state, h(t) = z ⊙ h(t-1) + (1 - z) ⊙ n, as in PyTorch; or `take` the new one, the other way round. Default `keep`. */
  readonly update?: 'keep' | 'take';
}

export interface GruSequenceOptions extends SequenceOptions, GruForm {
  /** Added to the recurrent product, [3 · hidden]. Default: none. */
  readonly bias?: Tensor;
}

const gruOptions: Known<GruSequenceOptions> = {
  ...sequenceOptions,
  bias: 'tensor',
  reset: ['after', 'before'],
  update: ['keep', 'take'],
};

type Attrs = Order & Required<GruForm>;
const attrs: Attrs = { ...orderAttrs, reset: 'after', update: 'keep' };

function checkGru(op: string, gates: Spec, weight: Spec, order: Order): Sizes {
  const sizes = checkSequence(op, gates, weight, 3, order);
  needPart(op, 'weight', weight, gates, [3 * sizes.hidden, sizes.hidden]);
  return sizes;
}

/** How many numbers are kept for each unit: r, z, n, and of a reset after the product what it multiplied. */
const keptOf = (reset: Attrs['reset']): number => (reset === 'after' ? 4 : 3);

/**
 * The gated recurrent unit over whole sequences. `gates` [batch, time, 3 · hidden] is what the inputs and their biases give to r, z and n, in
 * PyTorch's order, `linear(x, inputWeight, inputBias)`, one product for all steps; `weight` is W [3 · hidden, hidden] and `bias` b [3 · hidden], the recurrent ones. With
 * u = W h(t-1) + b: r = σ(gatesᵣ + uᵣ), z = σ(gates_z + u_z), n = tanh(gatesₙ + r ⊙ uₙ), h(t) = z ⊙ h(t-1) + (1 - z) ⊙ n. `reset` and `update` choose the other forms,
 * `{ reset: 'before' }` that of Cho et al., 2014, and `{ reset: 'before', update: 'take' }` that of Chung et al., 2014. Gives `y` [batch, time, hidden], the state at each step, and `h` [batch, hidden], the last one.
 *
 * @throws ShapeError when shapes do not fit, for a sequence without a step, and for a length below 1 or above `time`.
 *
 * @example
 * ```ts
 * import { gruSequence, linear, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [x, inputWeight, weight, bias] = [randn([2, 7, 3]), randn([15, 3]), randn([15, 5]), randn([15])];
 * const { y, h } = gruSequence(linear(x, inputWeight), weight, { bias, lengths: [7, 4] });
 * console.log(y.shape, h.shape); // [2, 7, 5] [2, 5]
 * ```
 */
export const gruSequence = /* @__PURE__ */ defineOp({
  name: 'gruSequence',
  inputs: ['gates', 'weight', 'bias?', 'h0'],
  // In reserve: r, z and n, and what r multiplied where that is W h + b.
  outputs: ['y', 'h', 'activations?'],
  attrs,
  saves: ['weight', 'h0', 'y'],
  infer: ({ gates, weight, bias, h0 }, { reset, ...order }) => {
    const { batch, time, hidden } = checkGru('gruSequence', gates, weight, order);
    needPart('gruSequence', 'bias', bias, gates, [3 * hidden]);
    needPart('gruSequence', 'h0', h0, gates, [batch, hidden]);
    const { dtype } = gates;
    return {
      y: { shape: [batch, time, hidden], dtype },
      h: { shape: [batch, hidden], dtype },
      activations: { shape: [batch, time, keptOf(reset) * hidden], dtype },
    };
  },
  grad: ({ dy, dh, weight, h0, y, activations }, form) => {
    let found: { readonly gGates: Tensor; readonly gRecurrent: Tensor; readonly gH0: Tensor } | undefined;
    const all = () => {
      found ??= gruSequenceGrad.run({ gY: dy, gH: dh, weight, h0, y, activations }, form);
      return found;
    };
    return {
      gates: (): Tensor => all().gGates,
      weight: (): Tensor => {
        const { gRecurrent } = all();
        const former = before(y, h0, form);
        if (form.reset === 'after') return weightGradient(gRecurrent, former);
        const hidden = h0.shape[1]!;
        const [g, gn] = split(gRecurrent, [2 * hidden, hidden], 2) as [Tensor, Tensor];
        const r = slice(activations, ['...', [0, hidden]]);
        return concat([weightGradient(g, former), weightGradient(gn, mul(r, former))]);
      },
      bias: (): Tensor => sum(rowsOf(all().gRecurrent), 0),
      h0: (): Tensor => all().gH0,
    };
  },
  compose: ({ gates, weight, bias, h0 }, { reset, update, ...order }) => {
    const hidden = h0.shape[1]!;
    const sizes = [2 * hidden, hidden];
    const [outer, inner] = split(weight, sizes) as [Tensor, Tensor];
    const [outerBias, innerBias] = bias === undefined ? [] : split(bias, sizes);
    let h = h0;
    const y = along(gates, stepsOf(gates, order), (fromInput, step) => {
      const state = inActive(step, h, 0);
      const [zs, zn] = split(fromInput, sizes, 1) as [Tensor, Tensor];
      const [r, z] = split(sigmoid(inActive(step, add(zs, linear(state, outer, outerBias)), 0)), hidden, 1) as [
        Tensor,
        Tensor,
      ];
      const product =
        reset === 'after' ? mul(r, linear(state, inner, innerBias)) : linear(mul(r, state), inner, innerBias);
      const n = tanh(inActive(step, add(zn, product), 0));
      const next = update === 'keep' ? add(n, mul(z, sub(state, n))) : add(state, mul(z, sub(n, state)));
      h = inActive(step, next, h);
      return next;
    });
    return { y, h };
  },
  takes: { parameters: ['gates', 'weight'], options: gruOptions },
  call:
    (run) =>
    (gates: Tensor, weight: Tensor, options: GruSequenceOptions = {}) => {
      const { h0, bias, lengths, reverse = false, reset = 'after', update = 'keep' } = options;
      return withStates(
        'gruSequence',
        { gates, weight },
        () => [[h0, weight.shape[1]!]],
        ([h0]) => run({ gates, weight, bias, h0: h0! }, { lengths, reverse, reset, update }),
      );
    },
});

/**
 * The gradients of {@link gruSequence} for gates, for the recurrent product W h + b (where the reset comes before the product, W (r ⊙ h) + b in its last
 * part, the same as those for gates) and for h0, from those of y and h.
 */
export const gruSequenceGrad = /* @__PURE__ */ defineOp({
  name: 'gruSequenceGrad',
  inputs: ['gY', 'gH', 'weight', 'h0', 'y', 'activations'],
  outputs: ['gGates', 'gRecurrent', 'gH0'],
  attrs,
  infer: ({ gY, gH, weight, h0, y, activations }, { reset, ...order }) => {
    const op = 'gruSequenceGrad';
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    const gGates = { shape: [batch, time, 3 * hidden], dtype: y.dtype };
    checkGru(op, gGates, weight, order);
    needPart(op, 'gY', gY, y, y.shape);
    needPart(op, 'activations', activations, y, [batch, time, keptOf(reset) * hidden]);
    for (const [name, part] of Object.entries({ gH, h0 })) needPart(op, name, part, y, [batch, hidden]);
    return { gGates, gRecurrent: gGates, gH0: { shape: h0.shape, dtype: y.dtype } };
  },
  compose: ({ gY, gH, weight, h0, y, activations }, { reset, update, ...order }) => {
    const hidden = h0.shape[1]!;
    const [outer, inner] = split(weight, [2 * hidden, hidden]) as [Tensor, Tensor];
    const [kept, former] = [activations, before(y, h0, order)].map((x) =>
      unbind(withinLengths(x, order.lengths), 1),
    ) as [Tensor[], Tensor[]];
    let gState = gH;
    const both = along(gY, stepsOf(gY, order).reverse(), (gYt, step) => {
      const [r, z, n, u] = split(kept[step.at]!, hidden, 1) as [Tensor, Tensor, Tensor, Tensor];
      const h = former[step.at]!;
      const g = add(gYt, inActive(step, gState, 0));
      const [gToN, gToH] = update === 'keep' ? [mul(g, sub(1, z)), mul(g, z)] : [mul(g, z), mul(g, sub(1, z))];
      const gz = sigmoidGrad(mul(g, update === 'keep' ? sub(h, n) : sub(n, h)), z);
      const gn = tanhGrad(gToN, n);
      // The gradient for what r multiplies, and what comes to the former state by the candidate.
      const gInner = reset === 'after' ? mul(gn, r) : matmul(gn, inner);
      const gr = sigmoidGrad(reset === 'after' ? mul(gn, u) : mul(gInner, h), r);
      const gOuter = concat([gr, gz], 1);
      const byCandidate = reset === 'after' ? matmul(gInner, inner) : mul(gInner, r);
      gState = inActive(step, add(add(gToH, matmul(gOuter, outer)), byCandidate), gState);
      return concat([gOuter, gn, reset === 'after' ? gInner : gn], 1);
    });
    const [gOuter, gn, gu] = split(both, [2 * hidden, hidden, hidden], 2) as [Tensor, Tensor, Tensor];
    return { gGates: concat([gOuter, gn], 2), gRecurrent: concat([gOuter, gu], 2), gH0: gState };
  },
});

export const gruSamples = (): readonly OpSamples[] => {
  const weight = (hidden: number) => ({ shape: [3 * hidden, hidden], low: -1, high: 1 });
  const of = (batch: number, time: number, hidden: number) => ({
    gates: { shape: [batch, time, 3 * hidden] },
    weight: weight(hidden),
    h0: { shape: [batch, hidden] },
  });
  const gradOf = (batch: number, time: number, hidden: number, kept: number) => ({
    gY: { shape: [batch, time, hidden] },
    gH: { shape: [batch, hidden] },
    weight: weight(hidden),
    h0: { shape: [batch, hidden] },
    y: { shape: [batch, time, hidden], low: -0.9, high: 0.9 },
    activations: { shape: [batch, time, kept * hidden], low: 0.1, high: 0.9 },
  });
  const bias = { shape: [6] };
  const orders = [
    {},
    { reverse: true, lengths: [1, 2], reset: 'before', update: 'take' },
    { lengths: [2, 1], update: 'take' },
  ] as const;
  return [
    samples(
      gruSequence,
      [
        { inputs: { ...of(1, 3, 2), bias }, attrs: orders[0] },
        { inputs: { ...of(2, 2, 2), bias }, attrs: orders[1] },
        { inputs: of(2, 2, 2), attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      gruSequenceGrad,
      [
        { inputs: gradOf(1, 3, 2, 4), attrs: orders[0] },
        { inputs: gradOf(2, 2, 2, 3), attrs: orders[1] },
        { inputs: gradOf(2, 2, 2, 4), attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
  ];
};
