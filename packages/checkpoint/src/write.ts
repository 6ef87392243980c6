// Tensors → bytes in the safetensors format. The same tensors give the same bytes.

import {
  ArgumentError,
  type Bytes,
  checkCall,
  type DType,
  dtypeInfo,
  dtypes,
  halfBits,
  isBoolean,
  isHalf,
  printable,
  ShapeError,
  type TypedArray,
} from '@dl/autograd';
import {
  type ElementType,
  MAX_HEADER_BYTES,
  METADATA,
  type SaveOptions,
  saveOptions,
  type TensorSource,
  toLittleEndian,
  widths,
} from './safetensors.js';

const typeOf: Record<DType, ElementType> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int32: 'I32',
  bool: 'BOOL',
};

interface Part {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TypedArray | Uint16Array;
}

/**
 * Writes tensors by name, such as a `stateDict()`, in the safetensors format, which PyTorch, JAX and others read.
 * `float32` becomes F32, `float64` F64, `float16` F16, `bfloat16` BF16, `int32` I32, `bool` BOOL; a plain Uint8Array without dtype becomes U8. Wide
 * types come first, then names in order, so that every tensor is aligned.
 *
 * A tensor of a device that cannot be waited for is saved as `{ data: await tensor.data(), shape: tensor.shape }`.
 *
 * @throws ArgumentError for something that is no tensor, metadata that is no text, a name that the format reserves;
 * ShapeError for values that do not fill their shape.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { toSafetensors } from '@dl/checkpoint';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const bytes = toSafetensors({ 'conv1.bias': ones([6]) }, { metadata: { model: 'LeNet-5' } });
 * console.log(bytes.length); // 8 for the length, 120 for the header, 24 for the values
 * ```
 */
export function toSafetensors(tensors: Readonly<Record<string, TensorSource>>, options: SaveOptions = {}): Bytes {
  checkCall('toSafetensors', arguments, ['tensors'], saveOptions);
  const { metadata = {} } = options;
  const parts = Object.entries(tensors)
    .map(([name, source]) => toPart(name, source))
    .sort((a, b) => widths[b.type] - widths[a.type] || (a.name < b.name ? -1 : 1));
  for (const [name, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') {
      throw new ArgumentError(
        `toSafetensors: metadata '${printable(name)}' is of type ${typeof text}, needs a string; use JSON.stringify`,
      );
    }
  }

  let end = 0;
  const entries = parts.map(({ name, type, shape, data }) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
  });
  const header = encodeHeader([
    ...(Object.keys(metadata).length > 0 ? [[METADATA, metadata] as const] : []),
    ...entries,
  ]);

  const bytes = new Uint8Array(8 + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const { type, data } of parts) {
    const target = bytes.subarray(at, at + data.byteLength);
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    toLittleEndian(target, widths[type]);
    at += data.byteLength;
  }
  return bytes;
}

function toPart(name: string, source: TensorSource): Part {
  const { data, dtype } = valuesOf(name, source);
  const type = dtype === undefined ? 'U8' : typeOf[dtype];
  const size = source.shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) {
    throw new ShapeError(
      `toSafetensors: '${printable(name)}' has ${data.length} values, but its shape [${printable(source.shape.join(', '))}] needs ${size}`,
    );
  }
  const stored = dtype !== undefined && isHalf(dtype) ? halfBits(data, dtype) : data;
  return { name, type, shape: source.shape, data: stored };
}

/** The values with their dtype, which is undefined for bytes that are not said to be booleans. */
function valuesOf(name: string, source: TensorSource): { data: TypedArray; dtype: DType | undefined } {
  if (name === METADATA)
    throw new ArgumentError(`toSafetensors: the format keeps the name '${METADATA}' for itself; use another`);
  if (typeof source !== 'object' || source === null || !Array.isArray(source.shape)) {
    throw new ArgumentError(`toSafetensors: '${printable(name)}' is no tensor, needs a Tensor or { data, shape }`);
  }
  const data = 'dataSync' in source ? source.dataSync() : source.data;
  const natural = dtypeOf(data);
  if (natural === undefined) {
    throw new ArgumentError(
      `toSafetensors: '${printable(name)}' holds no Float32Array, Float64Array, Int32Array or Uint8Array; copy its values into one`,
    );
  }
  const { dtype } = source;
  if (dtype !== undefined && !(data instanceof dtypeInfo(dtype).array)) {
    throw new ArgumentError(
      `toSafetensors: '${printable(name)}' is said to be ${dtype}, but holds a ${data.constructor.name}`,
    );
  }
  if (dtype !== undefined && isBoolean(dtype)) {
    const index = (data as Uint8Array).findIndex((byte) => byte > 1);
    if (index >= 0) {
      throw new ArgumentError(
        `toSafetensors: '${printable(name)}' is said to be bool, but holds ${data[index]} at index ${index}, needs 0 or 1`,
      );
    }
  }
  return { data, dtype: dtype ?? (isBoolean(natural) ? undefined : natural) };
}

/** The dtype of an array that does not say which: the first that has such. */
function dtypeOf(data: unknown): DType | undefined {
  return dtypes.find((dtype) => data instanceof dtypeInfo(dtype).array);
}

/** The header, filled up with spaces so that the values begin at a multiple of 8. */
function encodeHeader(entries: Iterable<readonly [string, unknown]>): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  if (text.length > MAX_HEADER_BYTES) {
    throw new ArgumentError(
      `toSafetensors: names and metadata take ${text.length} bytes, more than the ${MAX_HEADER_BYTES} that the format allows; store less metadata`,
    );
  }
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  header.set(text);
  return header;
}
