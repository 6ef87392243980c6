// Conv2d: filters that slide over an image.

import { checkCall, conv2d, type Known, type Pair, type Tensor, toPair } from '@dl/autograd';
import { Convolution, type ConvolutionOptions, convolutionOptions } from './convolution.js';

/** Options of {@link Conv2d}. */
export interface Conv2dOptions extends ConvolutionOptions<Pair> {}

const conv2dOptions: Known<Conv2dOptions> = { ...convolutionOptions };

/**
 * Convolution (cross-correlation, as everywhere in deep learning, unless `flip` turns the filter round): [N, inChannels, H, W] → [N, outChannels, OH, OW] with
 * OH = ⌊(H + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1. The weight is [outChannels, inChannels / groups,
 * ...kernelSize] and starts, as the bias [outChannels] does, uniform on ±1/√fanIn with fanIn = inChannels / groups ·
 * the area of the filter, as PyTorch's do. One image, [inChannels, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other channels, or is too small for the filter.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Conv2d(1, 6, 5, { padding: 2 });
 * console.log(layer.forward(randn([8, 1, 28, 28])).shape); // [8, 6, 28, 28]
 * ```
 */
export class Conv2d extends Convolution<Pair> {
  declare readonly kernelSize: readonly [number, number];
  declare readonly stride: readonly [number, number];
  declare readonly padding: readonly [number, number] | 'same' | 'valid';
  declare readonly dilation: readonly [number, number];

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    checkCall('Conv2d', arguments, ['inChannels', 'outChannels', 'kernelSize'], conv2dOptions);
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options, (name, value, least) =>
      toPair('Conv2d', name, value, least),
    );
  }

  protected forwardBatch(x: Tensor): Tensor {
    this.check(x);
    const { stride, dilation, groups, bias } = this;
    const isPadded = this.isPaddedByOp;
    const padding = isPadded ? this.padding : 0;
    return conv2d(isPadded ? x : this.padded(x), this.filters, {
      stride,
      padding,
      dilation,
      groups,
      ...(bias && { bias }),
    });
  }
}
