// PNG and JPEG files against what Pillow reads in them: golden/images.py made both.

import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './images.js';

const golden: Record<string, { bytes: string; shape: number[]; data: number[] }> = JSON.parse(
  readFileSync(new URL('../golden/images.json', import.meta.url), 'utf8'),
);
const file = (name: string): Uint8Array => new Uint8Array(Buffer.from(golden[name]!.bytes, 'base64'));

describe('decodeImage', () => {
  it.each(Object.keys(golden).filter((name) => name.endsWith('.png')))('reads %s to the bit', (name) => {
    const { data, shape } = decodeImage(file(name));
    expect(shape).toEqual(golden[name]!.shape);
    expect([...data]).toEqual(golden[name]!.data);
  });

  // JPEG leaves the rounding of its transform open, and how halved colours are spread again.
  it.each([
    ['baseline.jpg', 3],
    ['progressive.jpg', 3],
    ['grey.jpg', 2],
    ['cmyk.jpg', 3],
    ['subsampled.jpg', 12],
  ] as const)('reads %s, pixels within %i of 255', (name, most) => {
    const { data, shape } = decodeImage(file(name));
    expect(shape).toEqual(golden[name]!.shape);
    const off = golden[name]!.data.map((value, i) => Math.abs(value - data[i]!));
    expect(Math.max(...off)).toBeLessThanOrEqual(most);
    expect(off.reduce((sum, each) => sum + each, 0) / off.length).toBeLessThan(most / 4);
  });

  it('makes grey of colours', () => {
    const { data, shape } = decodeImage(file('rgb.png'), { channels: 1 });
    expect(shape).toEqual([1, 21, 26]);
    const colors = golden['rgb.png']!.data;
    data.forEach((grey, i) => {
      const exact = 0.299 * colors[i]! + 0.587 * colors[546 + i]! + 0.114 * colors[2 * 546 + i]!;
      expect(Math.abs(grey - exact)).toBeLessThanOrEqual(0.5 + 1e-9);
    });
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a PNG cut off',
      file('rgb.png').subarray(0, 300),
      'the PNG is damaged or cut off: a chunk is longer than the file; get the file again',
    ],
    [
      'a JPEG cut off',
      file('baseline.jpg').subarray(0, 400),
      'the JPEG is damaged or cut off: a segment is longer than the file; get the file again',
    ],
    [
      'text',
      Uint8Array.of(0x3c, 0x68, 0x74, 0x6d, 0x6c),
      'the bytes begin with 3c 68 74 6d 6c, needs a PNG (89 50 4e 47 0d 0a 1a 0a) or a JPEG (ff d8 ff)',
    ],
    [
      'nothing',
      new Uint8Array(),
      'the bytes begin with nothing, needs a PNG (89 50 4e 47 0d 0a 1a 0a) or a JPEG (ff d8 ff)',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeImage(bytes)).toThrow(new FormatError(`decodeImage: ${message}`));
  });

  it('refuses a flipped bit in a PNG, and other channels', () => {
    const damaged = file('rgb.png');
    damaged[Math.floor(damaged.length / 2)]! ^= 4;
    expect(() => decodeImage(damaged)).toThrow(FormatError);
    expect(() => decodeImage(file('rgb.png'), { channels: 4 as 3 })).toThrow(
      new ArgumentError('decodeImage: channels is 4, needs 1 or 3'),
    );
  });
});

/** A grey PNG of 8 bits with this header, whatever is packed in it. */
function png(width: number, height: number, packed: Uint8Array): Uint8Array {
  const chunk = (type: string, content: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return new Uint8Array(
    Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array())]),
  );
}

/** CRC-32, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/** A JPEG's frame of one component, `length` bytes of scan data behind it. */
function jpeg(width: number, height: number, { length = 4, scans = 1, marker = 0xc0 } = {}): Uint8Array {
  const frame = [0xff, marker, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, ...new Array<number>(length).fill(0x55)];
  return Uint8Array.from([0xff, 0xd8, ...frame, ...new Array(scans).fill(scan).flat(), 0xff, 0xd9]);
}

describe('decodeImage of files that lie', () => {
  const message = (bytes: Uint8Array, options = {}): string => {
    try {
      decodeImage(bytes, options);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return (error as Error).message;
    }
    return 'was read';
  };

  it('reads a file that tells the truth', () => {
    const packed = deflateSync(Uint8Array.of(0, 1, 2, 0, 3, 4));
    expect([...decodeImage(png(2, 2, packed), { channels: 1 }).data]).toEqual([1, 2, 3, 4]);
  });

  it('refuses headers that promise what their bytes cannot hold', () => {
    // Deflate makes 1032 bytes of one at most: 7000 rows of 7001 bytes, over 1032.
    expect(message(png(7000, 7000, deflateSync(new Uint8Array(9))))).toMatch(
      /the PNG is damaged or cut off: its header promises 7000 x 7000 pixels, which take at least 47488 bytes, but the file has \d+/,
    );
    // A bit for each of 875 x 875 blocks.
    expect(message(jpeg(7000, 7000))).toMatch(
      /the JPEG is damaged or cut off: its header promises 7000 x 7000 pixels, which take at least 95704 bytes, but the file has \d+/,
    );
  });

  it('refuses more than maxPixels, by the header', () => {
    const said = 'has 30000 x 30000 pixels by its header, more than the 50000000 of maxPixels';
    expect(message(png(30_000, 30_000, new Uint8Array(9)))).toContain(`the PNG ${said}`);
    expect(message(jpeg(30_000, 30_000))).toContain(`the JPEG ${said}`);
    expect(message(file('rgb.png'), { maxPixels: 26 * 21 - 1 })).toContain('has 26 x 21 pixels by its header');
    expect(decodeImage(file('rgb.png'), { maxPixels: 26 * 21 }).shape).toEqual([3, 21, 26]);
    expect(() => decodeImage(file('rgb.png'), { maxPixels: 0.5 })).toThrow(
      new ArgumentError('decodeImage: maxPixels is 0.5, needs a whole number of at least 1'),
    );
  });

  it('stops unpacking a PNG when its pixels are there', () => {
    // Fifty million zeros, and nonsense where the first few thousand are over: whoever goes on comes upon it.
    const packed = deflateSync(new Uint8Array(50_000_000));
    packed.fill(0xff, 8192);
    expect(message(png(4, 4, packed))).toBe(
      'decodeImage: the PNG is damaged or cut off: more pixels are packed in it than its header promises; get the file again',
    );
    expect(message(png(4, 4, deflateSync(new Uint8Array(19))))).toContain('fewer pixels are packed');
  });

  it('refuses a JPEG that goes over its image again and again', () => {
    const said = 'has 1000 x 1000 pixels in more than 16 scans, which is more work than maxPixels, 1000000, allows';
    const hostile = jpeg(1000, 1000, { length: 2000, scans: 17, marker: 0xc2 });
    expect(message(hostile, { maxPixels: 1_000_000 })).toContain(said);
  });
});
