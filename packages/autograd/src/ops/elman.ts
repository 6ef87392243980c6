// Elman's recurrent network over a whole sequence (Finding structure in time, 1990).

import type { Known } from '../arguments/check-call.js';
import { defineOp } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import type { Tensor } from '../tensor/tensor.js';
import { reluGrad, tanhGrad } from './activation-grads.js';
import { relu } from './activations.js';
import { add } from './arithmetic.js';
import { needSameShape } from './checks.js';
import { tanh } from './elementwise.js';
import { matmul } from './matmul.js';
import {
  along,
  before,
  checkSequence,
  inActive,
  needPart,
  stepsOf,
  weightGradient,
  withinLengths,
  withStates,
} from './recurrent.js';
import { orderAttrs, type SequenceOptions, sequenceOptions } from './sequence-options.js';
import { unbind } from './split.js';

const functions = {
  tanh: { of: (x: Tensor): Tensor => tanh(x), grad: (g: Tensor, y: Tensor): Tensor => tanhGrad(g, y) },
  relu: { of: (x: Tensor): Tensor => relu(x), grad: (g: Tensor, y: Tensor): Tensor => reluGrad(g, y) },
};

export interface ElmanSequenceOptions extends SequenceOptions {
  /** What follows the sum. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

const elmanOptions: Known<ElmanSequenceOptions> = { ...sequenceOptions, nonlinearity: ['tanh', 'relu'] };

const attrs = { ...orderAttrs, nonlinearity: 'tanh' as 'tanh' | 'relu' };

/**
 * Elman's recurrent network over whole sequences: h(t) = f(gates(t) + W h(t-1)) with f = tanh or relu. `gates`
 * [batch, time, hidden] is what the inputs and all biases give, `linear(x, inputWeight, bias)`, one product for all steps; `weight` is W [hidden, hidden].
 * Gives `y` [batch, time, hidden], the state at each step, and `h` [batch, hidden], the last one (Elman, Finding structure in time, 1990).
 *
 * @throws ShapeError when shapes do not fit, for a sequence without a step, and for a length below 1 or above `time`.
 *
 * @example
 * ```ts
 * import { elmanSequence, linear, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [x, inputWeight, weight, bias] = [randn([2, 7, 3]), randn([5, 3]), randn([5, 5]), randn([5])];
 * const { y, h } = elmanSequence(linear(x, inputWeight, bias), weight, { lengths: [7, 4] });
 * console.log(y.shape, h.shape); // [2, 7, 5] [2, 5]
 * ```
 */
export const elmanSequence = /* @__PURE__ */ defineOp({
  name: 'elmanSequence',
  inputs: ['gates', 'weight', 'h0'],
  outputs: ['y', 'h'],
  attrs,
  saves: ['weight', 'h0', 'y'],
  infer: ({ gates, weight, h0 }, order) => {
    const { batch, time, hidden } = checkSequence('elmanSequence', gates, weight, 1, order);
    needPart('elmanSequence', 'weight', weight, gates, [hidden, hidden]);
    needPart('elmanSequence', 'h0', h0, gates, [batch, hidden]);
    const { dtype } = gates;
    return { y: { shape: [batch, time, hidden], dtype }, h: { shape: [batch, hidden], dtype } };
  },
  grad: ({ dy, dh, weight, h0, y }, order) => {
    let found: { readonly gGates: Tensor; readonly gH0: Tensor } | undefined;
    const all = () => {
      found ??= elmanSequenceGrad.run({ gY: dy, gH: dh, weight, y }, order);
      return found;
    };
    return {
      gates: (): Tensor => all().gGates,
      weight: (): Tensor => weightGradient(all().gGates, before(y, h0, order)),
      h0: (): Tensor => all().gH0,
    };
  },
  compose: ({ gates, weight, h0 }, order) => {
    const f = functions[order.nonlinearity].of;
    let h = h0;
    const y = along(gates, stepsOf(gates, order), (z, step) => {
      const next = f(inActive(step, add(z, matmul(inActive(step, h, 0), weight, { transposeB: true })), 0));
      h = inActive(step, next, h);
      return next;
    });
    return { y, h };
  },
  takes: { parameters: ['gates', 'weight'], options: elmanOptions },
  call:
    (run) =>
    (gates: Tensor, weight: Tensor, options: ElmanSequenceOptions = {}) => {
      const { h0, lengths, reverse = false, nonlinearity = 'tanh' } = options;
      return withStates(
        'elmanSequence',
        { gates, weight },
        () => [[h0, weight.shape[1]!]],
        ([h0]) => run({ gates, weight, h0: h0! }, { lengths, reverse, nonlinearity }),
      );
    },
});

/**
 * The gradients of {@link elmanSequence} for gates and h0, from those of y and h: back through the steps, each with gates' gradient
 * f'(y(t)) · (gY(t) + Wᵀ gGates(t+1)).
 */
export const elmanSequenceGrad = /* @__PURE__ */ defineOp({
  name: 'elmanSequenceGrad',
  inputs: ['gY', 'gH', 'weight', 'y'],
  outputs: ['gGates', 'gH0'],
  attrs,
  infer: ({ gY, gH, weight, y }, order) => {
    const { batch, hidden } = checkSequence('elmanSequenceGrad', y, weight, 1, order);
    needSameShape('elmanSequenceGrad', 'gY', gY, 'y', y);
    needPart('elmanSequenceGrad', 'gH', gH, y, [batch, hidden]);
    return { gGates: { shape: y.shape, dtype: y.dtype }, gH0: { shape: gH.shape, dtype: y.dtype } };
  },
  compose: ({ gY, gH, weight, y }, order) => {
    const { grad } = functions[order.nonlinearity];
    const steps = stepsOf(y, order).reverse();
    const results = unbind(withinLengths(y, order.lengths), 1);
    let g = gH;
    const gGates = along(gY, steps, (gYt, step) => {
      const gz = grad(add(gYt, inActive(step, g, 0)), results[step.at]!);
      g = inActive(step, matmul(gz, weight), g);
      return gz;
    });
    return { gGates, gH0: g };
  },
});

export const elmanSamples = (): readonly OpSamples[] => {
  const weight = (hidden: number) => ({ shape: [hidden, hidden], low: -1, high: 1 });
  const of = (batch: number, time: number, hidden: number) => ({
    gates: { shape: [batch, time, hidden] },
    weight: weight(hidden),
    h0: { shape: [batch, hidden] },
  });
  const gradOf = (batch: number, time: number, hidden: number) => ({
    gY: { shape: [batch, time, hidden] },
    gH: { shape: [batch, hidden] },
    weight: weight(hidden),
    y: { shape: [batch, time, hidden], low: -0.9, high: 0.9 },
  });
  const orders = [{}, { reverse: true, lengths: [1, 3] }, { lengths: [2, 3, 1], nonlinearity: 'relu' }] as const;
  return [
    samples(
      elmanSequence,
      [
        { inputs: of(2, 3, 2), attrs: orders[0] },
        { inputs: of(2, 3, 3), attrs: orders[1] },
        { inputs: of(3, 3, 2), attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      elmanSequenceGrad,
      [
        { inputs: gradOf(1, 3, 2), attrs: orders[0] },
        { inputs: gradOf(2, 3, 2), attrs: orders[1] },
        { inputs: gradOf(3, 3, 2), attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
  ];
};
