// Rows of text: a word and its numbers on each line, as word2vec and GloVe write them.

import { FormatError, printable, shown } from '@dl/autograd';
import { NumberReader } from './numbers.js';
import { MOST_BYTES, MOST_SIZE, type Rows } from './rows.js';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** As C and Python write what is no finite number. */
const NO_NUMBER = /^[+-]?(nan|inf|infinity)(\(\w*\))?$/i;

/** Whether a text stands where a number does, though perhaps for none. */
export const isNumberLike = (text: string): boolean => NUMBER.test(text) || NO_NUMBER.test(text);

/** The largest finite number of float32, and what rounds to it. */
const MOST = 2 ** 128 - 2 ** 103;

/** A line may have so many bytes. */
export const mostLine = (size: number): number => MOST_BYTES + 64 * size;
export const MOST_LINE = /* @__PURE__ */ mostLine(MOST_SIZE);

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** The fields of a line: what stands between blanks and tabs. */
export function fieldsOf(line: string): string[] {
  const fields = line.split(/[ \t\r]+/);
  if (fields.at(-1) === '') fields.pop();
  return fields;
}

/** How many numbers stand at the end of a line, behind a word. */
export function numbersBehind(fields: readonly string[]): number {
  let count = 0;
  while (count < fields.length - 1 && isNumberLike(fields[fields.length - 1 - count]!)) count++;
  return count;
}

export class TextRows {
  readonly #rows: Rows;
  readonly #reader = new NumberReader();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Takes the line of some bytes, without its end. */
  take(bytes: Uint8Array, from: number, to: number, line: number): void {
    const rows = this.#rows;
    let word = from;
    while (word < to && !isBlank(bytes[word])) word++;
    if (this.#numbers(bytes, word, to)) {
      const place = `line ${line}`;
      if (word === from) throw new FormatError(`${rows.where}: ${place} has numbers, but no word before them`);
      if (word - from > MOST_BYTES) throw this.#tooLong(line);
      rows.keep(place, rows.decoded(bytes, from, word));
    } else this.#unusual(bytes, from, to, line);
  }

  /** Whether as many numbers as there must be stand behind a word, and nothing else. */
  #numbers(bytes: Uint8Array, from: number, to: number): boolean {
    const { size } = this.#rows;
    const reader = this.#reader;
    const start = this.#rows.next();
    const { values } = this.#rows;
    let at = from;
    for (let i = 0; i < size; i++) {
      const before = at;
      while (at < to && isBlank(bytes[at])) at++;
      if (at === before || at === to) return false;
      at = reader.read(bytes, at, to);
      if (at < 0 || !(Math.abs(reader.value) < MOST)) return false;
      values[start + i] = reader.value;
    }
    while (at < to && isBlank(bytes[at])) at++;
    return at === to;
  }

  /** A line that is wrong, or has a word with blanks in it, as a few of GloVe's have. */
  #unusual(bytes: Uint8Array, from: number, to: number, line: number): void {
    const rows = this.#rows;
    const { size, where } = rows;
    const text = rows.decoded(bytes, from, to);
    // Only the word may be at fault then.
    if (text === undefined) {
      rows.keep(`line ${line}`, undefined);
      return;
    }
    const fields = fieldsOf(text);
    const count = numbersBehind(fields);
    const wrong = (words: string): FormatError =>
      new FormatError(`${where}: line ${line}: ${shown(fields[0] ?? '')} ${words}`);
    const behind = fields.length - 1;
    if (count !== size) {
      const odd = fields.slice(-Math.min(size, behind)).find((field) => !isNumberLike(field));
      if (behind === size && odd !== undefined) throw wrong(`has ${shown(odd)} in its vector, needs numbers`);
      throw wrong(`has ${count} numbers, needs ${size}; the file is damaged, or another one`);
    }
    const numbers = fields.slice(-size);
    const values = numbers.map((field) => (NUMBER.test(field) ? Number(field) : Number.NaN));
    const odd = values.findIndex((value) => !(Math.abs(value) < MOST));
    if (odd >= 0) {
      throw wrong(`has ${printable(numbers[odd]!, 30)} in its vector, needs numbers that float32 holds`);
    }
    const words = fields.slice(0, -size);
    if (words[0] === '') throw new FormatError(`${where}: line ${line} begins with a blank, needs a word first`);
    const word = words.join(' ');
    if (word.length > MOST_BYTES) throw this.#tooLong(line);
    rows.values.set(values, rows.next());
    rows.keep(`line ${line}`, word);
  }

  #tooLong(line: number): FormatError {
    return new FormatError(
      `${this.#rows.where}: line ${line}: the word has more than ${MOST_BYTES} bytes; is this the right file?`,
    );
  }
}
