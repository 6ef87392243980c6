// Batches mixed with themselves: mixup and cutmix. Labels become soft, [N, classes].

import { ArgumentError, checkCall, type Generator, IndexError, ShapeError, shown } from '@dl/autograd';
import type { NdArray } from '../nd-array.js';
import { checkSize } from './transform.js';

/** A batch of images `[N, C, H, W]` and classes `[N]`. */
export interface LabelledImages {
  readonly images: NdArray<Float32Array>;
  readonly labels: NdArray<Int32Array>;
}

/** A batch whose labels are probabilities, `[N, classes]`: soft targets of a cross-entropy. */
export type MixedImages = {
  readonly images: NdArray<Float32Array>;
  readonly labels: NdArray<Float32Array>;
};

type Mix = (batch: LabelledImages, context: { readonly generator: Generator }) => MixedImages;

/**
 * A `transform` for a loader: each image is mixed with another of its batch, λ x + (1 - λ) x′, and so are the
 * labels. λ comes from Beta(alpha, alpha), once a batch.
 *
 * @throws ArgumentError when alpha is not above 0 or `classes` no whole number, IndexError for a label beyond `classes`.
 *
 * Source: H. Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.
 *
 * @example
 * ```ts
 * import { drawnDigits, loader, mixup } from '@dl/data';
 * const batches = loader(drawnDigits(64), { batchSize: 32, shuffle: true, transform: mixup(0.2, 10) });
 * for await (const { images, labels } of batches) console.log(images.shape, labels.shape); // [32, 1, 28, 28], [32, 10]
 * ```
 */
export function mixup(alpha: number, classes: number): Mix {
  checkCall('mixup', arguments, [['alpha', 'number'], 'classes']);
  checkMix('mixup', alpha, classes);
  return (batch, { generator }) => {
    const { data, shape } = batch.images;
    const lambda = beta(alpha, generator);
    const order = generator.permutation(shape[0]!);
    const size = data.length / shape[0]!;
    const mixed = new Float32Array(data.length);
    for (let i = 0; i < order.length; i++) {
      const [here, there] = [i * size, order[i]! * size];
      for (let k = 0; k < size; k++) mixed[here + k] = lambda * data[here + k]! + (1 - lambda) * data[there + k]!;
    }
    return { images: { data: mixed, shape }, labels: softLabels('mixup', batch.labels, order, lambda, classes) };
  };
}

/**
 * A `transform` for a loader: each image gets a rectangle of another of its batch in the same place, and the labels
 * are mixed by area. The rectangle has the image's proportions and the share 1 - λ of its area, λ from
 * Beta(alpha, alpha); about a random pixel, and cut off at the border. Place and size are drawn once a batch.
 *
 * @throws ArgumentError when alpha is not above 0 or `classes` no whole number, IndexError for a label beyond
 * `classes`, ShapeError when the images are not `[N, C, H, W]`.
 *
 * Source: S. Yun et al., "CutMix: Regularization strategy to train strong classifiers", ICCV 2019.
 *
 * @example
 * ```ts
 * import { cutmix, drawnDigits, loader } from '@dl/data';
 * const batches = loader(drawnDigits(64), { batchSize: 32, shuffle: true, transform: cutmix(1, 10) });
 * for await (const { images, labels } of batches) console.log(images.shape, labels.shape); // [32, 1, 28, 28], [32, 10]
 * ```
 */
export function cutmix(alpha: number, classes: number): Mix {
  checkCall('cutmix', arguments, [['alpha', 'number'], 'classes']);
  checkMix('cutmix', alpha, classes);
  return (batch, { generator }) => {
    const { data, shape } = batch.images;
    if (shape.length !== 4) {
      throw new ShapeError(`cutmix: the images have the shape [${shape.join(', ')}], needs [N, C, H, W]`);
    }
    const [count, channels, height, width] = shape as [number, number, number, number];
    const side = Math.sqrt(1 - beta(alpha, generator));
    const order = generator.permutation(count);
    const [tall, wide] = [Math.floor(height * side), Math.floor(width * side)];
    const [y, x] = [generator.integer(0, height), generator.integer(0, width)];
    const [top, bottom] = [Math.max(0, y - (tall >> 1)), Math.min(height, y + tall - (tall >> 1))];
    const [left, right] = [Math.max(0, x - (wide >> 1)), Math.min(width, x + wide - (wide >> 1))];
    const mixed = data.slice();
    const plane = height * width;
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < channels; c++) {
        const [here, there] = [(i * channels + c) * plane, (order[i]! * channels + c) * plane];
        for (let row = top * width; row < bottom * width; row += width) {
          mixed.set(data.subarray(there + row + left, there + row + right), here + row + left);
        }
      }
    }
    const kept = 1 - ((bottom - top) * (right - left)) / plane;
    return { images: { data: mixed, shape }, labels: softLabels('cutmix', batch.labels, order, kept, classes) };
  };
}

function checkMix(what: string, alpha: number, classes: number): void {
  if (!(alpha > 0 && alpha < Infinity))
    throw new ArgumentError(`${what}: alpha is ${shown(alpha)}, needs a number above 0`);
  checkSize(what, 'classes', classes);
}

function softLabels(
  what: string,
  labels: NdArray<Int32Array>,
  order: Int32Array,
  lambda: number,
  classes: number,
): NdArray<Float32Array> {
  const bad = labels.data.find((label) => label < 0 || label >= classes);
  if (bad !== undefined) throw new IndexError(`${what}: a label is ${shown(bad)}, needs 0 to ${classes - 1}`);
  const data = new Float32Array(order.length * classes);
  for (let i = 0; i < order.length; i++) {
    data[i * classes + labels.data[i]!]! += lambda;
    data[i * classes + labels.data[order[i]!]!]! += 1 - lambda;
  }
  return { data, shape: [order.length, classes] };
}

/** A number from Beta(alpha, alpha): a / (a + b) for two gamma numbers. */
function beta(alpha: number, generator: Generator): number {
  const a = logGamma(alpha, generator);
  const b = logGamma(alpha, generator);
  // Of logarithms, because for small alpha both numbers may be too small for a double.
  return 1 / (1 + Math.exp(b - a));
}

/**
 * The logarithm of a number from Gamma(shape, 1).
 *
 * Source: G. Marsaglia, W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
 */
function logGamma(shape: number, generator: Generator): number {
  if (shape < 1) return logGamma(shape + 1, generator) + Math.log(1 - generator.uniform53()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = generator.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - generator.uniform53()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return Math.log(d * v);
    }
  }
}
