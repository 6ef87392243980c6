// Word vectors in files: read as streams, written as a whole or not at all.

import { ArgumentError, checkCall, FormatError, type Known, type Platform, printable } from '@dl/autograd';
import { replaceFile } from '@dl/checkpoint/node';
import { type ReadWordVectorsOptions, readOptions, readVectors } from '../vectors/files/read.js';
import { piecesOf, type WriteWordVectorsOptions, writeOptions } from '../vectors/files/write.js';
import type { WordVectors } from '../vectors/word-vectors.js';
import { chunksOf, sizeOf } from './text-file.js';

/** Options of {@link loadWordVectors}. */
export interface LoadWordVectorsOptions extends ReadWordVectorsOptions {
  /** Called as the file is read, with the share that was read, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops reading. */
  readonly signal?: Platform<'AbortSignal'>;
}

/** Options of {@link saveWordVectors}. */
export interface SaveWordVectorsOptions extends WriteWordVectorsOptions {
  /** Default: `binary` where the path ends in `.bin`, else `text`. */
  readonly format?: NonNullable<WriteWordVectorsOptions['format']>;
}

const loadOptions: Known<LoadWordVectorsOptions> = { ...readOptions, onProgress: 'function', signal: 'object' };

/**
 * Reads a file of word2vec or GloVe, packed with gzip or not, as `readWordVectors` does its bytes, a piece at a time: it takes the memory of the vectors and the words, and no more of the file than one piece. A file without a header, as GloVe's are, is gone through twice: once
 * for how many lines it has.
 *
 * @throws ArgumentError when the file cannot be read, FormatError when it is damaged or something else; both name it. The reason of the signal when that stops it.
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { loadWordVectors } from '@dl/lm/node';
 * writeFileSync('glove.txt', 'cat 0.9 0.1\ndog 1 0.2\ncar -0.2 1\n');
 * const vectors = await loadWordVectors('glove.txt');
 * console.log(vectors.nearest('cat', { count: 1 })[0]!.word); // dog
 * ```
 */
export async function loadWordVectors(path: string, options: LoadWordVectorsOptions = {}): Promise<WordVectors> {
  const where = 'loadWordVectors';
  checkCall(where, arguments, ['path'], loadOptions);
  const { onProgress, signal, ...rest } = options;
  const bytes = await sizeOf(where, path);
  const lines = async (): Promise<number> => {
    let count = 1;
    for await (const chunk of chunksOf(where, path, { signal })) {
      for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) count++;
    }
    return count;
  };
  try {
    return await readVectors(where, chunksOf(where, path, { onProgress, signal }), rest, { bytes, lines });
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const said = cause.message.slice(where.length + 2);
    throw new FormatError(`${where}: '${printable(path, 300)}': ${said}`, { cause });
  }
}

const LINE_END = 0x0a;

/**
 * Saves word vectors as a file of word2vec or GloVe; see `writeWordVectors`. Whoever reads it finds the former file or the new one, whole.
 *
 * @throws ArgumentError when the file cannot be written, and for words that the formats cannot hold.
 *
 * @example
 * ```ts
 * import { WordVectors } from '@dl/lm';
 * import { loadWordVectors, saveWordVectors } from '@dl/lm/node';
 * await saveWordVectors('pets.bin', new WordVectors(['cat', 'dog'], Float32Array.of(0.9, 0.1, 1, 0.2)));
 * console.log((await loadWordVectors('pets.bin')).words); // cat, dog
 * ```
 */
export async function saveWordVectors(
  path: string,
  vectors: WordVectors,
  options: SaveWordVectorsOptions = {},
): Promise<void> {
  const where = 'saveWordVectors';
  checkCall(where, arguments, [['path', 'string'], 'vectors'], writeOptions);
  const { format = path.endsWith('.bin') ? 'binary' : 'text' } = options;
  const pieces = piecesOf(where, vectors, format);
  try {
    await replaceFile(path, pieces);
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new ArgumentError(cause.message.replace(/^replaceFile(?=:)/, where), { cause });
  }
}
