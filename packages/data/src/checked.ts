// Bytes that are what they should be: their number and their SHA-256, in Node and in the browser.

import { ArgumentError, FormatError } from '@dl/autograd';

/** What is known of a file before it comes. */
export interface Expected {
  /** How many bytes it has. */
  bytes?: number;
  /** Its SHA-256 in 64 hexadecimal digits. */
  sha256?: string;
}

/** Options of {@link fetchBytes}. */
export interface FetchOptions extends Expected {
  /** Stops the download when aborted. */
  signal?: AbortSignal;
}

/**
 * The bytes at an address, whole and checked, or an error: in a page, what a reader is given.
 *
 * @throws FormatError when the server does not answer with the file, or the bytes are not as expected.
 *
 * @example
 * ```ts no-run
 * import { fetchBytes, gunzip, parseIdx } from '@dl/data';
 * const bytes = await fetchBytes('/data/t10k-labels-idx1-ubyte.gz', { bytes: 4542 });
 * console.log(parseIdx(await gunzip(bytes)).shape); // [10000]
 * ```
 */
export async function fetchBytes(url: string | URL, options: FetchOptions = {}): Promise<Uint8Array> {
  checkExpected(options, 'fetchBytes');
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of download(url, options.signal, 'fetchBytes')) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  const { subtle } = globalThis.crypto;
  const digest = options.sha256 === undefined ? undefined : await subtle.digest('SHA-256', bytes);
  compare({ bytes: bytes.length, sha256: digest && hex(new Uint8Array(digest)) }, options, `fetchBytes: '${url}'`);
  return bytes;
}

/** The bytes at an address as they come. An interruption is an error, never an early end. */
export async function* download(
  url: string | URL,
  signal: AbortSignal | undefined,
  what: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined, undefined> {
  const { body } = await open(url, signal, what);
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw new FormatError(`${what}: the connection to '${url}' broke before the file was whole; try again`, {
          cause,
        });
      });
      if (done) return undefined;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function open(
  url: string | URL,
  signal: AbortSignal | undefined,
  what: string,
): Promise<{ body: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  let response: Response;
  try {
    response = await fetch(url, signal === undefined ? {} : { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new FormatError(`${what}: cannot reach '${url}'; check the address and the connection`, { cause });
  }
  const { ok, body, status, statusText } = response;
  if (!ok || body === null) {
    await body?.cancel();
    throw new FormatError(`${what}: '${url}' answered ${status} ${statusText}, needs the file`);
  }
  return { body };
}

/** Refuses what is no size and no checksum, before anything is downloaded. */
export function checkExpected({ bytes, sha256 }: Expected, what: string): void {
  if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 0)) {
    throw new ArgumentError(`${what}: bytes is ${bytes}, needs a whole number of at least 0`);
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new ArgumentError(`${what}: sha256 is '${sha256}', needs 64 hexadecimal digits`);
  }
}

/** Refuses bytes that are not as expected. */
export function compare(came: { bytes: number; sha256: string | undefined }, expected: Expected, what: string): void {
  if (expected.bytes !== undefined && came.bytes !== expected.bytes) {
    const short = came.bytes < expected.bytes ? 'it is cut off, get it again' : 'is it another version?';
    throw new FormatError(`${what} has ${came.bytes} bytes, needs ${expected.bytes}; ${short}`);
  }
  if (expected.sha256 !== undefined && came.sha256 !== expected.sha256.toLowerCase()) {
    throw new FormatError(
      `${what} has the SHA-256 ${came.sha256}, needs ${expected.sha256.toLowerCase()}; it is damaged or another version`,
    );
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
