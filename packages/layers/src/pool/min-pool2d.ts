// MinPool2d: the smallest element of each window.

import {
  checkCall,
  type KnownOptions,
  type MaxPoolOptions,
  maxPool2d,
  neg,
  type Pair,
  type Tensor,
} from '@dl/autograd';
import { maxOptions, Pool2d } from './window.js';

const minPool2dOptions: KnownOptions = {
  stride: 'pair',
  padding: 'pair',
  dilation: 'pair',
  ceilMode: 'boolean',
};

/**
 * The smallest element of each window, with sizes as in {@link MaxPool2d}: -max(-x).
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MinPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MinPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).item()); // 1
 * ```
 */
export class MinPool2d extends Pool2d {
  constructor(kernelSize: Pair, options: MaxPoolOptions = {}) {
    checkCall('MinPool2d', arguments, ['kernelSize'], minPool2dOptions);
    super('MinPool2d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return neg(maxPool2d(neg(x), this.window.kernelSize, maxOptions(this.window)));
  }
}
