// Subsampling2d: the pool of LeNet-5, with a learned scale and bias for each map.

import {
  avgPool2d,
  checkCall,
  checkInteger,
  full,
  type Known,
  type Pair,
  type PoolOptions,
  reshape,
  type Shape,
  sizeOf,
  type Tensor,
  zeros,
} from '@dl/autograd';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { made, needChannels } from '../norm/affine.js';
import { avgOptions, Pool2d } from './window.js';

/** Options of {@link Subsampling2d}. */
export interface Subsampling2dOptions extends ParameterOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: PoolOptions['stride'];
}

const subsampling2dOptions: Known<Subsampling2dOptions> = { stride: 'pair', ...parameterOptions };

/**
 * The sum of each window, times a learned scale, plus a learned bias, one of each for every channel: [N, numFeatures, H, W] →
 * [N, numFeatures, OH, OW]. It is the subsampling of LeNet-5, which a squashing function follows (LeCun et al.,
 * "Gradient-Based Learning Applied to Document Recognition", 1998). It starts as the mean: scale 1/area, bias 0.
 *
 * @throws ShapeError when the input has other channels, or is too small for the window.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Subsampling2d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Subsampling2d(6, 2);
 * console.log(layer.forward(randn([1, 6, 28, 28])).shape); // [1, 6, 14, 14]
 * ```
 */
export class Subsampling2d extends Pool2d {
  readonly numFeatures: number;
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(numFeatures: number, kernelSize: Pair, options: Subsampling2dOptions = {}) {
    checkCall('Subsampling2d', arguments, ['numFeatures', 'kernelSize'], subsampling2dOptions);
    const { stride = kernelSize, ...rest } = options;
    super('Subsampling2d', kernelSize, { stride });
    this.numFeatures = checkInteger('Subsampling2d', 'numFeatures', numFeatures, 1);
    this.weight = parameter(full([numFeatures], 1 / sizeOf(this.window.kernelSize), made(rest)));
    this.bias = parameter(zeros([numFeatures], made(rest)));
  }

  protected forwardBatch(x: Tensor): Tensor {
    needChannels('Subsampling2d', x, this.weight, this.numFeatures, [4], '[batch, channels, height, width]');
    const sums = avgPool2d(x, this.window.kernelSize, avgOptions(this.window)).mul(sizeOf(this.window.kernelSize));
    return sums.mul(reshape(this.weight, [-1, 1, 1])).add(reshape(this.bias, [-1, 1, 1]));
  }

  /** A connection to each element of the window, all of one weight. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output) * sizeOf(this.window.kernelSize);
  }

  override describe(): string {
    return this.describeWith([this.numFeatures]);
  }
}
