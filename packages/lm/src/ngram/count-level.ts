// CountLevel: the n-grams of one order, each as the n-gram without its last token and that token, found by hashing.

import { ArgumentError } from '@dl/autograd';
import { GrownInts } from './grown.js';

/** So many n-grams of one order fit into 32-bit places of a table that is half full. */
const MOST = 2 ** 29;

export class CountLevel {
  /** Where the n-gram without its last token stands in the level below. */
  readonly parents = new GrownInts();
  /** The last tokens. */
  readonly words = new GrownInts();
  /** Where the n-gram without its first token stands in the level below. */
  readonly suffixes = new GrownInts();
  readonly counts = new GrownInts();
  /** 1 + the number of the n-gram whose place it is; 0 where none is. */
  #table = new Int32Array(4096);

  get size(): number {
    return this.words.length;
  }

  /** Counts an n-gram once more, and gives its number. */
  count(parent: number, word: number, suffix: number): number {
    const at = this.#place(parent, word);
    const found = this.#table[at]! - 1;
    if (found >= 0) {
      this.counts.values[found]!++;
      return found;
    }
    const node = this.size;
    this.parents.push(parent);
    this.words.push(word);
    this.suffixes.push(suffix);
    this.counts.push(1);
    this.#table[at] = node + 1;
    if (2 * (node + 1) > this.#table.length) this.#grow();
    return node;
  }

  /** The number of an n-gram; -1 where it never came. */
  find(parent: number, word: number): number {
    return this.#table[this.#place(parent, word)]! - 1;
  }

  /** Where an n-gram stands in the table, or would. */
  #place(parent: number, word: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const parents = this.parents.values;
    const words = this.words.values;
    let at = hash(parent, word) & mask;
    for (; ; at = (at + 1) & mask) {
      const node = table[at]! - 1;
      if (node < 0 || (words[node] === word && parents[node] === parent)) return at;
    }
  }

  #grow(): void {
    if (this.size > MOST) {
      throw new ArgumentError(
        `NgramCounts: more than ${MOST} different n-grams of one order; count a smaller order, or less text`,
      );
    }
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    const parents = this.parents.values;
    const words = this.words.values;
    for (let node = 0; node < this.size; node++) {
      let at = hash(parents[node]!, words[node]!) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = node + 1;
    }
    this.#table = table;
  }
}

/** Mixes both, so that the low bits depend on all (the finaliser of MurmurHash3). */
function hash(parent: number, word: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(word + 0x7f4a7c15, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
