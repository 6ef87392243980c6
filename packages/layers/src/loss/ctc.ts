// Connectionist temporal classification, as a function and as a module: the loss of a sequence whose labels are known, but not when each is said.

import {
  ArgumentError,
  checkCall,
  ctcLosses,
  DTypeError,
  formatShape,
  IndexError,
  isInstance,
  isInteger,
  type Known,
  type KnownOptions,
  type Shape,
  ShapeError,
  shown,
  Tensor,
  tensor,
  where,
} from '@dl/autograd';

import { Loss } from './loss.js';
import {
  checkReduction,
  type LossOptions,
  lossOptions,
  needFloats,
  needLayout,
  needRange,
  reduceLosses,
} from './reduction.js';

/** Options of {@link ctcLoss}. */
export interface CtcLossOptions extends LossOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Take 0 for the loss of a sequence that is too short for its labels, instead of infinity. Default false. */
  readonly zeroInfinity?: boolean;
}

const ctcLossOptions: Known<CtcLossOptions> = { blank: 'number', zeroInfinity: 'boolean', ...lossOptions };

/**
 * -log of the probability that a sequence of predictions says the labels: summed over all alignments of them with time, with blanks between
 * and repetitions (Graves et al., 2006), by the forward algorithm in logarithms. `logProbs` [time, batch, classes] are logSoftmax of the
 * logits; `targets` [batch, length] (`int32`) are the labels, whatever fills up the shorter ones, or [count], those of all sequences one after
 * the other; the lengths say how many steps and labels count in each sequence. One sequence alone is [time, classes]. The mean divides each loss by its number of labels first, as in PyTorch.
 *
 * The gradient is that of the formula: minus the probability that a class is said at a step, from the forward and the backward algorithm
 * (PyTorch's adds what logSoftmax takes away again; for the logits before it both are the same). A sequence that cannot be said
 * has an infinite loss and no gradient.
 *
 * @throws IndexError for a label that is blank or outside the classes.
 * @throws ShapeError for lengths that do not fit.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ctcLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const logProbs = logSoftmax(zeros([3, 1, 2])); // 3 steps, 1 sequence, blank and 'a'
 * const loss = ctcLoss(logProbs, tensor([[1]], { dtype: 'int32' }), [3], [1]);
 * console.log(loss.item()); // 0.2876… = -log(6/8): 'a' is said by a__, _a_, __a, aa_, _aa and aaa
 * ```
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  options: CtcLossOptions = {},
): Tensor {
  checkCall('ctcLoss', arguments, ['logProbs', 'targets', 'inputLengths', 'targetLengths'], ctcLossOptions);
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  checkReduction('ctcLoss', reduction);
  if (logProbs instanceof Tensor && logProbs.rank === 2) {
    const batch = logProbs.unsqueeze(1);
    return ctcLoss(batch, targets, inputLengths, targetLengths, { blank, zeroInfinity, reduction }).reshape([]);
  }
  const labels = checkInputs(logProbs, targets, inputLengths, targetLengths, blank);
  const each = ctcLosses(logProbs, { labels, inputLengths: [...inputLengths], blank });
  const losses = zeroInfinity ? where(each.equal(Infinity), 0, each) : each;
  if (reduction !== 'mean') return reduceLosses('ctcLoss', losses, reduction);
  const counts = targetLengths.map((length) => Math.max(length, 1));
  return losses.div(tensor(counts, { dtype: logProbs.dtype, backend: logProbs.backend })).mean();
}

/**
 * Of sequences whose labels have no time, as a module, see {@link ctcLoss}: logProbs [time, batch, classes], targets [batch,
 * length] and two arrays of lengths → [], or [batch] without reduction.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CTCLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new CTCLoss();
 * const logProbs = logSoftmax(zeros([3, 1, 2])); // 3 steps, 1 sequence, blank and 'a'
 * console.log(loss.forward(logProbs, tensor([[1]], { dtype: 'int32' }), [3], [1]).item()); // 0.2876… = -log(6/8)
 * ```
 */
export class CTCLoss extends Loss<
  CtcLossOptions,
  readonly [logProbs: Tensor, targets: Tensor, inputLengths: readonly number[], targetLengths: readonly number[]]
> {
  protected override get takes(): KnownOptions {
    return ctcLossOptions;
  }

  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}

function checkInputs(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  blank: number,
): number[][] {
  needFloats('ctcLoss', { logProbs });
  const isLayout = (shape: Shape): boolean => shape.length === 3 && shape.every((length) => length > 0);
  needLayout('ctcLoss', 'logProbs', logProbs, '[time, batch, classes], none of them 0', isLayout);
  const [time, batch, classes] = logProbs.shape as readonly [number, number, number];
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw new ArgumentError(`ctcLoss: blank is ${shown(blank)}, needs the number of a class, 0 to ${classes - 1}`);
  }
  if (!isInstance(targets, Tensor, 'ctcLoss', 'targets') || !isInteger(targets.dtype)) {
    const got = targets instanceof Tensor ? (targets as Tensor).dtype : shown(targets);
    throw new DTypeError(`ctcLoss: targets is ${got}, needs a Tensor of int32; cast it with .cast('int32')`);
  }
  const isJoined = targets.rank === 1;
  const layout = `[${batch}, length], a row of labels for each sequence of ${formatShape(logProbs.shape)}, or [count], all in one row`;
  needLayout('ctcLoss', 'targets', targets, layout, (shape) => isJoined || (shape.length === 2 && shape[0] === batch));
  checkLengths('inputLengths', inputLengths, batch, 1, time, 'steps');
  checkLengths('targetLengths', targetLengths, batch, 0, targets.shape.at(-1)!, 'labels');
  const count = targetLengths.reduce((sum, length) => sum + length, 0);
  if (isJoined && count !== targets.size) {
    throw new ShapeError(
      `ctcLoss: targets is ${formatShape(targets.shape)} and the targetLengths add up to ${count}; labels in one row need lengths that add up to ${targets.size}`,
    );
  }
  const needs = 'logarithms of probabilities, which are at most 0; take logSoftmax of logits';
  needRange('ctcLoss', 'logProbs', logProbs, -Infinity, 1e-6, needs);

  const values = targets.dataSync() as Int32Array;
  let next = 0;
  return targetLengths.map((length, row) => {
    const labels = Array.from(values.subarray(next, next + length));
    next += isJoined ? length : targets.shape[1]!;
    for (const [at, label] of labels.entries()) {
      if (label < 0 || label >= classes || label === blank) {
        throw new IndexError(
          `ctcLoss: label ${at} of sequence ${row} is ${shown(label)}, needs a class from 0 to ${classes - 1} other than the blank, ${blank}`,
        );
      }
    }
    return labels;
  });
}

function checkLengths(
  name: string,
  lengths: readonly number[],
  batch: number,
  least: number,
  most: number,
  what: string,
): void {
  if (!Array.isArray(lengths) || lengths.length !== batch) {
    const got = Array.isArray(lengths) ? `${lengths.length} numbers` : shown(lengths);
    throw new ShapeError(`ctcLoss: ${name} is ${got}, needs an array of ${batch}, one for each sequence`);
  }
  for (const [row, length] of lengths.entries()) {
    if (!Number.isInteger(length) || length < least || length > most) {
      throw new ShapeError(
        `ctcLoss: ${name} has ${length} for sequence ${row}, needs a whole number from ${least} to ${most}, as many ${what} as there are`,
      );
    }
  }
}
