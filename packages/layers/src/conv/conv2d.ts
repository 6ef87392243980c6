// Conv2d: filters that slide over an image.

import {
  ArgumentError,
  type Conv2dOptions as ConvOptions,
  checkInteger,
  conv2d,
  type Pair,
  type Tensor,
  toPair,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter } from '../core/parameter.js';
import { fanInUniform } from '../init/initialisers.js';

export interface Conv2dOptions extends Omit<ConvOptions, 'bias'>, ParameterOptions {
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

/**
 * Convolution (cross-correlation, as everywhere in deep learning): [N, inChannels, H, W] → [N, outChannels, OH, OW] with
 * OH = ⌊(H + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1. The weight is [outChannels, inChannels / groups,
 * ...kernelSize] and starts, as the bias [outChannels] does, uniform on ±1/√fanIn with fanIn = inChannels / groups ·
 * the area of the filter, as PyTorch's do.
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
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...options }: Conv2dOptions = {},
  ) {
    super();
    this.inChannels = checkInteger('Conv2d', 'inChannels', inChannels, 1);
    this.outChannels = checkInteger('Conv2d', 'outChannels', outChannels, 1);
    this.kernelSize = toPair('Conv2d', 'kernelSize', kernelSize, 1);
    this.stride = toPair('Conv2d', 'stride', stride, 1);
    this.padding = checkPadding(padding, this.stride);
    this.dilation = toPair('Conv2d', 'dilation', dilation, 1);
    this.groups = checkInteger('Conv2d', 'groups', groups, 1);
    for (const [name, channels] of [
      ['inChannels', inChannels],
      ['outChannels', outChannels],
    ] as const) {
      if (channels % groups !== 0) {
        throw new ArgumentError(
          `Conv2d: ${name} is ${channels}, which cannot be cut into ${groups} groups; needs a multiple of ${groups}`,
        );
      }
    }
    const perGroup = inChannels / groups;
    const fanIn = perGroup * this.kernelSize[0] * this.kernelSize[1];
    this.weight = parameter(fanInUniform([outChannels, perGroup, ...this.kernelSize], fanIn, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], fanIn, options)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor('Conv2d', x, this.weight);
    const { stride, padding, dilation, groups, bias } = this;
    return conv2d(x, this.weight, { stride, padding, dilation, groups, ...(bias && { bias }) });
  }

  override describe(): string {
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, [1, 1]],
      padding: [this.padding, [0, 0]],
      dilation: [this.dilation, [1, 1]],
      groups: [this.groups, 1],
      bias: [this.bias !== undefined, true],
    });
  }
}

function checkPadding(padding: Pair | 'same' | 'valid', stride: readonly [number, number]): Conv2d['padding'] {
  if (typeof padding !== 'string') return toPair('Conv2d', 'padding', padding, 0);
  if (padding !== 'same' && padding !== 'valid') {
    throw new ArgumentError(`Conv2d: padding is '${String(padding)}', needs a number, a pair, 'same' or 'valid'`);
  }
  if (padding === 'same' && (stride[0] !== 1 || stride[1] !== 1)) {
    throw new ArgumentError(
      `Conv2d: padding 'same' needs stride 1, got ${stride.join('x')}; give the padding as numbers`,
    );
  }
  return padding;
}
