// Pools of sequences: max, min and mean of each window. A sequence is an image of one row.

import {
  ArgumentError,
  avgPool2d,
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  maxPool2dWithIndices,
  neg,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';
import { leftoversOf } from '../core/summary.js';
import { avgOptions } from './window.js';

/** Options of pools of sequences. */
export interface Pool1dOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: number;
  /** Added at both ends: never the largest for max, nor the smallest for min; zeros for the mean. At most half the window. Default 0. */
  readonly padding?: number;
  /** Let windows reach over the end, rather than leave elements out. Default false. */
  readonly ceilMode?: boolean;
}

const pool1dOptions: Known<Pool1dOptions> = { stride: 'number', padding: 'number', ceilMode: 'boolean' };

/** Options of {@link MaxPool1d} and {@link MinPool1d}. */
export interface MaxPool1dOptions extends Pool1dOptions {
  /** Steps between the elements of a window. Default 1. */
  readonly dilation?: number;
}

const maxPool1dOptions: Known<MaxPool1dOptions> = { ...pool1dOptions, dilation: 'number' };

export abstract class Pool1d extends SpatialModule {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly ceilMode: boolean;

  constructor(layer: string, kernelSize: number, options: MaxPool1dOptions) {
    super(layer, 1);
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
    this.kernelSize = checkInteger(layer, 'kernelSize', kernelSize, 1);
    this.stride = checkInteger(layer, 'stride', stride, 1);
    this.padding = checkInteger(layer, 'padding', padding, 0);
    this.dilation = checkInteger(layer, 'dilation', dilation, 1);
    if (padding > this.#span / 2) {
      throw new ArgumentError(
        `${layer}: padding ${padding} is more than half the window ${this.#span}; a window could see padding only`,
      );
    }
    this.ceilMode = ceilMode;
  }

  /** How many elements a window reaches over, from its first to its last. */
  get #span(): number {
    return this.dilation * (this.kernelSize - 1) + 1;
  }

  /** [N, C, L] as images of one row. */
  protected rows(x: Tensor): Tensor {
    const [n, c, length] = x.shape as readonly [number, number, number];
    if (length + 2 * this.padding < this.#span && !this.ceilMode) {
      throw new ShapeError(
        `${this.layer}: a window of ${this.#span} does not fit into an input of ${formatShape(x.shape)} with padding ${this.padding}`,
      );
    }
    return reshape(x, [n, c, 1, length]);
  }

  protected get window2d() {
    return {
      stride: [1, this.stride] as const,
      padding: [0, this.padding] as const,
      dilation: [1, this.dilation] as const,
      ceilMode: this.ceilMode,
    };
  }

  override reach(): Reach {
    return windowReach([this.kernelSize], [this.stride], [this.dilation]);
  }

  leftovers(input: Shape): readonly string[] {
    const [kernelSize, stride, padding, dilation] = [[this.kernelSize], [this.stride], [this.padding], [this.dilation]];
    return this.ceilMode ? [] : leftoversOf(input, { kernelSize, stride, padding, dilation });
  }

  override describe(): string {
    return formatArguments([], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, this.kernelSize],
      padding: [this.padding, 0],
      dilation: [this.dilation, 1],
      ceilMode: [this.ceilMode, false],
    });
  }
}

/** [N, C, 1, L] → [N, C, L]. */
export function sequence(y: Tensor): Tensor {
  return reshape(y, [y.shape[0]!, y.shape[1]!, y.shape[3]!]);
}

/**
 * The largest element of each window: [N, C, L] → [N, C, OL] with
 * OL = ⌊(L + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1 (⌈…⌉ with `ceilMode`). The stride is the kernel size
 * unless given. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input is too short for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MaxPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * const x = tensor([[[2, 3, 1, 3, 2, 1]]]);
 * console.log(new MaxPool1d(3, { stride: 1 }).forward(x).toArray()); // [[[3, 3, 3, 3]]]
 * ```
 */
export class MaxPool1d extends Pool1d {
  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    checkCall('MaxPool1d', arguments, ['kernelSize'], maxPool1dOptions);
    super('MaxPool1d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return this.#largest(x).y;
  }

  /** Also where each of them was, `int32` [N, C, OL]. */
  forwardWithIndices(x: Tensor): { readonly y: Tensor; readonly indices: Tensor } {
    return this.inBatch(x, (batch) => this.#largest(batch));
  }

  #largest(x: Tensor): { readonly y: Tensor; readonly indices: Tensor } {
    const { y, indices } = maxPool2dWithIndices(this.rows(x), [1, this.kernelSize], this.window2d);
    return { y: sequence(y), indices: sequence(indices) };
  }
}

/**
 * The smallest element of each window, with lengths as in {@link MaxPool1d}: -max(-x).
 *
 * @throws ShapeError when the input is too short for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MinPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MinPool1d(2).forward(tensor([[[2, 3, 1, 4]]])).toArray()); // [[[2, 1]]]
 * ```
 */
export class MinPool1d extends Pool1d {
  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    checkCall('MinPool1d', arguments, ['kernelSize'], maxPool1dOptions);
    super('MinPool1d', kernelSize, options);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return neg(sequence(maxPool2dWithIndices(neg(this.rows(x)), [1, this.kernelSize], this.window2d).y));
  }
}

/** Options of {@link AvgPool1d}. */
export interface AvgPool1dOptions extends Pool1dOptions {
  /** Count the padding in the divisor. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

const avgPool1dOptions: Known<AvgPool1dOptions> = { ...pool1dOptions, countIncludePad: 'boolean' };

/**
 * The mean of each window, with lengths as in {@link MaxPool1d}.
 *
 * @throws ShapeError when the input is too short for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AvgPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * const x = tensor([[[2, 3, 1, 3, 2, 1]]]);
 * console.log(new AvgPool1d(3, { stride: 1 }).forward(x).toArray()); // 2, 7/3, 2, 2
 * ```
 */
export class AvgPool1d extends Pool1d {
  readonly countIncludePad: boolean;

  constructor(kernelSize: number, options: AvgPool1dOptions = {}) {
    checkCall('AvgPool1d', arguments, ['kernelSize'], avgPool1dOptions);
    const { countIncludePad = true, ...rest } = options;
    super('AvgPool1d', kernelSize, rest);
    this.countIncludePad = countIncludePad;
  }

  protected forwardBatch(x: Tensor): Tensor {
    const { countIncludePad } = this;
    return sequence(avgPool2d(this.rows(x), [1, this.kernelSize], { ...avgOptions(this.window2d), countIncludePad }));
  }

  override describe(): string {
    const counted = formatArguments([], { countIncludePad: [this.countIncludePad, true] });
    return [super.describe(), counted].filter((part) => part !== '').join(', ');
  }
}
