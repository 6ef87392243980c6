// Cross-entropy from logits: the fused rows of a batch, and what the options make of them.

import type { Known } from '../arguments/check-call.js';
import { defineOp } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { tensorFrom } from '../tensor/allocate.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, sub } from './arithmetic.js';
import { needDType, needFloat, needRank, needSameDType, needSameShape } from './checks.js';
import { equal } from './compare.js';
import { cast } from './copy.js';
import { type CrossEntropyForm, crossEntropyForm } from './cross-entropy-forms.js';
import { neg } from './elementwise.js';
import { gather } from './indexing.js';
import { meanLoss } from './mean-loss.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';
import { logSoftmax, softmax } from './softmax.js';

export interface CrossEntropyOptions extends CrossEntropyForm {
  /** `mean` over what counts (default), `sum`, or `none` for one loss each. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

const crossEntropyOptions: Known<CrossEntropyOptions> = {
  weight: 'tensor',
  ignoreIndex: 'number',
  reduction: ['mean', 'sum', 'none'],
  labelSmoothing: 'number',
};

/**
 * Cross-entropy of logits [batch, classes], [batch, classes, ...places] or, of one example, [classes], as in PyTorch. Labels are
 * either the numbers of the classes, [batch], [batch, ...places] or [] in `int32`, with the loss -log softmax(logits)[label]; or
 * probabilities of the classes, in the shape and dtype of the logits, with the loss -Σ p log softmax(logits). Fused so that large logits do
 * not overflow; the gradient of a row of logits is softmax(logits) - oneHot(label), over the number of rows for `mean`.
 *
 * With `weight` the mean is over the weights of the labels, and with `ignoreIndex` over those that are not ignored (PyTorch's is
 * -100 unless said otherwise; here none is). The mean over probabilities is always over the rows.
 *
 * @throws IndexError for a label outside 0 … classes - 1.
 * @throws ArgumentError for logits that `softmax` made, for labels that cannot be probabilities, for unknown options.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const logits = tensor([[0, 0], [0, 0]]);
 * console.log(crossEntropy(logits, tensor([1, 0], { dtype: 'int32' })).item()); // 0.6931… = log 2
 * console.log(crossEntropy(logits, tensor([[0.5, 0.5], [1, 0]])).item()); // log 2 again
 * console.log(crossEntropy(logits, tensor([1, -1], { dtype: 'int32' }), { ignoreIndex: -1, reduction: 'sum' }).item()); // and again
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
  takes: { parameters: ['logits', 'labels'], options: crossEntropyOptions },
  call:
    (run) =>
    (logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor => {
      const { reduction = 'mean' } = options;
      if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
        throw new ArgumentError(`crossEntropy: reduction is '${String(reduction)}', needs 'mean', 'sum' or 'none'`);
      }
      const { losses, count } = crossEntropyForm(
        (logits, labels) => run({ logits, labels }, {}),
        logits,
        labels,
        options,
      );
      if (reduction === 'none') return losses;
      if (reduction === 'sum') return sum(losses);
      return count === undefined ? meanLoss(losses) : meanLoss(sum(losses), count);
    },
});

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
  const numbers = Int32Array.from({ length: classes }, (_, i) => i);
  const row = tensorFrom(logits.backend, numbers, [1, classes], 'int32', 'crossEntropyGrad');
  return cast(equal(column, row), logits.dtype);
}

export const crossEntropySamples = (): readonly OpSamples[] => [
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
