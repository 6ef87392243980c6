// PNG and JPEG files against what Pillow reads in them: golden/images.py made both.

import { readFileSync } from 'node:fs';
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
      'the PNG is damaged or cut off (300 bytes came); get the file again',
    ],
    [
      'a JPEG cut off',
      file('baseline.jpg').subarray(0, 400),
      'the JPEG is damaged or cut off (400 bytes came); get the file again',
    ],
    [
      'text',
      Uint8Array.of(0x3c, 0x68, 0x74, 0x6d, 0x6c),
      'the bytes begin with 3c 68 74 6d, needs a PNG (89 50 4e 47) or a JPEG (ff d8 ff)',
    ],
    ['nothing', new Uint8Array(), 'the bytes begin with nothing, needs a PNG (89 50 4e 47) or a JPEG (ff d8 ff)'],
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
