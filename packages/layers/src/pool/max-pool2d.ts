// MaxPool2d: the largest element of each window.

import { maxPool2dWithIndices, type Pair, type PoolOptions, type Tensor } from '@dl/autograd';
import { needTensor } from '../core/checks.js';
import { Pool2d } from './window.js';

/**
 * The largest element of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernelSize) / stride⌋ + 1
 * (⌈…⌉ with `ceilMode`). The stride is the kernel size unless given.
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MaxPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MaxPool2d(2).forward(randn([8, 6, 28, 28])).shape); // [8, 6, 14, 14]
 * ```
 */
export class MaxPool2d extends Pool2d {
  constructor(kernelSize: Pair, options: PoolOptions = {}) {
    super('MaxPool2d', kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.forwardWithIndices(x).y;
  }

  /** Also where in its plane (row · W + column) each of them was, `int32` [N, C, OH, OW], for {@link MaxUnpool2d}. */
  forwardWithIndices(x: Tensor): { readonly y: Tensor; readonly indices: Tensor } {
    needTensor('MaxPool2d', x);
    return maxPool2dWithIndices(x, this.window.kernelSize, this.window);
  }
}
