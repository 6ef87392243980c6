// Conv1d: filters that slide along a sequence.

import { checkInteger, conv1d, flip as flipAxes, type Shape, type Tensor } from '@dl/autograd';
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

export interface Conv1dOptions extends FilterOptions, ParameterOptions {
  /** Steps between output positions. Default 1. */
  readonly stride?: number;
  /** Added at both ends: a number, `valid` (none), or `same` (the output as long as the input, for stride 1). Default 0. */
  readonly padding?: number | 'same' | 'valid';
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: number;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

/**
 * Convolution of sequences (cross-correlation, unless `flip` turns the filter round): [N, inChannels, L] →
 * [N, outChannels, OL] with OL = ⌊(L + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1. The weight is
 * [outChannels, inChannels / groups, kernelSize]; it and the bias start as {@link Conv2d}'s do.
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
export class Conv1d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number | 'same' | 'valid';
  readonly dilation: number;
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  readonly flip: boolean;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: number, given: Conv1dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...rest } = given;
    const { paddingMode = 'zeros', flip = false, ...options } = rest;
    this.inChannels = checkInteger('Conv1d', 'inChannels', inChannels, 1);
    this.outChannels = checkInteger('Conv1d', 'outChannels', outChannels, 1);
    this.kernelSize = checkInteger('Conv1d', 'kernelSize', kernelSize, 1);
    this.stride = checkInteger('Conv1d', 'stride', stride, 1);
    this.padding =
      typeof padding === 'string'
        ? checkPaddingWord('Conv1d', padding, [stride])
        : checkInteger('Conv1d', 'padding', padding, 0);
    this.dilation = checkInteger('Conv1d', 'dilation', dilation, 1);
    this.groups = checkInteger('Conv1d', 'groups', groups, 1);
    this.paddingMode = checkPaddingMode('Conv1d', paddingMode);
    this.flip = flip;
    checkGroups('Conv1d', inChannels, outChannels, groups);
    const perGroup = inChannels / groups;
    this.weight = parameter(fanInUniform([outChannels, perGroup, kernelSize], perGroup * kernelSize, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], perGroup * kernelSize, options)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor('Conv1d', x, this.weight);
    const { stride, dilation, groups, bias } = this;
    const weight = this.flip ? flipAxes(this.weight, 2) : this.weight;
    const isPadded = this.paddingMode === 'zeros' || x.rank !== 3;
    const { kernelSize, padding } = this.#window;
    const input = isPadded ? x : padInput('Conv1d', x, padsOf(padding, kernelSize, [dilation]), this.paddingMode);
    return conv1d(input, weight, {
      stride,
      padding: isPadded ? this.padding : 0,
      dilation,
      groups,
      ...(bias && { bias }),
    });
  }

  get #window() {
    return {
      kernelSize: [this.kernelSize],
      stride: [this.stride],
      padding: typeof this.padding === 'number' ? [this.padding] : this.padding,
      dilation: [this.dilation],
    };
  }

  override multiplyAdds(_input: Shape, output: Shape): number {
    return convMultiplyAdds(this.weight.shape, output);
  }

  override reach(): Reach {
    return windowReach([this.kernelSize], [this.stride], [this.dilation]);
  }

  leftovers(input: Shape): readonly string[] {
    return leftoversOf(input, this.#window);
  }

  override describe(): string {
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, 1],
      padding: [this.padding, 0],
      dilation: [this.dilation, 1],
      groups: [this.groups, 1],
      paddingMode: [this.paddingMode, 'zeros'],
      flip: [this.flip, false],
      bias: [this.bias !== undefined, true],
    });
  }
}
