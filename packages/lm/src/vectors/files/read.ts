// readWordVectors: the files of word2vec and of GloVe, read as they come.

import { ArgumentError, checkCall, checkInteger, FormatError, type Known, printable, shown, Turns } from '@dl/autograd';
import { unpacked } from '../../ngram/files/lines.js';
import type { WordVectors } from '../word-vectors.js';
import { MOST_BYTES, MOST_SIZE, MOST_WORDS, Rows } from './rows.js';
import { fieldsOf, isNumberLike, MOST_LINE, mostLine, numbersBehind, TextRows } from './text-rows.js';
import { ByteWindow } from './window.js';

/**
 * What a file of word vectors is written in:
 *
 * - `text`: as word2vec writes it, and fastText as `.vec`. A header of two numbers, how many words and how many numbers each; then a line for each word with its numbers behind it.
 * - `binary`: as word2vec writes it with `-binary 1`. The same header; then each word, a blank, and its numbers as float32, the lowest byte first.
 * - `glove`: as GloVe writes it. The lines of `text` without a header.
 */
export type WordVectorsFormat = 'text' | 'binary' | 'glove';

export const formats: readonly WordVectorsFormat[] = ['text', 'binary', 'glove'];

/** A file of word vectors: its bytes, or its text, or bytes as they come, such as those of `createReadStream(path)` or of `response.body`. */
export type WordVectorsSource = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Options of {@link readWordVectors}. */
export interface ReadWordVectorsOptions {
  /** Default: what the file looks like. */
  readonly format?: WordVectorsFormat;
  /** Reads so many words at most, the first ones, which are the most frequent ones as a rule. */
  readonly limit?: number;
  /** Of words that come twice takes the first one, and for bytes that are not UTF-8, as word2vec leaves them where it cuts long words, U+FFFD. Default false: both are refused. */
  readonly lenient?: boolean;
  /** The most bytes that a file packed with gzip may unpack to. Default: 64 MiB, or a hundred times the packed bytes where that is more. */
  readonly maxBytes?: number;
}

export const readOptions: Known<ReadWordVectorsOptions> = {
  format: formats,
  limit: 'number',
  lenient: 'boolean',
  maxBytes: 'number',
};

/**
 * Reads word vectors from a file of word2vec or GloVe: bytes, packed with gzip or not, as a whole or as a stream, of which a row at a time is held. So a file needs no more memory than its vectors and its words, where a header or the
 * bytes say how many come; the vectors of a stream in the format `glove`, which has no header, are copied as they grow, and need up to two and a half times their memory for a moment (`loadWordVectors` of @dl/lm/node counts the lines first).
 *
 * Numbers of text are read to the nearest double, and that is rounded to float32. Words may have blanks in them in text, as a few of GloVe's have: a line ends with as many numbers as all others have.
 *
 * @throws FormatError in a sentence, with the line or the word, for a file that is cut off, or has more or fewer words than its header says, a header of more vectors than the bytes can hold or memory has
 * room for, a vector with more or fewer numbers, what is no number or not finite in float32, a word that is missing, comes twice, or is not UTF-8. Nothing is given then.
 *
 * Sources: the program word2vec (Mikolov et al. 2013), GloVe (Pennington, Socher & Manning 2014).
 *
 * @example
 * ```ts
 * import { readWordVectors } from '@dl/lm';
 * const vectors = await readWordVectors('2 3\nking 0.5 1 -1\nqueen 0.5 1 1\n');
 * console.log(vectors.words, vectors.vector('queen')); // king, queen, and 0.5, 1, 1
 * ```
 */
export async function readWordVectors(
  source: WordVectorsSource,
  options: ReadWordVectorsOptions = {},
): Promise<WordVectors> {
  checkCall('readWordVectors', arguments, ['source'], readOptions);
  return readVectors('readWordVectors', source, options);
}

/** What is known of a file beside its bytes, unless they are packed. */
export interface KnownSize {
  /** How many bytes it has. */
  readonly bytes?: number;
  /** Counts its lines. */
  readonly lines?: () => Promise<number>;
}

/** Reads word vectors under the name of a function. */
export async function readVectors(
  where: string,
  source: WordVectorsSource,
  { format, limit, lenient = false, maxBytes }: ReadWordVectorsOptions,
  known: KnownSize = {},
): Promise<WordVectors> {
  if (limit !== undefined) checkInteger(where, 'limit', limit, 1);
  if (maxBytes !== undefined) checkInteger(where, 'maxBytes', maxBytes, 0);
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  let size = bytes instanceof Uint8Array ? wholeSize(bytes) : known;
  const chunks = unpacked(where, chunksOf(where, bytes), maxBytes, () => {
    size = {};
  });
  try {
    const reader = new Reader(where, new ByteWindow(chunks), () => size, limit ?? Number.POSITIVE_INFINITY, lenient);
    return await reader.read(format);
  } finally {
    await chunks.return(undefined);
  }
}

const wholeSize = (bytes: Uint8Array): KnownSize => ({
  bytes: bytes.length,
  lines: async () => {
    let lines = 1;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
    return lines;
  },
});

