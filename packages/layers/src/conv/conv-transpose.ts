// ConvTranspose1d and ConvTranspose2d: the way back through a convolution, from a small image to a larger one.

import {
  ArgumentError,
  checkInteger,
  conv2dInputGrad,
  formatShape,
  type Pair,
  reshape,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  toPair,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter } from '../core/parameter.js';
import type { Reach } from '../core/receptive-field.js';
import { fanInUniform } from '../init/initialisers.js';
import { checkGroups } from './options.js';

interface Options<Lengths> extends ParameterOptions {
  /** Steps between the places of neighbouring inputs in the output. Default 1. */
  readonly stride?: Lengths;
  /** What is cut off on all sides, as much as the convolution would add. Default 0. */
  readonly padding?: Lengths;
  /** Rows and columns more at the end, of those sizes that lead to the same input; below the stride. Default 0. */
  readonly outputPadding?: Lengths;
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: Lengths;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

/** Options of {@link ConvTranspose2d}. */
export interface ConvTranspose2dOptions extends Options<Pair> {}
/** Options of {@link ConvTranspose1d}. */
export interface ConvTranspose1dOptions extends Options<number> {}

/** All numbers of a geometry, for two spatial axes. */
interface Geometry {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

abstract class ConvTranspose extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  protected readonly geometry: Geometry;
  readonly #layer: string;
  readonly #axes: 1 | 2;

  constructor(
    layer: string,
    axes: 1 | 2,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    given: Options<Pair>,
  ) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias = true, ...options } = given;
    this.#layer = layer;
    this.#axes = axes;
    this.inChannels = checkInteger(layer, 'inChannels', inChannels, 1);
    this.outChannels = checkInteger(layer, 'outChannels', outChannels, 1);
    this.groups = checkInteger(layer, 'groups', groups, 1);
    checkGroups(layer, inChannels, outChannels, groups);
    const check = (name: string, value: Pair, least: number): readonly [number, number] => {
      if (axes === 2) return toPair(layer, name, value, least);
      // A sequence is an image of one row, on which only what has no effect there is done.
      return [least, checkInteger(layer, name, value as number, least)];
    };
    this.geometry = {
      kernelSize: check('kernelSize', kernelSize, 1),
      stride: check('stride', stride, 1),
      padding: check('padding', padding, 0),
      outputPadding: check('outputPadding', outputPadding, 0),
      dilation: check('dilation', dilation, 1),
    };
    this.geometry.outputPadding.forEach((extra, axis) => {
      const step = this.geometry.stride[axis]!;
      if (extra < step) return;
      throw new ArgumentError(
        `${layer}: outputPadding is ${extra} and the stride ${step}; needs less than the stride, or the input would be larger`,
      );
    });
    const window = this.geometry.kernelSize.slice(2 - axes);
    // PyTorch counts the weight's second axis, although an output sees inChannels / groups.
    const fanIn = (outChannels / groups) * sizeOf(window);
    this.weight = parameter(fanInUniform([inChannels, outChannels / groups, ...window], fanIn, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], fanIn, options)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor(this.#layer, x, this.weight);
    const { kernelSize, stride, padding, outputPadding, dilation } = this.geometry;
    this.#check(x.shape);
    const [n, , ...inputLengths] = x.shape as readonly [number, number, ...number[]];
    const lengths = this.#axes === 1 ? [1, ...inputLengths] : inputLengths;
    const sizes = lengths.map(
      (length, axis) =>
        (length - 1) * stride[axis]! -
        2 * padding[axis]! +
        dilation[axis]! * (kernelSize[axis]! - 1) +
        outputPadding[axis]! +
        1,
    );
    if (sizes.some((length) => length < 1)) {
      throw new ShapeError(
        `${this.#layer}: of an input of ${formatShape(x.shape)} padding ${padding.slice(2 - this.#axes).join('x')} leaves ` +
          `${sizes.slice(2 - this.#axes).join('x')}; needs at least 1, so cut off less`,
      );
    }
    const shape = [n, this.outChannels, ...sizes];
    const [vertical, horizontal] = padding;
    const y = conv2dInputGrad.run(
      {
        g: this.#axes === 1 ? reshape(x, [n, this.inChannels, ...lengths]) : x,
        weight: this.#axes === 1 ? reshape(this.weight, [this.inChannels, -1, ...kernelSize]) : this.weight,
      },
      { stride, padding: [vertical, vertical, horizontal, horizontal], dilation, groups: this.groups, shape },
    );
    const biased = this.bias === undefined ? y : y.add(reshape(this.bias, [-1, 1, 1]));
    return this.#axes === 1 ? reshape(biased, [n, this.outChannels, sizes[1]!]) : biased;
  }

  #check(shape: Shape): void {
    const layout = this.#axes === 1 ? '[batch, channels, length]' : '[batch, channels, height, width]';
    if (shape.length !== 2 + this.#axes) {
      throw new ShapeError(`${this.#layer}: input is ${formatShape(shape)}, needs ${2 + this.#axes} axes: ${layout}`);
    }
    if (shape[1] !== this.inChannels) {
      throw new ShapeError(
        `${this.#layer}: input has ${shape[1]} channels (shape ${formatShape(shape)}) but the layer expects ${this.inChannels}`,
      );
    }
  }

  /** Every input is multiplied by a filter's weights. */
  override multiplyAdds(input: Shape): number {
    return sizeOf(input) * sizeOf(this.weight.shape.slice(1));
  }

  override reach(): Reach {
    const { kernelSize, stride, dilation } = this.geometry;
    const axes = Array.from({ length: this.#axes }, (_, i) => 2 - this.#axes + i);
    return {
      size: axes.map((axis) => Math.ceil((dilation[axis]! * (kernelSize[axis]! - 1) + 1) / stride[axis]!)),
      step: axes.map((axis) => 1 / stride[axis]!),
    };
  }

  override describe(): string {
    const own = (pair: readonly number[]): readonly number[] => pair.slice(2 - this.#axes);
    const plain = (value: number): readonly number[] => own([value, value]);
    const { kernelSize, stride, padding, outputPadding, dilation } = this.geometry;
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [own(kernelSize), undefined],
      stride: [own(stride), plain(1)],
      padding: [own(padding), plain(0)],
      outputPadding: [own(outputPadding), plain(0)],
      dilation: [own(dilation), plain(1)],
      groups: [this.groups, 1],
      bias: [this.bias !== undefined, true],
    });
  }
}

/**
 * Transposed convolution: [N, inChannels, H, W] → [N, outChannels, OH, OW] with OH = (H - 1) · stride - 2·padding +
 * dilation·(kernelSize - 1) + outputPadding + 1, the size from which a {@link Conv2d} with the same numbers leads to H. Each
 * input adds its filter, times itself, to the output. The weight is [inChannels, outChannels / groups, ...kernelSize].
 *
 * @throws ShapeError when the input has other channels, or nothing would be left.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConvTranspose2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ConvTranspose2d(8, 4, 2, { stride: 2 }).forward(randn([1, 8, 7, 7])).shape); // [1, 4, 14, 14]
 * ```
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2dOptions = {}) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Transposed convolution of sequences: [N, inChannels, L] → [N, outChannels, OL], with lengths as in
 * {@link ConvTranspose2d}. The weight is [inChannels, outChannels / groups, kernelSize].
 *
 * @throws ShapeError when the input has other channels, or nothing would be left.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConvTranspose1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ConvTranspose1d(8, 4, 4, { stride: 2, padding: 1 }).forward(randn([1, 8, 5])).shape); // [1, 4, 10]
 * ```
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvTranspose1dOptions = {}) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options);
  }
}
