// Ranking: tokens from the best on, no more of them in order than are asked for.

/** Tokens from the one with the largest key on, of equal keys the first one first. A heap: to begin costs O(tokens), each that is asked for O(log tokens). */
export class Ranking {
  #keys: ArrayLike<number> = [];
  #heap = new Int32Array(0);
  #length = 0;

  /** Ranks those whose key is at least `from`. -Infinity and NaN never are. */
  fill(keys: ArrayLike<number>, from = -Number.MAX_VALUE): this {
    if (this.#heap.length < keys.length) this.#heap = new Int32Array(keys.length);
    this.#keys = keys;
    const heap = this.#heap;
    let length = 0;
    for (let i = 0; i < keys.length; i++) if (keys[i]! >= from) heap[length++] = i;
    this.#length = length;
    for (let i = (length >> 1) - 1; i >= 0; i--) this.#sink(i);
    return this;
  }

  /** How many there are still. */
  get length(): number {
    return this.#length;
  }

  /** The next one; -1 when there is none. */
  next(): number {
    if (this.#length === 0) return -1;
    const heap = this.#heap;
    const first = heap[0]!;
    heap[0] = heap[--this.#length]!;
    this.#sink(0);
    return first;
  }

  #sink(place: number): void {
    const heap = this.#heap;
    const length = this.#length;
    const token = heap[place]!;
    let at = place;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!this.#isBefore(heap[below]!, token)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = token;
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#keys[a]!;
    const y = this.#keys[b]!;
    return x > y || (x === y && a < b);
  }
}

/** Takes all tokens out but the first ones of a ranking, up to the one at which `isLast` is true, which is kept. */
export function keepFirst(
  scores: Float64Array,
  ranking: Ranking,
  isLast: (token: number, count: number) => boolean,
): void {
  const kept: number[] = [];
  const values: number[] = [];
  for (let token = ranking.next(); token >= 0; token = ranking.next()) {
    kept.push(token);
    values.push(scores[token]!);
    if (isLast(token, kept.length)) break;
  }
  scores.fill(-Infinity);
  for (let i = 0; i < kept.length; i++) scores[kept[i]!] = values[i]!;
}