async function* chunksOf(where: string, source: unknown): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const isMany =
    typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (!isMany) {
    throw new ArgumentError(
      `${where}: got ${shown(source)}, needs a Uint8Array, a text, or an iterable of bytes, such as createReadStream(path)`,
    );
  }
  for await (const chunk of source as AsyncIterable<unknown>) {
    if (!(chunk instanceof Uint8Array)) {
      throw new ArgumentError(`${where}: a piece is ${shown(chunk)}, needs bytes; open the stream without an encoding`);
    }
    yield chunk;
  }
}

const LINE_END = 0x0a;
const BLANK = 0x20;
const MARK = [0xef, 0xbb, 0xbf];

/** How many words are announced, and how many numbers each. */
interface Header {
  readonly words: number;
  readonly size: number;
}

class Reader {
  readonly #where: string;
  readonly #window: ByteWindow;
  readonly #known: () => KnownSize;
  readonly #limit: number;
  readonly #isLenient: boolean;
  /** Which line is read. */
  #line = 1;

  constructor(where: string, window: ByteWindow, known: () => KnownSize, limit: number, isLenient: boolean) {
    this.#where = where;
    this.#window = window;
    this.#known = known;
    this.#limit = limit;
    this.#isLenient = isLenient;
  }

  async read(format: WordVectorsFormat | undefined): Promise<WordVectors> {
    const window = this.#window;
    await window.need(MARK.length);
    if (MARK.every((byte, i) => window.bytes[window.from + i] === byte)) window.from += MARK.length;
    const first = await this.#firstLine();
    if (format === 'glove') return this.#glove(first);
    const header = this.#header(first.text, format);
    if (header === undefined) return this.#glove(first);
    window.from = Math.min(window.to, first.end + 1);
    this.#line++;
    const isText = format === undefined ? await this.#looksLikeText(header.size) : format === 'text';
    const rows = this.#announced(header, isText);
    return isText ? this.#text(rows, header.words) : this.#binary(rows, header.words);
  }

