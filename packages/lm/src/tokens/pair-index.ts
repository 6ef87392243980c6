// PairIndex: a number for each pair of whole numbers.

/** A hash table of pairs of whole numbers of at least 0, each with one more of at least 0. */
export class PairIndex {
  /** Left, right and value of each, one after another; the value is -1 in a free place. */
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  /** @param expected How many pairs there will be, more or less. */
  constructor(expected = 16) {
    const places = 2 ** Math.ceil(Math.log2(2 * Math.max(8, expected)));
    this.#slots = new Int32Array(3 * places).fill(-1);
    this.#mask = places - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The value of a pair; -1 where it has none. */
  get(left: number, right: number): number {
    return this.#slots[this.#find(left, right) + 2]!;
  }

  set(left: number, right: number, value: number): void {
    const at = this.#find(left, right);
    const isNew = this.#slots[at + 2]! < 0;
    this.#put(at, left, right, value);
    if (isNew && 2 * ++this.#size > this.#mask) this.#grow();
  }

  #put(at: number, left: number, right: number, value: number): void {
    this.#slots[at] = left;
    this.#slots[at + 1] = right;
    this.#slots[at + 2] = value;
  }

  /** Where a pair is, or would be. */
  #find(left: number, right: number): number {
    const slots = this.#slots;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let place = (hash ^ (hash >>> 13)) & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = 3 * place;
      if (slots[at + 2]! < 0 || (slots[at] === left && slots[at + 1] === right)) return at;
    }
  }

  #grow(): void {
    const former = this.#slots;
    this.#slots = new Int32Array(2 * former.length).fill(-1);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < former.length; at += 3) {
      if (former[at + 2]! >= 0)
        this.#put(this.#find(former[at]!, former[at + 1]!), former[at]!, former[at + 1]!, former[at + 2]!);
    }
  }
}
