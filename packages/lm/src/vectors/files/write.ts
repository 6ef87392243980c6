// writeWordVectors: word vectors as the files of word2vec and GloVe.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import { WordVectors } from '../word-vectors.js';
import { floatText } from './numbers.js';
import { formats, type WordVectorsFormat } from './read.js';

/** Options of {@link writeWordVectors}. */
export interface WriteWordVectorsOptions {
  /** Default `text`. */
  readonly format?: WordVectorsFormat;
}

export const writeOptions: Known<WriteWordVectorsOptions> = { format: formats };

/** A piece has so many bytes or somewhat more. */
const PIECE = 2 ** 16;

/**
 * Writes word vectors as a file of word2vec or GloVe, in pieces of whole rows, which `readWordVectors` reads back to the bit: in text a number has as many digits as that takes, nine at most.
 *
 * @throws ArgumentError for a word that is empty or has white space in it, which the formats have between words, or half of a surrogate pair.
 *
 * @example
 * ```ts
 * import { WordVectors, writeWordVectors } from '@dl/lm';
 * const vectors = new WordVectors(['king', 'queen'], Float32Array.of(0.5, -1, 0.5, 1));
 * let file = '';
 * for (const piece of writeWordVectors(vectors, { format: 'glove' })) file += new TextDecoder().decode(piece);
 * console.log(file); // king 0.5 -1, and queen 0.5 1 in a line of its own
 * ```
 */
export function writeWordVectors(
  vectors: WordVectors,
  options: WriteWordVectorsOptions = {},
): Generator<Uint8Array, void, undefined> {
  checkCall('writeWordVectors', arguments, ['vectors'], writeOptions);
  return piecesOf('writeWordVectors', vectors, options.format ?? 'text');
}

/** The pieces of a file, of words that were checked before the first one. */
export function piecesOf(
  where: string,
  vectors: WordVectors,
  format: WordVectorsFormat,
): Generator<Uint8Array, void, undefined> {
  if (!(vectors instanceof WordVectors)) {
    throw new ArgumentError(`${where}: vectors is ${shown(vectors)}, needs WordVectors`);
  }
  for (const word of vectors.words) {
    if (word === '') throw new ArgumentError(`${where}: a word is empty, which no file can hold; leave it out`);
    if (/[ \t\n\v\f\r]/.test(word)) {
      throw new ArgumentError(
        `${where}: the word ${shown(word)} has white space in it, which stands between words in the file; name it otherwise, such as with _`,
      );
    }
    if (/\p{Surrogate}/u.test(word)) {
      throw new ArgumentError(`${where}: the word ${shown(word)} has half of a surrogate pair, which UTF-8 has not`);
    }
  }
  return format === 'binary' ? binary(vectors) : text(vectors, format === 'text');
}

const headerOf = ({ words, size }: WordVectors): string => `${words.length} ${size}\n`;

function* text(all: WordVectors, hasHeader: boolean): Generator<Uint8Array, void, undefined> {
  const { words, vectors, size } = all;
  const encoder = new TextEncoder();
  let piece = hasHeader ? headerOf(all) : '';
  for (const [row, word] of words.entries()) {
    piece += word;
    for (let at = row * size; at < (row + 1) * size; at++) piece += ` ${floatText(vectors[at]!)}`;
    piece += '\n';
    if (piece.length < PIECE) continue;
    yield encoder.encode(piece);
    piece = '';
  }
  if (piece !== '') yield encoder.encode(piece);
}

function* binary(all: WordVectors): Generator<Uint8Array, void, undefined> {
  const { words, vectors, size } = all;
  const encoder = new TextEncoder();
  yield encoder.encode(headerOf(all));
  // word2vec has a line end behind each vector, and its readers leave it out before a word.
  for (let row = 0; row < words.length; ) {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (; row < words.length && length < PIECE; row++) {
      const word = encoder.encode(`${words[row]!} `);
      const part = new Uint8Array(word.length + 4 * size + 1);
      part.set(word);
      const view = new DataView(part.buffer, word.length);
      for (let i = 0; i < size; i++) view.setFloat32(4 * i, vectors[row * size + i]!, true);
      part[part.length - 1] = 0x0a;
      parts.push(part);
      length += part.length;
    }
    const piece = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      piece.set(part, at);
      at += part.length;
    }
    yield piece;
  }
}
