// MinPool2d: the smallest element of each window.

import { type MaxPoolOptions, maxPool2d, neg, type Pair, type Tensor } from '@dl/autograd';
import { Pool2d } from './window.js';

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
    super('MinPool2d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return neg(maxPool2d(neg(x), this.window.kernelSize, this.window));
  }
}
