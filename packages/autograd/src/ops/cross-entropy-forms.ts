// The forms of cross-entropy: places beside the batch, class weights, labels to ignore, smoothing, labels as probabilities.

import { shown } from '../arguments/shown.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { unrecorded } from '../graph/grad-mode.js';
import { madeBy } from '../graph/made-by.js';
import { internalScope } from '../memory/scope.js';
import { isFloat } from '../tensor/dtype.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { needDType, needSameDType, needTensor } from './checks.js';
import { notEqual } from './compare.js';
import { cast } from './copy.js';
import { neg } from './elementwise.js';
import { indexSelect } from './indexing.js';
import { permute } from './permute.js';
import { max, min, sum } from './reduce.js';
import { reshape } from './reshape.js';
import { logSoftmax } from './softmax.js';
import { where } from './where.js';

export interface CrossEntropyForm {
  /** A factor for each class, [classes]: for classes that are rare, or matter more. Default: 1 for each. */
  readonly weight?: Tensor;
  /** The label of places that do not count, such as -100. Default: none. */
  readonly ignoreIndex?: number;
  /** How much of each label is spread evenly over all classes, from 0 (default) to 1 (Szegedy et al., 2016). */
  readonly labelSmoothing?: number;
}

/** The losses one by one, and what to divide their sum by for a mean, where that is not their number. */
export interface LossesAndCount {
  readonly losses: Tensor;
  readonly count?: Tensor | undefined;
}

type Rows = (logits: Tensor, labels: Tensor) => Tensor;