  /** The first line, which stays in the window. */
  async #firstLine(): Promise<{ readonly text: string; readonly end: number }> {
    const window = this.#window;
    const found = await window.find(LINE_END, MOST_LINE);
    const end = found < 0 ? window.to : found;
    if (window.length === 0) throw new FormatError(`${this.#where}: the file is empty`);
    if (end - window.from > MOST_LINE) throw this.#strange('the first line is too long');
    return { text: new TextDecoder().decode(window.bytes.subarray(window.from, end)), end };
  }

  #strange(words: string): FormatError {
    return new FormatError(
      `${this.#where}: ${words}; needs a header such as '400000 300', or a word with its numbers: is this the right file?`,
    );
  }

  /** The header, where the first line is one; undefined where it may be a line of GloVe. */
  #header(line: string, format: WordVectorsFormat | undefined): Header | undefined {
    const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(line);
    if (match === null) {
      if (format === undefined && numbersBehind(fieldsOf(line)) > 0) return undefined;
      throw this.#strange(`the first line is ${shown(line)}`);
    }
    const [, words, size] = match.map(Number) as [number, number, number];
    const came = `the header announces ${printable(match[1]!, 30)} words of ${printable(match[2]!, 30)} numbers`;
    if (words === 0 || size === 0) throw new FormatError(`${this.#where}: ${came}, needs at least 1 of both`);
    if (size > MOST_SIZE) throw new FormatError(`${this.#where}: ${came}; at most ${MOST_SIZE} numbers can be read`);
    if (Math.min(words, this.#limit) > MOST_WORDS) {
      throw new FormatError(`${this.#where}: ${came}; at most ${MOST_WORDS} words can be read, as limit says`);
    }
    return { words, size };
  }

  /** Whether the first row behind a header is one of text: it is UTF-8 without control characters, and ends with a number. */
  async #looksLikeText(size: number): Promise<boolean> {
    const window = this.#window;
    const most = mostLine(size);
    const found = await window.find(LINE_END, most);
    if (found < 0 && window.length >= most) return false;
    const row = window.bytes.subarray(window.from, found < 0 ? window.to : found);
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(row);
    } catch {
      return false;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what floats have and texts have not.
    if (/[\u0000-\u0008\u000b-\u000c\u000e-\u001f]/.test(text)) return false;
    // The first bytes of a float may be an end of line, behind a word alone.
    return isNumberLike(fieldsOf(text).slice(1).at(-1) ?? '');
  }

  /** Room for what a header announces, as far as the bytes can hold it. */
  #announced({ words, size }: Header, isText: boolean): Rows {
    const count = Math.min(words, this.#limit);
    const { bytes } = this.#known();
    // A letter, a blank before each number of one digit, and a line end; or the numbers behind a letter and a blank.
    const least = count * (isText ? 2 * size + 2 : 4 * size + 2) - (isText ? 1 : 0);
    if (bytes !== undefined && least > bytes) {
      throw new FormatError(
        `${this.#where}: the header announces ${words} words of ${size} numbers, which take ${least} bytes at least, but the file has ${bytes}; it is cut off, or the header is wrong`,
      );
    }
    return new Rows(this.#where, size, count, this.#isLenient);
  }

  async #glove({ text }: { readonly text: string }): Promise<WordVectors> {
    const fields = fieldsOf(text);
    const size = numbersBehind(fields);
    if (size === 0) throw this.#strange(`the first line is ${shown(text)}`);
    if (size > MOST_SIZE) {
      throw new FormatError(`${this.#where}: the first line has ${size} numbers; at most ${MOST_SIZE} can be read`);
    }
    const { bytes, lines } = this.#known();
    let capacity: number | undefined;
    if (bytes !== undefined) {
      const fit = Math.ceil(bytes / (2 * size + 2));
      capacity = Math.min(this.#limit, fit);
      // Lines have more than a digit for each number as a rule.
      if (lines !== undefined && capacity === fit) capacity = Math.min(fit, await lines());
      capacity = Math.min(capacity, MOST_WORDS);
    }
    return this.#text(new Rows(this.#where, size, capacity, this.#isLenient), undefined);
  }

  async #text(rows: Rows, announced: number | undefined): Promise<WordVectors> {
    const window = this.#window;
    const parser = new TextRows(rows);
    const most = mostLine(rows.size);
    const turns = new Turns(20);
    let came = 0;
    for (;;) {
      const found = await window.find(LINE_END, most);
      const end = found < 0 ? window.to : found;
      if (end - window.from > most || (found < 0 && window.length >= most)) {
        throw new FormatError(
          `${this.#where}: line ${this.#line} has more than ${most} bytes, too many for ${rows.size} numbers; the file is damaged`,
        );
      }
      if (!isEmpty(window.bytes, window.from, end)) {
        if (came === announced) throw this.#tooMany(came);
        parser.take(window.bytes, window.from, end, this.#line);
        came++;
      }
      if (rows.count >= this.#limit) break;
      if (found < 0) {
        if (announced !== undefined && came < announced) throw this.#tooFew(announced, came);
        break;
      }
      window.from = end + 1;
      this.#line++;
      if (turns.isDue) await turns.take();
    }
    return rows.finish();
  }

  async #binary(rows: Rows, announced: number): Promise<WordVectors> {
    const window = this.#window;
    const { size } = rows;
    const turns = new Turns(20);
    for (let came = 0; came < announced && rows.count < this.#limit; came++) {
      // word2vec writes a line end behind each vector, others do not.
      do {
        while (window.length > 0 && window.bytes[window.from] === LINE_END) window.from++;
      } while (window.length === 0 && (await window.more()));
      if (window.length === 0) throw this.#tooFew(announced, came);
      const blank = await window.find(BLANK, MOST_BYTES);
      const place = `word ${came + 1}`;
      if (blank < 0) {
        if (window.length >= MOST_BYTES) {
          throw new FormatError(
            `${this.#where}: ${place} has more than ${MOST_BYTES} bytes; the file is damaged, or not of the format 'binary'`,
          );
        }
        throw this.#tooFew(announced, came);
      }
      const length = blank - window.from;
      if (length === 0) throw new FormatError(`${this.#where}: ${place} is empty; the file is damaged`);
      if (!(await window.need(length + 1 + 4 * size))) throw this.#tooFew(announced, came);
      const { bytes, from } = window;
      const word = rows.decoded(bytes, from, from + length);
      const view = new DataView(bytes.buffer, bytes.byteOffset + from + length + 1, 4 * size);
      const start = rows.next();
      const { values } = rows;
      for (let i = 0; i < size; i++) {
        const value = view.getFloat32(4 * i, true);
        if (!Number.isFinite(value)) {
          throw new FormatError(
            `${this.#where}: ${place}, ${shown(word ?? '')}, has ${value} in its vector, needs finite numbers; the file is damaged`,
          );
        }
        values[start + i] = value;
      }
      rows.keep(place, word);
      window.from += length + 1 + 4 * size;
      if (turns.isDue) await turns.take();
    }
    if (rows.count < this.#limit) await this.#expectEnd(announced);
    return rows.finish();
  }

  /** Nothing but line ends may follow. */
  async #expectEnd(announced: number): Promise<void> {
    const window = this.#window;
    do {
      if (!isEmpty(window.bytes, window.from, window.to)) throw this.#tooMany(announced);
      window.from = window.to;
    } while (await window.more());
  }

  #tooMany(announced: number): FormatError {
    return new FormatError(
      `${this.#where}: the header announces ${announced} words, but more come; the file is damaged, or the header is wrong`,
    );
  }

  #tooFew(announced: number, came: number): FormatError {
    return new FormatError(
      `${this.#where}: the header announces ${announced} words, but the file ends after ${came}; it is cut off: get it again`,
    );
  }
}

/** Whether nothing but blanks and line ends stands there. */
function isEmpty(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== BLANK && byte !== 0x0d && byte !== 0x09 && byte !== LINE_END) return false;
  }
  return true;
}
