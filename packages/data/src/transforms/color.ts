// Transforms that change values and leave pixels where they are: colours, normalisation, holes.

import { ArgumentError, checkCall, type Known, ShapeError, shown } from '@dl/autograd';
import { checkProbability, checkSize, type Image, sizesOf, type Transform } from './transform.js';

/**
 * (x - mean) / std, for each channel its own, or one for all.
 *
 * @throws ArgumentError when a deviation is not above 0, ShapeError when there is neither one number nor one a channel.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { normalize } from '@dl/data';
 * const image = { data: Float32Array.of(0, 1), shape: [1, 1, 2] };
 * console.log(normalize([0.5], [0.5])(image, new Generator(0)).data); // -1 and 1
 * ```
 */
export function normalize(mean: readonly number[], std: readonly number[]): Transform {
  checkCall('normalize', arguments, ['mean', 'std']);
  const bad = std.find((deviation) => !(deviation > 0));
  if (bad !== undefined) throw new ArgumentError(`normalize: a deviation is ${shown(bad)}, needs numbers above 0`);
  return (image) => {
    const [channels, height, width] = sizesOf(image, 'normalize');
    for (const { length } of [mean, std]) {
      if (length !== 1 && length !== channels) {
        throw new ShapeError(
          `normalize: got ${mean.length} means and ${std.length} deviations for ${channels} channels, needs 1 or ${channels}`,
        );
      }
    }
    const plane = height * width;
    const data = image.data.map((value, i) => {
      const c = Math.floor(i / plane);
      return (value - mean[mean.length === 1 ? 0 : c]!) / std[std.length === 1 ? 0 : c]!;
    });
    return { data, shape: image.shape };
  };
}

const unit = (value: number): number => Math.min(1, Math.max(0, value));

/** The grey of each pixel, 0.2989 R + 0.587 G + 0.114 B; of an image with one channel, itself. */
function greys(image: Image): Float32Array {
  if (image.shape[0] === 1) return image.data;
  const plane = image.data.length / 3;
  return Float32Array.from(
    { length: plane },
    (_, i) => 0.2989 * image.data[i]! + 0.587 * image.data[plane + i]! + 0.114 * image.data[2 * plane + i]!,
  );
}

function checkColors(image: Image, what: string): void {
  const [channels] = sizesOf(image, what);
  if (channels !== 1 && channels !== 3) {
    throw new ShapeError(`${what}: the image has ${channels} channels, needs 1 (grey) or 3 (red, green, blue)`);
  }
}

function checkFactor(what: string, factor: number): void {
  if (!(factor >= 0 && factor < Infinity)) {
    throw new ArgumentError(`${what}: the factor is ${shown(factor)}, needs a number of at least 0; 1 changes nothing`);
  }
}

/** factor x + (1 - factor) other, kept within 0 … 1. */
function blend(image: Image, factor: number, other: (i: number) => number): Image {
  return { data: image.data.map((value, i) => unit(factor * value + (1 - factor) * other(i))), shape: image.shape };
}

/**
 * Values times `factor`, kept within 0 … 1.
 *
 * @throws ArgumentError for a factor below 0, ShapeError when there are neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { adjustBrightness } from '@dl/data';
 * const orange = { data: Float32Array.of(1, 0.5, 0), shape: [3, 1, 1] };
 * console.log(adjustBrightness(0.5)(orange, new Generator(0)).data); // 0.5, 0.25, 0
 * ```
 */
export function adjustBrightness(factor: number): Transform {
  checkCall('adjustBrightness', arguments, [['factor', 'number']]);
  checkFactor('adjustBrightness', factor);
  return (image) => {
    checkColors(image, 'adjustBrightness');
    return blend(image, factor, () => 0);
  };
}

/**
 * Values moved from the mean grey of the image (factor above 1) or towards it, kept within 0 … 1.
 *
 * @throws ArgumentError for a factor below 0, ShapeError when there are neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { adjustContrast } from '@dl/data';
 * const orange = { data: Float32Array.of(1, 0.5, 0), shape: [3, 1, 1] };
 * console.log(adjustContrast(0)(orange, new Generator(0)).data); // 0.592 in each: the mean grey
 * ```
 */
