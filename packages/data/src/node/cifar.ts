// CIFAR-10 and CIFAR-100 from the files of their binary version.

import { ArgumentError, checkCall, type Known, type Platform } from '@dl/autograd';
import { unpack } from '../gzip.js';
import { type CifarDataset, type CifarOptions, cifarOptions, decodeCifar } from '../readers/cifar.js';
import { type Files, openSource, type SourceOptions, sourceOptions } from './source.js';

/** The two parts of CIFAR. */
export interface Cifar {
  readonly train: CifarDataset;
  readonly test: CifarDataset;
}

/** Options of {@link loadCifar}. */
export interface LoadCifarOptions extends SourceOptions, CifarOptions {
  /** Files to train on. Default: `data_batch_1.bin` … `data_batch_5.bin`, for 100 classes `train.bin`. */
  train?: readonly string[];
  /** Files to test on. Default: `test_batch.bin`, for 100 classes `test.bin`. */
  test?: readonly string[];
}

const loadCifarOptions: Known<LoadCifarOptions> = { train: 'list', test: 'list', ...sourceOptions, ...cifarOptions };

/**
 * CIFAR-10, or with `classes: 100` CIFAR-100, from a folder or an address with the files of the binary version,
 * each plain or with `.gz`. Images are `[N, 3, 32, 32]` with values from 0 to 1, labels `[N]`.
 *
 * @throws ArgumentError for a folder or a file that is not there, FormatError for a file that is not as it should
 * be, IndexError for a label that is no class.
 *
 * @example
 * ```ts
 * import { loadCifar } from '@dl/data/node';
 * const folder = process.env.CIFAR10; // where the six files are
 * if (folder !== undefined) {
 *   const { train, test } = await loadCifar(folder);
 *   console.log(train.images.shape, test.labels.shape); // [50000, 3, 32, 32] and [10000]
 * }
 * ```
 */
export async function loadCifar(
  source: string | Platform<'URL', never>,
  options: LoadCifarOptions = {},
): Promise<Cifar> {
  checkCall('loadCifar', arguments, ['source'], loadCifarOptions);
  const fine = options.classes === 100;
  const {
    train = fine ? ['train.bin'] : [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`),
    test = [fine ? 'test.bin' : 'test_batch.bin'],
  } = options;
  const files = await openSource(source, options, 'loadCifar', `the files ${[...train, ...test].join(', ')}`);
  return { train: await join(files, train, options), test: await join(files, test, options) };
}

async function join(files: Files, names: readonly string[], options: LoadCifarOptions): Promise<CifarDataset> {
  if (names.length === 0) throw new ArgumentError('loadCifar: got no names of files, needs at least 1 for each part');
  const bounds = options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes };
  const parts: CifarDataset[] = [];
  for (const each of names) {
    const { name, bytes } = await files.read(each.endsWith('.gz') ? [each] : [each, `${each}.gz`]);
    parts.push(decodeCifar(await unpack(bytes, `loadCifar: ${name}`, bounds), `loadCifar: ${name}`, options));
  }
  const count = parts.reduce((sum, { labels }) => sum + labels.data.length, 0);
  const images = new Float32Array(count * 3 * 32 * 32);
  const labels = new Int32Array(count);
  let row = 0;
  for (const part of parts) {
    images.set(part.images.data, row * 3 * 32 * 32);
    labels.set(part.labels.data, row);
    row += part.labels.data.length;
  }
  return { images: { data: images, shape: [count, 3, 32, 32] }, labels: { data: labels, shape: [count] } };
}
