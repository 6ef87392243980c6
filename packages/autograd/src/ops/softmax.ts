// Softmax and its logarithm along an axis.

import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { unrecorded } from '../graph/grad-mode.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType, needSameShape } from './checks.js';
import { exp, log } from './elementwise.js';
import { max, sum } from './reduce.js';
import { alongAxis } from './reshape.js';

/**
 * e^x / Σ e^x along an axis (default the last): positive numbers that sum to 1. Computed so that large x do not overflow.
 *
 * @example
 * ```ts
 * import { softmax, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(softmax(tensor([1000, 1000])).toArray()); // [0.5, 0.5]
 * ```
 */
export const softmax = /* @__PURE__ */ defineOp({
  name: 'softmax',
  inputs: ['x'],
  attrs: { axis: required<number>() },
  saves: ['y'],
  infer: ({ x }) => {
    needFloat('softmax', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, y }, attrs) => ({ x: (): Tensor => softmaxGrad.run({ g: dy, y }, attrs) }),
  compose: ({ x }, { axis }): Tensor => {
    const e = exp(
      sub(
        x,
        unrecorded(() => max(x, axis, { keepDims: true })),
      ),
    );
    return div(e, sum(e, axis, { keepDims: true }));
  },
  takes: { parameters: ['x', 'axis'] },
  call:
    (run) =>
    (x: Tensor, axis?: number): Tensor =>
      alongAxis('softmax', x, axis ?? -1, (x, axis) => run({ x }, { axis })),
});

/** x - log Σ e^x along an axis (default the last): the logarithm of {@link softmax}, without its loss of digits. */
export const logSoftmax = /* @__PURE__ */ defineOp({
  name: 'logSoftmax',
  inputs: ['x'],
  attrs: { axis: required<number>() },
  saves: ['y'],
  infer: ({ x }) => {
    needFloat('logSoftmax', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, y }, attrs) => ({ x: (): Tensor => logSoftmaxGrad.run({ g: dy, y }, attrs) }),
  // Not x - logSumExp(x): that has lost the digits below its own magnitude.
  compose: ({ x }, { axis }): Tensor => {
    const shifted = sub(
      x,
      unrecorded(() => max(x, axis, { keepDims: true })),
    );
    return sub(shifted, log(sum(exp(shifted), axis, { keepDims: true })));
  },
  takes: { parameters: ['x', 'axis'] },
  call:
    (run) =>
    (x: Tensor, axis?: number): Tensor =>
      alongAxis('logSoftmax', x, axis ?? -1, (x, axis) => run({ x }, { axis })),
});

/** The gradient of softmax for an upstream gradient g, from the result: y (g - Σ g y). */
export const softmaxGrad = /* @__PURE__ */ defineOp({
  name: 'softmaxGrad',
  inputs: ['g', 'y'],
  outputs: ['dx'],
  attrs: { axis: required<number>() },
  infer: ({ g, y }) => sameSpec('softmaxGrad', g, y),
  compose: ({ g, y }, { axis }): Tensor => {
    const weighted = mul(g, y);
    return sub(weighted, mul(y, sum(weighted, axis, { keepDims: true })));
  },
});

/** The gradient of logSoftmax for an upstream gradient g, from the result: g - e^y Σ g. */
export const logSoftmaxGrad = /* @__PURE__ */ defineOp({
  name: 'logSoftmaxGrad',
  inputs: ['g', 'y'],
  outputs: ['dx'],
  attrs: { axis: required<number>() },
  infer: ({ g, y }) => sameSpec('logSoftmaxGrad', g, y),
  compose: ({ g, y }, { axis }): Tensor => sub(g, mul(exp(y), sum(g, axis, { keepDims: true }))),
});

function sameSpec(op: string, g: Spec, y: Spec): Spec {
  needFloat(op, 'g', g);
  needSameDType(op, 'g', g, 'y', y);
  needSameShape(op, 'g', g, 'y', y);
  return { shape: y.shape, dtype: y.dtype };
}

const rows = [
  { inputs: { x: { shape: [3, 5] } }, attrs: { axis: 1 } },
  { inputs: { x: { shape: [2, 3, 4] } }, attrs: { axis: 1 } },
  {
    inputs: {
      x: [
        [900, 901, 899],
        [-900, -901, -899],
      ],
    },
    attrs: { axis: 1 },
  },
  // Shares of every size.
  {
    inputs: {
      x: [
        [-14, 0, 3, 2.5, -9],
        [-9, -15, 1, -12, 0],
      ],
    },
    attrs: { axis: 1 },
  },
] as const;

const gradients = [
  { inputs: { g: { shape: [3, 7] }, y: { shape: [3, 7], low: -1, high: 1 } }, attrs: { axis: 1 } },
  { inputs: { g: { shape: [2, 3, 4] }, y: { shape: [2, 3, 4], low: -1, high: 1 } }, attrs: { axis: 1 } },
] as const;

export const softmaxSamples = (): readonly OpSamples[] => [
  samples(softmax, rows, { relativeTo: 'value' }),
  samples(logSoftmax, rows),
  samples(softmaxGrad, gradients),
  samples(logSoftmaxGrad, gradients),
];