export function adjustContrast(factor: number): Transform {
  checkCall('adjustContrast', arguments, [['factor', 'number']]);
  checkFactor('adjustContrast', factor);
  return (image) => {
    checkColors(image, 'adjustContrast');
    const grey = greys(image);
    const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
    return blend(image, factor, () => mean);
  };
}

/**
 * Colours moved from the grey of their pixel (factor above 1) or towards it, kept within 0 … 1.
 *
 * @throws ArgumentError for a factor below 0, ShapeError when there are neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { adjustSaturation } from '@dl/data';
 * const orange = { data: Float32Array.of(1, 0.5, 0), shape: [3, 1, 1] };
 * console.log(adjustSaturation(2)(orange, new Generator(0)).data); // 1, 0.408, 0
 * ```
 */
export function adjustSaturation(factor: number): Transform {
  checkCall('adjustSaturation', arguments, [['factor', 'number']]);
  checkFactor('adjustSaturation', factor);
  return (image) => {
    checkColors(image, 'adjustSaturation');
    if (image.shape[0] === 1) return image;
    const grey = greys(image);
    return blend(image, factor, (i) => grey[i % grey.length]!);
  };
}

/**
 * Hues turned round the circle of colours by `turn`, where 1 is once around: 1/3 makes green of red. Saturation and
 * value (HSV) stay.
 *
 * @throws ArgumentError when `turn` is not from -1/2 to 1/2, ShapeError when there are neither 1 nor 3 channels.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { adjustHue } from '@dl/data';
 * const orange = { data: Float32Array.of(1, 0.5, 0), shape: [3, 1, 1] };
 * console.log(adjustHue(1 / 3)(orange, new Generator(0)).data); // 0, 1, 0.5: a green
 * ```
 */
export function adjustHue(turn: number): Transform {
  checkCall('adjustHue', arguments, [['turn', 'number']]);
  if (!(Math.abs(turn) <= 0.5))
    throw new ArgumentError(`adjustHue: turn is ${shown(turn)}, needs a number from -0.5 to 0.5`);
  return (image) => {
    checkColors(image, 'adjustHue');
    if (image.shape[0] === 1) return image;
    const plane = image.data.length / 3;
    const data = new Float32Array(image.data.length);
    for (let i = 0; i < plane; i++) {
      const [r, g, b] = [image.data[i]!, image.data[plane + i]!, image.data[2 * plane + i]!];
      const value = Math.max(r, g, b);
      const chroma = value - Math.min(r, g, b);
      // In sixths of a turn: red 0, green 2, blue 4.
      const hue =
        chroma === 0 ? 0 : value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
      [5, 3, 1].forEach((offset, c) => {
        const sixth = (((offset + hue + 6 * turn) % 6) + 6) % 6;
        data[c * plane + i] = value - chroma * Math.max(0, Math.min(sixth, 4 - sixth, 1));
      });
    }
    return { data, shape: image.shape };
  };
}

/**
 * Grey in as many channels as the image has: 0.2989 R + 0.587 G + 0.114 B.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { grayscale } from '@dl/data';
 * const orange = { data: Float32Array.of(1, 0.5, 0), shape: [3, 1, 1] };
 * console.log(grayscale()(orange, new Generator(0)).data); // 0.592 in each
 * ```
 */
export function grayscale(): Transform {
  checkCall('grayscale', arguments, []);
  return adjustSaturation(0);
}

/** Options of {@link colorJitter}: how far each may go. Default: 0, which leaves it alone. */
export interface ColorJitterOptions {
  /** Factor uniform from max(0, 1 - b) to 1 + b. */
  brightness?: number;
  /** Factor uniform from max(0, 1 - c) to 1 + c. */
  contrast?: number;
  /** Factor uniform from max(0, 1 - s) to 1 + s. */
  saturation?: number;
  /** Turn uniform from -h to h, at most 1/2. */
  hue?: number;
}

