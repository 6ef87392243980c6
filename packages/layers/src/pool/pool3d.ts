// MaxPool3d and AvgPool3d: pools of volumes. A window is a box, so that it is reduced along height and width first, then along the depth.

import {
  ArgumentError,
  avgPool2d,
  checkCall,
  formatShape,
  type Known,
  maxPool2d,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import type { Triple } from '../conv/conv3d.js';
import { toTuple } from '../conv/options.js';
import { formatArguments } from '../core/checks.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';
import { leftoversOf } from '../core/summary.js';
import { checkDivisor } from './window.js';

interface Pool3dOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: Triple;
  /** Added on all sides: never the largest for max, zeros for the mean. At most half the window. Default 0. */
  readonly padding?: Triple;
  /** Let windows reach over the edge, rather than leave elements out. Default false. */
  readonly ceilMode?: boolean;
}

const pool3dOptions: Known<Pool3dOptions> = {
  stride: 'number or list',
  padding: 'number or list',
  ceilMode: 'boolean',
};

/** Options of {@link MaxPool3d}. */
export interface MaxPool3dOptions extends Pool3dOptions {
  /** Steps between the elements of a window. Default 1. */
  readonly dilation?: Triple;
}

const maxPool3dOptions: Known<MaxPool3dOptions> = { ...pool3dOptions, dilation: 'number or list' };

/** Options of {@link AvgPool3d}. */
export interface AvgPool3dOptions extends Pool3dOptions {
  /** Count the padding in the divisor. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
  /** Divide the sum of each window by this whole number, whatever its size. Default: by how many elements it counts. */
  readonly divisorOverride?: number;
}

const avgPool3dOptions: Known<AvgPool3dOptions> = {
  ...pool3dOptions,
  countIncludePad: 'boolean',
  divisorOverride: 'number',
};

/** What a window does on an image. */
interface Geometry {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

type Reduce = (images: Tensor, kernelSize: readonly [number, number], geometry: Geometry, isLast: boolean) => Tensor;

abstract class Pool3d extends SpatialModule {
  /** [depth, height, width], as are the stride, the padding and the dilation. */
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;

  constructor(layer: string, kernelSize: Triple, options: MaxPool3dOptions) {
    super(layer, 3);
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
    this.kernelSize = toTuple(layer, 'kernelSize', kernelSize, 3, 1);
    this.stride = toTuple(layer, 'stride', stride, 3, 1);
    this.padding = toTuple(layer, 'padding', padding, 3, 0);
    this.dilation = toTuple(layer, 'dilation', dilation, 3, 1);
    this.ceilMode = ceilMode;
    const span = this.#span;
    if (this.padding.some((length, axis) => length > span[axis]! / 2)) {
      throw new ArgumentError(
        `${layer}: padding ${this.padding.join('x')} is more than half the window ${span.join('x')}; a window could see padding only`,
      );
    }
  }

  /** How many elements a window reaches over along each axis. */
  get #span(): readonly number[] {
    return this.kernelSize.map((length, axis) => this.dilation[axis]! * (length - 1) + 1);
  }

  protected reduced(x: Tensor, reduce: Reduce): Tensor {
    const [n, c, d, h, w] = x.shape as readonly [number, number, number, number, number];
    const span = this.#span;
    if (!this.ceilMode && [d, h, w].some((length, axis) => length + 2 * this.padding[axis]! < span[axis]!)) {
      throw new ShapeError(
        `${this.layer}: a window of ${span.join('x')} does not fit into an input of ${formatShape(x.shape)} with padding ${this.padding.join('x')}`,
      );
    }
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const image = (numbers: readonly number[]) => [numbers[1]!, numbers[2]!] as const;
    // Columns of one element each, which stay as they are.
    const depth = (numbers: readonly number[], other = 1) => [numbers[0]!, other] as const;
    const across: Geometry = { stride: image(stride), padding: image(padding), dilation: image(dilation), ceilMode };
    const down: Geometry = { stride: depth(stride), padding: depth(padding, 0), dilation: depth(dilation), ceilMode };
    const flat = reduce(reshape(x, [n, c * d, h, w]), image(kernelSize), across, false);
    const [, , oh, ow] = flat.shape as readonly [number, number, number, number];
    const deep = reduce(reshape(flat, [n, c, d, oh * ow]), depth(kernelSize), down, true);
    return reshape(deep, [n, c, deep.shape[2]!, oh, ow]);
  }

  override reach(): Reach {
    return windowReach(this.kernelSize, this.stride, this.dilation);
  }

  leftovers(input: Shape): readonly string[] {
    return this.ceilMode ? [] : leftoversOf(input, this);
  }

  override describe(): string {
    return this.describeWith({});
  }

  protected describeWith(options: Readonly<Record<string, readonly [value: unknown, standard: unknown]>>): string {
    return formatArguments([], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, this.kernelSize],
      padding: [this.padding, [0, 0, 0]],
      dilation: [this.dilation, [1, 1, 1]],
      ceilMode: [this.ceilMode, false],
      ...options,
    });
  }
}

/**
 * The largest element of each window of a volume: [N, C, D, H, W] → [N, C, OD, OH, OW], with lengths as in {@link MaxPool2d}. One
 * volume, [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MaxPool3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MaxPool3d(2).forward(randn([1, 3, 4, 8, 8])).shape); // [1, 3, 2, 4, 4]
 * ```
 */
export class MaxPool3d extends Pool3d {
  constructor(kernelSize: Triple, options: MaxPool3dOptions = {}) {
    checkCall('MaxPool3d', arguments, ['kernelSize'], maxPool3dOptions);
    super('MaxPool3d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return this.reduced(x, (images, kernelSize, window) => maxPool2d(images, kernelSize, window));
  }
}

/**
 * The mean of each window of a volume: [N, C, D, H, W] → [N, C, OD, OH, OW], with lengths and options as in {@link AvgPool2d}. One
 * volume, [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AvgPool3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AvgPool3d(2, { divisorOverride: 1 }).forward(ones([1, 1, 2, 2, 2])).item()); // 8, the sum
 * ```
 */
export class AvgPool3d extends Pool3d {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | undefined;

  constructor(kernelSize: Triple, options: AvgPool3dOptions = {}) {
    checkCall('AvgPool3d', arguments, ['kernelSize'], avgPool3dOptions);
    const { countIncludePad = true, divisorOverride, ...rest } = options;
    super('AvgPool3d', kernelSize, rest);
    this.countIncludePad = countIncludePad;
    this.divisorOverride = checkDivisor('AvgPool3d', divisorOverride);
  }

  protected forwardBatch(x: Tensor): Tensor {
    const { countIncludePad, divisorOverride } = this;
    // How many elements a box counts is the product of how many each of its sides does.
    return this.reduced(x, (images, kernelSize, { stride, padding, ceilMode }, isLast) => {
      const divisor = divisorOverride !== undefined && { divisorOverride: isLast ? divisorOverride : 1 };
      return avgPool2d(images, kernelSize, { stride, padding, ceilMode, countIncludePad, ...divisor });
    });
  }

  override describe(): string {
    return this.describeWith({
      countIncludePad: [this.countIncludePad, true],
      divisorOverride: [this.divisorOverride, undefined],
    });
  }
}
