import { FormatError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { parseIdx, parseIdxGz } from './idx.js';

/** An IDX file: type, sizes, then `body`. */
function idx(type: number, sizes: number[], body: number[]): Uint8Array {
  return Uint8Array.from([
    0,
    0,
    type,
    sizes.length,
    ...sizes.flatMap((size) => [0, 0, size >> 8, size & 255]),
    ...body,
  ]);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

describe('parseIdx', () => {
  it('reads uint8 of any rank', () => {
    expect(parseIdx(idx(8, [2, 3], [1, 2, 3, 4, 5, 255]))).toEqual({
      data: Uint8Array.of(1, 2, 3, 4, 5, 255),
      shape: [2, 3],
    });
  });

  it('reads int8, int16 and int32 as Int32Array, with sign and big-endian', () => {
    expect(parseIdx(idx(9, [2], [0xff, 0x7f])).data).toEqual(Int32Array.of(-1, 127));
    expect(parseIdx(idx(11, [2], [0xff, 0xfe, 0x01, 0x02])).data).toEqual(Int32Array.of(-2, 258));
    expect(parseIdx(idx(12, [2], [0xff, 0xff, 0xff, 0xfd, 0x01, 0x02, 0x03, 0x04])).data).toEqual(
      Int32Array.of(-3, 0x01020304),
    );
  });

  it('reads float32 and float64', () => {
    expect(parseIdx(idx(13, [2], [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0])).data).toEqual(Float32Array.of(1, -2.5));
    expect(parseIdx(idx(14, [1], [0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18])).data).toEqual(
      Float64Array.of(Math.PI),
    );
  });

  it('reads bytes that begin anywhere in their buffer, and keeps no view of them', () => {
    const file = idx(8, [2], [7, 9]);
    const buffer = new Uint8Array(file.length + 5);
    buffer.set(file, 3);
    const { data } = parseIdx(buffer.subarray(3, 3 + file.length));
    buffer.fill(0);
    expect(data).toEqual(Uint8Array.of(7, 9));
  });

  it('reads no rows', () => {
    expect(parseIdx(idx(13, [0, 4], []))).toEqual({ data: new Float32Array(0), shape: [0, 4] });
  });

  const cases: [string, Uint8Array, string][] = [
    ['too few bytes', Uint8Array.of(0, 0), 'parseIdx: got 2 bytes, an IDX file has at least 4; get the file again'],
    [
      'another kind of file',
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10),
      'parseIdx: the bytes begin with 89 50 4e 47, an IDX file begins with 00 00 and a type of 08, 09, 0b, 0c, 0d or 0e; is this the right file?',
    ],
    [
      'a type that IDX has not',
      idx(10, [1], [1]),
      'parseIdx: the bytes begin with 00 00 0a 01, an IDX file begins with 00 00 and a type of 08, 09, 0b, 0c, 0d or 0e; is this the right file?',
    ],
    ['no dimensions', idx(8, [], [1]), 'parseIdx: the header names no dimensions, needs at least 1'],
    [
      'a header cut off',
      idx(8, [2, 3], []).subarray(0, 9),
      'parseIdx: a header with 2 dimensions has 12 bytes, got 9; get the file again',
    ],
    [
      'elements cut off',
      idx(11, [2, 3], [1, 2, 3, 4]),
      'parseIdx: the header promises 2 x 3 elements of int16, 12 bytes, but 4 follow; the file is cut off, get it again',
    ],
    [
      'bytes after the last element',
      idx(8, [2], [1, 2, 3]),
      'parseIdx: the header promises 2 elements of uint8, 2 bytes, but more follow; cut the rest off, or get the file again',
    ],
    [
      'compressed bytes',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      'parseIdx: the bytes are compressed with gzip; parseIdxGz unpacks and reads them',
    ],
  ];
  it.each(cases)('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes)).toThrow(new FormatError(message));
  });

  it('does not allocate what an absurd header promises', () => {
    const absurd = Uint8Array.of(0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    expect(() => parseIdx(absurd)).toThrow(/4294967295 x 4294967295 elements of float64, .* but 1 follow/);
  });
});

describe('parseIdxGz', () => {
  const file = idx(8, [2, 2], [1, 2, 3, 4]) as Uint8Array<ArrayBuffer>;

  it('reads compressed and plain bytes', async () => {
    expect(await parseIdxGz(await gzip(file))).toEqual(parseIdx(file));
    expect(await parseIdxGz(file)).toEqual(parseIdx(file));
  });

  it('refuses damaged and cut off gzip data', async () => {
    const packed = await gzip(file);
    const half = packed.subarray(0, packed.length - 9);
    await expect(parseIdxGz(half)).rejects.toThrow(
      new FormatError(
        `parseIdxGz: the gzip data are damaged or cut off (${half.length} bytes came); get the file again`,
      ),
    );
    const damaged = packed.slice();
    damaged.fill(0xff, 10, 16);
    await expect(parseIdxGz(damaged)).rejects.toThrow('the gzip data are damaged or cut off');
  });

  it('looks at what was inside as parseIdx does', async () => {
    await expect(parseIdxGz(await gzip(file.slice(0, 14)))).rejects.toThrow(
      new FormatError(
        'parseIdxGz: the header promises 2 x 2 elements of uint8, 4 bytes, but 2 follow; the file is cut off, get it again',
      ),
    );
  });
});
