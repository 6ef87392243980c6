// AvgPool2d: the mean of each window.

import { type AvgPoolOptions, avgPool2d, type Pair, type Tensor } from '@dl/autograd';
import { needTensor } from '../core/checks.js';
import { Pool2d } from './window.js';

/**
 * The mean of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernelSize) / stride⌋ + 1
 * (⌈…⌉ with `ceilMode`). The stride is the kernel size unless given; padding counts as zeros unless `countIncludePad`
 * is false.
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AvgPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AvgPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).item()); // 2.5
 * ```
 */
export class AvgPool2d extends Pool2d {
  readonly countIncludePad: boolean;

  constructor(kernelSize: Pair, { countIncludePad = true, ...options }: AvgPoolOptions = {}) {
    super('AvgPool2d', kernelSize, options);
    this.countIncludePad = countIncludePad;
  }

  forward(x: Tensor): Tensor {
    needTensor('AvgPool2d', x);
    return avgPool2d(x, this.window.kernelSize, { ...this.window, countIncludePad: this.countIncludePad });
  }

  override describe(): string {
    return this.describeWith([], { countIncludePad: [this.countIncludePad, true] });
  }
}
