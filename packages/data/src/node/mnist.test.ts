import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError, IndexError } from '@dl/autograd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadMnist } from './mnist.js';

const big = (n: number): number[] => [n >> 24, n >> 16, n >> 8, n].map((byte) => byte & 255);

function imageFile(count: number, side = 28): Uint8Array {
  const pixels = Array.from({ length: count * side * side }, (_, i) => i % 256);
  return Uint8Array.from([0, 0, 8, 3, ...big(count), ...big(side), ...big(side), ...pixels]);
}

function labelFile(...labels: number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, 1, ...big(labels.length), ...labels]);
}

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-'));
  await put('train-images-idx3-ubyte.gz', gzipSync(imageFile(3)));
  await put('train-labels-idx1-ubyte', labelFile(7, 0, 9));
  await put('t10k-images.idx3-ubyte', imageFile(2));
  await put('t10k-labels.idx1-ubyte.gz', gzipSync(labelFile(1, 2)));
});

afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(folder, name), bytes);

describe('loadMnist', () => {
  it('reads the four files, compressed or not, under either name', async () => {
    const { train, test } = await loadMnist(folder);
    expect(train.images.shape).toEqual([3, 1, 28, 28]);
    expect(train.images.data).toEqual(Float32Array.from({ length: 3 * 784 }, (_, i) => (i % 256) / 255));
    expect(train.labels).toEqual({ data: Int32Array.of(7, 0, 9), shape: [3] });
    expect(test.images.shape).toEqual([2, 1, 28, 28]);
    expect(test.labels).toEqual({ data: Int32Array.of(1, 2), shape: [2] });
  });

  it('says when the folder is not there', async () => {
    const nowhere = join(folder, 'nowhere');
    await expect(loadMnist(nowhere)).rejects.toThrow(
      new ArgumentError(
        `loadMnist: cannot read '${nowhere}', needs a folder with the four files of MNIST, train-images-idx3-ubyte.gz and its like`,
      ),
    );
  });

  it('says when a file is not there, and which names would do', async () => {
    await rm(join(folder, 'train-labels-idx1-ubyte'));
    await expect(loadMnist(folder)).rejects.toThrow(
      new ArgumentError(
        `loadMnist: '${folder}' has none of train-labels-idx1-ubyte, train-labels-idx1-ubyte.gz, ` +
          'train-labels.idx1-ubyte, train-labels.idx1-ubyte.gz; put one of them there',
      ),
    );
  });

  const bad: [string, string, Uint8Array, Error][] = [
    [
      'counts that differ',
      'train-labels-idx1-ubyte',
      labelFile(1, 2),
      new FormatError(
        'loadMnist: train-images-idx3-ubyte.gz holds 3 images but train-labels-idx1-ubyte 2 labels; take both files from the same source',
      ),
    ],
    [
      'a label that is no digit',
      'train-labels-idx1-ubyte',
      labelFile(1, 10, 2),
      new IndexError('loadMnist: label 1 of train-labels-idx1-ubyte is 10, needs 0 to 9; get the file again'),
    ],
    [
      'labels in place of images',
      't10k-images.idx3-ubyte',
      labelFile(1, 2),
      new FormatError(
        'loadMnist: t10k-images.idx3-ubyte holds 1 dimensions of Uint8Array, needs 3 of Uint8Array; is it under the right name?',
      ),
    ],
    [
      'images of another size',
      't10k-images.idx3-ubyte',
      imageFile(2, 20),
      new FormatError('loadMnist: t10k-images.idx3-ubyte holds images of 20 x 20, needs 28 x 28; is this MNIST?'),
    ],
    [
      'a file cut off',
      't10k-images.idx3-ubyte',
      imageFile(2).subarray(0, 1000),
      new FormatError(
        'loadMnist: t10k-images.idx3-ubyte: the header promises 2 x 28 x 28 elements of uint8, 1568 bytes, but 984 follow; the file is cut off, get it again',
      ),
    ],
    [
      'a file of another kind',
      't10k-images.idx3-ubyte',
      Uint8Array.from('<!doctype html>', (letter) => letter.charCodeAt(0)),
      new FormatError(
        'loadMnist: t10k-images.idx3-ubyte: the bytes begin with 3c 21 64 6f, an IDX file begins with 00 00 and a type of 08, 09, 0b, 0c, 0d or 0e; is this the right file?',
      ),
    ],
    [
      'damaged gzip data',
      'train-images-idx3-ubyte.gz',
      gzipSync(imageFile(3)).subarray(0, 40),
      new FormatError(
        'loadMnist: train-images-idx3-ubyte.gz: the gzip data are damaged or cut off (40 bytes came); get the file again',
      ),
    ],
  ];
  it.each(bad)('refuses %s', async (_, name, bytes, error) => {
    await put(name, bytes);
    const caught = await loadMnist(folder).catch((thrown: unknown) => thrown);
    expect(caught).toEqual(error);
    expect(caught).toBeInstanceOf(error.constructor);
  });
});

describe('real MNIST', () => {
  const root = process.env.DL_DATA;

  it('has the counts, sums and first labels that it is known for', async ({ skip }) => {
    if (root === undefined) skip('needs MNIST: set DL_DATA to a folder that has mnist/train-images-idx3-ubyte.gz');
    const { train, test } = await loadMnist(join(root!, 'mnist'));
    expect([train.images.shape, train.labels.shape]).toEqual([[60000, 1, 28, 28], [60000]]);
    expect([test.images.shape, test.labels.shape]).toEqual([[10000, 1, 28, 28], [10000]]);
    expect([...train.labels.data.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect([...test.labels.data.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    let sum = 0;
    for (const grey of train.images.data) sum += grey;
    expect(sum / train.images.data.length).toBeCloseTo(0.1307, 4);
  });
});
