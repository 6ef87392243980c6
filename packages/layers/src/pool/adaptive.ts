// Adaptive pools: as many windows as the output is to have, whatever the size of the input. Global pools: one window.

import {
  avgPool2d,
  checkCall,
  formatShape,
  indexSelect,
  maxPool2d,
  mean,
  pad,
  reshape,
  ShapeError,
  sizeOf,
  type Tensor,
  tensor,
  typedArray,
} from '@dl/autograd';
import { toTuple } from '../conv/options.js';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import type { Reach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';

/** How long an axis of the output is; null for as long as the input's. */
export type OutputSize = number | null;

type Pooling = (image: Tensor, kernel: readonly [number, number], stride: readonly [number, number]) => Tensor;

/** How windows become numbers. */
interface Reduction {
  /** Of windows that are as long and as far apart as each other. */
  readonly pool: Pooling;
  /** Of any windows along one axis of an image. */
  readonly along: (image: Tensor, axis: 2 | 3, windows: readonly Window[]) => Tensor;
}

abstract class AdaptivePool extends SpatialModule {
  readonly outputSize: readonly OutputSize[];
  readonly #reduction: Reduction;

  constructor(
    layer: string,
    axes: 1 | 2,
    outputSize: OutputSize | readonly [OutputSize, OutputSize],
    reduction: Reduction,
  ) {
    super(layer, axes);
    this.#reduction = reduction;
    const list = Array.isArray(outputSize) ? outputSize : Array.from({ length: axes }, () => outputSize as OutputSize);
    // null stands for any size, which 1 is.
    toTuple(layer, 'outputSize', list.map((size) => (size === null ? 1 : size)) as number[], axes, 1);
    this.outputSize = list;
  }

  protected forwardBatch(x: Tensor): Tensor {
    needPlaces(this.layer, x);
    const [n, c, ...places] = x.shape as readonly [number, number, ...number[]];
    const sizes = places.map((length, i) => this.outputSize[i] ?? length);
    // A sequence is an image of one row.
    const isSequence = places.length === 1;
    const image = isSequence ? reshape(x, [n, c, 1, places[0]!]) : x;
    const rows = isSequence ? [windows(1, 1)] : [];
    const [vertical, horizontal] = [...rows, ...sizes.map((size, i) => windows(places[i]!, size))] as const;
    return reshape(this.#pool(image, vertical!, horizontal!), [n, c, ...sizes]);
  }

  #pool(image: Tensor, vertical: readonly Window[], horizontal: readonly Window[]): Tensor {
    const { pool, along } = this.#reduction;
    const [v, h] = [evenly(vertical), evenly(horizontal)];
    if (v !== undefined && h !== undefined) return pool(image, [v.length, h.length], [v.step, h.step]);
    // A window is a rectangle, so that its axes can be reduced one after the other.
    return along(along(image, 3, horizontal), 2, vertical);
  }

  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return formatArguments([], { outputSize: [[...this.outputSize], undefined] });
  }
}

type Window = readonly [start: number, end: number];

/** Window i begins at ⌊i · length / size⌋ and ends before ⌈(i + 1) · length / size⌉. */
function windows(length: number, size: number): Window[] {
  return Array.from({ length: size }, (_, i) => [
    Math.floor((i * length) / size),
    Math.ceil(((i + 1) * length) / size),
  ]);
}

/** How long windows are and how far apart, where that is the same for all. */
function evenly(all: readonly Window[]): { readonly length: number; readonly step: number } | undefined {
  const length = all[0]![1];
  const step = all.length === 1 ? length : all[1]![0];
  // Where there are more windows than elements, neighbours begin at the same place.
  const isEven = step > 0 && all.every(([start, end], i) => start === i * step && end - start === length);
  return isEven ? { length, step } : undefined;
}

