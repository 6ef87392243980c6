// DepthwiseSeparableConv2d: a filter for each channel, and then a mixture of channels at each place.

import { checkCall, type Known, type Pair, type Tensor } from '@dl/autograd';
import { Module } from '../core/module.js';
import { Conv2d, type Conv2dOptions } from './conv2d.js';

/** Options of {@link DepthwiseSeparableConv2d}. */
export interface DepthwiseSeparableConv2dOptions extends Omit<Conv2dOptions, 'groups'> {
  /** How many filters each channel has. Default 1. */
  readonly multiplier?: number;
}

const depthwiseSeparableConv2dOptions: Known<DepthwiseSeparableConv2dOptions> = {
  multiplier: 'number',
  dtype: 'dtype',
  backend: 'backend',
  generator: 'generator',
  stride: 'number or list',
  padding: 'number or list or string',
  dilation: 'number or list',
  bias: 'boolean',
  paddingMode: ['zeros', 'reflect', 'replicate', 'circular'],
  flip: 'boolean',
};

/**
 * A depthwise convolution, each channel with filters of its own, and a 1x1 convolution that mixes channels: about 1/outChannels
 * + 1/area of the work of a whole convolution (Howard et al., "MobileNets", 2017). Stride, padding and dilation are those of
 * the first; names are `depthwise.weight`, `pointwise.weight` and so on.
 *
 * @throws ShapeError when the input has other channels, or is too small for the filter.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { DepthwiseSeparableConv2d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new DepthwiseSeparableConv2d(8, 16, 3, { padding: 1, stride: 2 });
 * console.log(layer.forward(randn([1, 8, 14, 14])).shape); // [1, 16, 7, 7]
 * ```
 */
export class DepthwiseSeparableConv2d extends Module {
  readonly depthwise: Conv2d;
  readonly pointwise: Conv2d;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: DepthwiseSeparableConv2dOptions = {},
  ) {
    checkCall(
      'DepthwiseSeparableConv2d',
      arguments,
      ['inChannels', 'outChannels', 'kernelSize'],
      depthwiseSeparableConv2dOptions,
    );
    const { multiplier = 1, ...rest } = options;
    super();
    const { bias = true, dtype, backend, generator } = rest;
    this.depthwise = new Conv2d(inChannels, inChannels * multiplier, kernelSize, { ...rest, groups: inChannels });
    this.pointwise = new Conv2d(inChannels * multiplier, outChannels, 1, {
      bias,
      ...(dtype && { dtype }),
      ...(backend && { backend }),
      ...(generator && { generator }),
    });
  }

  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }
}
