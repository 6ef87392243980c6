// Bytes that are what they should be: their number and their SHA-256, in Node and in the browser.

import { ArgumentError, type Bytes, checkCall, FormatError, type Known, type Platform, printable } from '@dl/autograd';

/** What is known of a file before it comes. */
export interface Expected {
  /** How many bytes it has. */
  bytes?: number;
  /** Its SHA-256 in 64 hexadecimal digits. */
  sha256?: string;
}

const expected: Known<Expected> = { bytes: 'number', sha256: 'string' };

/** Options of {@link fetchBytes}. */
export interface FetchOptions extends Expected {
  /**
   * The most bytes that are read; the download ends at the first byte too many. Default: `bytes` where it is given, else 1 GiB
   * for `fetchBytes`, 16 GiB for files.
   */
  maxBytes?: number;
  /** Milliseconds without a byte after which a server is given up. Default: 60,000. */
  timeout?: number;
  /** Stops the download when aborted: `AbortSignal.timeout(ms)` bounds the whole of it. */
  signal?: Platform<'AbortSignal'>;
}

export const fetchOptions: Known<FetchOptions> = {
  maxBytes: 'number',
  timeout: 'number',
  signal: 'object',
  ...expected,
};

const MOST_IN_MEMORY = 2 ** 30;
const SILENCE = 60_000;

/**
 * The bytes at an address, whole and checked, or an error: in a page, what a reader is given.
 *
 * @throws FormatError when the server does not answer with the file, answers with a part of it, falls silent, or the bytes are
 * not as expected or too many; ArgumentError for options that are none, and for an address that is none.
 *
 * @example
 * ```ts no-run
 * import { fetchBytes, gunzip, parseIdx } from '@dl/data';
 * const bytes = await fetchBytes('/data/t10k-labels-idx1-ubyte.gz', { bytes: 4542, timeout: 10_000 });
 * console.log(parseIdx(await gunzip(bytes)).shape); // [10000]
 * ```
 */
export async function fetchBytes(url: string | Platform<'URL', never>, options: FetchOptions = {}): Promise<Bytes> {
  checkCall('fetchBytes', arguments, ['url'], fetchOptions);
  checkExpected(options, 'fetchBytes');
  const chunks: Bytes[] = [];
  for await (const chunk of download(url, options, 'fetchBytes', MOST_IN_MEMORY)) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  const { subtle } = globalThis.crypto;
  const digest = options.sha256 === undefined ? undefined : await subtle.digest('SHA-256', bytes);
  compare(
    { bytes: bytes.length, sha256: digest && hex(new Uint8Array(digest)) },
    options,
    `fetchBytes: '${printable(url, 200)}'`,
  );
  return bytes;
}

/** The bytes at an address as they come, `most` of them where the options say nothing. An interruption is an error, never an early end. */
export async function* download(
  url: string | Platform<'URL', never>,
  options: FetchOptions,
  what: string,
  most: number,
): AsyncGenerator<Bytes, undefined, undefined> {
  const { signal, timeout = SILENCE, bytes, maxBytes = bytes ?? most } = options;
  const place = `'${printable(url, 200)}'`;
  const watch = new Watch(timeout, signal);
  const failed = (words: string, cause: unknown): FormatError => {
    signal?.throwIfAborted();
    if (!watch.isSilent) return new FormatError(`${what}: ${words}`, { cause });
    return new FormatError(
      `${what}: ${place} sent nothing for ${timeout} ms; try again, or give it more time by the option timeout`,
      { cause },
    );
  };
  try {
    const response = await watch.during(fetch(url, { signal: watch.signal })).catch((cause: unknown) => {
      throw failed(`cannot reach ${place}; check the address and the connection`, cause);
    });
    const { body } = checkAnswer(response, place, what);
    const reader = body.getReader();
    try {
      checkCount(promised(response), options, maxBytes, `${what}: ${place}`);
      for (let came = 0; ; ) {
        const { done, value } = await watch.during(reader.read()).catch((cause: unknown) => {
          throw failed(`the connection to ${place} broke before the file was whole; try again`, cause);
        });
        if (done) return undefined;
        came += value.length;
        if (came > maxBytes) throw tooMany(`more than ${maxBytes} bytes`, options, maxBytes, `${what}: ${place}`);
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  } finally {
    watch.end();
  }
}

/** Aborts a download that falls silent. */
class Watch {
  isSilent = false;
  readonly #silence = new AbortController();
  readonly #stop: () => void;
  readonly #timeout: number;
  readonly #outer: AbortSignal | undefined;

  constructor(timeout: number, outer: AbortSignal | undefined) {
    this.#timeout = timeout;
    this.#outer = outer;
    this.#stop = () => this.#silence.abort(outer?.reason);
    if (outer?.aborted) this.#stop();
    else outer?.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#silence.signal;
  }

  /** The clock runs while the server is waited for, not while its bytes are used. */
  async during<T>(work: Promise<T>): Promise<T> {
    const clock = setTimeout(() => {
      this.isSilent = true;
      this.#silence.abort();
    }, this.#timeout);
    try {
      return await work;
    } finally {
      clearTimeout(clock);
    }
  }

  end(): void {
    this.#outer?.removeEventListener('abort', this.#stop);
  }
}

function checkAnswer(response: Response, place: string, what: string): { body: ReadableStream<Bytes> } {
  const { status, statusText, body } = response;
  // Any other answer in the two hundreds is a part of the file, or something else.
  if (status === 200 && body !== null) return { body };
  void body?.cancel().catch(() => {});
  const answer = `${what}: ${place} answered ${status} ${printable(statusText)}`.trim();
  throw new FormatError(
    status === 206 ? `${answer}, which is a part, needs the whole file` : `${answer}, needs the file`,
  );
}

/** The bytes that the server says will come; undefined where it says nothing, or packs them on the way. */
function promised({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length !== null && /^\d+$/.test(length) && headers.get('content-encoding') === null
    ? Number(length)
    : undefined;
}

function checkCount(count: number | undefined, expected: FetchOptions, maxBytes: number, what: string): void {
  if (count === undefined) return;
  if (expected.bytes !== undefined) compare({ bytes: count, sha256: undefined }, { bytes: expected.bytes }, what);
  if (count > maxBytes) throw tooMany(`${count} bytes`, expected, maxBytes, what);
}

function tooMany(came: string, { bytes }: FetchOptions, maxBytes: number, what: string): FormatError {
  return new FormatError(
    bytes === maxBytes
      ? `${what} has ${came}, needs ${bytes}; is it another version?`
      : `${what} has ${came}, and maxBytes is ${maxBytes}; if that is meant, set maxBytes higher`,
  );
}

/** Refuses what is no size, checksum or time, before anything is downloaded. */
export function checkExpected({ bytes, sha256, maxBytes, timeout }: FetchOptions, what: string): void {
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || maxBytes < 0)) {
    throw new ArgumentError(`${what}: maxBytes is ${maxBytes}, needs a whole number of at least 0`);
  }
  // Clocks of the platform hold 31 bits, and go off at once where there are more.
  if (timeout !== undefined && !(timeout > 0 && timeout < 2 ** 31)) {
    throw new ArgumentError(`${what}: timeout is ${timeout}, needs milliseconds above 0 and below 2 ** 31`);
  }
  if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 0)) {
    throw new ArgumentError(`${what}: bytes is ${bytes}, needs a whole number of at least 0`);
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new ArgumentError(`${what}: sha256 is '${printable(sha256)}', needs 64 hexadecimal digits`);
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
