// MNIST from its four files.

import { checkCall, FormatError, IndexError, type Platform } from '@dl/autograd';
import type { DigitDataset } from '../dataset.js';
import type { GunzipOptions } from '../gzip.js';
import { readIdx } from '../idx.js';
import type { NdArray } from '../nd-array.js';
import { type Files, openSource, type SourceOptions, sourceOptions } from './source.js';

/** The two parts of MNIST. */
export interface Mnist {
  /** 60,000 digits. */
  readonly train: DigitDataset;
  /** 10,000 digits, by writers of whom none is in the training part. */
  readonly test: DigitDataset;
}

/**
 * MNIST from a folder, or an address, that has `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`
 * and `t10k-labels-idx1-ubyte`, each plain or with `.gz`; a dot before `idx` is fine too. Images are
 * `[N, 1, 28, 28]`, the grey values 0 … 255 divided by 255; labels are `[N]`, 0 to 9.
 *
 * @throws ArgumentError for a folder or a file that is not there, FormatError for a file that is not what
 * its name says or does not belong to its neighbour, IndexError for a label that is no digit.
 *
 * Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
 * recognition", Proceedings of the IEEE 86(11), 1998.
 *
 * @example
 * ```ts
 * import { loadMnist } from '@dl/data/node';
 * const folder = process.env.MNIST; // where the four files are
 * if (folder !== undefined) {
 *   const { train, test } = await loadMnist(folder);
 *   console.log(train.images.shape, test.labels.shape); // [60000, 1, 28, 28] and [10000]
 * }
 * ```
 */
export async function loadMnist(source: string | Platform<'URL', never>, options: SourceOptions = {}): Promise<Mnist> {
  checkCall('loadMnist', arguments, ['source'], sourceOptions);
  const needs = 'the four files of MNIST, train-images-idx3-ubyte.gz and its like';
  const files = await openSource(source, options, 'loadMnist', needs);
  return { train: await readPart(files, 'train', options), test: await readPart(files, 't10k', options) };
}

async function readPart(files: Files, part: string, options: GunzipOptions): Promise<DigitDataset> {
  const images = await readFileOf(files, `${part}-images`, 3, options);
  const labels = await readFileOf(files, `${part}-labels`, 1, options);
  const [count = 0, height, width] = images.array.shape;
  if (height !== 28 || width !== 28) {
    throw new FormatError(
      `loadMnist: ${images.name} holds images of ${height} x ${width}, needs 28 x 28; is this MNIST?`,
    );
  }
  if (count !== labels.array.shape[0]) {
    throw new FormatError(
      `loadMnist: ${images.name} holds ${count} images but ${labels.name} ${labels.array.shape[0]} labels; ` +
        'take both files from the same source',
    );
  }
  const bad = labels.array.data.findIndex((label) => label > 9);
  if (bad >= 0) {
    throw new IndexError(
      `loadMnist: label ${bad} of ${labels.name} is ${labels.array.data[bad]}, needs 0 to 9; get the file again`,
    );
  }
  // A loop, not Float32Array.from: that takes seconds for 47 million pixels.
  const greys = new Float32Array(images.array.data.length);
  for (let i = 0; i < greys.length; i++) greys[i] = images.array.data[i]! / 255;
  return {
    images: { data: greys, shape: [count, 1, 28, 28] }, // [N, 28, 28] → [N, 1, 28, 28]
    labels: { data: Int32Array.from(labels.array.data), shape: [count] },
  };
}

/** Reads the file `<stem>-idx<rank>-ubyte`, under the first of its names that is there. */
async function readFileOf(
  files: Files,
  stem: string,
  rank: number,
  { maxBytes }: GunzipOptions,
): Promise<{ name: string; array: NdArray<Uint8Array> }> {
  const names = ['-', '.'].flatMap((mark) => ['', '.gz'].map((end) => `${stem}${mark}idx${rank}-ubyte${end}`));
  const { name, bytes } = await files.read(names);
  const { data, shape } = await readIdx(bytes, `loadMnist: ${name}`, maxBytes === undefined ? {} : { maxBytes });
  if (!(data instanceof Uint8Array) || shape.length !== rank) {
    throw new FormatError(
      `loadMnist: ${name} holds ${shape.length} dimensions of ${data.constructor.name}, ` +
        `needs ${rank} of Uint8Array; is it under the right name?`,
    );
  }
  return { name, array: { data, shape } };
}
