// ConvTranspose1d and ConvTranspose2d: the gradient of a convolution as a layer, from a small image to a larger one.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  conv2dInputGrad,
  formatShape,
  type Known,
  type Pair,
  pad,
  reshape,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  toPair,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import type { Reach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';
import { fanInUniform } from '../init/initialisers.js';
import { checkGroups } from './options.js';

interface Options<Lengths> extends ParameterOptions {
  /** Steps between the places of neighbouring inputs in the output. Default 1. */
  readonly stride?: Lengths;
  /** What is cut off on all sides, as much as the convolution would add. Default 0. */
  readonly padding?: Lengths;
  /** Rows and columns more at the end; below the stride or the dilation. Default 0. */
  readonly outputPadding?: Lengths;
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: Lengths;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
  /** Add a bias for each output channel. Default true. */
  readonly bias?: boolean;
}

const convTransposeOptions: Known<Options<unknown>> = {
  stride: 'number or list',
  padding: 'number or list',
  outputPadding: 'number or list',
  dilation: 'number or list',
  groups: 'number',
  bias: 'boolean',
  ...parameterOptions,
};

/** Options of {@link ConvTranspose2d}. */
export interface ConvTranspose2dOptions extends Options<Pair> {}

const convTranspose2dOptions: Known<ConvTranspose2dOptions> = { ...convTransposeOptions };
/** Options of {@link ConvTranspose1d}. */
export interface ConvTranspose1dOptions extends Options<number> {}

const convTranspose1dOptions: Known<ConvTranspose1dOptions> = { ...convTransposeOptions };

/** All numbers of a geometry, for two spatial axes. */
interface Geometry {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

abstract class ConvTranspose<Lengths extends Pair> extends SpatialModule<readonly [outputSize?: Lengths]> {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  protected readonly geometry: Geometry;

  constructor(
    layer: string,
    axes: 1 | 2,
    inChannels: number,
    outChannels: number,
    kernelSize: Lengths,
    given: Options<Pair>,
  ) {
    super(layer, axes);
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias = true, ...options } = given;
    this.inChannels = checkInteger(layer, 'inChannels', inChannels, 1);
    this.outChannels = checkInteger(layer, 'outChannels', outChannels, 1);
    this.groups = checkInteger(layer, 'groups', groups, 1);
    checkGroups(layer, inChannels, outChannels, groups);
    this.geometry = {
      kernelSize: this.#pair('kernelSize', kernelSize, 1),
      stride: this.#pair('stride', stride, 1),
      padding: this.#pair('padding', padding, 0),
      outputPadding: this.#pair('outputPadding', outputPadding, 0),
      dilation: this.#pair('dilation', dilation, 1),
    };
    this.geometry.outputPadding.forEach((more, axis) => {
      const [step, gap] = [this.geometry.stride[axis]!, this.geometry.dilation[axis]!];
      if (more < Math.max(step, gap)) return;
      throw new ArgumentError(
        `${layer}: outputPadding is ${more}, the stride ${step} and the dilation ${gap}; needs less than the stride or the dilation`,
      );
    });
    const window = this.#own(this.geometry.kernelSize);
    // PyTorch counts the weight's second axis, although an output sees inChannels / groups.
    const fanIn = (outChannels / groups) * sizeOf(window);
    this.weight = parameter(fanInUniform([inChannels, outChannels / groups, ...window], fanIn, options));
    this.bias = bias ? parameter(fanInUniform([outChannels], fanIn, options)) : undefined;
  }

  /** A sequence is an image of one row, on which only what has no effect there is done. */
  #pair(name: string, value: Pair, least: number): readonly [number, number] {
    if (this.axes === 2) return toPair(this.layer, name, value, least);
    return [least, checkInteger(this.layer, name, value as number, least)];
  }

  /** Of numbers for two axes those that the layer has. */
  #own(pair: readonly number[]): readonly number[] {
    return pair.slice(2 - this.axes);
  }

  protected forwardBatch(x: Tensor, outputSize?: Lengths): Tensor {
    needTensor(this.layer, x, this.weight);
    const [n, channels, ...given] = x.shape as readonly [number, number, ...number[]];
    if (channels !== this.inChannels) {
      throw new ShapeError(
        `${this.layer}: input has ${channels} channels (shape ${formatShape(x.shape)}) but the layer expects ${this.inChannels}`,
      );
    }
    const isRow = this.axes === 1;
    const { kernelSize, stride, dilation } = this.geometry;
    const lengths = isRow ? [1, ...given] : given;
    const { padding, covered, sizes } = this.#extent(x.shape, lengths, outputSize);
    const y = conv2dInputGrad.run(
      {
        g: isRow ? reshape(x, [n, channels, ...lengths]) : x,
        weight: isRow ? reshape(this.weight, [channels, -1, ...kernelSize]) : this.weight,
      },
      { stride, padding, dilation, groups: this.groups, shape: [n, this.outChannels, ...covered] },
    );
    const sized = withZeros(y, sizes);
    const biased = this.bias === undefined ? sized : sized.add(reshape(this.bias, [-1, 1, 1]));
    return isRow ? reshape(biased, [n, this.outChannels, sizes[1]!]) : biased;
  }

  /** What is cut off of what all filters cover, how much that leaves, and how large the output is to be, with zeros behind it. */
  #extent(shape: Shape, lengths: readonly number[], outputSize: Lengths | undefined) {
    const { kernelSize, stride, padding, outputPadding, dilation } = this.geometry;
    const whole = lengths.map(
      (length, axis) => (length - 1) * stride[axis]! + dilation[axis]! * (kernelSize[axis]! - 1) + 1,
    );
    const least = whole.map((length, axis) => length - 2 * padding[axis]!);
    const more = outputSize === undefined ? outputPadding : this.#moreFor(outputSize, least, shape);
    const sizes = least.map((length, axis) => length + more[axis]!);
    // Less is cut off at the end for what the output is to have more.
    const end = padding.map((length, axis) => Math.max(length - more[axis]!, 0));
    const covered = whole.map((length, axis) => length - padding[axis]! - end[axis]!);
    if (sizes.some((length) => length < 1) || covered.some((length) => length < 1)) {
      throw new ShapeError(
        `${this.layer}: of an input of ${formatShape(shape)} padding ${this.#own(padding).join('x')} leaves ` +
          `${this.#own(least).join('x')}; needs at least 1, so cut off less`,
      );
    }
    return { padding: [padding[0], end[0]!, padding[1], end[1]!] as const, covered, sizes };
  }

  /** The output padding that leads to a size. */
  #moreFor(outputSize: Lengths, least: readonly number[], shape: Shape): readonly number[] {
    const wanted = this.#pair('outputSize', outputSize, 1);
    const more = wanted.map((length, axis) => length - least[axis]!);
    const { stride } = this.geometry;
    if (more.some((count, axis) => count < 0 || count >= stride[axis]!)) {
      const most = least.map((length, axis) => length + stride[axis]! - 1);
      throw new ShapeError(
        `${this.layer}: outputSize is ${this.#own(wanted).join('x')}, and an input of ${formatShape(shape)} leads to ` +
          `${this.#own(least).join('x')}, or up to ${this.#own(most).join('x')}`,
      );
    }
    return more;
  }

  /** Every input is multiplied by a filter's weights. */
  override multiplyAdds(input: Shape): number {
    return sizeOf(input) * sizeOf(this.weight.shape.slice(1));
  }

  override reach(): Reach {
    const [kernelSize, stride, dilation] = [
      this.#own(this.geometry.kernelSize),
      this.#own(this.geometry.stride),
      this.#own(this.geometry.dilation),
    ];
    return {
      size: kernelSize.map((taps, axis) => Math.ceil((dilation[axis]! * (taps - 1) + 1) / stride[axis]!)),
      step: stride.map((step) => 1 / step),
    };
  }

  override describe(): string {
    const plain = (value: number): readonly number[] => this.#own([value, value]);
    const { kernelSize, stride, padding, outputPadding, dilation } = this.geometry;
    return formatArguments([this.inChannels, this.outChannels], {
      kernelSize: [this.#own(kernelSize), undefined],
      stride: [this.#own(stride), plain(1)],
      padding: [this.#own(padding), plain(0)],
      outputPadding: [this.#own(outputPadding), plain(0)],
      dilation: [this.#own(dilation), plain(1)],
      groups: [this.groups, 1],
      bias: [this.bias !== undefined, true],
    });
  }
}

/** Images with rows and columns of zeros behind them. */
function withZeros(y: Tensor, [height, width]: readonly number[]): Tensor {
  const [down, along] = [height! - y.shape[2]!, width! - y.shape[3]!];
  if (down === 0 && along === 0) return y;
  return pad(y, [
    [0, 0],
    [0, 0],
    [0, down],
    [0, along],
  ]);
}

/**
 * Transposed convolution: [N, inChannels, H, W] → [N, outChannels, OH, OW] with OH = (H - 1) · stride - 2·padding +
 * dilation·(kernelSize - 1) + outputPadding + 1, a size from which a {@link Conv2d} with the same numbers leads to H. Each
 * input adds its filter, times itself, to the output. The weight is [inChannels, outChannels / groups, ...kernelSize]. One
 * image, [inChannels, H, W], needs no batch.
 *
 * A convolution leads from several sizes to one. Which of them the output is to have, `outputPadding` says once for all inputs,
 * or `forward(x, outputSize)` for this one.
 *
 * @throws ShapeError when the input has other channels, nothing would be left, or no convolution leads from outputSize to the input.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConvTranspose2d } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new ConvTranspose2d(8, 4, 2, { stride: 2 });
 * console.log(layer.forward(randn([1, 8, 7, 7])).shape); // [1, 4, 14, 14]
 * console.log(layer.forward(randn([1, 8, 7, 7]), [15, 14]).shape); // [1, 4, 15, 14]
 * ```
 */
export class ConvTranspose2d extends ConvTranspose<Pair> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2dOptions = {}) {
    checkCall('ConvTranspose2d', arguments, ['inChannels', 'outChannels', 'kernelSize'], convTranspose2dOptions);
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Transposed convolution of sequences: [N, inChannels, L] → [N, outChannels, OL], with lengths as in
 * {@link ConvTranspose2d}. The weight is [inChannels, outChannels / groups, kernelSize].
 *
 * @throws ShapeError when the input has other channels, nothing would be left, or no convolution leads from outputSize to the input.
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
export class ConvTranspose1d extends ConvTranspose<number> {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvTranspose1dOptions = {}) {
    checkCall('ConvTranspose1d', arguments, ['inChannels', 'outChannels', 'kernelSize'], convTranspose1dOptions);
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options);
  }
}
