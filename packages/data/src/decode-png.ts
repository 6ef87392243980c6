// PNG to pixels. Sizes are decided by the header: what it promises must be able to come out of the bytes that are there, and
// not a byte more is unpacked.
//
// Source: Portable Network Graphics (PNG) Specification, W3C Recommendation.

import { Inflate } from 'fflate';
import { checkCapacity, checkPixels, damaged, type Pixels } from './pixels.js';

/** Samples a pixel by colour type: grey, colours, palette, grey and alpha, colours and alpha. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Deflate makes at most 258 bytes of 2 bits. */
const MOST_OUT_OF_A_BYTE = 1032;
/** What is unpacked at once: at most four megabytes come of it. */
const PIECE = 4096;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly isInterlaced: boolean;
}

/** One pass over the image: all of it, or one of the seven of an interlaced file. */
interface Pass {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
}

export function decodePng(bytes: Uint8Array, maxPixels: number): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed: Uint8Array[] = [];
  let header: Header | undefined;
  let palette: Uint8Array | undefined;
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw damaged('it ends before its last chunk');
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) throw damaged('a chunk is longer than the file');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (crc(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged('a checksum is wrong');
    }
    at += 12 + length;
    if (header === undefined) {
      if (type !== 'IHDR') throw damaged('it does not begin with a header');
      header = readHeader(content, bytes.length, maxPixels);
    } else if (type === 'PLTE') {
      if (length === 0 || length % 3 !== 0 || length > 768) throw damaged(`its palette has ${length} bytes`);
      palette = content;
    } else if (type === 'IDAT') packed.push(content);
    else if (type === 'IEND') break;
    // A capital first letter marks a chunk without which the image cannot be read.
    else if (/^[A-Z]/.test(type)) throw damaged('it has a chunk that PNG does not know');
  }
  if (header.colorType === 3 && palette === undefined) throw damaged('its palette is missing');
  return unfold(header, palette, packed);
}

function readHeader(content: Uint8Array, available: number, maxPixels: number): Header {
  if (content.length !== 13) throw damaged(`its header has ${content.length} bytes`);
  const view = new DataView(content.buffer, content.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colorType, compression, filter, interlace] = content.subarray(8) as unknown as Five;
  if (depthsOf[colorType]?.includes(depth) !== true || compression !== 0 || filter !== 0 || interlace > 1) {
    throw damaged('its header is of no kind that PNG knows');
  }
  checkPixels(width, height, maxPixels);
  const header = { width, height, depth, colorType, isInterlaced: interlace === 1 };
  checkCapacity(width, height, rawBytes(header) / MOST_OUT_OF_A_BYTE, available);
  return header;
}

type Five = [number, number, number, number, number];

/** Left, top and steps of the passes of Adam7. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function passesOf({ width, height, isInterlaced }: Header): Pass[] {
  if (!isInterlaced) return [{ width, height, left: 0, top: 0, stepX: 1, stepY: 1 }];
  return adam7
    .map(([left, top, stepX, stepY]) => ({
      width: Math.max(0, Math.ceil((width - left) / stepX)),
      height: Math.max(0, Math.ceil((height - top) / stepY)),
      left,
      top,
      stepX,
      stepY,
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

const bitsOf = ({ depth, colorType }: Header): number => depth * samplesOf[colorType]!;
/** A row's bytes without the one that names its filter. */
const rowBytes = (header: Header, pass: Pass): number => Math.ceil((pass.width * bitsOf(header)) / 8);
const rawBytes = (header: Header): number =>
  passesOf(header).reduce((sum, pass) => sum + pass.height * (1 + rowBytes(header, pass)), 0);

function unfold(header: Header, palette: Uint8Array | undefined, packed: readonly Uint8Array[]): Pixels {
  const { width, height, depth, colorType } = header;
  const raw = inflate(packed, rawBytes(header));
  const fileSamples = samplesOf[colorType]!;
  const samples = colorType === 3 ? 3 : fileSamples;
  const data = new Uint8Array(width * height * samples);
  const most = 2 ** depth - 1;
  // Distance to the byte that a filter looks back to.
  const back = Math.max(1, bitsOf(header) >> 3);
  let at = 0;
  for (const pass of passesOf(header)) {
    const length = rowBytes(header, pass);
    let above: Uint8Array | undefined;
    for (let y = 0; y < pass.height; y++) {
      const row = raw.subarray(at + 1, at + 1 + length);
      unfilter(raw[at]!, row, above, back);
      at += 1 + length;
      above = row;
      const line = (pass.top + y * pass.stepY) * width + pass.left;
      for (let x = 0; x < pass.width; x++) {
        const to = (line + x * pass.stepX) * samples;
        if (colorType === 3) {
          const color = 3 * (depth === 8 ? row[x]! : bitsAt(row, x, depth));
          if (color >= palette!.length) throw damaged('a pixel is of no colour of its palette');
          for (let s = 0; s < 3; s++) data[to + s] = palette![color + s]!;
        } else if (depth < 8) {
          data[to] = (bitsAt(row, x, depth) * 255) / most;
        } else {
          // Of 16 bits the upper 8, which come first.
          const step = depth >> 3;
          for (let s = 0; s < samples; s++) data[to + s] = row[(x * samples + s) * step]!;
        }
      }
    }
  }
  return { data, samples, width, height };
}

function bitsAt(row: Uint8Array, index: number, depth: number): number {
  const bit = index * depth;
  return (row[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

function unfilter(kind: number, row: Uint8Array, above: Uint8Array | undefined, back: number): void {
  if (kind === 0) return;
  if (kind > 4) throw damaged('a row has a filter that PNG does not know');
  for (let i = 0; i < row.length; i++) {
    const left = i < back ? 0 : row[i - back]!;
    const up = above === undefined ? 0 : above[i]!;
    const corner = i < back || above === undefined ? 0 : above[i - back]!;
    const guess = kind === 1 ? left : kind === 2 ? up : kind === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    row[i] = row[i]! + guess;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** The `needed` bytes that are packed; stops at the first piece that gives more. */
function inflate(parts: readonly Uint8Array[], needed: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const packed = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    packed.set(part, filled);
    filled += part.length;
  }
  const [method = 0, flags = 0] = packed;
  if (
    length < 6 ||
    (method & 15) !== 8 ||
    method >> 4 > 7 ||
    (flags & 32) !== 0 ||
    ((method << 8) | flags) % 31 !== 0
  ) {
    throw damaged('its pixels are not packed as PNG packs them');
  }
  const out = new Uint8Array(needed);
  let came = 0;
  const inflator = new Inflate((some) => {
    if (came + some.length > needed) throw damaged('more pixels are packed in it than its header promises');
    out.set(some, came);
    came += some.length;
  });
  // Two bytes of header in front, four of checksum behind.
  const end = length - 4;
  for (let at = 2; at < end || at === 2; at += PIECE) {
    inflator.push(packed.subarray(at, Math.min(end, at + PIECE)), at + PIECE >= end);
  }
  if (came < needed) throw damaged('fewer pixels are packed in it than its header promises');
  return out;
}

const crcTable = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

function crc(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) rest = crcTable[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}
