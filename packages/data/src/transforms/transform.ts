// What a transform of an image is, and how several become one.

import { ArgumentError, checkCall, type Generator, ShapeError, shown } from '@dl/autograd';
import type { Dataset } from '../dataset.js';
import { type NdArray, product } from '../nd-array.js';

/** An image `[C, H, W]`: planes of rows of values, usually from 0 to 1. */
export type Image = NdArray<Float32Array>;

/** Makes a new image of one, with random numbers from `generator` where it needs any. The image given stays as it is. */
export type Transform = (image: Image, generator: Generator) => Image;

/**
 * One transform that does several, from the first to the last.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { compose, normalize, randomCrop, randomHorizontalFlip } from '@dl/data';
 * const augment = compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip(), normalize([0.5], [0.25]));
 * const image = { data: new Float32Array(32 * 32).fill(0.5), shape: [1, 32, 32] };
 * console.log(augment(image, new Generator(1)).shape); // [1, 32, 32]
 * ```
 */
export function compose(...transforms: readonly Transform[]): Transform {
  return (image, generator) => transforms.reduce((done, transform) => transform(done, generator), image);
}

/** What {@link eachImage} makes: a batch in, the same batch out with other images in the array `N`. */
export type EachImage<N extends string> = <D extends Dataset & Record<N, NdArray>>(
  batch: D,
  context: { readonly generator: Generator },
) => Omit<D, N> & Record<N, NdArray<Float32Array>>;

/**
 * A `transform` for a loader that treats the images of a batch one by one: the array `name`, `[N, C, H, W]`. Each
 * image has random numbers of its own.
 *
 * @throws ShapeError when the results differ in shape, or the array is no batch of images; ArgumentError when there is
 * no such array.
 *
 * @example
 * ```ts
 * import { drawnDigits, eachImage, loader, randomRotation } from '@dl/data';
 * const turned = loader(drawnDigits(64), { batchSize: 32, transform: eachImage(randomRotation(10)) });
 * for await (const { images } of turned) console.log(images.shape); // [32, 1, 28, 28], twice
 * ```
 */
export function eachImage(transform: Transform): EachImage<'images'>;
export function eachImage<N extends string>(transform: Transform, name: N): EachImage<N>;
export function eachImage(transform: Transform, name = 'images'): EachImage<string> {
  checkCall('eachImage', arguments, ['transform', 'name']);
  return (batch, { generator }) => {
    const images = batch[name];
    if (images === undefined) {
      throw new ArgumentError(`eachImage: the batch has no '${name}', it has ${Object.keys(batch).join(', ')}`);
    }
    const { data, shape } = images;
    const [count = 0, ...rest] = shape;
    if (rest.length !== 3) {
      throw new ShapeError(`eachImage: '${name}' has the shape [${shape.join(', ')}], needs [N, C, H, W]`);
    }
    const size = product(rest);
    const floats = data instanceof Float32Array ? data : Float32Array.from(data);
    let out = new Float32Array();
    let made: readonly number[] = rest;
    for (let i = 0; i < count; i++) {
      const one = { data: floats.subarray(i * size, (i + 1) * size), shape: rest };
      const image = transform(one, generator.fork(i));
      if (i === 0) {
        made = image.shape;
        out = new Float32Array(count * image.data.length);
      } else if (image.shape.some((length, k) => length !== made[k])) {
        throw new ShapeError(
          `eachImage: the images come out as [${made.join(', ')}] and [${image.shape.join(', ')}], needs one shape; ` +
            'crop or resize them to the same height and width',
        );
      }
      out.set(image.data, i * image.data.length);
    }
    return { ...batch, [name]: { data: out, shape: [count, ...made] } };
  };
}

/** The three sizes of an image, or a sentence that says what came instead. */
export function sizesOf(image: Image, what: string): [channels: number, height: number, width: number] {
  const { data, shape } = image;
  if (shape.length !== 3 || data.length !== product(shape)) {
    throw new ShapeError(
      `${what}: got ${data.length} values of shape [${shape.join(', ')}], needs an image [C, H, W] and as many values`,
    );
  }
  return shape as [number, number, number];
}

/** Refuses a size that is not a whole number of at least `least`. */
export function checkSize(what: string, name: string, size: number, least = 1): void {
  if (!Number.isSafeInteger(size) || size < least) {
    throw new ArgumentError(`${what}: ${name} is ${shown(size)}, needs a whole number of at least ${least}`);
  }
}

/** Refuses what is not a probability. */
export function checkProbability(what: string, probability: number): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ArgumentError(`${what}: probability is ${shown(probability)}, needs a number from 0 to 1`);
  }
}
