// brownClasses: classes of words by what stands beside them.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { NgramCounts } from '../counts.js';

/** Options of {@link brownClasses}. */
export interface BrownClassesOptions {
  /** How many classes, at most. */
  readonly classes: number;
  /** So many times each token is tried in all classes at most; it ends before when none changes. Default 20. */
  readonly iterations?: number;
}

const brownOptions: Known<BrownClassesOptions> = { classes: 'number', iterations: 'number' };

/**
 * Classes of tokens, such that the class of a token says as much as it can of that of the next one: their mutual information, and with it the
 * likelihood of the text under a bigram model of classes, is at a maximum where no token alone can be moved to gain any.
 *
 *     I = Σ n(c, d) log n(c, d) - Σ n(c, ·) log n(c, ·) - Σ n(·, d) log n(·, d), over pairs of neighbours, but for constants
 *
 * Tokens are moved one by one, the most frequent first, each to the class that gains most; at the begin these have classes of their own, and all others the last
 * one. An iteration takes time in proportion to tokens · classes · the classes of their neighbours: seconds for ten thousand tokens in a hundred classes.
 *
 * @param counts Of pairs, or longer runs.
 *
 * @returns The class of each token, 0 to their number - 1, as {@link classModel} takes them: all of them have tokens. There may be fewer than were asked for, where the last token
 * of one gained by moving to another. A token that never came is in the last one.
 *
 * @throws ArgumentError for counts of order 1, and for more classes than tokens.
 *
 * Source: Brown, Della Pietra, deSouza, Lai & Mercer, "Class-based n-gram models of natural language", 1992; the exchange: Martin, Liermann & Ney, "Algorithms
 * for bigram and trigram word clustering", 1998.
 *
 * @example
 * ```ts
 * import { brownClasses, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 2, 1, 3, 0, 3, 1, 2, 0, 2]); // 0 or 1, then 2 or 3
 * console.log(brownClasses(counts, { classes: 2 })); // 0 and 1 are together, and so are 2 and 3
 * ```
 */
export function brownClasses(counts: NgramCounts, options: BrownClassesOptions): Int32Array {
  checkCall('brownClasses', arguments, ['counts'], brownOptions);
  const { classes, iterations = 20 } = options ?? {};
  if (!(counts instanceof NgramCounts) || counts.order < 2) {
    throw new ArgumentError(
      `brownClasses: got ${counts instanceof NgramCounts ? 'counts of single tokens' : shown(counts)}, needs NgramCounts of order 2 or more`,
    );
  }
  checkInteger('brownClasses', 'classes', classes, 1);
  checkInteger('brownClasses', 'iterations', iterations, 1);
  if (classes > counts.vocabularySize) {
    throw new ArgumentError(
      `brownClasses: classes is ${classes}, but there are ${counts.vocabularySize} tokens; needs no more classes`,
    );
  }
  const neighbours = neighboursOf(counts);
  const order = neighbours.flatMap(({ count }, token) => (count > 0 ? [token] : []));
  order.sort((a, b) => neighbours[b]!.count - neighbours[a]!.count || a - b);
  const classOf = new Int32Array(counts.vocabularySize).fill(classes - 1);
  order.slice(0, classes - 1).forEach((token, rank) => void (classOf[token] = rank));
  const exchange = new Exchange(classes, classOf, neighbours);
  for (let i = 0; i < iterations; i++) {
    let moved = 0;
    for (const token of order) if (exchange.move(token)) moved++;
    if (moved === 0) break;
  }
  // Numbered anew, in the same order, without those that lost their last token.
  const used = [...new Set(classOf)].sort((a, b) => a - b);
  return classOf.map((each) => used.indexOf(each));
}

/** What comes behind a token and in front of it, and how often; not the token itself. */
interface Neighbours {
  readonly behind: readonly (readonly [token: number, count: number])[];
  readonly before: readonly (readonly [token: number, count: number])[];
  /** How often it is followed by itself. */
  readonly itself: number;
  /** How many neighbours it has in all. */
  readonly count: number;
}

function neighboursOf(counts: NgramCounts): readonly Neighbours[] {
  const { trie, counts: often } = counts.trie();
  const all = Array.from({ length: counts.vocabularySize }, () => ({
    behind: [] as [number, number][],
    before: [] as [number, number][],
    itself: 0,
    count: 0,
  }));
  for (let node = 1; node <= counts.vocabularySize; node++) {
    const first = node - 1;
    for (let child = trie.children[node]!; child < trie.children[node + 1]!; child++) {
      const second = trie.words[child]!;
      const count = often[child]!;
      all[first]!.count += count;
      all[second]!.count += count;
      if (first === second) all[first]!.itself = count;
      else {
        all[first]!.behind.push([second, count]);
        all[second]!.before.push([first, count]);
      }
    }
  }
  return all;
}

