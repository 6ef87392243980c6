// CountLevel: the n-grams of one order, each as the n-gram without its last token and that token, found by hashing.

import { ArgumentError } from '@dl/autograd';

/** So many n-grams of one order fit into 32-bit places of a table that is half full. */
const MOST = 2 ** 29;

/** The four numbers of an n-gram stand side by side, so that they come from memory in one piece. */
const WIDTH = 4;
const WORD = 1;
const SUFFIX = 2;
const COUNT = 3;

/** The largest count that its place holds. */
const MOST_TIMES = 2 ** 31 - 1;

export class CountLevel {
  readonly #mostTimes: number;
  #size = 0;
  #records = new Int32Array(WIDTH * 256);
  /** 1 + the number of the n-gram whose place it is; 0 where none is. */
  #table = new Int32Array(1024);

  constructor(mostTimes = MOST_TIMES) {
    this.#mostTimes = mostTimes;
  }

  get size(): number {
    return this.#size;
  }

  /** Where the n-gram without its last token stands in the level below. */
  parent(node: number): number {
    return this.#records[WIDTH * node]!;
  }

  /** The last token. */
  word(node: number): number {
    return this.#records[WIDTH * node + WORD]!;
  }

  /** Where the n-gram without its first token stands in the level below. */
  suffix(node: number): number {
    return this.#records[WIDTH * node + SUFFIX]!;
  }

  /** How often the n-gram came. */
  often(node: number): number {
    return this.#records[WIDTH * node + COUNT]!;
  }

  /** Counts an n-gram once more, and gives its number. */
  count(parent: number, word: number, suffix: number): number {
    const at = this.#place(parent, word);
    const found = this.#table[at]! - 1;
    if (found >= 0) {
      const times = WIDTH * found + COUNT;
      if (this.#records[times] === this.#mostTimes) {
        throw new ArgumentError(
          `NgramCounts: an n-gram came more than ${this.#mostTimes} times, and no larger count is held; count less text`,
        );
      }
      this.#records[times]!++;
      return found;
    }
    const node = this.#size++;
    const start = WIDTH * node;
    if (start === this.#records.length) this.#lengthen();
    const records = this.#records;
    records[start] = parent;
    records[start + WORD] = word;
    records[start + SUFFIX] = suffix;
    records[start + COUNT] = 1;
    this.#table[at] = node + 1;
    if (2 * (node + 1) > this.#table.length) this.#spread();
    return node;
  }

  /** The number of an n-gram; -1 where it never came. */
  find(parent: number, word: number): number {
    return this.#table[this.#place(parent, word)]! - 1;
  }

  /** Where an n-gram stands in the table, or would. */
  #place(parent: number, word: number): number {
    const table = this.#table;
    const records = this.#records;
    const mask = table.length - 1;
    let at = hash(parent, word) & mask;
    for (; ; at = (at + 1) & mask) {
      const node = table[at]! - 1;
      if (node < 0 || (records[WIDTH * node] === parent && records[WIDTH * node + WORD] === word)) return at;
    }
  }

  /** Makes room for half as many n-grams again. */
  #lengthen(): void {
    const longer = new Int32Array(WIDTH * Math.ceil(1.5 * this.#size));
    longer.set(this.#records);
    this.#records = longer;
  }

  /** Makes the table twice as long. */
  #spread(): void {
    if (this.#size > MOST) {
      throw new ArgumentError(
        `NgramCounts: more than ${MOST} different n-grams of one order; count a smaller order, or less text`,
      );
    }
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let node = 0; node < this.#size; node++) {
      let at = hash(this.parent(node), this.word(node)) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = node + 1;
    }
    this.#table = table;
  }
}

/** Mixes both, so that the low bits depend on all (the finaliser of MurmurHash3). */
export function hash(parent: number, word: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(word + 0x7f4a7c15, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
