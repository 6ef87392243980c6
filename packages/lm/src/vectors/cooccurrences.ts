// countCooccurrences: how often words stand near one another, which is all that GloVe learns from.

import { ArgumentError, checkCall, checkInteger, type Known, type Platform, Turns } from '@dl/autograd';
import { checkSignal } from '../decoding/signal.js';
import { hash } from '../ngram/count-level.js';
import { encodeTexts, type WordCountOptions, type WordTexts, wordTextOptions } from './encoded-texts.js';

/** Options of {@link countCooccurrences}. */
export interface CooccurrenceOptions extends WordCountOptions {
  /** How many words to each side of a word stand near it. Default 10. */
  readonly window?: number;
  /** Stops counting. */
  readonly signal?: Platform<'AbortSignal'>;
}

export const cooccurrenceOptions: Known<CooccurrenceOptions> = {
  minCount: 'number',
  maxWords: 'number',
  window: 'number',
  signal: 'object',
  ...wordTextOptions,
};

/** How often words stand near one another: pair i is of the words `rows[i]` and `columns[i]`. Pairs that never came have no place. */
export interface Cooccurrences {
  /** The most frequent one first, of equals by code units. */
  readonly words: readonly string[];
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** Above 0: the sum of 1 / distance of all times that the second word stood near the first one, on either side. */
  readonly counts: Float64Array;
}

/**
 * Counts how often words stand near one another: words i and j, d apart, add 1 / d to X(i, j) and to X(j, i) for each distance d up to the window, so that X is symmetric. Words that are too rare do not count, also not
 * for distances; texts do not reach into one another.
 *
 * @throws ArgumentError for no words, none that comes often enough, and texts of single words, which stand near nothing; the reason of the signal when that stops it.
 *
 * Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation", 2014, section 4.2.
 *
 * @example
 * ```ts
 * import { countCooccurrences } from '@dl/lm';
 * const { words, rows, columns, counts } = await countCooccurrences('a b a c', { window: 2, minCount: 1 });
 * for (let i = 0; i < counts.length; i++) console.log(words[rows[i]!], words[columns[i]!], counts[i]); // a b 2, a a 1, c a 1, c b 0.5, …
 * ```
 */
export async function countCooccurrences(texts: WordTexts, options: CooccurrenceOptions = {}): Promise<Cooccurrences> {
  checkCall('countCooccurrences', arguments, ['texts'], cooccurrenceOptions);
  return cooccurrences('countCooccurrences', texts, options);
}

/** As {@link countCooccurrences}, under the name of the function that the user called. */
export async function cooccurrences(
  where: string,
  texts: WordTexts,
  { window = 10, signal, ...counted }: CooccurrenceOptions,
): Promise<Cooccurrences> {
  checkInteger(where, 'window', window, 1);
  checkSignal(where, signal);
  const { words, ids, ends } = await encodeTexts(where, texts, counted, signal);
  const sums = new PairSums(where);
  const turns = new Turns(20);
  let begin = 0;
  for (const end of ends) {
    for (let at = begin; at < end; at++) {
      for (let d = 1; d <= window && at - d >= begin; d++) sums.add(ids[at]!, ids[at - d]!, 1 / d);
      if ((at & 255) === 0 && turns.isDue) {
        await turns.take();
        signal?.throwIfAborted();
      }
    }
    begin = end;
  }
  if (sums.size === 0) {
    throw new ArgumentError(
      `${where}: no word stands near another one; give texts of two words or more that come often enough`,
    );
  }
  return { words, ...sums.both() };
}

/** So many pairs fit into 32-bit places of a table that is half full. */
const MOST = 2 ** 29;

/** Sums for pairs of numbers, both orders of a pair being one: found by hashing. */
class PairSums {
  readonly #where: string;
  size = 0;
  /** The larger number of the pair, plus 1; 0 where there is none. */
  #larger = new Int32Array(2 ** 12);
  #smaller = new Int32Array(2 ** 12);
  #sums = new Float64Array(2 ** 12);

  constructor(where: string) {
    this.#where = where;
  }

  add(a: number, b: number, share: number): void {
    const [larger, smaller] = a > b ? [a, b] : [b, a];
    const at = this.#place(larger, smaller);
    // A pair of equal words is near itself on both sides.
    this.#sums[at]! += a === b ? 2 * share : share;
    if (this.#larger[at] !== 0) return;
    this.#larger[at] = larger + 1;
    this.#smaller[at] = smaller;
    this.size++;
    if (2 * this.size > this.#larger.length) this.#spread();
  }

  /** Every pair in both orders, a pair of equal numbers once. */
  both(): { readonly rows: Int32Array; readonly columns: Int32Array; readonly counts: Float64Array } {
    let length = 0;
    this.#each((larger, smaller) => {
      length += larger === smaller ? 1 : 2;
    });
    const rows = new Int32Array(length);
    const columns = new Int32Array(length);
    const counts = new Float64Array(length);
    let i = 0;
    const put = (row: number, column: number, sum: number): void => {
      rows[i] = row;
      columns[i] = column;
      counts[i++] = sum;
    };
    this.#each((larger, smaller, sum) => {
      put(larger, smaller, sum);
      if (larger !== smaller) put(smaller, larger, sum);
    });
    return { rows, columns, counts };
  }

  #each(visit: (larger: number, smaller: number, sum: number) => void): void {
    for (let at = 0; at < this.#larger.length; at++) {
      if (this.#larger[at] !== 0) visit(this.#larger[at]! - 1, this.#smaller[at]!, this.#sums[at]!);
    }
  }

  /** Where a pair stands in the table, or would. */
  #place(larger: number, smaller: number): number {
    const mask = this.#larger.length - 1;
    let at = hash(larger, smaller) & mask;
    while (this.#larger[at] !== 0 && !(this.#larger[at] === larger + 1 && this.#smaller[at] === smaller)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  /** Makes the table twice as long. */
  #spread(): void {
    if (this.size > MOST) {
      throw new ArgumentError(
        `${this.#where}: more than ${MOST} different pairs; take a smaller window, or fewer words by minCount or maxWords`,
      );
    }
    const [larger, smaller, sums] = [this.#larger, this.#smaller, this.#sums];
    this.#larger = new Int32Array(2 * larger.length);
    this.#smaller = new Int32Array(2 * larger.length);
    this.#sums = new Float64Array(2 * larger.length);
    for (let from = 0; from < larger.length; from++) {
      if (larger[from] === 0) continue;
      const at = this.#place(larger[from]! - 1, smaller[from]!);
      this.#larger[at] = larger[from]!;
      this.#smaller[at] = smaller[from]!;
      this.#sums[at] = sums[from]!;
    }
  }
}
