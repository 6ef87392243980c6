// The header of a file in the safetensors format: which tensors there are, and where. Nothing in the bytes is trusted.

import { FormatError, printable } from '@dl/autograd';
import { nameThatComesTwice } from './json-names.js';
import { type ElementType, MAX_HEADER_BYTES, METADATA, widths } from './safetensors.js';

/** One tensor as the header describes it. */
export interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Where its bytes are, counted from the first of the values. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
}

/** So many bytes in front say how long the header is. */
export const LENGTH_BYTES = 8;

/** How many bytes the header has, by the first bytes of a file; nine of them tell other formats, too. */
export function headerLength(first: Uint8Array, fileLength: number): number {
  const other = otherFormat(first);
  if (other !== undefined) throw broken(other);
  if (fileLength < LENGTH_BYTES) {
    throw broken(
      `${fileLength} bytes are too few for the length of a header; the file is truncated, or is another format`,
    );
  }
  const stated = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (stated > MAX_HEADER_BYTES) {
    throw broken(
      `the header would have ${stated} bytes, more than the ${MAX_HEADER_BYTES} allowed; the file is another format`,
    );
  }
  const length = Number(stated);
  if (LENGTH_BYTES + length > fileLength) {
    throw broken(`the header has ${length} bytes but only ${fileLength - LENGTH_BYTES} follow; the file is truncated`);
  }
  return length;
}

/** What a header says, checked against how many bytes of values follow it. */
export function readHeader(bytes: Uint8Array, available: number): Header {
  const header = parseHeader(bytes);
  const metadata = readMetadata(header[METADATA]);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, info]) => readEntry(name, info, available));
  checkLayout(entries, available);
  return { entries, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw broken('the header is no JSON; the file is damaged, or is another format', cause);
  }
  const twice = nameThatComesTwice(text);
  if (twice !== undefined) {
    throw broken(
      `the header has the name '${printable(twice)}' twice in one object; the file is damaged, or badly written`,
    );
  }
  if (!isRecord(header)) throw broken(`the header is ${show(header)}, needs an object that maps names to tensors`);
  return header;
}

function readMetadata(metadata: unknown = {}): Record<string, string> {
  if (!isRecord(metadata)) throw broken(`${METADATA} is ${show(metadata)}, needs an object of strings`);
  const bad = Object.entries(metadata).find(([, text]) => typeof text !== 'string');
  if (bad !== undefined) throw broken(`${METADATA}.${printable(bad[0])} is ${show(bad[1])}, needs a string`);
  return metadata as Record<string, string>;
}

function readEntry(name: string, info: unknown, available: number): Entry {
  const wrong = (words: string): FormatError => broken(`tensor '${printable(name)}' ${words}`);
  if (!isRecord(info)) throw wrong(`is ${show(info)}, needs { dtype, shape, data_offsets }`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !Object.hasOwn(widths, dtype)) {
    throw wrong(`has dtype ${show(dtype)}, needs one of ${Object.keys(widths).join(', ')}`);
  }
  if (!isCounts(shape)) throw wrong(`has shape ${show(shape)}, needs an array of whole numbers of at least 0`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw wrong(`has data_offsets ${show(offsets)}, needs [begin, end] in whole numbers of at least 0`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw wrong(`begins at byte ${begin} but ends at byte ${end}; the file is damaged`);
  const type = dtype as ElementType;
  const size = shape.reduce((product, length) => product * length, widths[type]);
  if (size !== end - begin) {
    throw wrong(
      `is ${type} [${printable(shape.join(', '))}], which takes ${size} bytes, but has ${end - begin}; the file is damaged`,
    );
  }
  if (end > available) {
    throw wrong(`ends at byte ${end} of the values but only ${available} are there; the file is truncated`);
  }
  return { name, type, shape, begin, end };
}

/** Every byte of the values belongs to exactly one tensor. */
function checkLayout(entries: readonly Entry[], available: number): void {
  let previous: Entry | undefined;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const reached = previous?.end ?? 0;
    if (entry.begin < reached) {
      throw broken(
        `tensors '${printable(previous!.name)}' and '${printable(entry.name)}' overlap at byte ${entry.begin}; the file is damaged`,
      );
    }
    if (entry.begin > reached) {
      throw broken(`bytes ${reached} to ${entry.begin} of the values belong to no tensor; the file is damaged`);
    }
    previous = entry;
  }
  const reached = previous?.end ?? 0;
  if (reached < available) {
    throw broken(`bytes ${reached} to ${available} of the values belong to no tensor; the file is damaged`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Formats that weights come in, by their first bytes. */
const others: readonly (readonly [readonly number[], string])[] = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    'a zip archive, as .pt, .pth, .ckpt, .npz and .keras files are; load it in Python and save it as safetensors',
  ],
  [[0x80, 0x02], 'a Python pickle, as old .pt and .pkl files are; load it in Python and save it as safetensors'],
  [[0x80, 0x03], 'a Python pickle, as .pkl files are; load it in Python and save it as safetensors'],
  [[0x80, 0x04], 'a Python pickle, as .pkl files are; load it in Python and save it as safetensors'],
  [[0x80, 0x05], 'a Python pickle, as .pkl files are; load it in Python and save it as safetensors'],
  [[0x89, 0x48, 0x44, 0x46], 'HDF5, as .h5 files of Keras are; load it in Python and save it as safetensors'],
  [[0x93, 0x4e, 0x55, 0x4d], 'a .npy file of NumPy; load it in Python and save it as safetensors'],
  [[0x47, 0x47, 0x55, 0x46], 'GGUF; take the weights in safetensors'],
  [[0x1f, 0x8b], 'gzip; unpack the file first'],
];

/** Words for bytes that are of another format for certain: a header as long as these bytes say is over the limit, or not there. */
function otherFormat(bytes: Uint8Array): string | undefined {
  const found = others.find(([magic]) => magic.every((byte, i) => bytes[i] === byte));
  if (found === undefined || bytes[8] === 0x7b) return undefined;
  return `the bytes are ${found[1]}`;
}

/** A value in a message, however large or deep it is. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(printable(value));
  try {
    return printable(JSON.stringify(value) ?? 'missing');
  } catch {
    return 'nested too deep';
  }
}

function broken(words: string, cause?: unknown): FormatError {
  return new FormatError(`fromSafetensors: ${words}`, { cause });
}
