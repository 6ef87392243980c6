// GroupNorm and InstanceNorm2d: groups of channels, or each channel, of each example by itself.

import { ArgumentError, checkInteger, groupNorm, instanceNorm, type Shape, sizeOf, type Tensor } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { Module } from '../core/module.js';
import type { ParameterOptions } from '../core/parameter.js';
import { affineOf, checkEps, given, needChannels } from './affine.js';

export interface GroupNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight and a bias for each channel. Default true for GroupNorm, false for InstanceNorm2d, as in PyTorch. */
  readonly affine?: boolean;
}

/**
 * Cuts `numChannels` channels into `numGroups` groups of neighbours, and brings each group of each example to mean 0 and
 * variance 1, then y = normal x · weight + bias for each channel (Wu and He, 2018): [N, numChannels, ...] → the same.
 *
 * @throws ArgumentError when the channels cannot be cut into so many groups.
 * @throws ShapeError when the input has other channels.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GroupNorm } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GroupNorm(3, 6).forward(randn([2, 6, 4, 4])).shape); // [2, 6, 4, 4]
 * ```
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;

  constructor(
    numGroups: number,
    numChannels: number,
    { eps = 1e-5, affine = true, ...options }: GroupNormOptions = {},
  ) {
    super();
    this.numGroups = checkInteger('GroupNorm', 'numGroups', numGroups, 1);
    this.numChannels = checkInteger('GroupNorm', 'numChannels', numChannels, 1);
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError(
        `GroupNorm: numChannels is ${numChannels}, which cannot be cut into ${numGroups} groups; needs a multiple of ${numGroups}`,
      );
    }
    this.eps = checkEps('GroupNorm', eps);
    const learned = affine ? affineOf([numChannels], options) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
  }

  forward(x: Tensor): Tensor {
    needChannels('GroupNorm', x, this.weight, this.numChannels, [2, 3, 4, 5], '[batch, channels, ...]');
    return groupNorm(x, this.numGroups, { eps: this.eps, ...given(this.weight, this.bias) });
  }

  /** A scale and a shift for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
  }

  override describe(): string {
    return formatArguments([this.numGroups, this.numChannels], {
      eps: [this.eps, 1e-5],
      affine: [this.weight !== undefined, true],
    });
  }
}

/**
 * Brings each channel of each image to mean 0 and variance 1, then, with `affine`, y = normal x · weight + bias for each
 * channel (Ulyanov et al., 2016): [N, numFeatures, H, W] → the same.
 *
 * @throws ShapeError when the input has other channels, or but one pixel.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { InstanceNorm2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new InstanceNorm2d(3).forward(randn([2, 3, 8, 8])).shape); // [2, 3, 8, 8]
 * ```
 */
export class InstanceNorm2d extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;

  constructor(numFeatures: number, { eps = 1e-5, affine = false, ...options }: GroupNormOptions = {}) {
    super();
    this.numFeatures = checkInteger('InstanceNorm2d', 'numFeatures', numFeatures, 1);
    this.eps = checkEps('InstanceNorm2d', eps);
    const learned = affine ? affineOf([numFeatures], options) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
  }

  forward(x: Tensor): Tensor {
    needChannels('InstanceNorm2d', x, this.weight, this.numFeatures, [4], '[batch, channels, height, width]');
    return instanceNorm(x, { eps: this.eps, ...given(this.weight, this.bias) });
  }

  /** A scale and a shift for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
  }

  override describe(): string {
    return formatArguments([this.numFeatures], {
      eps: [this.eps, 1e-5],
      affine: [this.weight !== undefined, false],
    });
  }
}
