// Conv2d: filters that slide over an image.

import {
  type Conv2dOptions as ConvOptions,
  checkInteger,
  conv2d,
  flip as flipAxes,
  type Pair,
  type Shape,
  type Tensor,
  toPair,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter } from '../core/parameter.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { leftoversOf } from '../core/summary.js';
import { fanInUniform } from '../init/initialisers.js';
import {
  checkGroups,
  checkPaddingMode,
  checkPaddingWord,
  convMultiplyAdds,
  type FilterOptions,
  type PaddingMode,
  padInput,
  padsOf,
} from './options.js';

export interface Conv2dOptions extends Omit<ConvOptions, 'bias'>, FilterOptions, ParameterOptions {
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

/**
 * Convolution (cross-correlation, as everywhere in deep learning, unless `flip` turns the filter round): [N, inChannels, H, W] → [N, outChannels, OH, OW] with
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
  readonly paddingMode: PaddingMode;
  readonly flip: boolean;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, given: Conv2dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...rest } = given;
    const { paddingMode = 'zeros', flip = false, ...options } = rest;
    this.inChannels = checkInteger('Conv2d', 'inChannels', inChannels, 1);
    this.outChannels = checkInteger('Conv2d', 'outChannels', outChannels, 1);
    this.kernelSize = toPair('Conv2d', 'kernelSize', kernelSize, 1);
    this.stride = toPair('Conv2d', 'stride', stride, 1);
    this.padding =
      typeof padding === 'string'
        ? checkPaddingWord('Conv2d', padding, this.stride)
        : toPair('Conv2d', 'padding', padding, 0);
    this.dilation = toPair('Conv2d', 'dilation', dilation, 1);
    this.groups = checkInteger('Conv2d', 'groups', groups, 1);
    this.paddingMode = checkPaddingMode('Conv2d', paddingMode);
    this.flip = flip;
    checkGroups('Conv2d', inChannels, outChannels, groups);
    const perGroup = inChannels / groups;
    const fanIn = perGroup * this.kernelSize[0] * this.kernelSize[1];
    this.weight = parameter(fanInUniform([outChannels, perGroup, ...this.kernelSize], fanIn, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], fanIn, options)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor('Conv2d', x, this.weight);
    const { stride, dilation, groups, bias } = this;
    const weight = this.flip ? flipAxes(this.weight, [2, 3]) : this.weight;
    const isPadded = this.paddingMode === 'zeros' || x.rank !== 4;
    const input = isPadded ? x : padInput('Conv2d', x, this.#pads, this.paddingMode);
    const padding = isPadded ? this.padding : 0;
    return conv2d(input, weight, { stride, padding, dilation, groups, ...(bias && { bias }) });
  }

  get #pads() {
    return padsOf(this.padding, this.kernelSize, this.dilation);
  }

  override multiplyAdds(_input: Shape, output: Shape): number {
    return convMultiplyAdds(this.weight.shape, output);
  }

  override reach(): Reach {
    return windowReach(this.kernelSize, this.stride, this.dilation);
  }

  leftovers(input: Shape): readonly string[] {
    return leftoversOf(input, this);
  }

  override describe(): string {
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, [1, 1]],
      padding: [this.padding, [0, 0]],
      dilation: [this.dilation, [1, 1]],
      groups: [this.groups, 1],
      paddingMode: [this.paddingMode, 'zeros'],
      flip: [this.flip, false],
      bias: [this.bias !== undefined, true],
    });
  }
}