const colorJitterOptions: Known<ColorJitterOptions> = {
  brightness: 'number',
  contrast: 'number',
  saturation: 'number',
  hue: 'number',
};

/**
 * Random brightness, contrast, saturation and hue, in random order.
 *
 * @throws ArgumentError when an amount is negative, or the hue's above 1/2.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { colorJitter } from '@dl/data';
 * const image = { data: new Float32Array(3 * 8 * 8).fill(0.5), shape: [3, 8, 8] };
 * const jittered = colorJitter({ brightness: 0.4, hue: 0.1 })(image, new Generator(1));
 * console.log(jittered.data[0] !== 0.5); // true
 * ```
 */
export function colorJitter(options: ColorJitterOptions): Transform {
  checkCall('colorJitter', arguments, [], colorJitterOptions);
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  for (const [name, amount] of Object.entries({ brightness, contrast, saturation, hue })) {
    const most = name === 'hue' ? 0.5 : Infinity;
    if (!(amount >= 0 && amount <= most)) {
      const range = most === 0.5 ? 'from 0 to 0.5' : 'of at least 0';
      throw new ArgumentError(`colorJitter: ${name} is ${shown(amount)}, needs a number ${range}`);
    }
  }
  const around = (amount: number, adjust: (factor: number) => Transform): Transform => {
    return (image, generator) => adjust(generator.uniform(Math.max(0, 1 - amount), 1 + amount))(image, generator);
  };
  const steps: [number, Transform][] = [
    [brightness, around(brightness, adjustBrightness)],
    [contrast, around(contrast, adjustContrast)],
    [saturation, around(saturation, adjustSaturation)],
    [hue, (image, generator) => adjustHue(generator.uniform(-hue, hue))(image, generator)],
  ];
  return (image, generator) => {
    let done = image;
    for (const k of generator.permutation(4)) {
      const [amount, step] = steps[k]!;
      if (amount > 0) done = step(done, generator);
    }
    return done;
  };
}

/** Options of {@link cutout}. */
export interface CutoutOptions {
  /** What the hole is filled with. Default: 0. */
  fill?: number;
  /** How likely there is a hole at all. Default: 1. */
  probability?: number;
}

const cutoutOptions: Known<CutoutOptions> = { fill: 'number', probability: 'number' };

/**
 * A square hole of `size` x `size` pixels about a random pixel, all channels; at the border only a part of it
 * lies within the image.
 *
 * @throws ArgumentError when `size` is not a whole number of at least 1, or the probability is none.
 *
 * Source: T. DeVries, G. Taylor, "Improved regularization of convolutional neural networks with cutout", arXiv 1708.04552.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { cutout } from '@dl/data';
 * const paper = { data: new Float32Array(64).fill(1), shape: [1, 8, 8] };
 * const holed = cutout(4)(paper, new Generator(1));
 * console.log(holed.data.filter((value) => value === 0).length); // 4 to 16: the hole may hang over the border
 * ```
 */
export function cutout(size: number, options: CutoutOptions = {}): Transform {
  checkCall('cutout', arguments, ['size'], cutoutOptions);
  const { fill = 0, probability = 1 } = options;
  checkSize('cutout', 'size', size);
  checkProbability('cutout', probability);
  return (image, generator) => {
    const [channels, height, width] = sizesOf(image, 'cutout');
    if (generator.uniform() >= probability) return image;
    const top = generator.integer(0, height) - Math.floor(size / 2);
    const left = generator.integer(0, width) - Math.floor(size / 2);
    const data = image.data.slice();
    for (let c = 0; c < channels; c++) {
      for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
        const row = (c * height + y) * width;
        data.fill(fill, row + Math.max(0, left), row + Math.max(0, Math.min(width, left + size)));
      }
    }
    return { data, shape: image.shape };
  };
}
