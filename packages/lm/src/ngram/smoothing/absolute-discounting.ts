// Absolute discounting: the same number is taken from each count.

import { checkCall, type Known } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import type { BackoffModel } from '../model.js';
import { type ConventionOptions, conventionOptions, saidOf } from './arguments.js';
import { type Discounts, givenDiscount, oneDiscount } from './discounts.js';
import { type Interpolation, interpolated } from './interpolated.js';

/** Options of {@link absoluteDiscounting} and {@link kneserNey}. */
export interface DiscountOptions extends ConventionOptions {
  /** From 0 to 1: one number, or one for each order, that of tokens alone first. Default: estimated for each order. */
  readonly discount?: number | readonly number[];
}

export const discountOptions: Known<DiscountOptions> = { discount: 'number or numbers', ...conventionOptions };

/**
 * Absolute discounting: takes the same discount d from every count, and gives it to what the order below says.
 *
 *     p(w | h) = max(c(h w) - d, 0) / c(h ·) + d · N(h ·) / c(h ·) · p(w | h without its first token)
 *
 * c(h ·) is how often some token came behind h, N(h ·) how many different ones. The order 1 is interpolated with the uniform distribution over all tokens that a model
 * says, so that a token that never came has the probability `info.details.unknown` without a context. The discount of each order is n1 / (n1 + 2 n2), of the numbers of
 * n-grams that came once and twice; where one of them is 0 it is 0.75. `info.details` has `discounts`, and the orders that fell back as `fallbacks`.
 *
 * With `conventions: 'nltk'` it is NLTK's AbsoluteDiscountingInterpolated: d is 0.75, and tokens alone have their relative frequency, so that one that never
 * came has probability 0, and a begin token one above 0.
 *
 * @throws ArgumentError for a discount that is not between 0 and 1, for a list of them that has not one for each order, and where nothing was counted.
 *
 * Source: Ney, Essen and Kneser, On structuring probabilistic dependences in stochastic language modelling, 1994; Chen and Goodman 1998, section 2.7.
 *
 * @example
 * ```ts
 * import { absoluteDiscounting, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]);
 * const model = absoluteDiscounting(counts, { discount: 0.5 });
 * console.log(model.probability(1, [0]).toFixed(3)); // (2 - 0.5) / 2 + 0.5 / 2 · ((2 - 0.5) / 5 + 0.3 / 4) = 0.844
 * ```
 */
export function absoluteDiscounting(counts: NgramCounts, options: DiscountOptions = {}): BackoffModel {
  const name = 'absoluteDiscounting';
  checkCall(name, arguments, ['counts'], discountOptions);
  const { cutoffs, conventions, discount = conventions === 'nltk' ? 0.75 : undefined } = options;
  const said = saidOf(name, counts, conventions);
  const discounts =
    discount === undefined
      ? oneDiscount(Array.from({ length: counts.order }, (_, i) => counts.countsOfCounts(i + 1)))
      : givenDiscount(name, discount, counts.order);
  return interpolated(counts, said, cutoffs, (counted) => ({
    smoothing: 'absolute discounting',
    counts: counted.counts,
    ...oneEach(discounts, conventions),
  }));
}

/** What follows from one discount for each order. NLTK has none for tokens alone. */
export function oneEach(
  { discounts, fallbacks }: Discounts,
  conventions: 'nltk' | undefined,
): Omit<Interpolation, 'smoothing' | 'counts'> {
  const used = discounts.map(([discount], i) => (conventions === 'nltk' && i === 0 ? 0 : discount!));
  return {
    given: (_, order) => used[order - 1]!,
    added: () => 0,
    details: { discounts: used, fallbacks },
  };
}
