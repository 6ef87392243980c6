// The embedded data set: grey images of digits as if written by hand, drawn by a seeded generator.
//
// The path of a digit: glyphs.ts (how it is written) → pen.ts (a line through varied points) → warp.ts
// (bent, slanted, fitted into the image) → render.ts (ink).

import { ArgumentError, checkCall, Generator, type Known, shown } from '@dl/autograd';
import type { DigitDataset } from '../dataset.js';
import { Path, write } from './pen.js';
import { render } from './render.js';
import { side, warp } from './warp.js';

/** Options of {@link drawnDigits}. */
export interface DrawnDigitsOptions {
  /** Another seed draws other digits. Default: 0. */
  seed?: number;
  /** The number of the first image, so that many can be drawn in parts. Default: 0. */
  first?: number;
}

const drawnDigitsOptions: Known<DrawnDigitsOptions> = { seed: 'number', first: 'number' };

/**
 * Draws `count` digits: images `[count, 1, 28, 28]` with values from 0 (paper) to 1 (ink), labels `[count]`.
 * Image i depends on `seed` and i alone, not on `count`; with `first`, images `first` to `first + count - 1` are drawn. Of each ten
 * from number 0 on, every digit is one.
 *
 * They stand in for MNIST where there is none: a network that has seen nothing else reads most of MNIST's
 * test digits (the README says how many). Sizes and centring follow MNIST: the digit fits a box of
 * 20 x 20 pixels, its centre of mass lies in the middle of the image.
 *
 * @throws ArgumentError when `count` is not a whole number of at least 1, `first` is none of at least 0, or `seed` is no seed.
 *
 * @example
 * ```ts
 * import { drawnDigits } from '@dl/data';
 * const { images, labels } = drawnDigits(10, { seed: 1 });
 * console.log(images.shape, labels.data); // [10, 1, 28, 28], and the ten digits in some order
 * ```
 */
export function drawnDigits(count: number, options: DrawnDigitsOptions = {}): DigitDataset {
  checkCall('drawnDigits', arguments, ['count'], drawnDigitsOptions);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ArgumentError(`drawnDigits: count is ${shown(count)}, needs a whole number of at least 1`);
  }
  const { first = 0 } = options;
  if (!Number.isSafeInteger(first) || first < 0) {
    throw new ArgumentError(`drawnDigits: first is ${shown(first)}, needs a whole number of at least 0`);
  }
  const root = new Generator(options.seed ?? 0);
  const ofLabels = root.fork(0);
  const ofImages = root.fork(1);
  const images = new Float32Array(count * side * side);
  const labels = new Int32Array(count);
  const path = new Path();
  const scratch = new Float64Array(side * side);
  let ten: Int32Array | undefined;
  for (let i = 0; i < count; i++) {
    const number = first + i;
    if (number % 10 === 0) ten = undefined;
    ten ??= ofLabels.fork(Math.floor(number / 10)).permutation(10);
    const digit = ten[number % 10]!;
    const random = ofImages.fork(number);
    labels[i] = digit;
    write(path, digit, random);
    const half = warp(path, digit, random);
    render(path, half, images.subarray(i * side * side, (i + 1) * side * side), scratch, random);
  }
  return { images: { data: images, shape: [count, 1, side, side] }, labels: { data: labels, shape: [count] } };
}
