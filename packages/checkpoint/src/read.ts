// Bytes in the safetensors format → tensors.

import { ArgumentError, checkCall } from '@dl/autograd';
import { decode, inFloats } from './decode.js';
import { type Entry, headerLength, LENGTH_BYTES, readHeader } from './header.js';
import { floatsAsked, type LoadOptions, loadOptions, type SavedTensor } from './safetensors.js';

export interface SafetensorsContent {
  readonly tensors: Record<string, SavedTensor>;
  /** The texts stored beside the tensors; none for a file without. */
  readonly metadata: Record<string, string>;
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
  const first = LENGTH_BYTES + headerLength(bytes, bytes.length);
  const values = bytes.subarray(first);
  const { entries, metadata } = readHeader(bytes.subarray(LENGTH_BYTES, first), values.length);
  const tensors = entries.map(
    (entry) => [entry.name, savedTensor(entry, values.subarray(entry.begin, entry.end), asked)] as const,
  );
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** A tensor from its own bytes. */
export function savedTensor({ name, type, shape }: Entry, bytes: Uint8Array, asked: LoadOptions['dtype']): SavedTensor {
  const { data, dtype } = inFloats(decode(name, type, bytes), asked);
  return { data, shape, dtype };
}
