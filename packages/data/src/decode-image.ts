// PNG and JPEG files to arrays, in plain JavaScript, so that pixels are the same everywhere.

import { ArgumentError, checkCall, FormatError, type Known, shown } from '@dl/autograd';
import { decodeJpeg } from './decode-jpeg.js';
import { decodePng } from './decode-png.js';
import type { NdArray } from './nd-array.js';
import { type Pixels, Refusal } from './pixels.js';

/** Options of {@link decodeImage}. */
export interface DecodeOptions {
  /**
   * 1: grey. 3: red, green, blue. Colours become grey as 0.299 R + 0.587 G + 0.114 B; grey becomes three planes
   * alike; what is transparent is dropped. Default: 3.
   */
  channels?: 1 | 3;
  /**
   * The most pixels an image may have. A larger one is refused by its header, before room is made for it; and so is one that
   * promises more pixels than its bytes can hold. Default: 50 million.
   */
  maxPixels?: number;
}

export const decodeOptions: Known<DecodeOptions> = { channels: 'number', maxPixels: 'number' };

const MAX_PIXELS = 50_000_000;

/**
 * The pixels of a PNG or JPEG file, `[C, H, W]`, 0 to 255. The file's first bytes say which it is. Of 16 bits a
 * channel the upper 8 are kept. Pixels come in the order of the file: a camera's note on how it was held (EXIF) is not heeded.
 *
 * @throws FormatError when the bytes are neither, damaged, or of more than `maxPixels` pixels; ArgumentError for channels other
 * than 1 and 3, and a maxPixels that is no whole number above 0.
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
  checkCall('decodeImage', arguments, ['bytes'], decodeOptions);
  return decodeNamed(bytes, options, 'decodeImage');
}

/** decodeImage, with the words that its errors begin with. */
export function decodeNamed(bytes: Uint8Array, options: DecodeOptions, what: string): NdArray<Uint8Array> {
  const { channels = 3, maxPixels = MAX_PIXELS } = options;
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError(`${what}: channels is ${shown(channels)}, needs 1 or 3`);
  if (!Number.isSafeInteger(maxPixels) || maxPixels < 1) {
    throw new ArgumentError(`${what}: maxPixels is ${shown(maxPixels)}, needs a whole number of at least 1`);
  }
  const isPng = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
  if (!isPng && !isJpeg) {
    const magic = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `${what}: the bytes begin with ${magic || 'nothing'}, needs a PNG (89 50 4e 47 0d 0a 1a 0a) or a JPEG (ff d8 ff)`,
    );
  }
  const format = isPng ? 'PNG' : 'JPEG';
  let pixels: Pixels;
  try {
    pixels = isPng ? decodePng(bytes, maxPixels) : decodeJpeg(bytes, maxPixels);
  } catch (cause) {
    if (cause instanceof Refusal) throw new FormatError(`${what}: the ${format} ${cause.message}`, { cause });
    throw new FormatError(
      `${what}: the ${format} is damaged or cut off (${bytes.length} bytes came); get the file again`,
      { cause },
    );
  }
  return planes(pixels, channels);
}

function planes({ data, samples, width, height }: Pixels, channels: 1 | 3): NdArray<Uint8Array> {
  const plane = width * height;
  const out = new Uint8Array(channels * plane);
  const grey = samples < 3;
  for (let i = 0; i < plane; i++) {
    const at = i * samples;
    const r = data[at]!;
    if (grey) {
      for (let c = 0; c < channels; c++) out[c * plane + i] = r;
      continue;
    }
    const g = data[at + 1]!;
    const b = data[at + 2]!;
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
