// The lines of a text file, one after the other, without holding the file in memory.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ArgumentError, FormatError } from '@dl/autograd';

/**
 * The lines of a file, compressed with gzip or not, as an async iterable that can be gone through again: a source
 * for `streamLoader`.
 *
 * @throws ArgumentError for a file that cannot be opened, FormatError for damaged gzip data or text that is not UTF-8; both when it is read.
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
export function fileLines(path: string): AsyncIterable<string> {
  return { [Symbol.asyncIterator]: () => lines(path) };
}

async function* lines(path: string): AsyncGenerator<string, undefined, undefined> {
  let rest = '';
  for await (const text of texts(path)) {
    const some = (rest + text).split(/\r\n|\n|\r(?!$)/);
    // The last may go on in the next piece, or end in the first half of \r\n.
    rest = some.pop()!;
    yield* some;
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
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
    throw new FormatError(`fileLines: '${path}' is damaged, cut off, or not UTF-8 text; get it again`, { cause });
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
    throw new ArgumentError(`fileLines: cannot read '${path}', needs a text file, plain or .gz`, { cause });
  }
}
