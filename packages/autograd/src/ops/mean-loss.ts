// meanLoss: a mean that knows what it is a mean over, so that means of parts of a batch can be put together.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, mul } from './arithmetic.js';
import { needFloat, needTensor } from './checks.js';
import { cast } from './copy.js';
import { mean } from './reduce.js';
import { reshape } from './reshape.js';

/** What a mean loss is made of: loss = sum / count. */
export interface LossMean {
  /** The losses added up, []. */
  readonly sum: Tensor;
  /** How many there are, or the sum of their weights; a tensor, [], where that depends on what the device computed. */
  readonly count: number | Tensor;
}

interface SumAndCount {
  /** Made when it is asked for, where the mean was made in one step. */
  readonly sum: Tensor | undefined;
  readonly count: number | Tensor;
}

const means = new WeakMap<Tensor, SumAndCount>();

/**
 * sum / count, which remembers the two: the mean of losses of which not all count, or not all as much. What puts the losses of several
 * batches together, such as `fit` of `@dl/train` with its option `accumulate`, asks {@link lossMean}, and gets the mean over all that
 * counts, as of one large batch. crossEntropy and the losses of `@dl/layers` make their means with it. What is computed further is a
 * tensor like any other: to add a penalty, add count times the penalty to the sum.
 *
 * With losses alone, of any shape, it is the mean over their elements.
 *
 * @throws ShapeError for a sum or a count that is not one number.
 * @throws ArgumentError for a count below 0, or NaN.
 *
 * @example
 * ```ts
 * import { meanLoss, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const losses = tensor([1, 2, 6]);
 * const mask = tensor([1, 1, 0]);
 * console.log(meanLoss(losses.mul(mask).sum(), mask.sum()).item()); // 1.5
 * ```
 */
export function meanLoss(losses: Tensor): Tensor;
export function meanLoss(sum: Tensor, count: number | Tensor): Tensor;
export function meanLoss(sum: Tensor, count?: number | Tensor): Tensor {
  checkCall('meanLoss', arguments, ['sum', 'count']);
  needTensor('meanLoss', count === undefined ? 'losses' : 'sum', sum);
  if (count === undefined) return remember(mean(sum), { sum: undefined, count: sum.size });
  needFloat('meanLoss', 'sum', sum);
  const total = oneNumber('sum', sum);
  if (typeof count === 'number') {
    if (!(count >= 0 && count < Number.POSITIVE_INFINITY)) {
      throw new ArgumentError(`meanLoss: count is ${shown(count)}, needs a number of at least 0, or a tensor with one`);
    }
    return remember(mul(total, 1 / count), { sum: total, count });
  }
  needTensor('meanLoss', 'count', count);
  const over = oneNumber('count', count.dtype === sum.dtype ? count : cast(count, sum.dtype));
  return remember(div(total, over), { sum: total, count: over });
}

/**
 * The sum and the count of what {@link meanLoss} made, or a loss with the reduction `mean`; undefined for any other tensor.
 *
 * @example
 * ```ts
 * import { crossEntropy, lossMean, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const labels = tensor([0, 1, -1], { dtype: 'int32' });
 * const loss = crossEntropy(zeros([3, 2]), labels, { ignoreIndex: -1 });
 * const { sum, count } = lossMean(loss)!;
 * console.log(sum.item(), (count as Tensor).item()); // 1.386… and 2: of three labels one does not count
 * ```
 */
export function lossMean(loss: Tensor): LossMean | undefined {
  checkCall('lossMean', arguments, ['loss']);
  const known = means.get(loss);
  if (known === undefined) return undefined;
  const { sum, count } = known;
  return {
    count,
    get sum() {
      return sum ?? mul(loss, count);
    },
  };
}

function remember(loss: Tensor, known: SumAndCount): Tensor {
  means.set(loss, known);
  return loss;
}

function oneNumber(name: string, x: Tensor): Tensor {
  if (x.size !== 1) throw new ShapeError(`meanLoss: the ${name} is ${formatShape(x.shape)}, needs one number`);
  return x.rank === 0 ? x : reshape(x, []);
}
