// Bytes in the safetensors format → tensors. Nothing in the bytes is trusted.

import { ArgumentError, checkCall, FormatError, printable } from '@dl/autograd';
import { decode, inFloats } from './decode.js';
import { nameThatComesTwice } from './json-names.js';
import {
  type ElementType,
  floatsAsked,
  type LoadOptions,
  loadOptions,
  MAX_HEADER_BYTES,
  METADATA,
  type SavedTensor,
  widths,
} from './safetensors.js';

export interface SafetensorsContent {
  readonly tensors: Record<string, SavedTensor>;
  /** The texts stored beside the tensors; none for a file without. */
  readonly metadata: Record<string, string>;
}

/** One tensor as the header describes it. */
interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads bytes in the safetensors format, as PyTorch's users save them. Values are copied out. Types that tensors here
 * do not have are converted where no value changes: integers, I64 among them, to `int32`, if each one fits. F16 and BF16 stay what they are,
 * `float16` and `bfloat16`, their values as numbers in a Float32Array; with `{ dtype: 'float32' }` all floats are made that.
 *
 * @throws FormatError, in one sentence, for bytes that are truncated or not in the format: a header of impossible
 * size, that is no JSON or has a name twice, an unknown type, offsets that do not fit shape and type, overlap, leave gaps or lie outside,
 * an integer that no int32 is, with its tensor and value.
 *
 * ArgumentError for another dtype than one of floats.
 *
 * Source: the format's description in the safetensors project of Hugging Face.
 *
 * @example
 * ```ts
 * import { fromSafetensors, toSafetensors } from '@dl/checkpoint';
 * const bytes = toSafetensors({ weight: { data: Float32Array.of(1, 2), shape: [2] } });
 * console.log(fromSafetensors(bytes).tensors.weight); // { data: Float32Array [1, 2], shape: [2], dtype: 'float32' }
 * ```
 */
export function fromSafetensors(bytes: Uint8Array, options: LoadOptions = {}): SafetensorsContent {
  checkCall('fromSafetensors', arguments, ['bytes'], loadOptions);
  const asked = floatsAsked(options);
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError('fromSafetensors: got no Uint8Array; read the file as bytes, not as text');
  }
  const { header, values } = divide(bytes);
  const metadata = readMetadata(header[METADATA]);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, info]) => readEntry(name, info, values.length));
  checkLayout(entries, values.length);
  const tensors = entries.map(({ name, type, shape, begin, end }) => {
    const { data, dtype } = inFloats(decode(name, type, values.subarray(begin, end)), asked);
    return [name, { data, shape, dtype }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function divide(bytes: Uint8Array): { header: Record<string, unknown>; values: Uint8Array } {
  const other = otherFormat(bytes);
  if (other !== undefined) throw broken(other);
  if (bytes.length < 8) {
    throw broken(
      `${bytes.length} bytes are too few for the length of a header; the file is truncated, or is another format`,
    );
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (stated > MAX_HEADER_BYTES) {
    throw broken(
      `the header would have ${stated} bytes, more than the ${MAX_HEADER_BYTES} allowed; the file is another format`,
    );
  }
  const length = Number(stated);
  if (8 + length > bytes.length) {
    throw broken(`the header has ${length} bytes but only ${bytes.length - 8} follow; the file is truncated`);
  }
  return { header: parseHeader(bytes.subarray(8, 8 + length)), values: bytes.subarray(8 + length) };
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
