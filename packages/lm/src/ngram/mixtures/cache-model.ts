// cacheModel: what came a short while ago comes again.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import type { NextToken, StepModel } from '@dl/layers';

/** Options of {@link cacheModel}: one of the two, or none. */
export interface CacheModelOptions {
  /** How many of the last tokens count. Default: all. */
  readonly window?: number;
  /** By which factor a token counts less with each one behind it, between 0 and 1, such as 0.99. Default: all count alike. */
  readonly decay?: number;
}

const cacheOptions: Known<CacheModelOptions> = { window: 'number', decay: 'number' };

/** Below this all weights are brought back to about 1. */
const SMALL = 1e-150;

/** What came in one sequence, and how much each counts. */
class Cache {
  readonly #weights: Map<number, number>;
  /** The last tokens, from #first on, where a window forgets them. */
  #recent: number[];
  #first = 0;
  /** Weights are this times what the map says: older ones count less without being touched. */
  #scale = 1;
  #total = 0;

  constructor(weights = new Map<number, number>(), recent: number[] = []) {
    this.#weights = weights;
    this.#recent = recent;
  }

  copy(): Cache {
    const copy = new Cache(new Map(this.#weights), this.#recent.slice(this.#first));
    copy.#scale = this.#scale;
    copy.#total = this.#total;
    return copy;
  }

  push(token: number, window: number, decay: number): void {
    const weights = this.#weights;
    this.#scale *= decay;
    this.#total = this.#total * decay + 1;
    weights.set(token, (weights.get(token) ?? 0) + 1 / this.#scale);
    if (this.#scale < SMALL) {
      for (const [each, weight] of weights) weights.set(each, weight * this.#scale);
      this.#scale = 1;
    }
    if (window === Infinity) return;
    this.#recent.push(token);
    if (this.#recent.length - this.#first <= window) return;
    const oldest = this.#recent[this.#first++]!;
    const left = weights.get(oldest)! - 1;
    if (left === 0) weights.delete(oldest);
    else weights.set(oldest, left);
    this.#total--;
    // Now and then, so that a step costs the same however long the sequence is.
    if (this.#first > window + 64) {
      this.#recent = this.#recent.slice(this.#first);
      this.#first = 0;
    }
  }

  fill(into: Float64Array): void {
    if (this.#total === 0) {
      into.fill(-Math.log(into.length));
      return;
    }
    into.fill(Number.NEGATIVE_INFINITY);
    for (const [token, weight] of this.#weights) into[token] = Math.log((weight * this.#scale) / this.#total);
  }
}

/** A class, so that nobody who looks for tensors goes through all of them. */
class Caches {
  readonly rows: readonly Cache[];

  constructor(rows: readonly Cache[]) {
    this.rows = rows;
  }
}

/**
 * A model of the words that came lately, to be mixed with another one by {@link mixture}: what was said will be said again.
 *
 *     p(w | h) = how often w is among the last tokens / how many they are                  with a window, or all tokens
 *     p(w | h) = Σ decay^age over the tokens of h that are w / Σ decay^age over all         with a decay; the last token has the age 0
 *
 * At the begin of a sequence, where nothing came, all tokens are equally likely; later, one that never came has probability 0. The probabilities of all tokens sum to 1. It needs no backend.
 *
 * @throws ArgumentError for a window and a decay at once, a window below 1, and a decay outside 0 … 1.
 *
 * Source: Kuhn & De Mori, "A cache-based natural language model for speech recognition", 1990; with a decay: Clarkson & Robinson, "Language model
 * adaptation using mixtures and an exponentially decaying cache", 1997.
 *
 * @example
 * ```ts
 * import { Decoding } from '@dl/layers';
 * import { cacheModel } from '@dl/lm';
 * const decoding = new Decoding(cacheModel(3, { window: 4 }));
 * decoding.read([[2, 0, 0, 1, 0]]); // the first one is forgotten
 * console.log(Array.from(await decoding.logProbabilities(), Math.exp)); // 0.75, 0.25, 0
 * ```
 */
export function cacheModel(vocabularySize: number, options: CacheModelOptions = {}): StepModel {
  checkCall('cacheModel', arguments, ['vocabularySize'], cacheOptions);
  checkInteger('cacheModel', 'vocabularySize', vocabularySize, 1);
  const { window = Infinity, decay = 1 } = options;
  if (window !== Infinity) checkInteger('cacheModel', 'window', window, 1);
  if (!(decay > 0 && decay <= 1)) {
    throw new ArgumentError(`cacheModel: decay is ${shown(decay)}, needs a number above 0 and at most 1, such as 0.99`);
  }
  if (window !== Infinity && decay !== 1) {
    throw new ArgumentError('cacheModel: there are a window and a decay; give one of them');
  }
  const after = (caches: Caches): NextToken<Caches> => {
    const { rows } = caches;
    const logProbabilities = new Float64Array(rows.length * vocabularySize);
    rows.forEach((row, i) => row.fill(logProbabilities.subarray(i * vocabularySize, (i + 1) * vocabularySize)));
    return { logProbabilities, state: caches };
  };
  const pushed = (caches: Caches, row: number, token: number): void => caches.rows[row]!.push(token, window, decay);
  const model: StepModel<Caches> = {
    vocabularySize,
    start: (batch) => after(new Caches(Array.from({ length: batch }, () => new Cache()))),
    step: (tokens, caches) => {
      caches.rows.forEach((_, row) => pushed(caches, row, tokens[row]!));
      return after(caches);
    },
    read: (tokens, caches) => {
      tokens.forEach((given, row) => {
        for (let t = 0; t < given.length; t++) pushed(caches, row, given[t]!);
      });
      return after(caches);
    },
    select: ({ rows }, order) => new Caches(order.map((row) => rows[row]!.copy())),
  };
  return model as StepModel;
}
