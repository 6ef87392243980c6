// Transforms that move pixels: crops, flips, rotations.

import { ArgumentError, checkCall, type Known, ShapeError, shown } from '@dl/autograd';
import { resize } from './resize.js';
import { checkProbability, checkSize, type Image, sizesOf, type Transform } from './transform.js';

type Size = number | readonly [height: number, width: number];

const pair = (size: Size): readonly [number, number] => (typeof size === 'number' ? [size, size] : size);

function checkedPair(what: string, size: Size): readonly [number, number] {
  for (const each of pair(size)) checkSize(what, 'size', each);
  return pair(size);
}

/** The window whose first row and column are `top` and `left`; what lies outside of the image is `fill`. */
function window(image: Image, top: number, left: number, tall: number, wide: number, fill = 0): Image {
  const [channels, height, width] = image.shape as [number, number, number];
  const out = new Float32Array(channels * tall * wide);
  if (fill !== 0) out.fill(fill);
  const [from, to] = [Math.max(0, left), Math.min(width, left + wide)];
  for (let c = 0; c < channels; c++) {
    for (let y = Math.max(0, -top); y < Math.min(tall, height - top); y++) {
      const row = (c * height + top + y) * width;
      if (from < to) out.set(image.data.subarray(row + from, row + to), (c * tall + y) * wide + from - left);
    }
  }
  return { data: out, shape: [channels, tall, wide] };
}

function checkFits(what: string, [tall, wide]: readonly [number, number], height: number, width: number): void {
  if (tall > height || wide > width) {
    throw new ShapeError(
      `${what}: a window of ${tall} x ${wide} does not fit into ${height} x ${width}; pad or resize the image first`,
    );
  }
}

/**
 * The window of `height` x `width` whose first pixel is in row `top`, column `left`.
 *
 * @throws ShapeError when the window is not inside the image, ArgumentError for sizes that are no whole numbers.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { crop } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(crop(0, 1, 2, 2)(image, new Generator(0)).data); // 2, 3, 5, 6
 * ```
 */
export function crop(top: number, left: number, height: number, width: number): Transform {
  checkCall('crop', arguments, ['top', 'left', 'height', 'width']);
  checkSize('crop', 'top', top, 0);
  checkSize('crop', 'left', left, 0);
  checkSize('crop', 'height', height);
  checkSize('crop', 'width', width);
  return (image) => {
    const [, tall, wide] = sizesOf(image, 'crop');
    checkFits('crop', [top + height, left + width], tall, wide);
    return window(image, top, left, height, width);
  };
}

/**
 * The window in the middle.
 *
 * @throws ShapeError when it does not fit, ArgumentError for a size that is no whole number.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { centerCrop } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(centerCrop([2, 1])(image, new Generator(0)).data); // 2, 5
 * ```
 */
export function centerCrop(size: Size): Transform {
  checkCall('centerCrop', arguments, ['size']);
  const [tall, wide] = checkedPair('centerCrop', size);
  return (image) => {
    const [, height, width] = sizesOf(image, 'centerCrop');
    checkFits('centerCrop', [tall, wide], height, width);
    return window(image, halfOf(height - tall), halfOf(width - wide), tall, wide);
  };
}

/** Half of a whole number; what lies between two numbers goes to the even one, as in torchvision. */
function halfOf(rest: number): number {
  const down = Math.floor(rest / 2);
  return rest % 2 === 1 && down % 2 === 1 ? down + 1 : down;
}

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** Pixels added on every side before cropping. Default: 0. */
  padding?: number;
  /** What the added pixels are. Default: 0. */
  fill?: number;
}

const randomCropOptions: Known<RandomCropOptions> = { padding: 'number', fill: 'number' };

/**
 * A window anywhere in the image, all places alike; with `padding` it may hang over the border.
 *
 * @throws ShapeError when it does not fit, ArgumentError for sizes that are no whole numbers.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { randomCrop } from '@dl/data';
 * const image = { data: new Float32Array(3 * 32 * 32), shape: [3, 32, 32] };
 * console.log(randomCrop(28)(image, new Generator(1)).shape); // [3, 28, 28]
 * ```
 */
