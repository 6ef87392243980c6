// jelinekMercer: maximum likelihood of all orders, mixed by weights.

import { ArgumentError, checkCall, checkInteger, IndexError, type Known, shown } from '@dl/autograd';
import { type CountedTrie, type NgramCounts, timesPadded } from '../counts.js';
import { BackoffModel, infoOf } from '../model.js';
import { type Said, type SmoothingOptions, saidOf, smoothingOptions } from './arguments.js';
import { LowerOrders } from './back-off.js';
import { type ContextSums, contextSums } from './context-sums.js';
import { bucketOf, HeldOut, interpolationWeights, type OrderWeights } from './interpolation-weights.js';

/** Options of {@link jelinekMercer}: one of `weights` and `heldOut`. */
export interface JelinekMercerOptions extends SmoothingOptions {
  /** The share of each order, from that of the uniform distribution to that of the longest n-grams: order + 1 numbers of at least 0, which sum to 1. */
  readonly weights?: readonly number[];
  /** Sequences that were not counted, as one adds them to counts. The weights are those under which they are most probable. */
  readonly heldOut?: readonly ArrayLike<number>[];
  /** Into how many buckets contexts of an order are put, at most, by how often they came; each has a weight of its own. Default 1. */
  readonly buckets?: number;
}

const known: Known<JelinekMercerOptions> = {
  weights: 'numbers',
  heldOut: 'list',
  buckets: 'number',
  ...smoothingOptions,
};

/**
 * Jelinek–Mercer smoothing (Jelinek and Mercer 1980): each order is interpolated with the one below it, down to the uniform distribution, so that unknown words
 * have a share.
 *
 *     p(w | h) = weight · c(h w) / c(h) + (1 - weight) · p(w | h without its first token)
 *     p(w)     = weight · c(w) / c + (1 - weight) / V
 *
 * c(h) is the sum over what followed h. A context that never came has the weight 0.
 *
 * With `weights` of the orders, uniform first, that is the mixture Σ weights[i] · p_i, where p_i is maximum likelihood of order i, over those orders whose context
 * came, divided by the sum of their weights (which may be 0: then the uniform distribution is taken).
 *
 * With `heldOut` the weights are found by expectation maximisation on text that was not counted: one for each order, or with `buckets` one for each range of c(h), since a context that came
 * often is to be believed more (Bahl, Jelinek and Mercer 1983). Each bucket has about as many held-out tokens. No weight comes nearer to 1 than half a held-out token.
 * `info.details` has the weights and the perplexity of the held-out text.
 *
 * With `cutoffs`, what was cut off goes to the lower order.
 *
 * @throws ArgumentError for neither or both of weights and held-out text, weights that are not order + 1 numbers of at least 0 or do not sum to 1, held-out text without
 *   a token, and when nothing was counted; IndexError for a held-out token that there is not.
 *
 * @example
 * ```ts
 * import { jelinekMercer, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 0, 2, 0, 1]);
 * const model = jelinekMercer(counts, { weights: [0.1, 0.3, 0.6] });
 * console.log(model.probability(1, [0]).toFixed(3)); // 0.525, 0.6 · 2/3 + 0.3 · 2/6 + 0.1 / 4
 * const estimated = jelinekMercer(counts, { heldOut: [[0, 2, 0, 1, 3]] });
 * console.log(estimated.info.details); // the weights
 * ```
 */
export function jelinekMercer(counts: NgramCounts, options: JelinekMercerOptions): BackoffModel {
  checkCall('jelinekMercer', arguments, ['counts'], known);
  const { weights, heldOut, buckets, cutoffs } = options ?? {};
  const said = saidOf('jelinekMercer', counts);
  if ((weights === undefined) === (heldOut === undefined)) {
    const came = weights === undefined ? 'neither weights nor heldOut' : 'both weights and heldOut';
    throw new ArgumentError(`jelinekMercer: got ${came}, needs one of them: heldOut is text to find the weights by`);
  }
  if (buckets !== undefined) {
    checkInteger('jelinekMercer', 'buckets', buckets, 1);
    if (weights !== undefined) {
      throw new ArgumentError('jelinekMercer: buckets goes with heldOut, but weights are given; leave it out');
    }
  }
  if (weights !== undefined) checkWeights(weights, counts.order);
  const counted = counts.trie(cutoffs);
  const sums = contextSums(counted, said);
  if (weights !== undefined)
    return interpolated(counts, counted, sums, said, ofMixture([...weights]), { weights: [...weights] });
  const read = readHeldOut(counts, counted, sums, said, heldOut!);
  const { orders, perplexity, iterations } = interpolationWeights(read, buckets ?? 1, 1 / said.size);
  const details = { orders, heldOut: { tokens: read.length, perplexity, iterations } };
  return interpolated(counts, counted, sums, said, orders, details);
}

