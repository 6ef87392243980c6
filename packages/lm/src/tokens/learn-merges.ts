// Learning merges: which neighbours come most often together, again and again.

import { PairIndex } from './pair-index.js';

/** Where learning ends. */
export interface MergeLimits {
  readonly merges: number;
  readonly maxSize: number;
  readonly minCount: number;
}

/** What was learned: all tokens in the order of their numbers, and which two were merged, in order. */
export interface LearnedMerges {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

/** A pair of neighbours: how often it comes, and where it may stand. */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Every place where it stands is here; what a former merge has changed is noticed on a visit. */
  places: number[];
  /** The merge that last made it more frequent. */
  touched: number;
}

/**
 * Learns merges from words, each as the numbers of its symbols (-1 where there is none), with how often each comes. Merged are the two neighbours that come most
 * often; of several such pairs that with the smallest numbers. What two make that is a token already is that token, and never one of the first `special`.
 *
 * The first look counts all pairs, and each merge visits only the places of its pair. A queue gives the most frequent; an entry whose count is not true any more goes back into it.
 */
export function learnMerges(
  words: readonly (readonly number[])[],
  counts: readonly number[],
  tokens: readonly string[],
  special: number,
  limits: MergeLimits,
): LearnedMerges {
  const learner = new Learner(words, counts);
  const all = [...tokens];
  const ids = new Map(all.map((token, id) => [token, id]));
  // Words can come to a pair a second time, when its parts are made in another way; its last place in the order is what counts.
  const merges = new Map<string, readonly [string, string]>();
  while (merges.size < limits.merges && all.length < limits.maxSize) {
    const pair = learner.mostFrequent();
    if (pair === undefined || pair.count < limits.minCount) break;
    const parts = [all[pair.left]!, all[pair.right]!] as const;
    const token = parts[0] + parts[1];
    const known = ids.get(token);
    if (known !== undefined && known < special) {
      pair.count = 0;
      continue;
    }
    if (known === undefined) {
      ids.set(token, all.length);
      all.push(token);
    }
    const key = `${pair.left} ${pair.right}`;
    merges.delete(key);
    merges.set(key, parts);
    learner.merge(pair, known ?? all.length - 1);
  }
  return { tokens: all, merges: [...merges.values()] };
}

/** All words in one row, with the pairs of neighbours in them. */
class Learner {
  /** The symbol at each place, -1 where there is none. */
  readonly #symbols: Int32Array;
  /** The place of the next symbol of the word, and of the one before; -1 at its ends. */
  readonly #next: Int32Array;
  readonly #before: Int32Array;
  /** How often the word at each place comes. */
  readonly #weights: Float64Array;
  readonly #pairs: Pair[] = [];
  readonly #index: PairIndex;
  readonly #queue = new Queue();
  #merge = 0;

  constructor(words: readonly (readonly number[])[], counts: readonly number[]) {
    const length = words.reduce((sum, word) => sum + word.length, 0);
    this.#symbols = new Int32Array(length);
    this.#next = new Int32Array(length).fill(-1);
    this.#before = new Int32Array(length).fill(-1);
    this.#weights = new Float64Array(length);
    this.#index = new PairIndex(1024);
    let at = 0;
    words.forEach((word, k) => {
      word.forEach((symbol, i) => {
        this.#symbols[at] = symbol;
        this.#weights[at] = counts[k]!;
        if (i > 0) {
          this.#next[at - 1] = at;
          this.#before[at] = at - 1;
        }
        at++;
      });
    });
    for (let place = 0; place < length; place++) this.#count(place, 1);
    for (const pair of this.#pairs) this.#queue.push(pair, pair.count);
  }

  /** The pair that comes most often now; undefined when none is left. */
  mostFrequent(): Pair | undefined {
    for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
      const { pair, count } = entry;
      if (count === pair.count) return pair.count > 0 ? pair : undefined;
      if (pair.count > 0) this.#queue.push(pair, pair.count);
    }
    return undefined;
  }

  /** Puts one symbol for a pair, wherever it stands. */
  merge(pair: Pair, symbol: number): void {
    const [symbols, next, before] = [this.#symbols, this.#next, this.#before];
    const merge = ++this.#merge;
    const changed: Pair[] = [];
    const note = (place: number): void => {
      const other = this.#count(place, 1);
      if (other === undefined || other.touched === merge) return;
      other.touched = merge;
      changed.push(other);
    };
    const places = inOrder(pair.places);
    pair.places = [];
    for (const place of places) {
      const second = next[place]!;
      if (symbols[place] !== pair.left || second < 0 || symbols[second] !== pair.right) continue;
      const [first, third] = [before[place]!, next[second]!];
      if (first >= 0) this.#count(first, -1);
      this.#count(place, -1);
      this.#count(second, -1);
      symbols[place] = symbol;
      symbols[second] = -1;
      next[place] = third;
      next[second] = -1;
      if (third >= 0) before[third] = place;
      if (first >= 0) note(first);
      note(place);
    }
    for (const other of changed) if (other.count > 0) this.#queue.push(other, other.count);
  }

  /** Counts the pair that begins at a place, if one does, and notes the place. */
  #count(place: number, sign: 1 | -1): Pair | undefined {
    const next = this.#next[place]!;
    if (next < 0) return undefined;
    const [left, right] = [this.#symbols[place]!, this.#symbols[next]!];
    if (left < 0 || right < 0) return undefined;
    let index = this.#index.get(left, right);
    if (index < 0) {
      index = this.#pairs.length;
      this.#index.set(left, right, index);
      this.#pairs.push({ left, right, count: 0, places: [], touched: 0 });
    }
    const pair = this.#pairs[index]!;
    pair.count += sign * this.#weights[place]!;
    if (sign > 0) pair.places.push(place);
    return pair;
  }
}

/** Places in ascending order, in which they nearly always are. */
function inOrder(places: number[]): number[] {
  for (let i = 1; i < places.length; i++) if (places[i]! < places[i - 1]!) return places.sort((a, b) => a - b);
  return places;
}

interface Entry {
  readonly pair: Pair;
  readonly count: number;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.count !== b.count
    ? a.count > b.count
    : a.pair.left !== b.pair.left
      ? a.pair.left < b.pair.left
      : a.pair.right < b.pair.right;

/** A heap: the most frequent pair first, of equal ones that with the smallest numbers. */
class Queue {
  readonly #entries: Entry[] = [];

  push(pair: Pair, count: number): void {
    const entries = this.#entries;
    const entry = { pair, count };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    const { length } = entries;
    if (length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!isBefore(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return first;
  }
}