export function randomCrop(size: Size, options: RandomCropOptions = {}): Transform {
  checkCall('randomCrop', arguments, ['size'], randomCropOptions);
  const { padding = 0, fill = 0 } = options;
  const [tall, wide] = checkedPair('randomCrop', size);
  checkSize('randomCrop', 'padding', padding, 0);
  return (image, generator) => {
    const [, height, width] = sizesOf(image, 'randomCrop');
    checkFits('randomCrop', [tall, wide], height + 2 * padding, width + 2 * padding);
    const top = generator.integer(0, height + 2 * padding - tall + 1) - padding;
    const left = generator.integer(0, width + 2 * padding - wide + 1) - padding;
    return window(image, top, left, tall, wide, fill);
  };
}

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** The window's share of the area, least and most. Default: [0.08, 1]. */
  scale?: readonly [number, number];
  /** The window's width over its height, least and most. Default: [3/4, 4/3]. */
  ratio?: readonly [number, number];
}

const randomResizedCropOptions: Known<RandomResizedCropOptions> = { scale: 'list', ratio: 'list' };

/**
 * A window of random area, proportions and place, resized: the share of the area is uniform in `scale`,
 * the logarithm of width over height uniform between those of `ratio`. After ten windows that do not fit, the
 * largest in the middle whose proportions are allowed.
 *
 * @throws ArgumentError for a size that is no whole number, or a range that is none.
 *
 * Source: C. Szegedy et al., "Going deeper with convolutions", CVPR 2015.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { randomResizedCrop } from '@dl/data';
 * const photograph = { data: new Float32Array(3 * 48 * 64), shape: [3, 48, 64] };
 * console.log(randomResizedCrop(32)(photograph, new Generator(1)).shape); // [3, 32, 32]
 * ```
 */
export function randomResizedCrop(size: Size, options: RandomResizedCropOptions = {}): Transform {
  checkCall('randomResizedCrop', arguments, ['size'], randomResizedCropOptions);
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  const to = checkedPair('randomResizedCrop', size);
  for (const [name, [low, high], most] of [
    ['scale', scale, 1],
    ['ratio', ratio, Infinity],
  ] as const) {
    if (!(low > 0 && low <= high && high <= most)) {
      throw new ArgumentError(
        `randomResizedCrop: ${name} is [${low}, ${high}], needs 0 < least <= most${most === 1 ? ' <= 1' : ''}`,
      );
    }
  }
  const fit = resize(to);
  return (image, generator) => {
    const [, height, width] = sizesOf(image, 'randomResizedCrop');
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = height * width * generator.uniform(...scale);
      const shape = Math.exp(generator.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
      const wide = Math.round(Math.sqrt(area * shape));
      const tall = Math.round(Math.sqrt(area / shape));
      if (wide > 0 && tall > 0 && wide <= width && tall <= height) {
        const top = generator.integer(0, height - tall + 1);
        const left = generator.integer(0, width - wide + 1);
        return fit(window(image, top, left, tall, wide), generator);
      }
    }
    const wide = Math.max(1, Math.min(width, Math.round(height * ratio[1])));
    const tall = Math.max(1, Math.min(height, Math.round(width / ratio[0])));
    const [top, left] = [Math.floor((height - tall) / 2), Math.floor((width - wide) / 2)];
    return fit(window(image, top, left, tall, wide), generator);
  };
}

/**
 * The mirror image, left for right.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { horizontalFlip } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(horizontalFlip()(image, new Generator(0)).data); // 3, 2, 1, 6, 5, 4
 * ```
 */
export function horizontalFlip(): Transform {
  checkCall('horizontalFlip', arguments, []);
  return (image) => {
    const [, , width] = sizesOf(image, 'horizontalFlip');
    const data = image.data.slice();
    for (let row = 0; row < data.length; row += width) data.subarray(row, row + width).reverse();
    return { data, shape: image.shape };
  };
}

/**
 * The mirror image, top for bottom.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { verticalFlip } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(verticalFlip()(image, new Generator(0)).data); // 4, 5, 6, 1, 2, 3
 * ```
 */
export function verticalFlip(): Transform {
  checkCall('verticalFlip', arguments, []);
  return (image) => {
    const [channels, height, width] = sizesOf(image, 'verticalFlip');
    const data = new Float32Array(image.data.length);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const row = (c * height + y) * width;
        data.set(image.data.subarray(row, row + width), (c * height + height - 1 - y) * width);
      }
    }
    return { data, shape: image.shape };
  };
}

/**
 * Sometimes the {@link horizontalFlip}, with the given probability (default: 1/2), else the image itself.
 *
 * @throws ArgumentError when the probability is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { randomHorizontalFlip } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(randomHorizontalFlip()(image, new Generator(1)).data[0]); // 1 or 3
 * ```
 */
