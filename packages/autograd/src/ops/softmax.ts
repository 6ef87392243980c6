// Softmax and its logarithm along an axis, and cross-entropy from logits.

import { defineOp, required, type Spec } from '../define-op.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { noGrad } from '../grad-mode.js';
import { arange } from '../make.js';
import { type OpSamples, samples } from '../samples-type.js';
import { formatShape, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { needDType, needFloat, needRank, needSameDType, needSameShape } from './checks.js';
import { equal } from './compare.js';
import { cast } from './copy.js';
import { exp, log, neg } from './elementwise.js';
import { gather } from './indexing.js';
import { max, mean, sum } from './reduce.js';
import { reshape } from './reshape.js';

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
        noGrad(() => max(x, axis, { keepDims: true })),
      ),
    );
    return div(e, sum(e, axis, { keepDims: true }));
  },
  call:
    (run) =>
    (x: Tensor, axis?: number): Tensor =>
      run({ x }, { axis: normalizeAxis('softmax', axis ?? -1, x.rank) }),
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
      noGrad(() => max(x, axis, { keepDims: true })),
    );
    return sub(shifted, log(sum(exp(shifted), axis, { keepDims: true })));
  },
  call:
    (run) =>
    (x: Tensor, axis?: number): Tensor =>
      run({ x }, { axis: normalizeAxis('logSoftmax', axis ?? -1, x.rank) }),
});

export interface CrossEntropyOptions {
  /** `mean` over the batch (default), `sum`, or `none` for one loss a row. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

/**
 * Cross-entropy of logits [batch, classes] and labels [batch] (`int32`): -log softmax(logits)[label], fused so that
 * large logits do not overflow; its gradient for the logits is softmax(logits) - oneHot(labels), over the batch size for `mean`.
 *
 * @throws IndexError for a label outside 0 … classes - 1.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const loss = crossEntropy(tensor([[0, 0]]), tensor([1], { dtype: 'int32' }));
 * console.log(loss.item()); // 0.6931… = log 2
 * ```
 */
export const crossEntropy = /* @__PURE__ */ defineOp({
  name: 'crossEntropy',
  inputs: ['logits', 'labels'],
  saves: ['logits', 'labels'],
  infer: ({ logits, labels }) => {
    needFloat('crossEntropy', 'logits', logits);
    needRank('crossEntropy', 'logits', logits, 2, '[batch, classes]');
    needDType('crossEntropy', 'labels', labels, 'int32');
    needRank('crossEntropy', 'labels', labels, 1, '[batch]');
    if (labels.shape[0] !== logits.shape[0]) {
      throw new ShapeError(
        `crossEntropy: logits are ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)}; needs one label for each row`,
      );
    }
    return { shape: labels.shape, dtype: logits.dtype };
  },
  grad: ({ dy, logits, labels }) => ({
    logits: (): Tensor => crossEntropyGrad.run({ g: dy, logits, labels }, {}),
    labels: null,
  }),
  compose: ({ logits, labels }): Tensor => {
    const picked = gather(logSoftmax(logits), 1, reshape(labels, [labels.size, 1]));
    return neg(reshape(picked, labels.shape));
  },
  call:
    (run) =>
    (logits: Tensor, labels: Tensor, { reduction = 'mean' }: CrossEntropyOptions = {}): Tensor => {
      const rows = run({ logits, labels }, {});
      if (reduction === 'none') return rows;
      if (reduction === 'sum') return sum(rows);
      if (reduction === 'mean') return mean(rows);
      throw new ArgumentError(`crossEntropy: reduction is '${String(reduction)}', needs 'mean', 'sum' or 'none'`);
    },
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

/** The gradient of crossEntropy for its logits, with one upstream number g for each row: g (softmax(logits) - oneHot(labels)). */
export const crossEntropyGrad = /* @__PURE__ */ defineOp({
  name: 'crossEntropyGrad',
  inputs: ['g', 'logits', 'labels'],
  outputs: ['dlogits'],
  infer: ({ g, logits, labels }) => {
    needFloat('crossEntropyGrad', 'logits', logits);
    needRank('crossEntropyGrad', 'logits', logits, 2, '[batch, classes]');
    needDType('crossEntropyGrad', 'labels', labels, 'int32');
    needSameDType('crossEntropyGrad', 'g', g, 'logits', logits);
    needSameShape('crossEntropyGrad', 'g', g, 'labels', labels);
    needSameShape('crossEntropyGrad', 'the batch', { ...logits, shape: [logits.shape[0]!] }, 'labels', labels);
    return { shape: logits.shape, dtype: logits.dtype };
  },
  compose: ({ g, logits, labels }): Tensor =>
    mul(sub(softmax(logits), oneHotRows(labels, logits)), reshape(g, [g.size, 1])),
});

/** The labels as rows of 0 and 1, made where the logits live. */
function oneHotRows(labels: Tensor, logits: Tensor): Tensor {
  const [batch, classes] = logits.shape as readonly [number, number];
  const column = reshape(labels, [batch, 1]);
  return cast(equal(column, reshape(arange(classes, { backend: logits.backend }), [1, classes])), logits.dtype);
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
] as const;

const gradients = [
  { inputs: { g: { shape: [3, 7] }, y: { shape: [3, 7], low: -1, high: 1 } }, attrs: { axis: 1 } },
  { inputs: { g: { shape: [2, 3, 4] }, y: { shape: [2, 3, 4], low: -1, high: 1 } }, attrs: { axis: 1 } },
] as const;

export const softmaxSamples = (): readonly OpSamples[] => [
  samples(softmax, rows),
  samples(logSoftmax, rows),
  samples(crossEntropy, [
    { inputs: { logits: { shape: [4, 5] }, labels: { values: [0, 4, 2, 2], dtype: 'int32' } } },
    {
      inputs: {
        logits: [
          [900, -900],
          [30, 31],
        ],
        labels: { values: [0, 1], dtype: 'int32' },
      },
    },
  ]),
  samples(softmaxGrad, gradients),
  samples(logSoftmaxGrad, gradients),
  samples(crossEntropyGrad, [
    {
      inputs: { g: { shape: [4] }, logits: { shape: [4, 5] }, labels: { values: [0, 4, 2, 2], dtype: 'int32' } },
    },
    {
      inputs: {
        g: [1, -2],
        logits: [
          [900, -900],
          [30, 31],
        ],
        labels: { values: [0, 1], dtype: 'int32' },
      },
    },
  ]),
];
