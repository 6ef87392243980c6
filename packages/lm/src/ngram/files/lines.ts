// The lines of a text that comes as such, as lines, or as bytes, packed with gzip or not, without holding more than a piece of it.

import { ArgumentError, FormatError, shown } from '@dl/autograd';

/**
 * A text: as one, as bytes in UTF-8, which may be packed with gzip, or piece by piece: texts are whole lines each, with or without a line end, bytes may be cut anywhere, as those of
 * a file that is read as a stream.
 */
export type TextSource =
  | string
  | Uint8Array
  | Iterable<string>
  | Iterable<Uint8Array>
  | AsyncIterable<string>
  | AsyncIterable<Uint8Array>;

/** A line may have so many characters. */
const MOST_CHARACTERS = 2 ** 20;
/** What may come out of gzip where nothing is said: so many bytes, or so many times what went in. */
const LEAST = 2 ** 26;
const TIMES = 100;
/** What is unpacked at once: at most four megabytes come of it. */
const PIECE = 4096;

/**
 * Calls back with each line, without its end.
 *
 * @throws FormatError for bytes that are not UTF-8, a line too long, and gzip that is damaged or unpacks to too much; ArgumentError for what is no text.
 */
export async function forEachLine(
  what: string,
  source: TextSource,
  maxBytes: number | undefined,
  take: (line: string) => void,
): Promise<void> {
  if (typeof source === 'string') return linesOf(source, take);
  if (source instanceof Uint8Array) return bytesToLines(what, piecesOf(source), maxBytes, take);
  const pieces = source as AsyncIterable<unknown>;
  const given = source as { readonly [Symbol.iterator]?: unknown; readonly [Symbol.asyncIterator]?: unknown } | null;
  if (typeof given?.[Symbol.asyncIterator] !== 'function' && typeof given?.[Symbol.iterator] !== 'function') {
    throw new ArgumentError(
      `${what}: got ${shown(source)}, needs a text, a Uint8Array, or an iterable of lines or of bytes`,
    );
  }
  // The first piece says which it is.
  const iterator = iteratorOf(pieces);
  let next = await iterator.next();
  if (!next.done && next.value instanceof Uint8Array) {
    return bytesToLines(what, restOf(what, iterator, next.value), maxBytes, take);
  }
  try {
    for (; !next.done; next = await iterator.next()) {
      if (typeof next.value !== 'string') {
        throw new ArgumentError(
          `${what}: a piece is ${shown(next.value)}, needs all of them to be texts, or all bytes`,
        );
      }
      linesOf(next.value, take);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
}

function iteratorOf(pieces: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
}

/** The line end of the last line is no empty line behind it. */
function linesOf(text: string, take: (line: string) => void): void {
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    take(text.slice(from, end));
    from = end + 1;
  }
  if (from < text.length || text === '') take(text.slice(from));
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* inPieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of pieces) yield* piecesOf(bytes);
}

async function* restOf(
  what: string,
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  first: Uint8Array,
): AsyncGenerator<Uint8Array> {
  try {
    yield* piecesOf(first);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (!(next.value instanceof Uint8Array)) {
        throw new ArgumentError(
          `${what}: a piece is ${shown(next.value)}, needs all of them to be texts, or all bytes`,
        );
      }
      yield* piecesOf(next.value);
    }
  } finally {
    await iterator.return?.();
  }
}

async function bytesToLines(
  what: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes: number | undefined,
  take: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let started = '';
  const push = (text: string): void => {
    const end = text.lastIndexOf('\n');
    if (end < 0) started += text;
    else {
      linesOf(started + text.slice(0, end + 1), take);
      started = text.slice(end + 1);
    }
    if (started.length > MOST_CHARACTERS) {
      throw new FormatError(
        `${what}: a line begins with ${shown(started.slice(0, 20))} and has more than ${MOST_CHARACTERS} characters; is this the right file?`,
      );
    }
  };
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new FormatError(`${what}: the bytes are not UTF-8; convert the file, or get it again`, { cause });
    }
  };
  for await (const bytes of unpacked(what, pieces, maxBytes)) push(decoded(bytes));
  push(decoded());
  if (started !== '') take(started);
}

/** The pieces themselves when they do not begin as gzip does, else what was packed in them. `onPacked` is called where it does, before anything else. */
export async function* unpacked(
  what: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes: number | undefined,
  onPacked?: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = iteratorOf(pieces) as AsyncIterator<Uint8Array>;
  try {
    let head: Uint8Array = new Uint8Array(0);
    let next = await iterator.next();
    for (; !next.done && head.length < 2; next = await iterator.next())
      head = head.length === 0 ? next.value : joined(head, next.value);
    const rest = async function* (): AsyncGenerator<Uint8Array> {
      yield head;
      for (; !next.done; next = await iterator.next()) yield next.value;
    };
    if (head[0] === 0x1f && head[1] === 0x8b) {
      onPacked?.();
      yield* gunzipped(what, inPieces(rest()), maxBytes);
    } else yield* rest();
  } finally {
    await iterator.return?.();
  }
}

async function* gunzipped(
  what: string,
  pieces: AsyncGenerator<Uint8Array>,
  maxBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  let went = 0;
  let failed: { readonly error: unknown } | undefined;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (done) return controller.close();
        went += value.length;
        // A copy: the stream takes the buffer over.
        controller.enqueue(value.slice());
      } catch (error) {
        failed = { error };
        controller.error(error);
      }
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  let came = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        // What went wrong before unpacking is not for gzip to say.
        if (failed !== undefined) throw failed.error;
        throw new FormatError(`${what}: the gzip data are damaged or cut off; get the file again`, { cause });
      });
      if (done) return;
      came += value.length;
      const most = maxBytes ?? Math.max(LEAST, TIMES * went);
      if (came > most) {
        throw new FormatError(
          `${what}: the gzip data unpack to more than ${most} bytes; if that is meant, set maxBytes higher`,
        );
      }
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
