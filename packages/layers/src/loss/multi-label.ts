// Losses of examples that belong to several classes at once, as functions and as modules.

import {
  any,
  arange,
  cast,
  checkCall,
  equal,
  formatShape,
  gather,
  type Known,
  type KnownOptions,
  lessEqual,
  logicalAnd,
  logicalNot,
  matmul,
  mean,
  mul,
  noGrad,
  relu,
  reshape,
  ShapeError,
  sub,
  sum,
  type Tensor,
  where,
} from '@dl/autograd';
import type { BinaryCrossEntropyOptions } from './binary.js';
import { lossesOfLogits } from './logits.js';
import { Loss, WeightedLoss } from './loss.js';
import {
  checkReduction,
  type LossOptions,
  lossOptions,
  needClasses,
  needFloats,
  needLayout,
  needRange,
  reduceLosses,
} from './reduction.js';

const binaryCrossEntropyOptions: Known<BinaryCrossEntropyOptions> = { weight: 'tensor', ...lossOptions };

const LAYOUT = '[batch, classes], or [classes] for one example';

function needRows(name: string, input: Tensor): void {
  needFloats(name, { input });
  needLayout(name, 'input', input, LAYOUT, ({ length }) => length === 1 || length === 2);
}

/**
 * The mean over the classes of {@link binaryCrossEntropyWithLogits}: for logits x [batch, classes] and targets y of 0 and 1 in the same
 * shape, -(y log σ(x) + (1 - y) log(1 - σ(x))) / classes, one loss for each example. Of one example, [classes] twice. The
 * targets may be `int32`, and a `weight` stretches over the logits.
 *
 * @throws ShapeError unless both have the same shape.
 * @throws ArgumentError for a target outside 0 … 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { multiLabelSoftMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const logits = tensor([[0, 200], [0, 0]]);
 * console.log(multiLabelSoftMarginLoss(logits, tensor([[1, 1], [0, 1]]), { reduction: 'none' }).toArray()); // log 2 / 2 and log 2
 * ```
 */
export function multiLabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  checkCall('multiLabelSoftMarginLoss', arguments, ['input', 'target'], binaryCrossEntropyOptions);
  const { weight, reduction = 'mean' } = options;
  const name = 'multiLabelSoftMarginLoss';
  checkReduction(name, reduction);
  needRows(name, input);
  return reduceLosses(name, mean(lossesOfLogits(name, input, target, { weight }), -1), reduction);
}

/**
 * Of logits of several yes and no, as a module, see {@link multiLabelSoftMarginLoss}: two tensors [batch, classes] → [], or [batch]
 * without reduction. The `weight` is a buffer.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MultiLabelSoftMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MultiLabelSoftMarginLoss().forward(tensor([[0, 0]]), tensor([[1, 0]])).item()); // 0.6931… = log 2
 * ```
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss<BinaryCrossEntropyOptions> {
  protected override get takes(): KnownOptions {
    return binaryCrossEntropyOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multiLabelSoftMarginLoss(input, target, this.all);
  }
}

/**
 * A hinge loss between every right class and every wrong one: Σ over the right classes j and the wrong classes i of
 * max(0, 1 - x[j] + x[i]) / classes, of scores x [batch, classes] and the numbers of the right classes [batch, classes] (`int32`), as
 * many as there are and then -1; what follows the first -1 does not count. Of one example, [classes] twice. It takes memory for
 * batch · classes² numbers.
 *
 * @throws ArgumentError for a class outside -1 … classes - 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { multiLabelMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const scores = tensor([[0.1, 0.2, 0.4, 0.8]]);
 * const right = tensor([[3, 0, -1, 1]], { dtype: 'int32' }); // 3 and 0
 * console.log(multiLabelMarginLoss(scores, right).item()); // 0.85 = (0.4 + 0.6 + 1.1 + 1.3) / 4
 * ```
 */
export function multiLabelMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkCall('multiLabelMarginLoss', arguments, ['input', 'target'], lossOptions);
  const { reduction = 'mean' } = options;
  const name = 'multiLabelMarginLoss';
  checkReduction(name, reduction);
  needRows(name, input);
  needClasses(name, target, input.shape, 'the right classes of each example, and then -1');
  if (input.size === 0 && input.shape.at(-1) === 0) {
    throw new ShapeError(`${name}: input is ${formatShape(input.shape)}, needs at least one class`);
  }
  const classes = input.shape.at(-1)!;
  needRange(name, 'target', target, -1, classes - 1, `classes from 0 to ${classes - 1}, and -1 behind the last`);
  const rows = [input.size / classes, classes];
  const [scores, labels] = [reshape(input, rows), reshape(target, rows)];
  const { counts, isRight, known } = rightOf(labels, scores);
  const right = gather(scores, 1, known); // [rows, classes]
  const short = relu(sub(1, right).unsqueeze(2).add(scores.unsqueeze(1))); // [rows, right, wrong]
  const pairs = logicalAnd(counts.unsqueeze(2), logicalNot(isRight).unsqueeze(1));
  const losses = mul(sum(where(pairs, short, 0), [1, 2]), 1 / classes);
  return reduceLosses(name, reshape(losses, input.shape.slice(0, -1)), reduction);
}

/** Which labels stand before the first -1, these labels (0 for the others), and which classes they name: all [rows, classes]. */
function rightOf(
  labels: Tensor,
  { dtype, backend }: Tensor,
): { readonly counts: Tensor; readonly known: Tensor; readonly isRight: Tensor } {
  return noGrad(() => {
    const places = arange(labels.shape[1]!, { dtype: 'int32', backend });
    // Before each label, and at it, the number of those that are no class.
    const upTo = cast(lessEqual(places.unsqueeze(1), places), dtype);
    const ends = matmul(cast(lessEqual(labels, -1), dtype), upTo);
    const counts = equal(ends, 0);
    const known = where(counts, labels, 0);
    const named = logicalAnd(equal(known.unsqueeze(2), places), counts.unsqueeze(2));
    return { counts, known, isRight: any(named, 1) };
  });
}

/**
 * Of scores and several right classes, as a module, see {@link multiLabelMarginLoss}: [batch, classes] twice → [], or [batch] without
 * reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MultiLabelMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const right = tensor([[1, -1]], { dtype: 'int32' });
 * console.log(new MultiLabelMarginLoss().forward(tensor([[2, 2.5]]), right).item()); // 0.25 = (1 - 2.5 + 2) / 2
 * ```
 */
export class MultiLabelMarginLoss extends Loss {
  protected override get takes(): KnownOptions {
    return lossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multiLabelMarginLoss(input, target, this.options);
  }
}
