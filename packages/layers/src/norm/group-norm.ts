// GroupNorm: groups of channels of each example by itself.

import { ArgumentError, checkCall, checkInteger, groupNorm, type Known, type Tensor } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';
import { affineOf, checkEps, given, Normalizing, needChannels } from './affine.js';

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight and a bias for each channel. Default true. */
  readonly affine?: boolean;
}

const groupNormOptions: Known<GroupNormOptions> = { eps: 'number', affine: 'boolean', ...parameterOptions };

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
export class GroupNorm extends Normalizing {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    checkCall('GroupNorm', arguments, ['numGroups', 'numChannels'], groupNormOptions);
    const { eps = 1e-5, affine = true, ...rest } = options;
    super();
    this.numGroups = checkInteger('GroupNorm', 'numGroups', numGroups, 1);
    this.numChannels = checkInteger('GroupNorm', 'numChannels', numChannels, 1);
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError(
        `GroupNorm: numChannels is ${numChannels}, which cannot be cut into ${numGroups} groups; needs a multiple of ${numGroups}`,
      );
    }
    this.eps = checkEps('GroupNorm', eps);
    const learned = affine ? affineOf([numChannels], rest) : undefined;
    this.weight = learned?.weight;
    this.bias = learned?.bias;
  }

  forward(x: Tensor): Tensor {
    needChannels('GroupNorm', x, this.weight, this.numChannels, [2, 3, 4, 5], '[batch, channels, ...]');
    return groupNorm(x, this.numGroups, { eps: this.eps, ...given(this.weight, this.bias) });
  }

  override describe(): string {
    return formatArguments([this.numGroups, this.numChannels], {
      eps: [this.eps, 1e-5],
      affine: [this.weight !== undefined, true],
    });
  }
}
