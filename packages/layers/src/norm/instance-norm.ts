// InstanceNorm1d, InstanceNorm2d and InstanceNorm3d: each channel of each example by itself.

import {
  batchNormInference,
  checkCall,
  checkInteger,
  instanceNorm,
  type Known,
  mean,
  type Shape,
  sizeOf,
  type Tensor,
  variance,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';
import { type SpatialAxes, SpatialModule } from '../core/spatial.js';
import { affineOf, checkEps, given, needChannelCount } from './affine.js';
import { checkMomentum, follow, runningStatistics } from './running-statistics.js';

/** Options of {@link InstanceNorm1d}, {@link InstanceNorm2d} and {@link InstanceNorm3d}. */
export interface InstanceNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The share of the newest batch in the running statistics; null for a plain average of all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight and a bias for each channel. Default false. */
  readonly affine?: boolean;
  /** Follow the statistics in training, and use them in `eval()`. Default false: each example by its own, always. */
  readonly trackRunningStats?: boolean;
}

const instanceNormOptions: Known<InstanceNormOptions> = {
  eps: 'number',
  momentum: 'null or number',
  affine: 'boolean',
  trackRunningStats: 'boolean',
  ...parameterOptions,
};

abstract class InstanceNorm extends SpatialModule {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly runningMean: Tensor | undefined;
  readonly runningVariance: Tensor | undefined;
  readonly numBatchesTracked: Tensor | undefined;

  constructor(layer: string, axes: SpatialAxes, numFeatures: number, options: InstanceNormOptions) {
    super(layer, axes);
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false, ...making } = options;
    this.numFeatures = checkInteger(layer, 'numFeatures', numFeatures, 1);
    this.eps = checkEps(layer, eps);
    this.momentum = checkMomentum(layer, momentum);
    const learned = affine ? affineOf([numFeatures], making) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
    const running = trackRunningStats ? runningStatistics(numFeatures, making) : undefined;
    this.runningMean = running?.runningMean;
    this.runningVariance = running?.runningVariance;
    this.numBatchesTracked = running?.numBatchesTracked;
  }

  protected forwardBatch(x: Tensor): Tensor {
    const { eps, momentum, runningMean, runningVariance, numBatchesTracked } = this;
    const model = this.weight ?? runningMean;
    needTensor(this.layer, x, model);
    needChannelCount(this.layer, x, this.numFeatures);
    const options = { eps, ...given(this.weight, this.bias) };
    if (runningMean === undefined || runningVariance === undefined || numBatchesTracked === undefined) {
      return instanceNorm(x, options);
    }
    if (!this.training) return batchNormInference(x, runningMean, runningVariance, options);
    const y = instanceNorm(x, options);
    const places = x.shape.slice(2).map((_, i) => i + 2);
    follow(
      x,
      { runningMean, runningVariance },
      () => {
        if (momentum !== null) return momentum;
        numBatchesTracked.assign(numBatchesTracked.add(1));
        return numBatchesTracked.cast(runningMean.dtype).reciprocal();
      },
      () => ({ mean: mean(x, [0, ...places]), variance: mean(variance(x, places), 0) }),
    );
    return y;
  }

  /** A scale and a shift for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
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

/**
 * Brings each channel of each image to mean 0 and variance 1: y = (x - mean) / √(variance + eps), then, with `affine`, y · weight +
 * bias for each channel (Ulyanov et al., 2016): [N, numFeatures, H, W] → the same. One image, [numFeatures, H, W], needs no batch.
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
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    checkCall('InstanceNorm2d', arguments, ['numFeatures'], instanceNormOptions);
    super('InstanceNorm2d', 2, numFeatures, options);
  }
}

/**
 * {@link InstanceNorm2d} for sequences: [N, numFeatures, L] → the same. One of them, [numFeatures, L], needs no batch.
 *
 * @throws ShapeError when the input has other channels, or but one element.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { InstanceNorm1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new InstanceNorm1d(3).forward(randn([2, 3, 16])).shape); // [2, 3, 16]
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    checkCall('InstanceNorm1d', arguments, ['numFeatures'], instanceNormOptions);
    super('InstanceNorm1d', 1, numFeatures, options);
  }
}

/**
 * {@link InstanceNorm2d} for volumes: [N, numFeatures, D, H, W] → the same. One of them, [numFeatures, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other channels, or but one element.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { InstanceNorm3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new InstanceNorm3d(3).forward(randn([2, 3, 4, 8, 8])).shape); // [2, 3, 4, 8, 8]
 * ```
 */
export class InstanceNorm3d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    checkCall('InstanceNorm3d', arguments, ['numFeatures'], instanceNormOptions);
    super('InstanceNorm3d', 3, numFeatures, options);
  }
}
