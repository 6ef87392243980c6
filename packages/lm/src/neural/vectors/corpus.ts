// Corpus: text as the numbers of its words, the most frequent one first.

import { ArgumentError, shown } from '@dl/autograd';
import { eachWordOf, type SentenceOptions } from '../../vectors/sentences.js';

/** Text in numbers. */
export interface Corpus {
  /** The words that come often enough, the most frequent one first; of equals in the order of their UTF-16 code units. */
  readonly words: readonly string[];
  /** How often each of them comes. */
  readonly counts: Float64Array;
  /** The numbers of the words as they stand in the text, without those that are too rare, and {@link END} behind each sentence. */
  readonly tokens: Int32Array;
  /** How many words stand in the text, without those that are too rare. */
  readonly size: number;
  /** The words of the longest sentence. */
  readonly longest: number;
}

/** Stands behind each sentence. */
export const END = -1;

/**
 * Reads text into numbers, in one pass.
 *
 * @throws ArgumentError for no words, none that comes often enough, and no two words beside each other.
 */
export function readCorpus(
  where: string,
  sentences: unknown,
  { minCount, ...options }: SentenceOptions & { readonly minCount: number },
): Corpus {
  const ids = new Map<string, number>();
  const counts: number[] = [];
  const read = new Numbers();
  eachWordOf(
    where,
    sentences,
    options,
    (word) => {
      let id = ids.get(word);
      if (id === undefined) {
        id = counts.length;
        ids.set(word, id);
        counts.push(0);
      }
      counts[id]!++;
      read.push(id);
    },
    () => read.push(END),
  );
  if (counts.length === 0) throw new ArgumentError(`${where}: got no words, needs some text`);
  const all = [...ids.keys()];
  const order = all
    .map((_, id) => id)
    .filter((id) => counts[id]! >= minCount)
    .sort((a, b) => counts[b]! - counts[a]! || (all[a]! < all[b]! ? -1 : 1));
  if (order.length === 0) {
    const most = counts.reduce((best, count, id) => (count > counts[best]! ? id : best), 0);
    throw new ArgumentError(
      `${where}: no word comes ${minCount} times, the most frequent one, ${shown(all[most])}, comes ${counts[most]} times; lower minCount, or give more text`,
    );
  }
  const ranks = new Int32Array(all.length).fill(END);
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank]!] = rank;
  const tokens = read.values;
  let [to, size, length, longest] = [0, 0, 0, 0];
  for (const id of tokens) {
    if (id !== END && ranks[id] === END) continue;
    tokens[to++] = id === END ? END : ranks[id]!;
    if (id === END) length = 0;
    else {
      size++;
      longest = Math.max(longest, ++length);
    }
  }
  if (longest < 2) {
    throw new ArgumentError(
      `${where}: no word has another beside it, of those that come ${minCount} times or more; give texts of several words, or lower minCount`,
    );
  }
  return {
    words: order.map((id) => all[id]!),
    counts: Float64Array.from(order, (id) => counts[id]!),
    tokens: tokens.slice(0, to),
    size,
    longest,
  };
}

/** Whole numbers, as many as come. */
class Numbers {
  #room = new Int32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#room.length) {
      const more = new Int32Array(2 * this.#length);
      more.set(this.#room);
      this.#room = more;
    }
    this.#room[this.#length++] = value;
  }

  get values(): Int32Array {
    return this.#room.subarray(0, this.#length);
  }
}
