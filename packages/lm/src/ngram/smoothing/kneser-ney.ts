// Kneser–Ney: orders below the highest count in how many contexts something came, not how often.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { CountedTrie, NgramCounts } from '../counts.js';
import type { BackoffModel } from '../model.js';
import { type DiscountOptions, discountOptions, oneEach } from './absolute-discounting.js';
import { type SmoothingOptions, saidOf, smoothingOptions } from './arguments.js';
import { areThree, countsOfCounts, givenDiscount, givenDiscounts, oneDiscount, threeDiscounts } from './discounts.js';
import { interpolated } from './interpolated.js';

/** Three discounts: of counts of 1, of 2, and of 3 and more. */
export type ThreeDiscounts = readonly [number, number, number];

/** Options of {@link modifiedKneserNey}. */
export interface ModifiedKneserNeyOptions extends SmoothingOptions {
  /** Three numbers, from 0 to 1, 2 and 3, or such a list for each order, that of tokens alone first. Default: estimated for each order. */
  readonly discounts?: ThreeDiscounts | readonly ThreeDiscounts[];
  /** The discounts of orders for which the formula gives nothing of use. Default [0.5, 1, 1.5], as in KenLM. */
  readonly fallback?: ThreeDiscounts;
}

const modifiedOptions: Known<ModifiedKneserNeyOptions> = {
  discounts: 'list',
  fallback: 'numbers',
  ...smoothingOptions,
};

/**
 * Interpolated Kneser–Ney smoothing: absolute discounting in which orders below the highest count in how many contexts an n-gram came, since that is what they are asked
 * for. `Francisco` may come often, but only behind `San`.
 *
 *     p(w | h) = max(a(h w) - d, 0) / a(h ·) + d · N(h ·) / a(h ·) · p(w | h without its first token)
 *
 * a(h w) is how often h w came in the highest order, and behind a begin token, in front of which nothing stands; else how many different tokens came in front of it. a(h ·)
 * is the sum of that over all tokens, N(h ·) how many of them there are. The order 1 is interpolated with the uniform distribution over all tokens that a model says, so
 * that a token that never came has the probability `info.details.unknown` without a context. The discount of each order is n1 / (n1 + 2 n2), of the numbers
 * of n-grams with a = 1 and 2; where one of them is 0 it is 0.75. `info.details` has `discounts`, and the orders that fell back as `fallbacks`.
 *
 * With `conventions: 'nltk'` it is NLTK's KneserNeyInterpolated: d is 0.1, begin tokens are counted like any other, and tokens alone have the share of contexts that they
 * came in, so that one that never came has probability 0, and a begin token one above 0. Behind a context that ends in a begin token NLTK counts that token as one more
 * that came there, so that its probabilities sum to more than 1; ours sum to 1.
 *
 * @throws ArgumentError for a discount that is not between 0 and 1, for a list of them that has not one for each order, where nothing was counted, and for NLTK's at
 * order 1, where it divides by 0.
 *
 * Source: Kneser and Ney, Improved backing-off for m-gram language modeling, 1995; Chen and Goodman 1998, section 4.1.6.
 *
 * @example
 * ```ts
 * import { kneserNey, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]);
 * const model = kneserNey(counts, { discount: 0.5 });
 * // Three different pairs; 1 came behind 0 only.
 * console.log(model.probability(1, [0]).toFixed(4)); // (2 - 0.5) / 2 + 0.5 / 2 · ((1 - 0.5) / 3 + 0.5 / 4) = 0.8229
 * ```
 */
export function kneserNey(counts: NgramCounts, options: DiscountOptions = {}): BackoffModel {
  const name = 'kneserNey';
  checkCall(name, arguments, ['counts'], discountOptions);
  const { cutoffs, conventions, discount = conventions === 'nltk' ? 0.1 : undefined } = options;
  const said = saidOf(name, counts, conventions);
  const isNltk = conventions === 'nltk';
  if (isNltk && counts.order === 1) {
    throw new ArgumentError(
      `${name}: counts are of order 1, for which NLTK's Kneser-Ney has no numbers; count to order 2 or more, or leave conventions out`,
    );
  }
  const given = discount === undefined ? undefined : givenDiscount(name, discount, counts.order);
  return interpolated(counts, said, cutoffs, (counted) => {
    const contexts = contextCounts(counted, isNltk ? undefined : counts.vocabulary?.bos);
    return {
      smoothing: 'Kneser-Ney',
      counts: contexts,
      ...oneEach(given ?? oneDiscount(countsOfCounts(counted.trie, contexts, said)), conventions),
    };
  });
}

