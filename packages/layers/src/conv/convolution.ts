// What Conv1d, Conv2d and Conv3d share: geometry, filters and bias, and what they cost and see.

import { checkInteger, flip as flipAxes, type Known, type Shape, sizeOf, type Tensor } from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { type SpatialAxes, SpatialModule } from '../core/spatial.js';
import { leftoversOf } from '../core/summary.js';
import { fanInUniform } from '../init/initialisers.js';
import {
  checkGroups,
  checkPaddingMode,
  checkPaddingWord,
  convMultiplyAdds,
  type FilterOptions,
  filterOptions,
  type PaddingMode,
  padInput,
  padsOf,
} from './options.js';

/** The options of a convolution; lengths are one number, or one for each of its spatial axes. */
export interface ConvolutionOptions<Lengths> extends FilterOptions, ParameterOptions {
  /** Steps between output positions. Default 1. */
  readonly stride?: Lengths;
  /** Added on all sides: `valid` is none, `same` makes the output as large as the input, for stride 1. Default 0. */
  readonly padding?: Lengths | 'same' | 'valid';
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: Lengths;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

export const convolutionOptions: Known<ConvolutionOptions<unknown>> = {
  stride: 'number or list',
  padding: 'number or list or string',
  dilation: 'number or list',
  groups: 'number',
  bias: 'boolean',
  ...filterOptions,
  ...parameterOptions,
};

export abstract class Convolution<Lengths> extends SpatialModule {
  readonly inChannels: number;
  readonly outChannels: number;
  /** One length for each spatial axis; so are the stride, the padding and the dilation. */
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  readonly flip: boolean;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(
    layer: string,
    axes: SpatialAxes,
    inChannels: number,
    outChannels: number,
    kernelSize: Lengths,
    given: ConvolutionOptions<Lengths | number>,
    lengths: (name: string, value: Lengths | number, least: number) => readonly number[],
  ) {
    super(layer, axes);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...rest } = given;
    const { paddingMode = 'zeros', flip = false, ...options } = rest;
    this.inChannels = checkInteger(layer, 'inChannels', inChannels, 1);
    this.outChannels = checkInteger(layer, 'outChannels', outChannels, 1);
    this.kernelSize = lengths('kernelSize', kernelSize, 1);
    this.stride = lengths('stride', stride, 1);
    this.padding =
      typeof padding === 'string' ? checkPaddingWord(layer, padding, this.stride) : lengths('padding', padding, 0);
    this.dilation = lengths('dilation', dilation, 1);
    this.groups = checkInteger(layer, 'groups', groups, 1);
    this.paddingMode = checkPaddingMode(layer, paddingMode);
    this.flip = flip;
    checkGroups(layer, inChannels, outChannels, groups);
    const each = [inChannels / groups, ...this.kernelSize];
    this.weight = parameter(fanInUniform([outChannels, ...each], sizeOf(each), options));
    this.bias = bias ? parameter(fanInUniform([outChannels], sizeOf(each), options)) : undefined;
  }

  /** The filters as they slide: flipped with `flip`. */
  protected get filters(): Tensor {
    if (!this.flip) return this.weight;
    const spatial = this.kernelSize.map((_, axis) => axis + 2);
    return flipAxes(this.weight, spatial);
  }

  /** The input with what stands around it. */
  protected padded(x: Tensor): Tensor {
    return padInput(this.layer, x, padsOf(this.padding, this.kernelSize, this.dilation), this.paddingMode);
  }

  /** Whether the op itself pads: zeros are nothing to store. */
  protected get isPaddedByOp(): boolean {
    return this.paddingMode === 'zeros';
  }

  protected check(x: Tensor): void {
    needTensor(this.layer, x, this.weight);
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
    const all = (value: number): readonly number[] => this.kernelSize.map(() => value);
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, all(1)],
      padding: [this.padding, all(0)],
      dilation: [this.dilation, all(1)],
      groups: [this.groups, 1],
      paddingMode: [this.paddingMode, 'zeros'],
      flip: [this.flip, false],
      bias: [this.bias !== undefined, true],
    });
  }
}
