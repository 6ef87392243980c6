// Merging: a word's symbols become its tokens, by the merges of byte-pair encoding.

import type { PairIndex } from './pair-index.js';

/** What is merged: pairs of tokens with their ranks, and what the pair of each rank becomes. */
export interface Merges {
  readonly ranks: PairIndex;
  readonly results: Int32Array;
}

/** Up to here it is quicker to look at all pairs for each merge than to keep them in order. */
const FEW = 48;

/**
 * Merges in place: again and again the pair of the lowest rank, of several the first. `widths[i]` becomes how many of the symbols token i is made of.
 * Returns how many tokens there are. Takes n log n steps.
 */
export function mergeWord(merges: Merges, ids: Int32Array, widths: Int32Array, count: number): number {
  widths.fill(1, 0, count);
  return count <= FEW ? mergeFew(merges, ids, widths, count) : mergeMany(merges, ids, widths, count);
}

function mergeFew({ ranks, results }: Merges, ids: Int32Array, widths: Int32Array, count: number): number {
  const rankAt: number[] = [];
  for (let i = 0; i + 1 < count; i++) rankAt.push(ranks.get(ids[i]!, ids[i + 1]!));
  let left = count;
  for (;;) {
    let best = -1;
    for (let i = 0; i + 1 < left; i++) {
      const rank = rankAt[i]!;
      if (rank >= 0 && (best < 0 || rank < rankAt[best]!)) best = i;
    }
    if (best < 0) return left;
    ids[best] = results[rankAt[best]!]!;
    widths[best]! += widths[best + 1]!;
    left--;
    for (let i = best + 1; i < left; i++) {
      ids[i] = ids[i + 1]!;
      widths[i] = widths[i + 1]!;
      rankAt[i] = rankAt[i + 1]!;
    }
    if (best > 0) rankAt[best - 1] = ranks.get(ids[best - 1]!, ids[best]!);
    rankAt[best] = best + 1 < left ? ranks.get(ids[best]!, ids[best + 1]!) : -1;
  }
}

function mergeMany({ ranks, results }: Merges, ids: Int32Array, widths: Int32Array, count: number): number {
  const next = Int32Array.from({ length: count }, (_, i) => i + 1);
  const before = Int32Array.from({ length: count }, (_, i) => i - 1);
  // What waits is one number each, rank first and then place; what a former merge has changed is noticed when its turn comes.
  const waiting = new Heap();
  const wait = (at: number): void => {
    const rank = next[at]! < count ? ranks.get(ids[at]!, ids[next[at]!]!) : -1;
    if (rank >= 0) waiting.push(rank * count + at);
  };
  for (let at = 0; at + 1 < count; at++) wait(at);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const rank = Math.floor(key / count);
    const at = key - rank * count;
    const right = next[at]!;
    if (widths[at] === 0 || right >= count || ranks.get(ids[at]!, ids[right]!) !== rank) continue;
    ids[at] = results[rank]!;
    widths[at]! += widths[right]!;
    widths[right] = 0;
    next[at] = next[right]!;
    if (next[at]! < count) before[next[at]!] = at;
    wait(at);
    if (before[at]! >= 0) wait(before[at]!);
  }
  let left = 0;
  for (let at = 0; at < count; at = next[at]!, left++) {
    ids[left] = ids[at]!;
    widths[left] = widths[at]!;
  }
  return left;
}

/** Numbers of which the smallest comes first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    const { length } = items;
    if (length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