function interpolated(
  counts: NgramCounts,
  { trie, counts: often }: CountedTrie,
  { whole, came }: ContextSums,
  said: Said,
  orders: readonly OrderWeights[],
  details: Readonly<Record<string, unknown>>,
): BackoffModel {
  const { levels, children, words } = trie;
  const logProbabilities = new Float64Array(trie.size).fill(-Infinity);
  const backoffs = new Float64Array(trie.contexts);
  const model = new BackoffModel(trie, { logProbabilities, backoffs }, infoOf(counts, 'Jelinek-Mercer', details));
  const lower = new LowerOrders(model, said);
  orders.forEach(({ from, weights }, level) => {
    for (let node = levels[level]!; node < levels[level + 1]!; node++) {
      const size = whole[node]!;
      const weight = size > 0 ? weights[bucketOf(from, size)]! : 0;
      const left = size > 0 ? 1 - weight * (came[node]! / size) : 1;
      if (node > 0) backoffs[node] = Math.log(left);
      const end = children[node + 1]!;
      for (let child = children[node]!; child < end; child++) {
        if (said.isSilent[words[child]!]) continue;
        const own = size > 0 ? weight * (often[child]! / size) : 0;
        const below = node === 0 ? 1 / said.size : lower.of(node, child);
        logProbabilities[child] = Math.log(own + left * below);
      }
    }
  });
  return model;
}

/** Weights of a mixture, as each order's share of itself and all below it. */
function ofMixture(weights: readonly number[]): readonly OrderWeights[] {
  let sum = weights[0]!;
  return weights.slice(1).map((weight, i) => {
    sum += weight;
    return { order: i + 1, from: [1], weights: [sum > 0 ? weight / sum : 0] };
  });
}

function checkWeights(weights: readonly number[], order: number): void {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (weights.length !== order + 1) {
    throw new ArgumentError(
      `jelinekMercer: weights has ${weights.length} numbers, needs ${order + 1}: for the uniform distribution and for each of ${order} orders`,
    );
  }
  if (!weights.every((weight) => weight >= 0) || !(Math.abs(sum - 1) < 1e-6)) {
    throw new ArgumentError(
      `jelinekMercer: weights is ${shown([...weights])}, needs numbers of at least 0 that sum to 1`,
    );
  }
}

function readHeldOut(
  counts: NgramCounts,
  counted: CountedTrie,
  sums: ContextSums,
  said: Said,
  sequences: readonly ArrayLike<number>[],
): HeldOut {
  const { trie } = counted;
  const { vocabulary, padding, vocabularySize } = counts;
  const read = new HeldOut(counted, sums);
  for (const sequence of sequences) {
    if (typeof sequence?.length !== 'number' || typeof sequence === 'string') {
      throw new ArgumentError(
        `jelinekMercer: heldOut holds ${shown(sequence)}, needs sequences: lists of token numbers, as one adds them to counts`,
      );
    }
    let context = 0;
    const begins = timesPadded(padding, counts.order);
    for (let i = 0; i < begins; i++) context = trie.after(context, vocabulary!.bos!);
    const say = (token: number): void => {
      if (!said.isSilent[token]) read.add(context, token);
      context = trie.after(context, token);
    };
    for (let i = 0; i < sequence.length; i++) {
      const token = sequence[i]!;
      if (!(Number.isInteger(token) && token >= 0 && token < vocabularySize)) {
        throw new IndexError(
          `jelinekMercer: heldOut has token ${shown(token)}, which is outside 0 … ${vocabularySize - 1}`,
        );
      }
      say(token);
    }
    if (padding !== 'none') say(vocabulary!.eos!);
  }
  if (read.length === 0) {
    throw new ArgumentError(
      'jelinekMercer: heldOut has no tokens, needs text that was not counted, to find the weights by',
    );
  }
  return read;
}
