// Pools of sequences: max, min and mean of each window. A sequence is an image of one row.

import {
  ArgumentError,
  avgPool2d,
  checkInteger,
  formatShape,
  maxPool2dWithIndices,
  neg,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { leftoversOf } from '../core/summary.js';

/** Options of {@link MaxPool1d} and {@link MinPool1d}. */
export interface Pool1dOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: number;
  /** Added at both ends: never the largest for max, nor the smallest for min; zeros for the mean. At most half the window. Default 0. */
  readonly padding?: number;
  /** Let windows reach over the end, rather than leave elements out. Default false. */
  readonly ceilMode?: boolean;
}

export abstract class Pool1d extends Module {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  readonly ceilMode: boolean;
  readonly #layer: string;

  constructor(layer: string, kernelSize: number, options: Pool1dOptions) {
    super();
    const { stride = kernelSize, padding = 0, ceilMode = false } = options;
    this.#layer = layer;
    this.kernelSize = checkInteger(layer, 'kernelSize', kernelSize, 1);
    this.stride = checkInteger(layer, 'stride', stride, 1);
    this.padding = checkInteger(layer, 'padding', padding, 0);
    if (padding > kernelSize / 2) {
      throw new ArgumentError(
        `${layer}: padding ${padding} is more than half the window ${kernelSize}; a window could see padding only`,
      );
    }
    this.ceilMode = ceilMode;
  }

  /** [N, C, L] as images of one row. */
  protected rows(x: Tensor): Tensor {
    needTensor(this.#layer, x);
    if (x.rank !== 3) {
      throw new ShapeError(`${this.#layer}: input is ${formatShape(x.shape)}, needs 3 axes: [batch, channels, length]`);
    }
    const [n, c, length] = x.shape as readonly [number, number, number];
    if (length + 2 * this.padding < this.kernelSize && !this.ceilMode) {
      throw new ShapeError(
        `${this.#layer}: a window of ${this.kernelSize} does not fit into an input of ${formatShape(x.shape)} with padding ${this.padding}`,
      );
    }
    return reshape(x, [n, c, 1, length]);
  }

  protected get window2d() {
    return {
      stride: [1, this.stride] as const,
      padding: [0, this.padding] as const,
      ceilMode: this.ceilMode,
    };
  }

  override reach(): Reach {
    return windowReach([this.kernelSize], [this.stride]);
  }

  leftovers(input: Shape): readonly string[] {
    const { kernelSize, stride, padding } = this;
    return this.ceilMode ? [] : leftoversOf(input, { kernelSize: [kernelSize], stride: [stride], padding: [padding] });
  }

  override describe(): string {
    return formatArguments([], {
      kernelSize: [this.kernelSize, undefined],
      stride: [this.stride, this.kernelSize],
      padding: [this.padding, 0],
      ceilMode: [this.ceilMode, false],
    });
  }
}

/** [N, C, 1, L] → [N, C, L]. */
export function sequence(y: Tensor): Tensor {
  return reshape(y, [y.shape[0]!, y.shape[1]!, y.shape[3]!]);
}

/**
 * The largest element of each window: [N, C, L] → [N, C, OL] with OL = ⌊(L + 2·padding - kernelSize) / stride⌋ + 1
 * (⌈…⌉ with `ceilMode`). The stride is the kernel size unless given.
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
  constructor(kernelSize: number, options: Pool1dOptions = {}) {
    super('MaxPool1d', kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.forwardWithIndices(x).y;
  }

  /** Also where each of them was, `int32` [N, C, OL]. */
  forwardWithIndices(x: Tensor): { readonly y: Tensor; readonly indices: Tensor } {
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
  constructor(kernelSize: number, options: Pool1dOptions = {}) {
    super('MinPool1d', kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return neg(sequence(maxPool2dWithIndices(neg(this.rows(x)), [1, this.kernelSize], this.window2d).y));
  }
}

/** Options of {@link AvgPool1d}. */
export interface AvgPool1dOptions extends Pool1dOptions {
  /** Count the padding in the divisor. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

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

  constructor(kernelSize: number, { countIncludePad = true, ...options }: AvgPool1dOptions = {}) {
    super('AvgPool1d', kernelSize, options);
    this.countIncludePad = countIncludePad;
  }

  forward(x: Tensor): Tensor {
    const { countIncludePad } = this;
    return sequence(avgPool2d(this.rows(x), [1, this.kernelSize], { ...this.window2d, countIncludePad }));
  }

  override describe(): string {
    const counted = formatArguments([], { countIncludePad: [this.countIncludePad, true] });
    return [super.describe(), counted].filter((part) => part !== '').join(', ');
  }
}
