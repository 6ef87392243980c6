import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError, IndexError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { parseCifar } from './cifar.js';

/** Records with the labels given; byte k of image i is (k + i) mod 256. */
function records(...heads: number[][]): Uint8Array {
  return Uint8Array.from(
    heads.flatMap((head, i) => [...head, ...Array.from({ length: 3072 }, (_, k) => (k + i) % 256)]),
  );
}

describe('parseCifar', () => {
  it('reads records of a label and three planes', () => {
    const { images, labels } = parseCifar(records([6], [9]));
    expect(labels).toEqual({ data: Int32Array.of(6, 9), shape: [2] });
    expect(images.shape).toEqual([2, 3, 32, 32]);
    expect(images.data[1024 + 33]).toBeCloseTo(((1024 + 33) % 256) / 255, 6);
    expect(images.data[3072]).toBeCloseTo(1 / 255, 6);
  });

  it('takes the fine label of CIFAR-100', () => {
    expect(parseCifar(records([19, 99], [0, 7]), { classes: 100 }).labels.data).toEqual(Int32Array.of(99, 7));
  });

  it.each<[string, Uint8Array, object, Error]>([
    [
      'a file cut off',
      records([1], [2]).subarray(0, 6000),
      {},
      new FormatError(
        'parseCifar: got 6000 bytes, needs records of 3073 bytes each; the file is empty, cut off, or not the binary version of CIFAR-10: get it again',
      ),
    ],
    [
      'no bytes',
      new Uint8Array(),
      {},
      new FormatError(
        'parseCifar: got 0 bytes, needs records of 3073 bytes each; the file is empty, cut off, or not the binary version of CIFAR-10: get it again',
      ),
    ],
    [
      'a label that is no class',
      records([1], [10]),
      {},
      new IndexError('parseCifar: label 1 is 10, needs 0 to 9; is this the binary version of CIFAR-10?'),
    ],
    [
      'gzip',
      gzipSync(records([1])),
      {},
      new FormatError('parseCifar: the bytes are compressed with gzip; unpack them first, with await gunzip(bytes)'),
    ],
    ['other classes', records([1]), { classes: 20 }, new ArgumentError('parseCifar: classes is 20, needs 10 or 100')],
  ])('refuses %s', (_, bytes, options, error) => {
    expect(() => parseCifar(bytes, options)).toThrow(error);
  });
});
