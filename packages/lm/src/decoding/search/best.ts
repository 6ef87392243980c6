// The best of many candidates, in an order that is always the same.

/** One way to go on: from a row that a search has, by a token. */
export interface Candidate {
  readonly key: number;
  readonly from: number;
  readonly token: number;
}

/** Whether the first one comes before the second: by its key, then from the earlier row, then by the smaller token. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return a.key !== b.key ? a.key > b.key : a.from !== b.from ? a.from < b.from : a.token < b.token;
}

/** Keeps so many of the best candidates that it was offered, in a heap whose root is the worst of them. */
export class Best {
  readonly #most: number;
  readonly #heap: Candidate[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** What a candidate needs at least; -Infinity while there is room. */
  get least(): number {
    return this.#heap.length < this.#most ? -Infinity : this.#heap[0]!.key;
  }

  offer(key: number, from: number, token: number): void {
    const heap = this.#heap;
    const candidate = { key, from, token };
    if (heap.length < this.#most) {
      let at = heap.length;
      for (; at > 0; at = (at - 1) >> 1) {
        const above = heap[(at - 1) >> 1]!;
        if (!isBefore(above, candidate)) break;
        heap[at] = above;
      }
      heap[at] = candidate;
      return;
    }
    if (!isBefore(candidate, heap[0]!)) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below]!, heap[below + 1]!)) below++;
      if (!isBefore(candidate, heap[below]!)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = candidate;
  }

  /** All that were kept, the best one first. */
  sorted(): Candidate[] {
    return [...this.#heap].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}