export function randomHorizontalFlip(probability = 0.5): Transform {
  checkCall('randomHorizontalFlip', arguments, [['probability', 'number']]);
  return sometimes('randomHorizontalFlip', probability, horizontalFlip());
}

/**
 * Sometimes the {@link verticalFlip}, with the given probability (default: 1/2), else the image itself.
 *
 * @throws ArgumentError when the probability is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { randomVerticalFlip } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
 * console.log(randomVerticalFlip(1)(image, new Generator(0)).data); // 4, 5, 6, 1, 2, 3: always
 * ```
 */
export function randomVerticalFlip(probability = 0.5): Transform {
  checkCall('randomVerticalFlip', arguments, [['probability', 'number']]);
  return sometimes('randomVerticalFlip', probability, verticalFlip());
}

function sometimes(what: string, probability: number, transform: Transform): Transform {
  checkProbability(what, probability);
  return (image, generator) => (generator.uniform() < probability ? transform(image, generator) : image);
}

/** Options of {@link rotate} and {@link randomRotation}. */
export interface RotateOptions {
  /** How values between pixels are found. Default: `'bilinear'`. */
  mode?: 'bilinear' | 'nearest';
  /** What lies outside of the image. Default: 0. */
  fill?: number;
}

const rotateOptions: Known<RotateOptions> = { mode: ['bilinear', 'nearest'], fill: 'number' };

/**
 * The image turned about its middle, counter-clockwise by `degrees`, at the same size. The value at (x, y) from the
 * middle, y downwards, is that of the image at (x cos a - y sin a, x sin a + y cos a).
 *
 * @throws ArgumentError when the angle is not a finite number.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { rotate } from '@dl/data';
 * const image = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 2, 2] };
 * console.log(rotate(90, { mode: 'nearest' })(image, new Generator(0)).data); // 2, 4, 1, 3
 * ```
 */
export function rotate(degrees: number, options: RotateOptions = {}): Transform {
  checkCall('rotate', arguments, [['degrees', 'finite']], rotateOptions);
  const { mode = 'bilinear', fill = 0 } = options;
  if (!Number.isFinite(degrees))
    throw new ArgumentError(`rotate: the angle is ${shown(degrees)}, needs a finite number`);
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  return (image) => {
    const [channels, height, width] = sizesOf(image, 'rotate');
    const out = new Float32Array(image.data.length);
    const [midY, midX] = [(height - 1) / 2, (width - 1) / 2];
    const plane = height * width;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fromX = midX + (x - midX) * cos - (y - midY) * sin;
        const fromY = midY + (x - midX) * sin + (y - midY) * cos;
        const left = mode === 'nearest' ? Math.round(fromX) : Math.floor(fromX);
        const top = mode === 'nearest' ? Math.round(fromY) : Math.floor(fromY);
        const [right, below] = mode === 'nearest' ? [0, 0] : [fromX - left, fromY - top];
        for (let c = 0; c < channels; c++) {
          const at = (row: number, column: number) =>
            row < 0 || row >= height || column < 0 || column >= width
              ? fill
              : image.data[c * plane + row * width + column]!;
          let value = (1 - right) * (1 - below) * at(top, left);
          if (right > 0) value += right * (1 - below) * at(top, left + 1);
          if (below > 0) value += (1 - right) * below * at(top + 1, left);
          if (right > 0 && below > 0) value += right * below * at(top + 1, left + 1);
          out[c * plane + y * width + x] = value;
        }
      }
    }
    return { data: out, shape: image.shape };
  };
}

/**
 * {@link rotate} by an angle uniform between `-degrees` and `degrees`.
 *
 * @throws ArgumentError when `degrees` is not a number of at least 0.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { randomRotation } from '@dl/data';
 * const digit = { data: new Float32Array(28 * 28), shape: [1, 28, 28] };
 * console.log(randomRotation(15)(digit, new Generator(1)).shape); // [1, 28, 28]
 * ```
 */
export function randomRotation(degrees: number, options: RotateOptions = {}): Transform {
  checkCall('randomRotation', arguments, [['degrees', 'finite']], rotateOptions);
  if (!(degrees >= 0 && degrees < Infinity)) {
    throw new ArgumentError(`randomRotation: degrees is ${shown(degrees)}, needs a number of at least 0`);
  }
  return (image, generator) => rotate(generator.uniform(-degrees, degrees), options)(image, generator);
}
