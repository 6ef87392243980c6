// PNG and JPEG files to arrays.
//
// fast-png (MIT) is kept by the image-js project and decodes every PNG; jpeg-js (BSD-3-Clause) decodes baseline and
// progressive JPEG and is what image-js uses too. Both are plain JavaScript, so that pixels are the same everywhere.

import { ArgumentError, FormatError } from '@dl/autograd';
import { convertIndexedToRgb, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import type { NdArray } from './nd-array.js';

/** Options of {@link decodeImage}. */
export interface DecodeOptions {
  /**
   * 1: grey. 3: red, green, blue. Colours become grey as 0.299 R + 0.587 G + 0.114 B; grey becomes three planes
   * alike; what is transparent is dropped. Default: 3.
   */
  channels?: 1 | 3;
}

/**
 * The pixels of a PNG or JPEG file, `[C, H, W]`, 0 to 255. The file's first bytes say which it is. Of 16 bits a
 * channel the upper 8 are kept. Pixels come in the order of the file: a camera's note on how it was held (EXIF) is not heeded.
 *
 * @throws FormatError when the bytes are neither, or damaged; ArgumentError for channels other than 1 and 3.
 *
 * @example
 * ```ts no-run
 * import { fetchBytes } from '@dl/data';
 * import { decodeImage } from '@dl/data/images';
 * const { data, shape } = decodeImage(await fetchBytes('/cats/1.jpg'));
 * console.log(shape, data.length); // [3, 240, 320] and 230400
 * ```
 */
export function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): NdArray<Uint8Array> {
  return decodeNamed(bytes, options, 'decodeImage');
}

/** decodeImage, with the words that its errors begin with. */
export function decodeNamed(bytes: Uint8Array, options: DecodeOptions, what: string): NdArray<Uint8Array> {
  const { channels = 3 } = options;
  if (channels !== 1 && channels !== 3) throw new ArgumentError(`${what}: channels is ${channels}, needs 1 or 3`);
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
  if (!isPng && !isJpeg) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `${what}: the bytes begin with ${magic || 'nothing'}, needs a PNG (89 50 4e 47) or a JPEG (ff d8 ff)`,
    );
  }
  let pixels: Pixels;
  try {
    pixels = isPng ? fromPng(bytes) : fromJpeg(bytes);
  } catch (cause) {
    throw new FormatError(
      `${what}: the ${isPng ? 'PNG' : 'JPEG'} is damaged or cut off (${bytes.length} bytes came); get the file again`,
      { cause },
    );
  }
  return planes(pixels, channels);
}

/** Pixels one after the other, `samples` numbers each: grey, grey and alpha, colours, colours and alpha. */
interface Pixels {
  readonly data: ArrayLike<number>;
  readonly samples: number;
  readonly width: number;
  readonly height: number;
  /** How far a sample is shifted to the right to be of 8 bits: 8 when it has 16. */
  readonly shift: number;
}

function fromPng(bytes: Uint8Array): Pixels {
  const image = decodePng(bytes, { checkCrc: true });
  const { width, height, depth, channels } = image;
  if (image.palette !== undefined) {
    const data = convertIndexedToRgb(image);
    return { data, samples: data.length / (width * height), width, height, shift: 0 };
  }
  if (depth < 8) return { data: unpackBits(image.data, width, height, depth), samples: 1, width, height, shift: 0 };
  return { data: image.data, samples: channels, width, height, shift: depth === 16 ? 8 : 0 };
}

/** Grey of 1, 2 or 4 bits, packed by rows that begin at a byte, as 0 to 255. */
function unpackBits(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const most = 2 ** depth - 1;
  const rowBytes = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = packed[Math.floor(i / width) * rowBytes + (bit >> 3)]!;
    return (((byte >> (8 - depth - (bit & 7))) & most) * 255) / most;
  });
}

function fromJpeg(bytes: Uint8Array): Pixels {
  // Errors, not grey areas, where data are missing; no image of a data set is larger than 100 million pixels.
  const options = { useTArray: true, formatAsRGBA: false, tolerantDecoding: false } as const;
  const { data, width, height } = jpeg.decode(bytes, { ...options, maxResolutionInMP: 100, maxMemoryUsageInMB: 2048 });
  return { data, samples: 3, width, height, shift: 0 };
}

function planes({ data, samples, width, height, shift }: Pixels, channels: 1 | 3): NdArray<Uint8Array> {
  const plane = width * height;
  const out = new Uint8Array(channels * plane);
  const grey = samples < 3;
  for (let i = 0; i < plane; i++) {
    const at = i * samples;
    const r = data[at]! >> shift;
    if (grey) {
      for (let c = 0; c < channels; c++) out[c * plane + i] = r;
      continue;
    }
    const g = data[at + 1]! >> shift;
    const b = data[at + 2]! >> shift;
    if (channels === 1) {
      out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    } else {
      out[i] = r;
      out[plane + i] = g;
      out[2 * plane + i] = b;
    }
  }
  return { data: out, shape: [channels, height, width] };
}
