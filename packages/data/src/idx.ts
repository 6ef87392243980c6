// Reader of IDX, the file format of MNIST: a type, the sizes of the dimensions, then the numbers, big-endian.
//
// Byte 0 and 1 are zero, byte 2 is the element type, byte 3 the number of dimensions; then one 32-bit
// size per dimension; then the elements, row-major.

import { checkCall, FormatError, printable } from '@dl/autograd';
import { type GunzipOptions, gunzipOptions, isGzip, unpack } from './gzip.js';
import { type NdArray, type NdData, product } from './nd-array.js';

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: DataView, start: number, count: number) => NdData;
}

/** Reads `count` elements into `out`, an element of `bytes` bytes at a time. */
function fill<D extends NdData>(out: D, bytes: number, start: number, get: (offset: number) => number): D {
  for (let i = 0; i < out.length; i++) out[i] = get(start + i * bytes);
  return out;
}

const elementTypes: Readonly<Record<number, ElementType>> = {
  8: {
    name: 'uint8',
    bytes: 1,
    read: (view, start, count) => new Uint8Array(view.buffer, view.byteOffset + start, count).slice(),
  },
  9: {
    name: 'int8',
    bytes: 1,
    read: (view, start, count) => fill(new Int32Array(count), 1, start, (at) => view.getInt8(at)),
  },
  11: {
    name: 'int16',
    bytes: 2,
    read: (view, start, count) => fill(new Int32Array(count), 2, start, (at) => view.getInt16(at)),
  },
  12: {
    name: 'int32',
    bytes: 4,
    read: (view, start, count) => fill(new Int32Array(count), 4, start, (at) => view.getInt32(at)),
  },
  13: {
    name: 'float32',
    bytes: 4,
    read: (view, start, count) => fill(new Float32Array(count), 4, start, (at) => view.getFloat32(at)),
  },
  14: {
    name: 'float64',
    bytes: 8,
    read: (view, start, count) => fill(new Float64Array(count), 8, start, (at) => view.getFloat64(at)),
  },
};

/**
 * The array in the bytes of an IDX file. uint8 comes as `Uint8Array`; int8, int16 and int32 as
 * `Int32Array`; float32 and float64 as they are. The shape is the file's.
 *
 * @throws FormatError when the bytes are compressed, no IDX, truncated, or more than the header promises.
 *
 * Source: the IDX format as described with the MNIST database, Y. LeCun, C. Cortes and C. Burges.
 *
 * @example
 * ```ts
 * import { parseIdx } from '@dl/data';
 * const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
 * const { data, shape } = parseIdx(bytes);
 * console.log(shape, data); // [2, 3] and the numbers 1 to 6
 * ```
 */
export function parseIdx(bytes: Uint8Array): NdArray {
  checkCall('parseIdx', arguments, ['bytes']);
  if (isGzip(bytes)) {
    throw new FormatError('parseIdx: the bytes are compressed with gzip; parseIdxGz unpacks and reads them');
  }
  return decodeIdx(bytes, 'parseIdx');
}

/**
 * {@link parseIdx} for bytes that are compressed with gzip, or plain: it sees which. Unpacking is the
 * platform's (`DecompressionStream`), and so asynchronous; it ends where the header says that the numbers end.
 *
 * @throws FormatError as parseIdx does, and when the gzip data are damaged.
 *
 * @example
 * ```ts
 * import { parseIdxGz } from '@dl/data';
 * const plain = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
 * const packed = new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip'));
 * const { data } = await parseIdxGz(new Uint8Array(await new Response(packed).arrayBuffer()));
 * console.log(data); // 7 and 9
 * ```
 */
export async function parseIdxGz(bytes: Uint8Array, options: GunzipOptions = {}): Promise<NdArray> {
  checkCall('parseIdxGz', arguments, ['bytes'], gunzipOptions);
  return readIdx(bytes, 'parseIdxGz', options);
}

/** parseIdxGz, with the words that its errors begin with. */
export async function readIdx(bytes: Uint8Array, what: string, options: GunzipOptions = {}): Promise<NdArray> {
  return decodeIdx(await unpack(bytes, what, options, sizeOf), what);
}

/** What the header promises, in bytes with the header; 0 for what is no IDX. Undefined when the header is not whole. */
function sizeOf(head: Uint8Array): number | undefined {
  if (head.length < 4) return undefined;
  const type = elementTypes[head[2]!];
  const start = 4 + 4 * head[3]!;
  if (head[0] !== 0 || head[1] !== 0 || type === undefined) return start;
  if (head.length < start) return undefined;
  return start + type.bytes * product(readShape(head));
}

function readShape(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes[3]! }, (_, i) => view.getUint32(4 + 4 * i));
}

function decodeIdx(bytes: Uint8Array, what: string): NdArray {
  if (bytes.length < 4) {
    throw new FormatError(`${what}: got ${bytes.length} bytes, an IDX file has at least 4; get the file again`);
  }
  const type = elementTypes[bytes[2]!];
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `${what}: the bytes begin with ${magic}, an IDX file begins with 00 00 and a type of ` +
        '08, 09, 0b, 0c, 0d or 0e; is this the right file?',
    );
  }
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (rank === 0) throw new FormatError(`${what}: the header names no dimensions, needs at least 1`);
  if (bytes.length < start) {
    throw new FormatError(
      `${what}: a header with ${rank} dimensions has ${start} bytes, got ${bytes.length}; get the file again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = readShape(bytes);
  const count = product(shape);
  const needed = count * type.bytes;
  const came = bytes.length - start;
  if (came !== needed) {
    throw new FormatError(
      `${what}: the header promises ${printable(shape.join(' x '))} elements of ${type.name}, ${needed} bytes, but ` +
        (came < needed
          ? `${came} follow; the file is cut off, get it again`
          : 'more follow; cut the rest off, or get the file again'),
    );
  }
  return { data: type.read(view, start, count), shape };
}
