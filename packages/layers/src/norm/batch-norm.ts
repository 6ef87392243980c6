// BatchNorm1d, BatchNorm2d and BatchNorm3d: each channel over all examples, by its own statistics in training, by running ones in evaluation.

import {
  type BatchNormResult,
  batchNorm,
  batchNormInference,
  checkCall,
  checkInteger,
  type Known,
  type Tensor,
} from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';
import { affineOf, checkEps, given, Normalizing, needChannels } from './affine.js';
import { checkMomentum, follow, runningStatistics } from './running-statistics.js';

/** Options of {@link BatchNorm1d}, {@link BatchNorm2d} and {@link BatchNorm3d}. */
export interface BatchNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The share of the newest batch in the running statistics; null for a plain average of all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight and a bias for each channel. Default true. */
  readonly affine?: boolean;
  /** Keep running statistics for use; without them each batch is normalised by its own, always. Default true. */
  readonly trackRunningStats?: boolean;
}

const batchNormOptions: Known<BatchNormOptions> = {
  eps: 'number',
  momentum: 'null or number',
  affine: 'boolean',
  trackRunningStats: 'boolean',
  ...parameterOptions,
};

abstract class BatchNorm extends Normalizing {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly runningMean: Tensor | undefined;
  readonly runningVariance: Tensor | undefined;
  readonly numBatchesTracked: Tensor | undefined;

  /** The name for errors, the numbers of axes that fit, and what they are. */
  protected abstract readonly expects: readonly [layer: string, ranks: readonly number[], layout: string];

  constructor(
    layer: string,
    numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, ...options }: BatchNormOptions,
  ) {
    super();
    this.numFeatures = checkInteger(layer, 'numFeatures', numFeatures, 1);
    this.eps = checkEps(layer, eps);
    this.momentum = checkMomentum(layer, momentum);
    const learned = affine ? affineOf([numFeatures], options) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
    const running = trackRunningStats ? runningStatistics(numFeatures, options) : undefined;
    this.runningMean = running?.runningMean;
    this.runningVariance = running?.runningVariance;
    this.numBatchesTracked = running?.numBatchesTracked;
  }

  forward(x: Tensor): Tensor {
    const [layer, ranks, layout] = this.expects;
    const { eps, runningMean, runningVariance } = this;
    needChannels(layer, x, this.weight ?? runningMean, this.numFeatures, ranks, layout);
    const options = { eps, ...given(this.weight, this.bias) };
    if (!this.training && runningMean !== undefined && runningVariance !== undefined) {
      return batchNormInference(x, runningMean, runningVariance, options);
    }
    const result = batchNorm(x, options);
    if (this.training) this.#track(x, result);
    return result.y;
  }

  /** Of the variance the unbiased estimate. */
  #track(x: Tensor, { mean, variance }: BatchNormResult): void {
    const { momentum, runningMean, runningVariance, numBatchesTracked } = this;
    if (runningMean === undefined || runningVariance === undefined || numBatchesTracked === undefined) return;
    const count = x.size / this.numFeatures;
    follow(
      x,
      { runningMean, runningVariance },
      () => {
        numBatchesTracked.assign(numBatchesTracked.add(1));
        return momentum ?? numBatchesTracked.cast(runningMean.dtype).reciprocal();
      },
      () => ({ mean, variance: variance.mul(count / (count - 1)) }),
    );
  }

  override describe(): string {
    return formatArguments([this.numFeatures], {
      eps: [this.eps, 1e-5],
      momentum: [this.momentum, 0.1],
      affine: [this.weight !== undefined, true],
      trackRunningStats: [this.runningMean !== undefined, true],
    });
  }
}

/**
 * Batch normalisation of features, [N, numFeatures], or of sequences, [N, numFeatures, length]. In training each channel
 * is brought to mean 0 and variance 1 over the batch, and running statistics follow; in `eval()` these take the place of
 * the batch's. Then y = normal x · weight + bias (Ioffe and Szegedy, 2015). The running mean, the running (unbiased)
 * variance and the number of batches are buffers, called `running_mean`, `running_var` and `num_batches_tracked`. There
 * are two variances, as in the paper and in PyTorch: a batch is normalised by its own over n, and what is followed for use is that over
 * n - 1 (other libraries follow the one over n). An empty batch changes no statistics, and a constant channel becomes 0, whatever eps is.
 *
 * @throws ShapeError when the input has other channels or, in training, one element in each.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BatchNorm1d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new BatchNorm1d(3);
 * console.log(layer.forward(randn([8, 3])).shape); // [8, 3]
 * console.log(layer.eval().forward(randn([1, 3])).shape); // [1, 3]
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  protected get expects() {
    return ['BatchNorm1d', [2, 3], '[batch, channels] or [batch, channels, length]'] as const;
  }

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkCall('BatchNorm1d', arguments, ['numFeatures'], batchNormOptions);
    super('BatchNorm1d', numFeatures, options);
  }
}

/**
 * Batch normalisation of images, [N, numFeatures, H, W]. In training each channel is brought to mean 0 and variance 1 over
 * the batch, and running statistics follow; in `eval()` these take the place of the batch's. Then y = normal x · weight +
 * bias (Ioffe and Szegedy, 2015). Buffers and variances as in {@link BatchNorm1d}.
 *
 * @throws ShapeError when the input has other channels or, in training, one element in each.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BatchNorm2d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new BatchNorm2d(3);
 * console.log(layer.forward(randn([8, 3, 4, 4])).shape); // [8, 3, 4, 4]
 * console.log(layer.namedBuffers().map(([name]) => name)); // ['running_mean', 'running_var', 'num_batches_tracked']
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  protected get expects() {
    return ['BatchNorm2d', [4], '[batch, channels, height, width]'] as const;
  }

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkCall('BatchNorm2d', arguments, ['numFeatures'], batchNormOptions);
    super('BatchNorm2d', numFeatures, options);
  }
}

/**
 * Batch normalisation of volumes, [N, numFeatures, D, H, W]: {@link BatchNorm2d} with one axis more.
 *
 * @throws ShapeError when the input has other channels or, in training, one element in each.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BatchNorm3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new BatchNorm3d(3).forward(randn([2, 3, 4, 4, 4])).shape); // [2, 3, 4, 4, 4]
 * ```
 */
export class BatchNorm3d extends BatchNorm {
  protected get expects() {
    return ['BatchNorm3d', [5], '[batch, channels, depth, height, width]'] as const;
  }

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkCall('BatchNorm3d', arguments, ['numFeatures'], batchNormOptions);
    super('BatchNorm3d', numFeatures, options);
  }
}
