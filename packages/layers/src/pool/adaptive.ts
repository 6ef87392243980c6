// Adaptive pools: as many windows as the output is to have, whatever the size of the input. Global pools: one window.

import {
  formatShape,
  indexSelect,
  matmul,
  max,
  mean,
  reshape,
  ShapeError,
  type Tensor,
  tensor,
  transpose,
  typedArray,
} from '@dl/autograd';
import { toTuple } from '../conv/options.js';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import type { Reach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';

/** How long an axis of the output is; null for as long as the input's. */
export type OutputSize = number | null;

abstract class AdaptivePool extends SpatialModule {
  readonly outputSize: readonly OutputSize[];
  /** Reduces one axis to `size` windows. */
  readonly #reduce: (x: Tensor, axis: number, size: number) => Tensor;

  constructor(
    layer: string,
    axes: 1 | 2,
    outputSize: OutputSize | readonly [OutputSize, OutputSize],
    reduce: (x: Tensor, axis: number, size: number) => Tensor,
  ) {
    super(layer, axes);
    this.#reduce = reduce;
    const list = Array.isArray(outputSize) ? outputSize : Array.from({ length: axes }, () => outputSize as OutputSize);
    // null stands for any size, which 1 is.
    toTuple(layer, 'outputSize', list.map((size) => (size === null ? 1 : size)) as number[], axes, 1);
    this.outputSize = list;
  }

  protected forwardBatch(x: Tensor): Tensor {
    if (x.size === 0) {
      throw new ShapeError(`${this.layer}: input is ${formatShape(x.shape)}, which has nothing to pool`);
    }
    // A window is a rectangle, so that its axes can be reduced one after the other.
    return this.outputSize.reduceRight<Tensor>((y, size, i) => {
      const length = y.shape[i + 2]!;
      return size === null || size === length ? y : this.#reduce(y, i + 2, size);
    }, x);
  }

  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return formatArguments([], { outputSize: [[...this.outputSize], undefined] });
  }
}

/** Window i begins at ⌊i · length / size⌋ and ends before ⌈(i + 1) · length / size⌉. */
function windows(length: number, size: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: size }, (_, i) => [
    Math.floor((i * length) / size),
    Math.ceil(((i + 1) * length) / size),
  ]);
}

/** Windows of one length, side by side, are an axis of their own; others are the rows of a matrix of weights. */
function averageAlong(x: Tensor, axis: number, size: number): Tensor {
  const length = x.shape[axis]!;
  if (length % size === 0) return mean(reshape(x, x.shape.toSpliced(axis, 1, size, length / size)), axis + 1);
  const weights = typedArray(x.dtype, size * length);
  windows(length, size).forEach(([start, end], row) => {
    weights.fill(1 / (end - start), row * length + start, row * length + end);
  });
  const matrix = tensor({ data: weights, shape: [size, length] }, { backend: x.backend });
  return axis === x.rank - 1 ? matmul(x, transpose(matrix)) : matmul(matrix, x);
}

function largestAlong(x: Tensor, axis: number, size: number): Tensor {
  const length = x.shape[axis]!;
  const split = (y: Tensor, each: number): Tensor => max(reshape(y, y.shape.toSpliced(axis, 1, size, each)), axis + 1);
  if (length % size === 0) return split(x, length / size);
  const all = windows(length, size);
  const longest = Math.max(...all.map(([start, end]) => end - start));
  // A shorter window comes to its last element again, which changes no maximum.
  const from = all.flatMap(([start, end]) => Array.from({ length: longest }, (_, i) => Math.min(start + i, end - 1)));
  return split(indexSelect(x, axis, tensor(Int32Array.from(from), { backend: x.backend })), longest);
}