/** The elements of all windows side by side, each window as long as the longest; what a shorter one lacks is `filled`. */
function sideBySide(
  image: Tensor,
  axis: 2 | 3,
  all: readonly Window[],
  longest: number,
  filled: (window: Window) => number,
): Tensor {
  const from = all.flatMap((window) =>
    Array.from({ length: longest }, (_, i) => (window[0] + i < window[1] ? window[0] + i : filled(window))),
  );
  return indexSelect(image, axis, tensor(Int32Array.from(from), { backend: image.backend }));
}

function longestOf(all: readonly Window[]): number {
  return Math.max(...all.map(([start, end]) => end - start));
}

function onAxis(axis: 2 | 3, value: number, other: number): [number, number] {
  return axis === 2 ? [value, other] : [other, value];
}

const average: Reduction = {
  pool: (image, kernel, stride) => avgPool2d(image, kernel, { stride }),
  along: (image, axis, all) => {
    const longest = longestOf(all);
    const length = image.shape[axis]!;
    // Shorter windows are filled up with a 0 that stands behind the last element, and adds nothing to a sum.
    const [vertical, horizontal] = onAxis(axis, 1, 0);
    const padded = pad(image, [
      [0, 0],
      [0, 0],
      [0, vertical],
      [0, horizontal],
    ]);
    const means = avgPool2d(
      sideBySide(padded, axis, all, longest, () => length),
      onAxis(axis, longest, 1),
    );
    const factors = typedArray(image.dtype, all.length);
    all.forEach(([start, end], i) => {
      factors[i] = longest / (end - start);
    });
    return means.mul(tensor({ data: factors, shape: onAxis(axis, all.length, 1) }, { backend: image.backend }));
  },
};

const largest: Reduction = {
  pool: (image, kernel, stride) => maxPool2d(image, kernel, { stride }),
  along: (image, axis, all) => {
    const longest = longestOf(all);
    // A shorter window comes to its last element again, which changes no maximum.
    const elements = sideBySide(image, axis, all, longest, ([, end]) => end - 1);
    return maxPool2d(elements, onAxis(axis, longest, 1));
  },
};

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
    checkCall('AdaptiveAvgPool2d', arguments, ['outputSize']);
    super('AdaptiveAvgPool2d', 2, outputSize, average);
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
    checkCall('AdaptiveAvgPool1d', arguments, ['outputSize']);
    super('AdaptiveAvgPool1d', 1, outputSize, average);
  }
}

/**
 * The largest of each of as many windows as the output is to have: [N, C, H, W] → [N, C, ...outputSize], with windows as in
 * {@link AdaptiveAvgPool2d}. The gradient goes to that element; of equals, to the first.
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
    checkCall('AdaptiveMaxPool2d', arguments, ['outputSize']);
    super('AdaptiveMaxPool2d', 2, outputSize, largest);
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
    checkCall('AdaptiveMaxPool1d', arguments, ['outputSize']);
    super('AdaptiveMaxPool1d', 1, outputSize, largest);
  }
}

/** Throws where the examples have nothing in them. A batch of none is none. */
function needPlaces(layer: string, x: Tensor): void {
  if (!x.shape.slice(1).includes(0)) return;
  throw new ShapeError(`${layer}: input is ${formatShape(x.shape)}, which has nothing to pool`);
}

/** Throws unless there are axes behind batch and channels, with something in them. */
function needMap(layer: string, x: Tensor): void {
  needTensor(layer, x);
  if (x.rank < 3) {
    throw new ShapeError(`${layer}: input is ${formatShape(x.shape)}, needs [batch, channels, ...places]`);
  }
  needPlaces(layer, x);
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
    needMap('GlobalAvgPool', x);
    return mean(
      x,
      x.shape.slice(2).map((_, i) => i + 2),
    );
  }

  override reach(): Reach {
    return 'all';
  }
}

/**
 * The largest element of each channel: [N, C, ...] → [N, C]. The gradient goes to that element; of equals, to the first.
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
    needMap('GlobalMaxPool', x);
    const [n, c, ...places] = x.shape as readonly [number, number, ...number[]];
    const count = sizeOf(places);
    return reshape(maxPool2d(reshape(x, [n, c, 1, count]), [1, count]), [n, c]);
  }

  override reach(): Reach {
    return 'all';
  }
}
