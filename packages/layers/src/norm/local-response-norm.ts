// LocalResponseNorm: each channel by the sizes of its neighbours.

import {
  ArgumentError,
  avgPool2d,
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  pad,
  pow,
  reshape,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';

/** Options of {@link LocalResponseNorm}. */
export interface LocalResponseNormOptions {
  /** The weight of the mean of squares. Default 1e-4. */
  readonly alpha?: number;
  /** The exponent. Default 0.75. */
  readonly beta?: number;
  /** Added to the mean, so that nothing is divided by 0. Default 1. */
  readonly k?: number;
}

const localResponseNormOptions: Known<LocalResponseNormOptions> = { alpha: 'number', beta: 'number', k: 'number' };

/**
 * y = x / (k + alpha · mean of x² over `size` neighbouring channels)^beta, at each place by itself: [N, C, ...] → the same.
 * Beyond the first and last channel squares count as 0 (Krizhevsky et al., "ImageNet Classification with Deep Convolutional
 * Neural Networks", 2012, whose alpha is ours divided by size).
 *
 * @throws ShapeError for an input without channels.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LocalResponseNorm } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LocalResponseNorm(5, { k: 2 }).forward(randn([1, 16, 4, 4])).shape); // [1, 16, 4, 4]
 * ```
 */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    checkCall('LocalResponseNorm', arguments, ['size'], localResponseNormOptions);
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    super();
    this.size = checkInteger('LocalResponseNorm', 'size', size, 1);
    for (const [name, value] of Object.entries({ alpha, beta, k })) {
      if (!(value >= 0 && value < Infinity)) {
        throw new ArgumentError(`LocalResponseNorm: ${name} is ${shown(value)}, needs a number of at least 0`);
      }
    }
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  forward(x: Tensor): Tensor {
    needTensor('LocalResponseNorm', x);
    if (x.rank < 3) {
      throw new ShapeError(`LocalResponseNorm: input is ${formatShape(x.shape)}, needs [batch, channels, ...places]`);
    }
    const [n, c, ...places] = x.shape as readonly [number, number, ...number[]];
    // Channels as rows of an image, places as its columns.
    const squares = reshape(x.square(), [n, 1, c, sizeOf(places)]);
    const before = Math.floor(this.size / 2);
    const padded = pad(squares, [
      [0, 0],
      [0, 0],
      [before, this.size - 1 - before],
      [0, 0],
    ]);
    const means = reshape(avgPool2d(padded, [this.size, 1], { stride: 1 }), x.shape);
    return x.div(pow(means.mul(this.alpha).add(this.k), this.beta));
  }

  override describe(): string {
    return formatArguments([this.size], {
      alpha: [this.alpha, 1e-4],
      beta: [this.beta, 0.75],
      k: [this.k, 1],
    });
  }
}
