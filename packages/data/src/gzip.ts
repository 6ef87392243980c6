// Unpacks gzip with the platform's own DecompressionStream, in Node and in the browser.

import { FormatError } from '@dl/autograd';

/**
 * The bytes themselves when they are not gzip, else what was packed in them: readers can be given either.
 *
 * @throws FormatError when the gzip data are damaged or cut off.
 *
 * @example
 * ```ts
 * import { gunzip } from '@dl/data';
 * console.log(await gunzip(Uint8Array.of(1, 2, 3))); // not compressed: 1, 2 and 3
 * ```
 */
export async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  return unpack(bytes, 'gunzip');
}

/** gunzip, with the words that its errors begin with. */
export async function unpack(bytes: Uint8Array, what: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const packed = new Blob([bytes.slice()]).stream();
  try {
    return new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer());
  } catch (cause) {
    throw new FormatError(
      `${what}: the gzip data are damaged or cut off (${bytes.length} bytes came); get the file again`,
      { cause },
    );
  }
}

/** Whether the bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
