// interpolationWeights: the weights under which held-out text is most probable, by expectation maximisation.

import type { CountedTrie } from '../counts.js';
import type { ContextSums } from './context-sums.js';

/** Weights of an order, by how often its context came. */
export interface OrderWeights {
  /** Of which n-grams: 1 for tokens alone. */
  readonly order: number;
  /** From which count of the context on each weight goes. */
  readonly from: readonly number[];
  readonly weights: readonly number[];
}

/** What expectation maximisation found. */
export interface Estimate {
  readonly orders: readonly OrderWeights[];
  /** Of the held-out text. */
  readonly perplexity: number;
  readonly iterations: number;
}

const MOST_ITERATIONS = 500;
/** In nats a token. */
const SMALL_GAIN = 1e-8;

/** The place of the weight for a context that came so often. */
export function bucketOf(from: readonly number[], count: number): number {
  let bucket = from.length - 1;
  while (bucket > 0 && count < from[bucket]!) bucket--;
  return bucket;
}

/** Held-out tokens as the weights see them: rows of one number for each order, the lowest first. */
export class HeldOut {
  readonly #counted: CountedTrie;
  readonly #sums: ContextSums;
  readonly order: number;
  /** How many tokens there are. */
  length = 0;
  /** c(h): how often the context came. 0 for orders whose context did not. */
  readonly sizes: number[] = [];
  /** c(h w) / c(h). */
  readonly likelihoods: number[] = [];
  /** The share of c(h) that a cut-off took out, which the lower order has. */
  readonly cuts: number[] = [];

  constructor(counted: CountedTrie, sums: ContextSums) {
    this.#counted = counted;
    this.#sums = sums;
    this.order = counted.trie.order;
  }

  /** Adds a token behind a context of the tree. */
  add(context: number, token: number): void {
    const { trie, counts } = this.#counted;
    const { whole, came } = this.#sums;
    const at = this.length++ * this.order;
    for (let i = 0; i < this.order; i++) {
      this.sizes.push(0);
      this.likelihoods.push(0);
      this.cuts.push(0);
    }
    for (let node = context; ; node = trie.suffixes[node]!) {
      const size = whole[node]!;
      if (size > 0) {
        const place = at + trie.orderOf(node);
        const child = trie.child(node, token);
        this.sizes[place] = size;
        this.likelihoods[place] = child < 0 ? 0 : counts[child]! / size;
        this.cuts[place] = 1 - came[node]! / size;
      }
      if (node === 0) return;
    }
  }

  /**
   * Counts from which each of at most so many buckets of an order goes: of about as many held-out tokens each, by how often their contexts came.
   */
  bounds(order: number, buckets: number): readonly number[] {
    const sizes: number[] = [];
    for (let at = order - 1; at < this.sizes.length; at += this.order)
      if (this.sizes[at]! > 0) sizes.push(this.sizes[at]!);
    sizes.sort((a, b) => a - b);
    const from = [1];
    for (let bucket = 1; bucket < buckets; bucket++) {
      const bound = sizes[Math.floor((bucket * sizes.length) / buckets)] ?? 0;
      // A bucket of no token could not be estimated.
      if (bound > from.at(-1)! && bound > sizes[0]!) from.push(bound);
    }
    return from;
  }
}

/**
 * The weights of
 *
 *     p(w | h) = weight · c(h w) / c(h) + (1 - weight) · p(w | h without its first token)
 *
 * under which the held-out tokens are most probable: one for each order, or for each bucket of c(h) there. Each token is thought to go down the orders until one of them
 * says it; the weight of an order is the share that stops there of all that come by, as it is expected under the last weights (Baum 1972; Jelinek and Mercer 1980).
 * That raises the probability with every round, up to the best one.
 */
export function interpolationWeights(heldOut: HeldOut, buckets: number, uniform: number): Estimate {
  const { order, length, sizes, likelihoods, cuts } = heldOut;
  const bounds = Array.from({ length: order }, (_, i) => heldOut.bounds(i + 1, buckets));
  const weights = bounds.map((from) => new Float64Array(from.length).fill(0.5));
  // Which weight each number of a row is under.
  const places = Int32Array.from(sizes, (size, at) => bucketOf(bounds[at % order]!, size));
  const stopped = bounds.map((from) => new Float64Array(from.length));
  const passed = bounds.map((from) => new Float64Array(from.length));
  const below = new Float64Array(order + 1);
  /** What is expected under the weights; gives the log-likelihood. */
  const expectation = (): number => {
    for (let i = 0; i < order; i++) {
      stopped[i]!.fill(0);
      passed[i]!.fill(0);
    }
    let sum = 0;
    for (let row = 0; row < length; row++) {
      const at = row * order;
      below[0] = uniform;
      for (let i = 0; i < order; i++) {
        const weight = sizes[at + i]! > 0 ? weights[i]![places[at + i]!]! : 0;
        below[i + 1] = weight * (likelihoods[at + i]! + cuts[at + i]! * below[i]!) + (1 - weight) * below[i]!;
      }
      sum += Math.log(below[order]!);
      // How probable it is that the token comes by, and that it stops.
      let comes = 1;
      for (let i = order - 1; i >= 0; i--) {
        if (sizes[at + i] === 0) continue;
        const place = places[at + i]!;
        const weight = weights[i]![place]!;
        const share = comes / below[i + 1]!;
        passed[i]![place]! += comes;
        stopped[i]![place]! += share * weight * (likelihoods[at + i]! + cuts[at + i]! * below[i]!);
        comes = share * (weight * cuts[at + i]! + 1 - weight) * below[i]!;
      }
    }
    return sum;
  };
  let last = -Infinity;
  let iterations = 0;
  for (
    let now = expectation();
    iterations < MOST_ITERATIONS && now - last >= SMALL_GAIN * length;
    now = expectation()
  ) {
    last = now;
    iterations++;
    eachWeight((i, place) => {
      if (passed[i]![place]! > 0) weights[i]![place] = stopped[i]![place]! / passed[i]![place]!;
    });
  }
  // Something is left for the orders below: as if of the tokens that came by half a one more went on.
  eachWeight((i, place) => {
    weights[i]![place] = Math.min(weights[i]![place]!, 1 - 0.5 / (passed[i]![place]! + 1));
  });
  const perplexity = Math.exp(-expectation() / length);
  const orders = bounds.map((from, i) => ({ order: i + 1, from, weights: Array.from(weights[i]!) }));
  return { orders, perplexity, iterations };

  function eachWeight(each: (i: number, place: number) => void): void {
    weights.forEach((list, i) => {
      for (let place = 0; place < list.length; place++) each(i, place);
    });
  }
}