/**
 * Modified Kneser–Ney smoothing, interpolated: {@link kneserNey} with three discounts for each order, for counts of 1, of 2, and of 3 and more. The best of the classic
 * smoothings, and what KenLM computes.
 *
 *     p(w | h) = (a(h w) - D(a(h w))) / a(h ·) + Σ D(a(h v)) / a(h ·) · p(w | h without its first token)
 *
 *     Y = n1 / (n1 + 2 n2)        D(1) = 1 - 2Y n2 / n1        D(2) = 2 - 3Y n3 / n2        D(3+) = 3 - 4Y n4 / n3
 *
 * of the numbers of n-grams of the order with a = 1 to 4. In a small or an artificial corpus the formula may give nothing of use, because n1, n2 or n3 is 0 or a discount is
 * below 0: such an order has the discounts of the option `fallback`, as with KenLM's `--discount_fallback`. `info.details` has `discounts`, the orders that fell
 * back as `fallbacks`, and the share of an unknown token, `unknown`.
 *
 * @throws ArgumentError for discounts that are not between 0 and 1, 2 and 3, for a list that has not three for each order, and where nothing was counted.
 *
 * Source: Chen and Goodman, An empirical study of smoothing techniques for language modeling, 1998, section 3 and equation 26; Heafield et al., Scalable modified Kneser-Ney
 * language model estimation, 2013.
 *
 * @example
 * ```ts
 * import { modifiedKneserNey, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]);
 * const model = modifiedKneserNey(counts);
 * console.log(model.info.details['fallbacks']); // [1, 2]: five tokens are too few for the formula
 * console.log(model.probability(1, [0]).toFixed(4)); // (2 - 1) / 2 + 1 / 2 · ((1 - 0.5) / 3 + 0.5 / 4) = 0.6458
 * ```
 */
export function modifiedKneserNey(counts: NgramCounts, options: ModifiedKneserNeyOptions = {}): BackoffModel {
  const name = 'modifiedKneserNey';
  checkCall(name, arguments, ['counts'], modifiedOptions);
  const said = saidOf(name, counts);
  const { cutoffs, discounts, fallback = [0.5, 1, 1.5] } = options;
  if (!areThree(fallback)) {
    throw new ArgumentError(`${name}: fallback is ${shown(fallback)}, needs three numbers, from 0 to 1, 2 and 3`);
  }
  const given = discounts === undefined ? undefined : givenDiscounts(name, discounts, counts.order);
  return interpolated(counts, said, cutoffs, (counted) => {
    const contexts = contextCounts(counted, counts.vocabulary?.bos);
    const found = given ?? threeDiscounts(countsOfCounts(counted.trie, contexts, said), fallback);
    const used = found.discounts;
    return {
      smoothing: 'modified Kneser-Ney',
      counts: contexts,
      given: (count, order) => used[order - 1]![count > 3 ? 2 : count - 1]!,
      added: () => 0,
      details: { ...found },
    };
  });
}

/**
 * In how many contexts each n-gram came: how many different tokens came in front of it. In the highest order, and behind a begin token, how often it came.
 */
function contextCounts({ trie, counts }: CountedTrie, bos: number | undefined): Float64Array {
  const { levels, suffixes, children, order } = trie;
  const found = new Float64Array(trie.size);
  for (let node = levels[2]!; node < trie.size; node++) found[suffixes[node]!]!++;
  found.set(counts.subarray(levels[order]!), levels[order]!);
  if (bos === undefined) return found;
  // What begins with it stands side by side in each order.
  let [from, to] = [children[1 + bos]!, children[2 + bos]!];
  for (let k = 2; k < order; k++) {
    found.set(counts.subarray(from, to), from);
    [from, to] = [children[from]!, children[to]!];
  }
  return found;
}
