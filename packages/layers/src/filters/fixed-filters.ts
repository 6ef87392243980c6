// Filters that are known rather than learned: edges, sharpening and smoothing, to see what a convolution does.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  conv2d,
  formatShape,
  internalScope,
  type Known,
  repeat,
  reshape,
  type Shape,
  ShapeError,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { convMultiplyAdds } from '../conv/options.js';
import { formatArguments } from '../core/checks.js';
import { buffer, type ParameterOptions } from '../core/parameter.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { SpatialModule } from '../core/spatial.js';
import { made, needChannels } from '../norm/affine.js';

/** The names of the filters that {@link fixedFilter} has. */
export type FilterName = keyof typeof tables | 'box' | 'gaussian';

// X: changes from left to right, Y: from top to bottom.
const tables = {
  sobelX: [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  sobelY: [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  prewittX: [
    [-1, 0, 1],
    [-1, 0, 1],
    [-1, 0, 1],
  ],
  prewittY: [
    [-1, -1, -1],
    [0, 0, 0],
    [1, 1, 1],
  ],
  laplacian: [
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ],
  laplacianDiagonal: [
    [1, 1, 1],
    [1, -8, 1],
    [1, 1, 1],
  ],
  sharpen: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
  verticalEdge: [
    [1, 0, -1],
    [1, 0, -1],
    [1, 0, -1],
  ],
} as const;

/** Options of {@link fixedFilter}. */
export interface FixedFilterOptions extends Omit<ParameterOptions, 'generator'> {
  /** How many rows and columns `box` and `gaussian` have. Default 3; the others have 3. */
  readonly size?: number;
  /** The standard deviation of `gaussian`, in pixels. Default (size - 1) / 4. */
  readonly sigma?: number;
}

const fixedFilterOptions: Known<FixedFilterOptions> = {
  size: 'number',
  sigma: 'number',
  dtype: 'dtype',
  backend: 'backend',
};

/**
 * A filter by its name, [size, size], as it lies on the image (for cross-correlation):
 *
 * - `sobelX`, `sobelY`, `prewittX`, `prewittY`: the slope along an axis, smoothed across it. Positive where it gets brighter.
 * - `laplacian`, `laplacianDiagonal`: second derivatives, with the four or the eight neighbours. They are negative in the middle, as
 *   the derivatives are at a bright spot; the other custom has the opposite sign, positive in the middle.
 * - `sharpen`: the image less its laplacian.
 * - `verticalEdge`: columns of 1, 0 and -1. Positive where the image gets darker to the right.
 * - `box`: the mean; `gaussian`: a mean with weights exp(-distance² / 2σ²) that sum to 1.
 *
 * @throws ArgumentError for another name, or a size where it has one.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { fixedFilter } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(fixedFilter('verticalEdge').toArray()); // [[1, 0, -1], [1, 0, -1], [1, 0, -1]]
 * console.log(fixedFilter('gaussian', { size: 5, sigma: 1 }).sum().item()); // 1
 * ```
 */
export function fixedFilter(name: FilterName, options: FixedFilterOptions = {}): Tensor {
  checkCall('fixedFilter', arguments, ['name'], fixedFilterOptions);
  const { size = 3, sigma = (size - 1) / 4, ...making } = options;
  checkInteger('fixedFilter', 'size', size, 1);
  if (name === 'box')
    return tensor(
      square(size, () => 1 / size ** 2),
      made(making),
    );
  if (name === 'gaussian') {
    if (size > 1 && !(sigma > 0 && sigma < Infinity)) {
      throw new ArgumentError(`fixedFilter: sigma is ${shown(sigma)}, needs a number of pixels above 0`);
    }
    const middle = (size - 1) / 2;
    const weights = Array.from({ length: size }, (_, i) =>
      size === 1 ? 1 : Math.exp(-((i - middle) ** 2) / (2 * sigma ** 2)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return tensor(
      square(size, (i, j) => (weights[i]! / total) * (weights[j]! / total)),
      made(making),
    );
  }
  if (!Object.hasOwn(tables, name)) {
    const names = [...Object.keys(tables), 'box', 'gaussian'].join(', ');
    throw new ArgumentError(`fixedFilter: there is no filter ${shown(name)}; there are ${names}`);
  }
  if (size !== 3)
    throw new ArgumentError(`fixedFilter: size is ${size}, but ${name} has 3 rows; box and gaussian have sizes`);
  return tensor(tables[name], made(making));
}

function square(size: number, value: (i: number, j: number) => number): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => value(i, j)));
}

/** Options of {@link FixedFilter2d}. */
export interface FixedFilter2dOptions extends FixedFilterOptions {
  /** How many channels images have; each is filtered by itself. Default 1. */
  readonly channels?: number;
  /** Zeros on all sides: a number, `valid` (none) or `same` (the output as large as the input, default). */
  readonly padding?: number | 'same' | 'valid';
}

const fixedFilter2dOptions: Known<FixedFilter2dOptions> = {
  channels: 'number',
  padding: 'number or string',
  ...fixedFilterOptions,
};

/**
 * A fixed filter as a layer: [N, channels, H, W] → [N, channels, OH, OW], each channel by itself. The filter is a name of
 * {@link fixedFilter}, or rows of numbers; it is a buffer, `weight`, and not trained. One image, [channels, H, W], needs no
 * batch.
 *
 * @throws ShapeError when the input has other channels, or is too small for the filter.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { FixedFilter2d } from '@dl/layers';
 * await useBackend(cpu());
 * const image = tensor([[[[9, 9, 9, 0, 0], [9, 9, 9, 0, 0], [9, 9, 9, 0, 0]]]]);
 * console.log(new FixedFilter2d('verticalEdge', { padding: 0 }).forward(image).toArray()); // [[[[0, 27, 27]]]]
 * ```
 */
export class FixedFilter2d extends SpatialModule {
  readonly filter: string;
  readonly channels: number;
  readonly padding: number | 'same' | 'valid';
  readonly weight: Tensor;

  constructor(filter: FilterName | readonly (readonly number[])[], given: FixedFilter2dOptions = {}) {
    checkCall('FixedFilter2d', arguments, ['filter'], fixedFilter2dOptions);
    super('FixedFilter2d', 2);
    const { channels = 1, padding = 'same', ...options } = given;
    this.channels = checkInteger('FixedFilter2d', 'channels', channels, 1);
    if (typeof padding === 'number') checkInteger('FixedFilter2d', 'padding', padding, 0);
    this.padding = padding;
    const scope = internalScope();
    try {
      const plain = typeof filter === 'string' ? fixedFilter(filter, options) : tensor(filter, made(options));
      if (plain.rank !== 2 || plain.size === 0) {
        throw new ShapeError(`FixedFilter2d: the filter is ${formatShape(plain.shape)}, needs rows of numbers`);
      }
      this.filter = typeof filter === 'string' ? filter : plain.shape.join('x');
      this.weight = buffer(repeat(reshape(plain, [1, 1, ...plain.shape]), [channels, 1, 1, 1]));
    } finally {
      scope.end();
    }
  }

  protected forwardBatch(x: Tensor): Tensor {
    needChannels('FixedFilter2d', x, this.weight, this.channels, [4], '[batch, channels, height, width]');
    return conv2d(x, this.weight, { padding: this.padding, groups: this.channels });
  }

  override multiplyAdds(_input: Shape, output: Shape): number {
    return convMultiplyAdds(this.weight.shape, output);
  }

  override reach(): Reach {
    return windowReach(this.weight.shape.slice(2), [1, 1]);
  }

  override describe(): string {
    const rest = formatArguments([], { channels: [this.channels, 1], padding: [this.padding, 'same'] });
    return rest === '' ? this.filter : `${this.filter}, ${rest}`;
  }
}
