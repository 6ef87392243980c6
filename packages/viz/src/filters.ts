// What a convolution has learned, and what it sees: its kernels and its feature maps.

import { ArgumentError, checkCall, type Known, type KnownOptions } from '@dl/autograd';
import { drawGrid, type ImageGridOptions } from './image-grid.js';
import { checkImages, type Images } from './images.js';
import { checkWhole } from './validate.js';

/** Options of {@link filters}: those of `imageGrid`, with its own way to choose channels. */
export interface FiltersOptions extends Omit<ImageGridOptions, 'channels'> {
  /** Draws only the kernels on this input channel. */
  readonly inChannel?: number;
}

const filtersOptions: Known<FiltersOptions> = {
  inChannel: 'number',
  title: 'string',
  captions: 'list',
  columns: 'number',
  tileWidth: 'number',
  pixelSize: 'number',
  scale: 'list or string',
  palette: ['grey', 'ink', 'diverging'],
  scaleBar: 'boolean',
};

/**
 * Draws the weight of a convolution: one image per output channel if there is one input channel, one colour image if
 * there are three, else a table with a row per output channel and a column per input channel. By default
 * 0 is near-white, negative blue and positive orange, on one scale for all (in colour: 0 is mid-grey).
 *
 * @param weight `shape` [out, in, kernel height, kernel width], as in `Conv2d` and in PyTorch.
 * @throws ArgumentError, in one sentence, for another rank, more than 4096 kernels, bad options.
 *
 * @example
 * ```ts
 * import { filters } from '@dl/viz';
 * const data = Float32Array.from({ length: 6 * 25 }, (_, i) => Math.sin(i));
 * const svg = filters({ data, shape: [6, 1, 5, 5] });
 * console.log(svg.includes('filter 5')); // true
 * ```
 */
export function filters(weight: Images, options: FiltersOptions = {}): string {
  checkCall('filters', arguments, ['weight'], filtersOptions);
  checkImages('filters', weight, [4], '[out, in, kernel height, kernel width]');
  const [out, inputs, height, width] = weight.shape as [number, number, number, number];
  const { inChannel, ...rest } = { scale: 'symmetric', ...options } as const;
  const single = (n: number): string => `filter ${n}`;
  if (inChannel !== undefined) {
    checkWhole('filters', 'inChannel', inChannel, 0, inputs - 1);
    return drawGrid('filters', weight, { ...rest, channels: inChannel }, single);
  }
  if (inputs === 1 || inputs === 3) return drawGrid('filters', weight, rest, single);
  const kernels = { data: weight.data, shape: [out * inputs, height, width] };
  return drawGrid('filters', kernels, { columns: inputs, ...rest }, (n) => {
    return `filter ${Math.floor(n / inputs)}, input channel ${n % inputs}`;
  });
}

const featureMapsOptions: KnownOptions = {
  title: 'string',
  captions: 'list',
  columns: 'number',
  tileWidth: 'number',
  pixelSize: 'number',
  scale: 'list or string',
  palette: ['grey', 'ink', 'diverging'],
  scaleBar: 'boolean',
};

/**
 * Draws the feature maps of one input: one grey image per channel, each over its own range (`scale: 'all'` compares
 * them).
 *
 * @param activation `shape` [C, H, W], or [1, C, H, W] as a layer returns it.
 * @throws ArgumentError, in one sentence, for another rank, a batch of several inputs, bad options.
 *
 * @example
 * ```ts
 * import { featureMaps } from '@dl/viz';
 * const data = Float32Array.from({ length: 6 * 28 * 28 }, (_, i) => Math.cos(i / 9));
 * const svg = featureMaps({ data, shape: [6, 28, 28] });
 * console.log(svg.includes('map 5')); // true
 * ```
 */
export function featureMaps(activation: Images, options: Omit<ImageGridOptions, 'channels'> = {}): string {
  checkCall('featureMaps', arguments, ['activation'], featureMapsOptions);
  const layout = '[C, H, W] or [1, C, H, W]';
  checkImages('featureMaps', activation, [3, 4], layout);
  const { data, shape } = activation;
  if (shape.length === 4 && shape[0] !== 1) {
    throw new ArgumentError(
      `featureMaps: shape [${shape.join(', ')}] is a batch of ${shape[0]} inputs, needs ${layout}; slice out the one to draw`,
    );
  }
  return drawGrid('featureMaps', { data, shape: shape.slice(-3) }, options, (n) => `map ${n}`);
}
