// Rows: words and their vectors as a file gives them, one after the other.

import { FormatError, shown } from '@dl/autograd';
import { WordVectors } from '../word-vectors.js';

/** A vector may have so many numbers. */
export const MOST_SIZE = 2 ** 16;
/** So many words at most can be looked up. */
export const MOST_WORDS = 2 ** 24;
/** A word may have so many bytes. */
export const MOST_BYTES = 2 ** 16;

/** So many numbers where it is not known how many come. */
const FIRST = 2 ** 18;

export class Rows {
  readonly where: string;
  readonly size: number;
  /** Row after row; what stands behind the last one that was kept may be written to. */
  values: Float32Array;
  readonly #isLenient: boolean;
  readonly #decoder: TextDecoder;
  #words = new Set<string>();

  /**
   * @param capacity how many rows come, where that is known
   * @param isLenient takes the first of words that come twice, and words that are not UTF-8
   */
  constructor(where: string, size: number, capacity: number | undefined, isLenient: boolean) {
    this.where = where;
    this.size = size;
    this.#isLenient = isLenient;
    // Words may begin with what looks like a byte order mark.
    this.#decoder = new TextDecoder('utf-8', { fatal: !isLenient, ignoreBOM: true });
    try {
      // Memory that is not written to costs nothing yet.
      this.values = new Float32Array(capacity === undefined ? Math.max(FIRST, size) : capacity * size);
    } catch (cause) {
      throw new FormatError(
        `${where}: ${capacity} vectors of ${size} numbers are announced, and there is no memory for so many; read the first ones with limit`,
        { cause },
      );
    }
  }

  get count(): number {
    return this.#words.size;
  }

  /** Where the next vector is to be written in `values`. */
  next(): number {
    const at = this.#words.size * this.size;
    if (at + this.size > this.values.length) {
      const longer = new Float32Array(Math.ceil((1.5 * this.values.length) / this.size) * this.size + this.size);
      longer.set(this.values);
      this.values = longer;
    }
    return at;
  }

  /** The word of some bytes; undefined where they are not UTF-8. */
  decoded(bytes: Uint8Array, from: number, to: number): string | undefined {
    let isAscii = to - from <= 32;
    for (let at = from; isAscii && at < to; at++) isAscii = bytes[at]! < 0x80;
    if (isAscii) return String.fromCharCode(...bytes.subarray(from, to));
    try {
      return this.#decoder.decode(bytes.subarray(from, to));
    } catch {
      return undefined;
    }
  }

  /** Keeps the vector that was written, as that of a word. */
  keep(place: string, word: string | undefined): void {
    if (word === undefined) {
      throw new FormatError(
        `${this.where}: ${place}: the word is not UTF-8; with lenient: true its bytes that are not become U+FFFD`,
      );
    }
    if (this.#words.has(word)) {
      if (this.#isLenient) return;
      throw new FormatError(
        `${this.where}: ${place}: the word ${shown(word)} comes twice; with lenient: true the first one counts`,
      );
    }
    if (this.#words.size === MOST_WORDS) {
      throw new FormatError(
        `${this.where}: ${place}: more than ${MOST_WORDS} words come; read the first ones with limit`,
      );
    }
    this.#words.add(word);
  }

  /** The vectors, when all came. */
  finish(): WordVectors {
    const words = [...this.#words];
    this.#words = new Set();
    return new WordVectors(words, this.values.subarray(0, words.length * this.size));
  }
}
