// Conv1d: filters that slide along a sequence.

import { checkCall, checkInteger, conv1d, type Known, type Tensor } from '@dl/autograd';
import { Convolution, type ConvolutionOptions, convolutionOptions } from './convolution.js';

/** Options of {@link Conv1d}. */
export interface Conv1dOptions extends ConvolutionOptions<number> {}

const conv1dOptions: Known<Conv1dOptions> = { ...convolutionOptions };

/**
 * Convolution of sequences (cross-correlation, unless `flip` turns the filter round): [N, inChannels, L] →
 * [N, outChannels, OL] with OL = ⌊(L + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1. The weight is
 * [outChannels, inChannels / groups, kernelSize]; it and the bias start as {@link Conv2d}'s do. One sequence, [inChannels, L],
 * needs no batch.
 *
 * @throws ShapeError when the input has other channels, or is too short for the filter.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv1d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Conv1d(1, 1, 3, { bias: false });
 * layer.weight.assign(tensor([[[1, 2, 1]]]));
 * console.log(layer.forward(tensor([[[2, 3, 1, 3, 2, 1]]])).toArray()); // [[[9, 8, 9, 8]]]
 * ```
 */
export class Conv1d extends Convolution<number> {
  declare readonly stride: readonly [number];
  declare readonly padding: readonly [number] | 'same' | 'valid';
  declare readonly dilation: readonly [number];

  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv1dOptions = {}) {
    checkCall('Conv1d', arguments, ['inChannels', 'outChannels', 'kernelSize'], conv1dOptions);
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options, (name, value, least) => [
      checkInteger('Conv1d', name, value, least),
    ]);
  }

  protected forwardBatch(x: Tensor): Tensor {
    this.check(x);
    const { padding, groups, bias } = this;
    const [stride, dilation] = [this.stride[0], this.dilation[0]];
    const isPadded = this.isPaddedByOp;
    const around = typeof padding === 'string' ? padding : padding[0];
    return conv1d(isPadded ? x : this.padded(x), this.filters, {
      stride,
      padding: isPadded ? around : 0,
      dilation,
      groups,
      ...(bias && { bias }),
    });
  }
}