/** `rows` is the fused loss of logits [rows, classes] and labels [rows]; everything else is made of it, or of logSoftmax. */
export function crossEntropyForm(rows: Rows, logits: Tensor, labels: Tensor, form: CrossEntropyForm): LossesAndCount {
  needTensor('crossEntropy', 'logits', logits);
  needTensor('crossEntropy', 'labels', labels);
  if (madeBy(logits) === 'softmax') {
    throw new ArgumentError(
      'crossEntropy: the logits are the result of softmax, needs the numbers before it; leave the softmax out, or take nllLoss of logSoftmax',
    );
  }
  const { weight, ignoreIndex, labelSmoothing = 0 } = form;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: labelSmoothing is ${shown(labelSmoothing)}, needs a number from 0 to 1`);
  }
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex)) {
    throw new ArgumentError(`crossEntropy: ignoreIndex is ${shown(ignoreIndex)}, needs a whole number`);
  }
  if (logits.rank === 1) return withoutBatch(rows, logits, labels, form);
  // Floats of the labels' shape are meant to be classes, and are told so below.
  if (isFloat(labels.dtype) && labels.rank === logits.rank) return withProbabilities(logits, labels, form);
  if (weight === undefined && ignoreIndex === undefined && labelSmoothing === 0 && logits.rank === 2) {
    return { losses: rows(logits, labels) };
  }
  return withLabels(rows, logits, labels, form);
}

/** One example alone, [classes], is a batch of one. */
function withoutBatch(rows: Rows, logits: Tensor, labels: Tensor, form: CrossEntropyForm): LossesAndCount {
  if (isFloat(labels.dtype) ? !sameShape(labels.shape, logits.shape) : labels.rank !== 0) {
    throw new ShapeError(
      `crossEntropy: logits are ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)} of ${labels.dtype}; logits without a batch need one class, [] of int32, or probabilities, ${formatShape(logits.shape)}`,
    );
  }
  const batch = (x: Tensor): Tensor => reshape(x, [1, ...x.shape]);
  const { losses, count } = crossEntropyForm(rows, batch(logits), batch(labels), form);
  return { losses: reshape(losses, []), count };
}

function withLabels(rows: Rows, logits: Tensor, labels: Tensor, form: CrossEntropyForm): LossesAndCount {
  const { weight, ignoreIndex, labelSmoothing = 0 } = form;
  const { shape } = logits;
  const classes = checkClasses(logits, weight);
  needDType('crossEntropy', 'labels', labels, 'int32');
  if (!sameShape(labels.shape, [shape[0]!, ...shape.slice(2)])) {
    throw new ShapeError(
      `crossEntropy: logits are ${formatShape(shape)} and labels ${formatShape(labels.shape)}; needs one label for each row and place, ${formatShape([shape[0]!, ...shape.slice(2)])}`,
    );
  }
  const places = shape.slice(2).map((_, i) => i + 2);
  const given = reshape(places.length === 0 ? logits : permute(logits, [0, ...places, 1]), [labels.size, classes]);
  const names = reshape(labels, [labels.size]);
  const counts = ignoreIndex === undefined ? undefined : notEqual(names, ignoreIndex);
  // Where the loss is thrown away any class does, and logits that are NaN shall not make the gradient 0 · NaN.
  const known = counts === undefined ? names : where(counts, names, 0);
  const flat = counts === undefined ? given : where(reshape(counts, [labels.size, 1]), given, 0);

  let losses = rows(flat, known);
  const weights = weight && indexSelect(weight, 0, known);
  if (weights !== undefined) losses = mul(losses, weights);
  if (labelSmoothing > 0) {
    const logs = logSoftmax(flat);
    const spread = neg(sum(weight === undefined ? logs : mul(logs, weight), 1));
    losses = add(mul(losses, 1 - labelSmoothing), mul(spread, labelSmoothing / classes));
  }
  if (counts !== undefined) losses = where(counts, losses, 0);
  const each = weights ?? (counts && cast(counts, logits.dtype));
  const count = each && sum(counts === undefined ? each : where(counts, each, 0));
  return { losses: reshape(losses, labels.shape), count };
}

function withProbabilities(logits: Tensor, labels: Tensor, form: CrossEntropyForm): LossesAndCount {
  const { weight, ignoreIndex, labelSmoothing = 0 } = form;
  const classes = checkClasses(logits, weight);
  needSameDType('crossEntropy', 'logits', logits, 'labels', labels);
  if (!sameShape(logits.shape, labels.shape)) {
    throw new ShapeError(
      `crossEntropy: logits are ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)} of ${labels.dtype}; needs probabilities in the shape of the logits, or classes cast with .cast('int32')`,
    );
  }
  if (ignoreIndex !== undefined) {
    throw new ArgumentError(
      'crossEntropy: ignoreIndex is for labels that name a class, and these are probabilities; give rows that do not count the probabilities 0',
    );
  }
  needProbabilities(labels);
  const smooth = labelSmoothing === 0 ? labels : add(mul(labels, 1 - labelSmoothing), labelSmoothing / classes);
  const logs = mul(logSoftmax(logits, 1), smooth);
  const weighted =
    weight === undefined ? logs : mul(logs, reshape(weight, [classes, ...logits.shape.slice(2).map(() => 1)]));
  return { losses: neg(sum(weighted, 1)) };
}

function checkClasses(logits: Tensor, weight: Tensor | undefined): number {
  if (!isFloat(logits.dtype)) {
    throw new DTypeError(
      `crossEntropy: logits is ${logits.dtype}, needs float32 or float64; cast it with .cast('float32')`,
    );
  }
  if (logits.rank < 2) {
    throw new ShapeError(
      `crossEntropy: logits is ${formatShape(logits.shape)}, needs [batch, classes, ...places], or [classes] for one example`,
    );
  }
  const classes = logits.shape[1]!;
  if (weight !== undefined) {
    needTensor('crossEntropy', 'weight', weight);
    needSameDType('crossEntropy', 'logits', logits, 'weight', weight);
    if (!sameShape(weight.shape, [classes])) {
      throw new ShapeError(
        `crossEntropy: weight is ${formatShape(weight.shape)}, needs [${classes}], one number for each class of ${formatShape(logits.shape)}`,
      );
    }
  }
  return classes;
}

/** Where the device can be read at once, numbers that are no probabilities are told. */
function needProbabilities(labels: Tensor): void {
  if (labels.size === 0) return;
  const scope = internalScope();
  try {
    const bounds = unrecorded(() => [min(labels), max(labels)]).map(
      (bound) => bound.backend.readSync(bound.handle, bound.dtype, 1)?.[0],
    );
    const wrong = bounds.find((bound) => bound !== undefined && (bound < -1e-6 || bound > 1 + 1e-6));
    if (wrong === undefined) return;
    throw new ArgumentError(
      `crossEntropy: a label is ${wrong}, and labels of ${labels.dtype} are probabilities from 0 to 1; put logits through softmax first, or cast classes with .cast('int32')`,
    );
  } finally {
    scope.end();
  }
}