/** What one token adds to counts of pairs of classes. */
interface Share {
  readonly classes: readonly number[];
  readonly counts: Float64Array;
  /** Of all classes. */
  readonly total: number;
}

const xLogX = (x: number): number => (x > 0 ? x * Math.log(x) : 0);

/** Less is rounding. */
const LEAST_GAIN = 1e-9;

/** Counts of pairs of classes, while tokens move. */
class Exchange {
  readonly #size: number;
  readonly #classOf: Int32Array;
  readonly #neighbours: readonly Neighbours[];
  /** [first, second] */
  readonly #pairs: Float64Array;
  readonly #firsts: Float64Array;
  readonly #seconds: Float64Array;

  constructor(size: number, classOf: Int32Array, neighbours: readonly Neighbours[]) {
    this.#size = size;
    this.#classOf = classOf;
    this.#neighbours = neighbours;
    this.#pairs = new Float64Array(size * size);
    this.#firsts = new Float64Array(size);
    this.#seconds = new Float64Array(size);
    neighbours.forEach(({ behind, itself }, token) => {
      const first = classOf[token]!;
      this.#count(first, first, itself);
      for (const [other, count] of behind) this.#count(first, classOf[other]!, count);
    });
  }

  /** Moves a token to the class where it gains most; whether that is another one. */
  move(token: number): boolean {
    const { behind, before, itself } = this.#neighbours[token]!;
    const [after, ahead] = [this.#shareOf(behind), this.#shareOf(before)];
    const was = this.#classOf[token]!;
    this.#add(was, after, ahead, itself, -1);
    let best = was;
    let most = this.#gain(was, after, ahead, itself) + LEAST_GAIN;
    for (let each = 0; each < this.#size; each++) {
      const gain = this.#gain(each, after, ahead, itself);
      if (gain > most) [best, most] = [each, gain];
    }
    this.#add(best, after, ahead, itself, 1);
    this.#classOf[token] = best;
    return best !== was;
  }

  #count(first: number, second: number, count: number): void {
    this.#pairs[first * this.#size + second]! += count;
    this.#firsts[first]! += count;
    this.#seconds[second]! += count;
  }

  #shareOf(list: Neighbours['behind']): Share {
    const counts = new Float64Array(this.#size);
    let total = 0;
    for (const [other, count] of list) {
      counts[this.#classOf[other]!]! += count;
      total += count;
    }
    return { counts, total, classes: Array.from(counts.keys()).filter((each) => counts[each]! > 0) };
  }

  #add(to: number, after: Share, ahead: Share, itself: number, sign: 1 | -1): void {
    const size = this.#size;
    const pairs = this.#pairs;
    for (const each of after.classes) pairs[to * size + each]! += sign * after.counts[each]!;
    for (const each of ahead.classes) pairs[each * size + to]! += sign * ahead.counts[each]!;
    pairs[to * size + to]! += sign * itself;
    // Its neighbours stand beside it whichever class it is in.
    this.#firsts[to]! += sign * (after.total + itself);
    this.#seconds[to]! += sign * (ahead.total + itself);
  }

  /** What the mutual information gains, but for a constant factor, when a token that is in no class comes into one. */
  #gain(to: number, after: Share, ahead: Share, itself: number): number {
    const size = this.#size;
    const pairs = this.#pairs;
    let gain = 0;
    for (const each of after.classes) {
      if (each === to) continue;
      const n = pairs[to * size + each]!;
      gain += xLogX(n + after.counts[each]!) - xLogX(n);
    }
    for (const each of ahead.classes) {
      if (each === to) continue;
      const n = pairs[each * size + to]!;
      gain += xLogX(n + ahead.counts[each]!) - xLogX(n);
    }
    const own = pairs[to * size + to]!;
    gain += xLogX(own + after.counts[to]! + ahead.counts[to]! + itself) - xLogX(own);
    const [first, second] = [this.#firsts[to]!, this.#seconds[to]!];
    gain -= xLogX(first + after.total + itself) - xLogX(first);
    return gain - (xLogX(second + ahead.total + itself) - xLogX(second));
  }
}
