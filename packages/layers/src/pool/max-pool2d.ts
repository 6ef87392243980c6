// MaxPool2d: the largest element of each window.

import {
  checkCall,
  type KnownOptions,
  type MaxPoolOptions,
  maxPool2dWithIndices,
  type Pair,
  type Tensor,
} from '@dl/autograd';
import { maxOptions, Pool2d } from './window.js';

const maxPool2dOptions: KnownOptions = {
  stride: 'pair',
  padding: 'pair',
  dilation: 'pair',
  ceilMode: 'boolean',
};

/**
 * The largest element of each window: [N, C, H, W] → [N, C, OH, OW] with
 * OH = ⌊(H + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1 (⌈…⌉ with `ceilMode`). The stride is the kernel size
 * unless given. One image, [C, H, W], needs no batch.
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
  constructor(kernelSize: Pair, options: MaxPoolOptions = {}) {
    checkCall('MaxPool2d', arguments, ['kernelSize'], maxPool2dOptions);
    super('MaxPool2d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return maxPool2dWithIndices(x, this.window.kernelSize, maxOptions(this.window)).y;
  }

  /** Also where in its plane (row · W + column) each of them was, `int32` [N, C, OH, OW], for {@link MaxUnpool2d}. */
  forwardWithIndices(x: Tensor): { readonly y: Tensor; readonly indices: Tensor } {
    return this.inBatch(x, (batch) => maxPool2dWithIndices(batch, this.window.kernelSize, maxOptions(this.window)));
  }
}
