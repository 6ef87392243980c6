// The loss of a class for each step of sequences of different lengths.

import {
  type CrossEntropyOptions,
  checkCall,
  crossEntropy,
  formatShape,
  type Known,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import { needTensor } from '@dl/layers';
import { checkLengths } from '../core/lengths.js';
import { realSteps, stepsOf } from './network.js';

/** Options of {@link sequenceCrossEntropy}. */
export interface SequenceLossOptions extends Pick<CrossEntropyOptions, 'weight' | 'ignoreIndex' | 'labelSmoothing'> {
  /** How many steps of each sequence count. Default: all. */
  readonly lengths?: readonly number[];
  /** `mean` over the steps that count (default), or their `sum`. */
  readonly reduction?: 'mean' | 'sum';
}

export const sequenceLossOptions: Known<SequenceLossOptions> = {
  lengths: 'numbers',
  weight: 'tensor',
  ignoreIndex: 'number',
  labelSmoothing: 'number',
  reduction: ['mean', 'sum'],
};

/**
 * The cross-entropy of logits [batch, time, classes] and classes [batch, time] (`int32`), over the steps that count: what stands beyond the
 * end of a sequence, in the logits as in the classes, changes neither the loss nor a gradient, whatever it is.
 *
 * @throws ShapeError when there is not one class for each step.
 * @throws ArgumentError for lengths that do not fit.
 *
 * @example
 * ```ts
 * import { tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { sequenceCrossEntropy } from '@dl/rnn';
 * await useBackend(cpu());
 * const classes = tensor([[0, 1, 1], [1, -1, -1]], { dtype: 'int32' }); // the second sequence is one step long
 * console.log(sequenceCrossEntropy(zeros([2, 3, 2]), classes, { lengths: [3, 1] }).item()); // 0.6931… = log 2
 * ```
 */
export function sequenceCrossEntropy(logits: Tensor, labels: Tensor, options: SequenceLossOptions = {}): Tensor {
  checkCall('sequenceCrossEntropy', arguments, ['logits', 'labels'], sequenceLossOptions);
  needTensor('sequenceCrossEntropy', logits);
  needLabels('sequenceCrossEntropy', 'labels', labels, logits.shape);
  const { lengths, ...rest } = options;
  if (lengths !== undefined) checkLengths('sequenceCrossEntropy', lengths, ...stepsOf(labels));
  return crossEntropy(realSteps(logits, lengths), realSteps(labels, lengths), rest);
}

/** Throws unless there is a class for each step of [batch, time, ...]. */
export function needLabels(use: string, what: string, labels: Tensor, steps: readonly number[]): void {
  needTensor(use, labels);
  if (labels.rank !== 2 || labels.shape[0] !== steps[0] || labels.shape[1] !== steps[1]) {
    throw new ShapeError(
      `${use}: ${what} are ${formatShape(labels.shape)}, needs ${formatShape(steps.slice(0, 2))}, one for each step`,
    );
  }
}
