// Resizing: each output pixel is a weighted mean of the input pixels about its centre, by columns and by rows.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { checkSize, type Image, sizesOf, type Transform } from './transform.js';

/** Options of {@link resize}. */
export interface ResizeOptions {
  /**
   * `'bilinear'`: a triangle about the centre. `'nearest'`: the pixel that the centre, rounded down, falls into.
   * Default: `'bilinear'`.
   */
  mode?: 'bilinear' | 'nearest';
  /** Widen the triangle when shrinking, so that every pixel counts and fine patterns do not flicker. Default: true. */
  antialias?: boolean;
}

const resizeOptions: Known<ResizeOptions> = { mode: ['bilinear', 'nearest'], antialias: 'boolean' };

/**
 * The image at another size: `[height, width]`, or one number for the shorter side, the other in proportion. Output
 * pixel i has its centre at s (i + 1/2) of the input, s = input size / output size; input pixel j weighs
 * max(0, 1 - |j + 1/2 - s (i + 1/2)| / max(s, 1)), the weights scaled to the sum 1.
 *
 * @throws ArgumentError for a size that is not a whole number of at least 1, or a mode that there is not.
 *
 * Source: PyTorch's `interpolate` with `align_corners=False`, and `antialias`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { resize } from '@dl/data';
 * const image = { data: Float32Array.of(0, 1, 2, 3), shape: [1, 2, 2] };
 * console.log(resize([1, 1])(image, new Generator(0)).data); // 1.5
 * ```
 */
export function resize(size: number | readonly [number, number], options: ResizeOptions = {}): Transform {
  checkCall('resize', arguments, ['size'], resizeOptions);
  const { mode = 'bilinear', antialias = true } = options;
  for (const each of typeof size === 'number' ? [size] : size) checkSize('resize', 'size', each);
  if (mode !== 'bilinear' && mode !== 'nearest') {
    throw new ArgumentError(`resize: mode is '${mode}', needs 'bilinear' or 'nearest'`);
  }
  return (image) => {
    const [, height, width] = sizesOf(image, 'resize');
    const [tall, wide] = typeof size === 'number' ? inProportion(size, height, width) : size;
    return resample(image, weights(height, tall, mode, antialias), weights(width, wide, mode, antialias));
  };
}

function inProportion(size: number, height: number, width: number): [number, number] {
  return height <= width ? [size, Math.floor((size * width) / height)] : [Math.floor((size * height) / width), size];
}

/** For each output pixel, the first input pixel that counts and the weights from there on. */
interface Weights {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

function weights(from: number, to: number, mode: 'bilinear' | 'nearest', antialias: boolean): Weights {
  const scale = from / to;
  const reach = antialias ? Math.max(scale, 1) : 1;
  const first = new Int32Array(to);
  const all = Array.from({ length: to }, (_, i) => {
    if (mode === 'nearest') {
      first[i] = Math.min(Math.floor(i * scale), from - 1);
      return Float64Array.of(1);
    }
    const centre = scale * (i + 0.5);
    const start = Math.max(Math.floor(centre - reach + 0.5), 0);
    const end = Math.min(Math.floor(centre + reach + 0.5), from);
    first[i] = start;
    const some = Float64Array.from({ length: end - start }, (_, j) =>
      Math.max(0, 1 - Math.abs(start + j + 0.5 - centre) / reach),
    );
    const sum = some.reduce((total, weight) => total + weight, 0);
    return some.map((weight) => weight / sum);
  });
  return { first, weights: all };
}

function resample(image: Image, rows: Weights, columns: Weights): Image {
  const [channels, height, width] = image.shape as [number, number, number];
  const [tall, wide] = [rows.first.length, columns.first.length];
  const narrow = new Float64Array(channels * height * wide); // [C, H, W] → [C, H, wide]
  for (let y = 0; y < channels * height; y++) {
    for (let x = 0; x < wide; x++) {
      const some = columns.weights[x]!;
      const at = y * width + columns.first[x]!;
      let sum = 0;
      for (let k = 0; k < some.length; k++) sum += some[k]! * image.data[at + k]!;
      narrow[y * wide + x] = sum;
    }
  }
  const out = new Float32Array(channels * tall * wide); // [C, H, wide] → [C, tall, wide]
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < tall; y++) {
      const some = rows.weights[y]!;
      const at = (c * height + rows.first[y]!) * wide;
      for (let x = 0; x < wide; x++) {
        let sum = 0;
        for (let k = 0; k < some.length; k++) sum += some[k]! * narrow[at + k * wide + x]!;
        out[(c * tall + y) * wide + x] = sum;
      }
    }
  }
  return { data: out, shape: [channels, tall, wide] };
}
