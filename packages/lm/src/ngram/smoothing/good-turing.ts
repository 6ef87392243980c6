// goodTuring: counts as Good and Turing adjust them, divided by their sum.

import { checkCall, type Known } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import type { FloorModel } from '../model.js';
import { type SmoothingOptions, saidOf, smoothingOptions } from './arguments.js';
import { floorModel, type Weighing } from './floor.js';
import { simpleGoodTuring } from './simple-good-turing.js';

const known: Known<SmoothingOptions> = smoothingOptions;

/**
 * Good–Turing (Good 1953), in the form Simple Good–Turing (Gale and Sampson 1995, "Good–Turing frequency estimation without tears"): a count of r stands for r*, and what
 * never came for as much as what came once.
 *
 *     p(w | h) = c*(h w) / Σ c*(h v)      the sum over all tokens v that can be said
 *     r* = (r + 1) n_{r+1} / n_r          where that differs from the line by more than 1.65 standard deviations, up to the first r where it does not;
 *     r* = r (1 + 1/r)^(b + 1)            from there on, by the line log Z(r) = a + b log r through Z(r) = 2 n_r / (next count - last count)
 *     0* = n_1 / n_0                      n_0 = V · (contexts that came) - (n-grams that came)
 *
 * for n_r different n-grams of an order that came r times; all r* above 0 are scaled so that they sum to N - n_1, of N n-grams in all. So it is the joint estimate of
 * n-grams, made conditional on the context, over the contexts that came: a token alone has r* / N. In a context that never came each token has 1 / V.
 *
 * Small corpora do not have counts enough. Where an order has fewer than 5 different counts, nothing that came once, or a line with b ≥ -1, each count of that order loses
 * D = n_1 / (n_1 + 2 n_2), or 3/4 where one of those is 0, and 0* = D · (n-grams that came) / n_0. `info.details.orders` tells for each order which it was, and why.
 *
 * With `cutoffs`, what was cut off in a context keeps its count, which is shared evenly among the tokens that are not in the tree behind it; n_r are those of all counts.
 *
 * @throws ArgumentError for what is no {@link NgramCounts}, and when nothing was counted.
 *
 * @example
 * ```ts
 * import { goodTuring, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 1 }).add([0, 1, 0, 2, 0, 1]);
 * const model = goodTuring(counts);
 * // Three different counts are few: each loses n_1 / (n_1 + 2 n_2) = 1/3, and token 3, which never came, has what was taken off.
 * console.log(model.probability(3).toFixed(3), model.info.details); // 0.167, and why
 * ```
 */
export function goodTuring(counts: NgramCounts, options: SmoothingOptions = {}): FloorModel {
  checkCall('goodTuring', arguments, ['counts'], known);
  const said = saidOf('goodTuring', counts);
  const weighings: Weighing[] = [];
  const orders: unknown[] = [];
  for (let order = 1; order <= counts.order; order++) {
    const countsOfCounts = counts.countsOfCounts(order);
    let kinds = 0;
    for (const howMany of countsOfCounts.values()) kinds += howMany;
    const never = counts.followed(order - 1) * said.size - kinds;
    const adjusted = simpleGoodTuring(countsOfCounts);
    weighings.push({ of: (count) => adjusted.of.get(count)!, absent: never > 0 ? adjusted.unseen / never : 0 });
    orders.push({ order, ...adjusted.details });
  }
  return floorModel(counts, said, options.cutoffs, weighings, {
    smoothing: 'Good-Turing',
    unseen: -Math.log(said.size),
    details: { orders, unseenContexts: 'each token alike' },
  });
}
