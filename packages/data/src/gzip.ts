// Unpacks gzip with the platform's own DecompressionStream, in Node and in the browser.

import { ArgumentError, checkCall, FormatError, type Known, shown } from '@dl/autograd';

/** Options of {@link gunzip} and {@link parseIdxGz}. */
export interface GunzipOptions {
  /**
   * The most bytes that may come out. Unpacking ends at the first byte too many. Default: 64 MiB, or a hundred times the
   * packed bytes where that is more.
   */
  maxBytes?: number;
}

export const gunzipOptions: Known<GunzipOptions> = { maxBytes: 'number' };

/** What may come out where nothing is said: a few bytes may well be a large empty image, many should not be a disk full. */
const LEAST = 2 ** 26;
const TIMES = 100;
/** What is unpacked at once: at most four megabytes come of it. */
const PIECE = 4096;

/**
 * The bytes themselves when they are not gzip, else what was packed in them: readers can be given either.
 *
 * @throws FormatError when the gzip data are damaged, cut off, or unpack to more than `maxBytes`; ArgumentError for a maxBytes
 * that is no whole number.
 *
 * @example
 * ```ts
 * import { gunzip } from '@dl/data';
 * console.log(await gunzip(Uint8Array.of(1, 2, 3), { maxBytes: 10 })); // not compressed: 1, 2 and 3
 * ```
 */
export async function gunzip(bytes: Uint8Array, options: GunzipOptions = {}): Promise<Uint8Array> {
  checkCall('gunzip', arguments, ['bytes'], gunzipOptions);
  return unpack(bytes, 'gunzip', options);
}

/** How many bytes there are in all, by those at the beginning; undefined while too few have come. */
export type SizeOf = (head: Uint8Array) => number | undefined;

/** gunzip, with the words that its errors begin with, and what the beginning of the unpacked bytes says of their number. */
export async function unpack(
  bytes: Uint8Array,
  what: string,
  options: GunzipOptions = {},
  sizeOf?: SizeOf,
): Promise<Uint8Array> {
  const { maxBytes } = options;
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || maxBytes < 0)) {
    throw new ArgumentError(`${what}: maxBytes is ${shown(maxBytes)}, needs a whole number of at least 0`);
  }
  if (!isGzip(bytes)) return bytes;
  const most = maxBytes ?? Math.max(LEAST, TIMES * bytes.length);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let came = 0;
  let promised: number | undefined;
  const reader = pieces(bytes).pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new FormatError(
          `${what}: the gzip data are damaged or cut off (${bytes.length} bytes came); get the file again`,
          { cause },
        );
      });
      if (done) break;
      chunks.push(value);
      came += value.length;
      if (came > most) {
        throw new FormatError(
          `${what}: the gzip data (${bytes.length} bytes) unpack to more than ${most} bytes; if that is meant, set maxBytes higher`,
        );
      }
      promised ??= sizeOf?.(joined(chunks, came));
      // What is too much is for the reader to say, which knows the words: it needs no more than one byte of it.
      if (promised !== undefined && came > promised) return joined(chunks, promised + 1);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  return joined(chunks, came);
}

function pieces(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE));
      at += PIECE;
    },
  });
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first!.length === length) return first!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    if (at >= length) break;
    whole.set(chunk.subarray(0, length - at), at);
    at += chunk.length;
  }
  return whole;
}

/** Whether the bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
