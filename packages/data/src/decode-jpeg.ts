// JPEG to pixels. jpeg-js decodes; what it may spend is decided here, from the headers, before it begins: it would make room
// for whatever a header promises, and go through the image once for every scan that a file names.
//
// Source: ITU-T Recommendation T.81 (JPEG), annexes A and B.

import jpeg from 'jpeg-js';
import { checkCapacity, checkPixels, damaged, type Pixels, Refusal } from './pixels.js';

/** How often a file of `maxPixels` pixels may go over the whole image. A progressive file does it about ten times. */
const MOST_SCANS = 16;

interface Frame {
  readonly width: number;
  readonly height: number;
  /** Blocks of 8 x 8 that the components are stored in. */
  readonly blocks: number;
  readonly ids: ReadonlySet<number>;
}

export function decodeJpeg(bytes: Uint8Array, maxPixels: number): Pixels {
  const { width, height, blocks } = survey(bytes, maxPixels);
  const pixels = width * height;
  // A block is held as 64 numbers of 4 bytes, then as 64 samples; a pixel as 4 bytes at most.
  const memory = 64 * 5 * blocks + 8 * pixels;
  const { data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    // Errors, not grey areas, where data are missing.
    tolerantDecoding: false,
    maxResolutionInMP: Math.max(1, Math.ceil(pixels / 1e6)),
    maxMemoryUsageInMB: Math.ceil((2 * memory) / 1e6) + 16,
  });
  return { data, samples: 3, width, height };
}

/** Goes through the file from marker to marker. */
function survey(bytes: Uint8Array, maxPixels: number): Frame {
  let frame: Frame | undefined;
  let scans = 0;
  for (let at = 2; ; ) {
    if (at + 1 >= bytes.length) break;
    if (bytes[at] !== 0xff) {
      // Between a scan's data and its next marker, and where a file has stray bytes.
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    at += 2;
    // Within a scan: an escaped ff, or where it restarts.
    if (marker === 0 || marker === 0xd8 || (marker >= 0xd0 && marker <= 0xd7) || marker === 1) continue;
    const length = (bytes[at]! << 8) | bytes[at + 1]!;
    if (!(length >= 2) || at + length > bytes.length) throw damaged('a segment is longer than the file');
    const content = bytes.subarray(at + 2, at + length);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (frame !== undefined) throw damaged('it holds more than one image');
      if (marker > 0xc2) {
        throw new Refusal('is of a kind that is not read, needs baseline or progressive JPEG; convert the file first');
      }
      frame = readFrame(content, bytes.length, maxPixels);
    } else if (marker === 0xda) {
      scans++;
      checkScan(content, frame);
      if (scans * frame!.width * frame!.height > MOST_SCANS * maxPixels) {
        throw new Refusal(
          `has ${frame!.width} x ${frame!.height} pixels in more than ${scans - 1} scans, which is more work than maxPixels, ${maxPixels}, allows; if it is to be read, set maxPixels higher`,
        );
      }
    }
    at += length;
  }
  if (frame === undefined || scans === 0) throw damaged('it has no image');
  return frame;
}

function readFrame(content: Uint8Array, available: number, maxPixels: number): Frame {
  const count = content[5] ?? 0;
  if (content.length !== 6 + 3 * count || count < 1 || count > 4 || content[0] !== 8) {
    throw damaged('its header is of no kind that is read, 8 bits a sample and 1 to 4 components');
  }
  const height = (content[1]! << 8) | content[2]!;
  const width = (content[3]! << 8) | content[4]!;
  checkPixels(width, height, maxPixels);
  const components = Array.from({ length: count }, (_, k) => {
    const [id, sampling] = content.subarray(6 + 3 * k) as unknown as [number, number];
    return { id, across: sampling >> 4, down: sampling & 15 };
  });
  const isFactor = (factor: number): boolean => factor >= 1 && factor <= 4;
  const ids = new Set(components.map(({ id }) => id));
  if (ids.size < count || !components.every(({ across, down }) => isFactor(across) && isFactor(down))) {
    throw damaged('its header names components that cannot be');
  }
  const mostAcross = Math.max(...components.map(({ across }) => across));
  const mostDown = Math.max(...components.map(({ down }) => down));
  const units = Math.ceil(width / 8 / mostAcross) * Math.ceil(height / 8 / mostDown);
  const blocks = components.reduce((sum, { across, down }) => sum + units * across * down, 0);
  const coded = components.reduce((sum, { across, down }) => {
    const columns = Math.ceil(Math.ceil((width * across) / mostAcross) / 8);
    return sum + columns * Math.ceil(Math.ceil((height * down) / mostDown) / 8);
  }, 0);
  // A block takes a code of a bit at least.
  checkCapacity(width, height, coded / 8, available);
  return { width, height, blocks, ids };
}

function checkScan(content: Uint8Array, frame: Frame | undefined): void {
  if (frame === undefined) throw damaged('an image begins before its header');
  const count = content[0] ?? 0;
  const ids = Array.from({ length: count }, (_, k) => content[1 + 2 * k] ?? -1);
  if (
    content.length !== 4 + 2 * count ||
    count < 1 ||
    new Set(ids).size < count ||
    !ids.every((id) => frame.ids.has(id))
  ) {
    throw damaged('a scan names components that the image has not');
  }
}
