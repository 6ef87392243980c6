// AvgPool2d: the mean of each window.

import { type AvgPoolOptions, avgPool2d, checkCall, type KnownOptions, type Pair, type Tensor } from '@dl/autograd';
import { avgOptions, checkDivisor, Pool2d } from './window.js';

const avgPool2dOptions: KnownOptions = {
  stride: 'pair',
  padding: 'pair',
  ceilMode: 'boolean',
  countIncludePad: 'boolean',
  divisorOverride: 'number',
};

/**
 * The mean of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernelSize) / stride⌋ + 1
 * (⌈…⌉ with `ceilMode`). The stride is the kernel size unless given; padding counts as zeros unless `countIncludePad`
 * is false. With `divisorOverride` sums are divided by that number, whatever the window's size. One image, [C, H, W], needs no
 * batch.
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
  readonly divisorOverride: number | undefined;

  constructor(kernelSize: Pair, options: AvgPoolOptions = {}) {
    checkCall('AvgPool2d', arguments, ['kernelSize'], avgPool2dOptions);
    const { countIncludePad = true, divisorOverride, ...rest } = options;
    super('AvgPool2d', kernelSize, rest);
    this.countIncludePad = countIncludePad;
    this.divisorOverride = checkDivisor('AvgPool2d', divisorOverride);
  }

  protected forwardBatch(x: Tensor): Tensor {
    const { window, countIncludePad, divisorOverride } = this;
    const divisor = divisorOverride !== undefined && { divisorOverride };
    return avgPool2d(x, window.kernelSize, { ...avgOptions(window), countIncludePad, ...divisor });
  }

  override describe(): string {
    return this.describeWith([], {
      countIncludePad: [this.countIncludePad, true],
      divisorOverride: [this.divisorOverride, undefined],
    });
  }
}
