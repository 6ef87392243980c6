// Plain arrays of pixels: their shape checked, their channels chosen, their range found, turned into PNG.

import { ArgumentError } from '@dl/autograd';
import { blues, diverging, grey, ink, NOT_A_NUMBER, type Rgb } from './colors.js';
import { pngDataUri } from './png.js';
import { isList, show, showShape } from './validate.js';

/** Images as plain numbers, row-major: what `tensor.dataSync()` and `tensor.shape` give. */
export interface Images {
  readonly data: ArrayLike<number>;
  /** [N, H, W] or [N, C, H, W]. */
  readonly shape: readonly number[];
}

/** How values become shades; see `imageGrid`. */
export type Palette = 'grey' | 'ink' | 'diverging';

// Blues are for shares of at least 0, as attention has them.
const RAMPS: Record<Palette | 'blues', (share: number) => Rgb> = { grey, ink, diverging, blues };

/** N images, of which one channel (a palette colours it) or three (red, green, blue) are drawn. */
export interface Stack {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly planes: 1 | 3;
  /** The value of plane `plane` of image `image` at `pixel` = row · width + column. */
  readonly at: (image: number, plane: number, pixel: number) => number;
}

/** Smallest and largest finite value; [0, 0] where there is none. */
export type Range = readonly [low: number, high: number];

/** Checks that data and shape are what they should be and that they agree. */
export function checkImages(
  where: string,
  images: unknown,
  ranks: readonly number[],
  layout: string,
): asserts images is Images {
  if (typeof images !== 'object' || images === null || !('data' in images) || !('shape' in images)) {
    throw new ArgumentError(`${where}: got ${show(images)}, needs { data, shape } with shape ${layout}`);
  }
  const { data, shape } = images;
  if (!isList(data)) {
    throw new ArgumentError(
      `${where}: data is ${show(data)}, needs a flat array of numbers, such as tensor.dataSync()`,
    );
  }
  if (!Array.isArray(shape)) throw new ArgumentError(`${where}: shape is ${show(shape)}, needs an array, ${layout}`);
  if (!ranks.includes(shape.length)) {
    throw new ArgumentError(`${where}: shape ${showShape(shape)} has ${shape.length} axes, needs ${layout}`);
  }
  if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new ArgumentError(`${where}: shape ${showShape(shape)} needs whole numbers above 0, ${layout}`);
  }
  const size = shape.reduce((product: number, length: number) => product * length, 1);
  if (data.length !== size) {
    throw new ArgumentError(`${where}: data has ${data.length} values but shape ${showShape(shape)} needs ${size}`);
  }
  if (typeof data[0] !== 'number') {
    throw new ArgumentError(`${where}: data holds ${show(data[0])} at index 0, needs a flat array of numbers`);
  }
}

/** Images [N, H, W] or [N, C, H, W] as a stack of one plane or three. */
export function stackOf(where: string, images: Images, channels: number | readonly number[] | undefined): Stack {
  checkImages(where, images, [3, 4], '[N, H, W] or [N, C, H, W]');
  const { data, shape } = images;
  const [count, depth, height, width] = (shape.length === 4 ? shape : [shape[0], 1, shape[1], shape[2]]) as [
    number,
    number,
    number,
    number,
  ];
  const chosen = channels === undefined ? defaultChannels(where, depth, shape) : [channels].flat();
  if (chosen.length !== 1 && chosen.length !== 3) {
    throw new ArgumentError(
      `${where}: channels has ${chosen.length} numbers, needs one, or three for red, green, blue`,
    );
  }
  for (const channel of chosen) {
    if (!Number.isInteger(channel) || channel < 0 || channel >= depth) {
      throw new ArgumentError(
        `${where}: channel ${show(channel)} of images with ${depth} channels (shape ${showShape(shape)}); needs 0 to ${depth - 1}`,
      );
    }
  }
  const area = height * width;
  return {
    count,
    height,
    width,
    planes: chosen.length as 1 | 3,
    at: (image, plane, pixel) => data[(image * depth + chosen[plane]!) * area + pixel]!,
  };
}

function defaultChannels(where: string, depth: number, shape: readonly number[]): number[] {
  if (depth === 1) return [0];
  if (depth === 3) return [0, 1, 2];
  throw new ArgumentError(
    `${where}: images have ${depth} channels (shape ${showShape(shape)}), which is neither 1 (grey) nor 3 (colour); choose with channels: 0 or channels: [0, 1, 2]`,
  );
}

/** The range of the finite values of one image, or of all. */
export function rangeOf(stack: Stack, image?: number): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const first = image ?? 0;
  const end = image === undefined ? stack.count : image + 1;
  for (let n = first; n < end; n++) {
    for (let plane = 0; plane < stack.planes; plane++) {
      for (let pixel = 0; pixel < stack.height * stack.width; pixel++) {
        const value = stack.at(n, plane, pixel);
        if (!Number.isFinite(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  }
  return low > high ? [0, 0] : [low, high];
}

/** How many pixels of image n hold something that is not a finite number. */
export function brokenPixels(stack: Stack, image: number): number {
  let broken = 0;
  for (let pixel = 0; pixel < stack.height * stack.width; pixel++) if (!isFinitePixel(stack, image, pixel)) broken++;
  return broken;
}

function isFinitePixel(stack: Stack, image: number, pixel: number): boolean {
  for (let plane = 0; plane < stack.planes; plane++) {
    if (!Number.isFinite(stack.at(image, plane, pixel))) return false;
  }
  return true;
}

/** Where `value` stands in `range`, from 0 to 1; a range of one value puts it at 0. */
function shareOf(value: number, [low, high]: Range): number {
  // Halves first: high - low of the largest numbers would overflow.
  return low === high ? 0 : (value / 2 - low / 2) / (high / 2 - low / 2);
}

/** A share as one byte of a colour. */
const level = (share: number): number => grey(share)[0];

/** One image as a PNG of its own size: one pixel per value. */
export function imageUri(stack: Stack, image: number, range: Range, palette: Palette | 'blues'): string {
  const { width, height } = stack;
  const area = width * height;
  const isGrey = palette === 'grey' || palette === 'ink';
  const plain = stack.planes === 1 && isGrey && brokenPixels(stack, image) === 0;
  const channels = plain ? 1 : 3;
  const bytes = new Uint8Array(area * channels);
  for (let pixel = 0; pixel < area; pixel++) {
    const share = (plane: number): number => shareOf(stack.at(image, plane, pixel), range);
    const color = !isFinitePixel(stack, image, pixel)
      ? NOT_A_NUMBER
      : stack.planes === 1
        ? RAMPS[palette](share(0))
        : ([level(share(0)), level(share(1)), level(share(2))] as const);
    for (let i = 0; i < channels; i++) bytes[pixel * channels + i] = color[i]!;
  }
  return pngDataUri(bytes, width, height, channels);
}

/** A palette from its low end to its high end, `steps` pixels wide and one high. */
export function paletteUri(palette: Palette | 'blues', steps: number): string {
  const bytes = new Uint8Array(steps * 3);
  for (let i = 0; i < steps; i++) bytes.set(RAMPS[palette](i / (steps - 1)), i * 3);
  return pngDataUri(bytes, steps, 1, 3);
}
