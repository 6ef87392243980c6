// InstanceNorm2d: each channel of each image by itself.

import { batchNormInference, checkInteger, instanceNorm, mean, type Tensor, variance } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import type { ParameterOptions } from '../core/parameter.js';
import { affineOf, checkEps, given, Normalizing, needChannels } from './affine.js';
import { checkMomentum, follow, runningStatistics } from './running-statistics.js';

/** Options of {@link InstanceNorm2d}. */
export interface InstanceNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The share of the newest batch in the running statistics; null for a plain average of all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight and a bias for each channel. Default false. */
  readonly affine?: boolean;
  /** Follow the statistics in training, and use them in `eval()`. Default false: each image by its own, always. */
  readonly trackRunningStats?: boolean;
}

/**
 * Brings each channel of each image to mean 0 and variance 1: y = (x - mean) / √(variance + eps), then, with `affine`, y · weight +
 * bias for each channel (Ulyanov et al., 2016): [N, numFeatures, H, W] → the same.
 *
 * With `trackRunningStats` the buffers `running_mean` and `running_var` follow the means, over the images of a batch, of mean and
 * unbiased variance, and take their place in `eval()`. (`num_batches_tracked` is there too, but as in PyTorch counts nothing while
 * there is a momentum.)
 *
 * @throws ShapeError when the input has other channels, or but one pixel.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { InstanceNorm2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new InstanceNorm2d(3).forward(randn([2, 3, 8, 8])).shape); // [2, 3, 8, 8]
 * ```
 */
export class InstanceNorm2d extends Normalizing {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly runningMean: Tensor | undefined;
  readonly runningVariance: Tensor | undefined;
  readonly numBatchesTracked: Tensor | undefined;

  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false, ...making } = options;
    this.numFeatures = checkInteger('InstanceNorm2d', 'numFeatures', numFeatures, 1);
    this.eps = checkEps('InstanceNorm2d', eps);
    this.momentum = checkMomentum('InstanceNorm2d', momentum);
    const learned = affine ? affineOf([numFeatures], making) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
    const running = trackRunningStats ? runningStatistics(numFeatures, making) : undefined;
    this.runningMean = running?.runningMean;
    this.runningVariance = running?.runningVariance;
    this.numBatchesTracked = running?.numBatchesTracked;
  }

  forward(x: Tensor): Tensor {
    const { eps, momentum, runningMean, runningVariance, numBatchesTracked } = this;
    const model = this.weight ?? runningMean;
    needChannels('InstanceNorm2d', x, model, this.numFeatures, [4], '[batch, channels, height, width]');
    const options = { eps, ...given(this.weight, this.bias) };
    if (runningMean === undefined || runningVariance === undefined || numBatchesTracked === undefined) {
      return instanceNorm(x, options);
    }
    if (!this.training) return batchNormInference(x, runningMean, runningVariance, options);
    const y = instanceNorm(x, options);
    follow(
      x,
      { runningMean, runningVariance },
      () => {
        if (momentum !== null) return momentum;
        numBatchesTracked.assign(numBatchesTracked.add(1));
        return numBatchesTracked.cast(runningMean.dtype).reciprocal();
      },
      () => ({ mean: mean(x, [0, 2, 3]), variance: mean(variance(x, [2, 3]), 0) }),
    );
    return y;
  }

  override describe(): string {
    return formatArguments([this.numFeatures], {
      eps: [this.eps, 1e-5],
      momentum: [this.momentum, 0.1],
      affine: [this.weight !== undefined, false],
      trackRunningStats: [this.runningMean !== undefined, false],
    });
  }
}
