// The lines of a text file, one after the other, without holding the file in memory.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ArgumentError, checkCall, FormatError, type Known, printable } from '@dl/autograd';

/** Options of {@link fileLines}. */
export interface FileLinesOptions {
  /** The most characters that a line may have; a file without ends of lines is not read into memory. Default: 16 million. */
  maxLine?: number;
}

const fileLinesOptions: Known<FileLinesOptions> = { maxLine: 'number' };

const MAX_LINE = 16_000_000;

/**
 * The lines of a file, compressed with gzip or not, as an async iterable that can be iterated again: a source
 * for `streamLoader`.
 *
 * @throws ArgumentError for a file that cannot be opened, FormatError for damaged gzip data, text that is not UTF-8 or a line
 * of more than `maxLine` characters; all when it is read.
 *
 * @example
 * ```ts no-run
 * import { streamLoader } from '@dl/data';
 * import { fileLines } from '@dl/data/node';
 * for await (const lines of streamLoader(fileLines('corpus.txt.gz'), { batchSize: 64, shuffleBuffer: 10000 })) {
 *   console.log(lines.length); // 64
 * }
 * ```
 */
export function fileLines(path: string, options: FileLinesOptions = {}): AsyncIterable<string> {
  checkCall('fileLines', arguments, ['path'], fileLinesOptions);
  const { maxLine = MAX_LINE } = options;
  if (!Number.isSafeInteger(maxLine) || maxLine < 1) {
    throw new ArgumentError(`fileLines: maxLine is ${maxLine}, needs a whole number of at least 1`);
  }
  return { [Symbol.asyncIterator]: () => lines(path, maxLine) };
}

async function* lines(path: string, maxLine: number): AsyncGenerator<string, undefined, undefined> {
  // The pieces of a line that has not ended yet: only what is new is looked through.
  let pieces: string[] = [];
  let length = 0;
  let held = '';
  for await (const text of texts(path)) {
    const [first = '', ...more] = (held + text).split(/\r\n|\n|\r(?!$)/);
    // A \r at the end may be the first half of \r\n.
    const last = more.at(-1) ?? first;
    held = last.endsWith('\r') ? '\r' : '';
    const tail = held === '' ? last : last.slice(0, -1);
    if (more.length > 0) {
      yield pieces.join('') + first;
      for (const line of more.slice(0, -1)) yield line;
      pieces = [];
      length = 0;
    }
    pieces.push(tail);
    length += tail.length;
    if (length > maxLine) {
      throw new FormatError(
        `fileLines: '${printable(path, 200)}' has a line of more than ${maxLine} characters; is it a text file? If it is, set maxLine higher`,
      );
    }
  }
  const rest = pieces.join('');
  if (rest !== '' || held !== '') yield rest;
  return undefined;
}

async function* texts(path: string): AsyncGenerator<string, undefined, undefined> {
  const packed = await isGzip(path);
  const file = createReadStream(path);
  const bytes = packed ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => bytes.destroy(error));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    throw new FormatError(`fileLines: '${printable(path, 200)}' is damaged, cut off, or not UTF-8 text; get it again`, {
      cause,
    });
  } finally {
    bytes.destroy();
    file.destroy();
  }
  return undefined;
}

async function isGzip(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new ArgumentError(`fileLines: cannot read '${printable(path, 200)}', needs a text file, plain or .gz`, {
      cause,
    });
  }
}
