// Reader of CIFAR's binary version: records of one or two label bytes and 3,072 bytes of pixels, nothing else.

import { ArgumentError, checkCall, FormatError, IndexError, type Known, shown } from '@dl/autograd';
import { isGzip } from '../gzip.js';
import type { NdArray } from '../nd-array.js';

const pixels = 3 * 32 * 32;

/** Colour images `[N, 3, 32, 32]` with values from 0 to 1, and their classes `[N]`. */
export type CifarDataset = {
  readonly images: NdArray<Float32Array>;
  readonly labels: NdArray<Int32Array>;
};

/** Options of {@link parseCifar}. */
export interface CifarOptions {
  /**
   * 10: one label byte a record. 100: two, the coarse class (0 to 19) and the fine one (0 to 99), of which
   * `labels` is the fine one. Default: 10.
   */
  classes?: 10 | 100;
}

export const cifarOptions: Known<CifarOptions> = { classes: 'number' };

/**
 * The images of a file of CIFAR-10 or CIFAR-100 in its binary version, such as `data_batch_1.bin`. The
 * red plane comes first, then green, then blue, each row by row; bytes 0 … 255 are divided by 255.
 *
 * @throws FormatError when the bytes are compressed, empty or no whole number of records, IndexError for a
 * label that is no class, ArgumentError for classes other than 10 and 100.
 *
 * Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 *
 * @example
 * ```ts
 * import { parseCifar } from '@dl/data';
 * const record = new Uint8Array(3073).fill(255);
 * record[0] = 6; // a frog
 * const { images, labels } = parseCifar(record);
 * console.log(images.shape, labels.data); // [1, 3, 32, 32] and 6
 * ```
 */
export function parseCifar(bytes: Uint8Array, options: CifarOptions = {}): CifarDataset {
  checkCall('parseCifar', arguments, ['bytes'], cifarOptions);
  return decodeCifar(bytes, 'parseCifar', options);
}

/** parseCifar, with the words that its errors begin with. */
export function decodeCifar(bytes: Uint8Array, what: string, options: CifarOptions): CifarDataset {
  const { classes = 10 } = options;
  if (classes !== 10 && classes !== 100) {
    throw new ArgumentError(`${what}: classes is ${shown(classes)}, needs 10 or 100`);
  }
  if (isGzip(bytes)) {
    throw new FormatError(`${what}: the bytes are compressed with gzip; unpack them first, with await gunzip(bytes)`);
  }
  const head = classes === 10 ? 1 : 2;
  const record = head + pixels;
  const count = bytes.length / record;
  if (count === 0 || !Number.isInteger(count)) {
    throw new FormatError(
      `${what}: got ${bytes.length} bytes, needs records of ${record} bytes each; ` +
        'the file is empty, cut off, or not the binary version of ' +
        `CIFAR-${classes}: get it again`,
    );
  }
  const images = new Float32Array(count * pixels);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = bytes[i * record + head - 1]!;
    if (label >= classes) {
      throw new IndexError(
        `${what}: label ${i} is ${shown(label)}, needs 0 to ${classes - 1}; is this the binary version of CIFAR-${classes}?`,
      );
    }
    labels[i] = label;
    const from = i * record + head;
    for (let k = 0; k < pixels; k++) images[i * pixels + k] = bytes[from + k]! / 255;
  }
  return { images: { data: images, shape: [count, 3, 32, 32] }, labels: { data: labels, shape: [count] } };
}
