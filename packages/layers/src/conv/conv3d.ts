// Conv3d: filters that slide through a volume, or a film.

import {
  checkInteger,
  conv2d,
  flip as flipAxes,
  formatShape,
  indexSelect,
  permute,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
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
  toTuple,
} from './options.js';

/** One number for all three axes, or [depth, height, width]. */
export type Triple = number | readonly [number, number, number];

export interface Conv3dOptions extends FilterOptions, ParameterOptions {
  /** Steps between output positions. Default 1. */
  readonly stride?: Triple;
  /** Added on all sides: `valid` is none, `same` makes the output as large as the input, for stride 1. Default 0. */
  readonly padding?: Triple | 'same' | 'valid';
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: Triple;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

/**
 * Convolution of volumes (cross-correlation, unless `flip` turns the filter round): [N, inChannels, D, H, W] →
 * [N, outChannels, OD, OH, OW], each length as in {@link Conv2d}. The weight is [outChannels, inChannels / groups,
 * ...kernelSize]; it and the bias start as {@link Conv2d}'s do.
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
export class Conv3d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  readonly flip: boolean;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Triple, given: Conv3dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...rest } = given;
    const { paddingMode = 'zeros', flip = false, ...options } = rest;
    this.inChannels = checkInteger('Conv3d', 'inChannels', inChannels, 1);
    this.outChannels = checkInteger('Conv3d', 'outChannels', outChannels, 1);
    this.kernelSize = toTuple('Conv3d', 'kernelSize', kernelSize, 3, 1);
    this.stride = toTuple('Conv3d', 'stride', stride, 3, 1);
    this.padding =
      typeof padding === 'string'
        ? checkPaddingWord('Conv3d', padding, this.stride)
        : toTuple('Conv3d', 'padding', padding, 3, 0);
    this.dilation = toTuple('Conv3d', 'dilation', dilation, 3, 1);
    this.groups = checkInteger('Conv3d', 'groups', groups, 1);
    this.paddingMode = checkPaddingMode('Conv3d', paddingMode);
    this.flip = flip;
    checkGroups('Conv3d', inChannels, outChannels, groups);
    const perGroup = inChannels / groups;
    const fanIn = this.kernelSize.reduce((product, length) => product * length, perGroup);
    this.weight = parameter(fanInUniform([outChannels, perGroup, ...this.kernelSize], fanIn, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], fanIn, options)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor('Conv3d', x, this.weight);
    this.#check(x.shape);
    const { kernelSize, stride, dilation, groups, bias } = this;
    const padded = padInput('Conv3d', x, padsOf(this.padding, kernelSize, dilation), this.paddingMode);
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
    const weight = this.flip ? flipAxes(this.weight, [2, 3, 4]) : this.weight;
    const filters = reshape(weight, [this.outChannels, -1, kernelSize[1]!, kernelSize[2]!]);
    const y = conv2d(reshape(images, [n * planes, c * taps, h, w]), filters, {
      stride: [stride[1]!, stride[2]!],
      dilation: [dilation[1]!, dilation[2]!],
      groups,
      ...(bias && { bias }),
    });
    const [, o, oh, ow] = y.shape as readonly [number, number, number, number];
    return permute(reshape(y, [n, planes, o, oh, ow]), [0, 2, 1, 3, 4]);
  }

  #check(shape: Shape): void {
    if (shape.length !== 5) {
      throw new ShapeError(
        `Conv3d: input is ${formatShape(shape)}, needs 5 axes: [batch, channels, depth, height, width]`,
      );
    }
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
      stride: [this.stride, [1, 1, 1]],
      padding: [this.padding, [0, 0, 0]],
      dilation: [this.dilation, [1, 1, 1]],
      groups: [this.groups, 1],
      paddingMode: [this.paddingMode, 'zeros'],
      flip: [this.flip, false],
      bias: [this.bias !== undefined, true],
    });
  }
}
