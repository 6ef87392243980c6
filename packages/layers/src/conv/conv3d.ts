// Conv3d: filters that slide through a volume, or a film.

import {
  checkCall,
  conv2d,
  formatShape,
  indexSelect,
  type Known,
  permute,
  reshape,
  ShapeError,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { Convolution, type ConvolutionOptions, convolutionOptions } from './convolution.js';
import { padsOf, toTuple } from './options.js';

/** One number for all three axes, or [depth, height, width]. */
export type Triple = number | readonly [number, number, number];

/** Options of {@link Conv3d}. */
export interface Conv3dOptions extends ConvolutionOptions<Triple> {}

const conv3dOptions: Known<Conv3dOptions> = { ...convolutionOptions };

/**
 * Convolution of volumes (cross-correlation, unless `flip` turns the filter round): [N, inChannels, D, H, W] →
 * [N, outChannels, OD, OH, OW], each length as in {@link Conv2d}. The weight is [outChannels, inChannels / groups,
 * ...kernelSize]; it and the bias start as {@link Conv2d}'s do. One volume, [inChannels, D, H, W],
 * needs no batch.
 *
 * It is one 2-D convolution: the slices that a filter sees at one depth become channels, so that it takes kernelSize[0]
 * times the memory of its input.
 *
 * @throws ShapeError when the input has other channels, or is too small for the filter.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv3d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Conv3d(1, 4, 3, { padding: 1, stride: [2, 1, 1] });
 * console.log(layer.forward(randn([2, 1, 6, 5, 5])).shape); // [2, 4, 3, 5, 5]
 * ```
 */
export class Conv3d extends Convolution<Triple> {
  constructor(inChannels: number, outChannels: number, kernelSize: Triple, options: Conv3dOptions = {}) {
    checkCall('Conv3d', arguments, ['inChannels', 'outChannels', 'kernelSize'], conv3dOptions);
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options, (name, value, least) =>
      toTuple('Conv3d', name, value, 3, least),
    );
  }

  protected forwardBatch(x: Tensor): Tensor {
    this.check(x);
    const { kernelSize, stride, dilation, groups, bias } = this;
    const padded = this.padded(x);
    const [n, c, depth, h, w] = padded.shape as readonly [number, number, number, number, number];
    const taps = kernelSize[0]!;
    const planes = Math.floor((depth - dilation[0]! * (taps - 1) - 1) / stride[0]!) + 1;
    // Slice `tap` of output plane i lies at i · stride + tap · dilation.
    const from = Int32Array.from(
      { length: taps * planes },
      (_, at) => (at % planes) * stride[0]! + Math.floor(at / planes) * dilation[0]!,
    );
    const slices = indexSelect(padded, 2, tensor(from, { backend: x.backend }));
    const images = permute(reshape(slices, [n, c, taps, planes, h, w]), [0, 3, 1, 2, 4, 5]);
    const filters = reshape(this.filters, [this.outChannels, -1, kernelSize[1]!, kernelSize[2]!]);
    const y = conv2d(reshape(images, [n * planes, c * taps, h, w]), filters, {
      stride: [stride[1]!, stride[2]!],
      dilation: [dilation[1]!, dilation[2]!],
      groups,
      ...(bias && { bias }),
    });
    const [, o, oh, ow] = y.shape as readonly [number, number, number, number];
    return permute(reshape(y, [n, planes, o, oh, ow]), [0, 2, 1, 3, 4]);
  }

  protected override check(x: Tensor): void {
    super.check(x);
    const { shape } = x;
    if (shape[1] !== this.inChannels) {
      throw new ShapeError(
        `Conv3d: input has ${shape[1]} channels (shape ${formatShape(shape)}) but the layer expects ${this.inChannels}`,
      );
    }
    padsOf(this.padding, this.kernelSize, this.dilation).forEach(([before, after], axis) => {
      if (shape[axis + 2]! + before + after > this.dilation[axis]! * (this.kernelSize[axis]! - 1)) return;
      throw new ShapeError(
        `Conv3d: a ${this.kernelSize.join('x')} filter (dilation ${this.dilation.join('x')}) does not fit into an input of ` +
          `${formatShape(shape)} with padding ${before} and ${after}; pad more, or use a smaller filter`,
      );
    });
  }
}