/**
 * Means of as many windows as the output is to have: [N, C, H, W] → [N, C, ...outputSize]. Window i along an axis of length L
 * goes from ⌊i·L/O⌋ to before ⌈(i + 1)·L/O⌉. null leaves an axis as it is. One image, [C, H, W],
 * needs no batch.
 *
 * @throws ShapeError for an input of other axes.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AdaptiveAvgPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AdaptiveAvgPool2d([3, 2]).forward(randn([1, 8, 7, 9])).shape); // [1, 8, 3, 2]
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptivePool {
  constructor(outputSize: OutputSize | readonly [OutputSize, OutputSize]) {
    super('AdaptiveAvgPool2d', 2, outputSize, averageAlong);
  }
}

/**
 * Means of as many windows as the output is to have: [N, C, L] → [N, C, outputSize]. See {@link AdaptiveAvgPool2d}.
 *
 * @throws ShapeError for an input of other axes.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AdaptiveAvgPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AdaptiveAvgPool1d(2).forward(tensor([[[1, 2, 3]]])).toArray()); // [[[1.5, 2.5]]]
 * ```
 */
export class AdaptiveAvgPool1d extends AdaptivePool {
  constructor(outputSize: OutputSize) {
    super('AdaptiveAvgPool1d', 1, outputSize, averageAlong);
  }
}

/**
 * The largest of each of as many windows as the output is to have: [N, C, H, W] → [N, C, ...outputSize], with windows as in
 * {@link AdaptiveAvgPool2d}. Of equals in a window, each gets a share of the gradient.
 *
 * @throws ShapeError for an input of other axes.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AdaptiveMaxPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AdaptiveMaxPool2d([null, 2]).forward(randn([1, 8, 7, 9])).shape); // [1, 8, 7, 2]
 * ```
 */
export class AdaptiveMaxPool2d extends AdaptivePool {
  constructor(outputSize: OutputSize | readonly [OutputSize, OutputSize]) {
    super('AdaptiveMaxPool2d', 2, outputSize, largestAlong);
  }
}

/**
 * The largest of each of as many windows as the output is to have: [N, C, L] → [N, C, outputSize]. See
 * {@link AdaptiveMaxPool2d}.
 *
 * @throws ShapeError for an input of other axes.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AdaptiveMaxPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new AdaptiveMaxPool1d(2).forward(tensor([[[1, 2, 3]]])).toArray()); // [[[2, 3]]]
 * ```
 */
export class AdaptiveMaxPool1d extends AdaptivePool {
  constructor(outputSize: OutputSize) {
    super('AdaptiveMaxPool1d', 1, outputSize, largestAlong);
  }
}

/** All axes behind batch and channels; throws where there is none, or nothing in them. */
function placesOf(layer: string, x: Tensor): number[] {
  needTensor(layer, x);
  if (x.rank < 3 || x.size === 0) {
    const got = x.rank < 3 ? formatShape(x.shape) : `${formatShape(x.shape)}, which has nothing to pool`;
    throw new ShapeError(`${layer}: input is ${got}, needs [batch, channels, ...places]`);
  }
  return x.shape.slice(2).map((_: number, i: number) => i + 2);
}

/**
 * The mean of each channel over all places: [N, C, ...] → [N, C] (Lin et al., "Network in Network", 2013). It takes the
 * place of Flatten before the last layer, for inputs of any size.
 *
 * @throws ShapeError for an input without places.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GlobalAvgPool } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GlobalAvgPool().forward(randn([4, 8, 7, 7])).shape); // [4, 8]
 * ```
 */
export class GlobalAvgPool extends Module {
  forward(x: Tensor): Tensor {
    return mean(x, placesOf('GlobalAvgPool', x));
  }

  override reach(): Reach {
    return 'all';
  }
}

/**
 * The largest element of each channel: [N, C, ...] → [N, C]. Of equals, each gets a share of the gradient.
 *
 * @throws ShapeError for an input without places.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GlobalMaxPool } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GlobalMaxPool().forward(randn([4, 8, 7])).shape); // [4, 8]
 * ```
 */
export class GlobalMaxPool extends Module {
  forward(x: Tensor): Tensor {
    return max(x, placesOf('GlobalMaxPool', x));
  }

  override reach(): Reach {
    return 'all';
  }
}
