// Running statistics: mean and variance of each channel, followed over the batches of training, for use.

import {
  ArgumentError,
  internalScope,
  noGrad,
  oncePerForward,
  ones,
  shown,
  type Tensor,
  tensor,
  zeros,
} from '@dl/autograd';
import { buffer, type ParameterOptions } from '../core/parameter.js';
import { made } from './affine.js';

/** The buffers of a layer that follows its input, by PyTorch's names in a `stateDict`. */
export interface RunningStatistics {
  /** `running_mean`, at first zeros. */
  readonly runningMean: Tensor;
  /** `running_var`, of the unbiased variance, at first ones. */
  readonly runningVariance: Tensor;
  /** `num_batches_tracked` */
  readonly numBatchesTracked: Tensor;
}

export function runningStatistics(channels: number, options: ParameterOptions): RunningStatistics {
  return {
    runningMean: buffer(zeros([channels], made(options)), { name: 'running_mean' }),
    runningVariance: buffer(ones([channels], made(options)), { name: 'running_var' }),
    numBatchesTracked: buffer(tensor(0, { ...made(options), dtype: 'int32' }), { name: 'num_batches_tracked' }),
  };
}

export function checkMomentum(layer: string, momentum: number | null): number | null {
  if (momentum === null || (momentum >= 0 && momentum <= 1)) return momentum;
  throw new ArgumentError(`${layer}: momentum is ${shown(momentum)}, needs a number from 0 to 1, or null`);
}

/**
 * running = (1 - share) · running + share · of this batch, with the mean and unbiased variance that `ofBatch` finds. A batch
 * of nothing has neither: it changes nothing, and does not count.
 */
export function follow(
  x: Tensor,
  { runningMean, runningVariance }: Pick<RunningStatistics, 'runningMean' | 'runningVariance'>,
  share: () => number | Tensor,
  ofBatch: () => { readonly mean: Tensor; readonly variance: Tensor },
): void {
  if (x.size === 0) return;
  const scope = internalScope();
  try {
    onceWithoutGradient(() => {
      const { mean, variance } = ofBatch();
      const part = share();
      const rest = typeof part === 'number' ? 1 - part : part.mul(-1).add(1);
      runningMean.assign(runningMean.mul(rest).add(mean.mul(part)));
      runningVariance.assign(runningVariance.mul(rest).add(variance.mul(part)));
    });
  } finally {
    scope.end();
  }
}

/** Once for each forward, also where a checkpoint computes it a second time. */
function onceWithoutGradient(body: () => void): void {
  oncePerForward(() => noGrad(body));
}
