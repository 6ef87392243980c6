// katz: Good–Turing's discounts for small counts, and what they leave by the lower order.

import { checkCall, checkInteger, type Known } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import { BackoffModel, infoOf } from '../model.js';
import { type SmoothingOptions, saidOf, smoothingOptions } from './arguments.js';
import { LowerOrders } from './back-off.js';
import { contextSums } from './context-sums.js';
import { absoluteDiscount } from './discount.js';

/** Options of {@link katz}. */
export interface KatzOptions extends SmoothingOptions {
  /** Counts above this are believed, and not discounted. At least 2. Default 5. */
  readonly k?: number;
}

const known: Known<KatzOptions> = { k: 'number', ...smoothingOptions };

/**
 * Katz's back-off (1987): n-grams that came have a discounted share, and what that leaves in a context goes to all others as the lower order has it.
 *
 *     p(w | h) = d(c(h w)) · c(h w) / c(h)            where h w came
 *              = a(h) · p(w | h without its first token)   otherwise
 *     d(r) = (r* / r - q) / (1 - q)   for r ≤ k,  q = (k + 1) n_{k+1} / n_1,  r* = (r + 1) n_{r+1} / n_r
 *          = 1                        for r > k
 *
 * for n_r different n-grams of an order that came r times; c(h) is the sum over what followed h, and a(h) makes the sum 1. What the tokens that came leave is shared
 * evenly among those that did not, so that unknown words have a share.
 *
 * Small corpora do not have counts enough. Where one of the d of an order is not above 0 and at most 1, the largest smaller k is taken with which all are;
 * and where there is none, each count loses D = n_1 / (n_1 + 2 n_2), or 3/4 where one of those is 0. `info.details.orders` tells for each order which it was.
 *
 * In a context where all counts are above k nothing is left: there p = c(h w) / (c(h) + 1), and 1 / (c(h) + 1) is left; `info.details.contextsWithOneAdded` says how often.
 * In a context that every token followed there is nothing to back off to: there the discounted counts are divided by their sum.
 *
 * With `cutoffs`, what was cut off goes to the lower order; n_r are those of all counts.
 *
 * @throws ArgumentError for a k below 2 (with 1, d(1) would be 0), and when nothing was counted.
 *
 * @example
 * ```ts
 * import { katz, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 0, 2, 0, 1]);
 * const model = katz(counts);
 * // After 0 came 1, 2, 1, and each of the two counts loses 3/5 here: what that leaves goes to 0 and 3.
 * console.log(model.probability(3, [0]) > 0, model.info.details); // true, and the discounts
 * ```
 */
export function katz(counts: NgramCounts, options: KatzOptions = {}): BackoffModel {
  checkCall('katz', arguments, ['counts'], known);
  const said = saidOf('katz', counts);
  const { k = 5, cutoffs } = options;
  checkInteger('katz', 'k', k, 2);
  const counted = counts.trie(cutoffs);
  const { trie, counts: often } = counted;
  const { levels, children, words } = trie;
  const { whole, kinds } = contextSums(counted, said);
  const discounts = Array.from({ length: counts.order }, (_, i) => discountOf(counts.countsOfCounts(i + 1), k));
  const details = {
    orders: discounts.map(({ details }, i) => ({ order: i + 1, ...details })),
    contextsWithOneAdded: 0,
  };
  const logProbabilities = new Float64Array(trie.size).fill(-Infinity);
  const backoffs = new Float64Array(trie.contexts);
  const model = new BackoffModel(trie, { logProbabilities, backoffs }, infoOf(counts, 'Katz', details));
  const lower = new LowerOrders(model, said);
  discounts.forEach(({ of }, level) => {
    for (let node = levels[level]!; node < levels[level + 1]!; node++) {
      const end = children[node + 1]!;
      let sum = 0;
      for (let child = children[node]!; child < end; child++) {
        if (often[child]! > 0 && !said.isSilent[words[child]!]) sum += of(often[child]!);
      }
      const others = said.size - kinds[node]!;
      let divisor = whole[node]!;
      if (others === 0) {
        divisor = sum;
      } else if (kinds[node]! > 0 && sum >= divisor) {
        divisor++;
        details.contextsWithOneAdded++;
      }
      const left = kinds[node] === 0 ? 1 : 1 - sum / divisor;
      const each = Math.log(left / others);
      for (let child = children[node]!; child < end; child++) {
        if (said.isSilent[words[child]!]) continue;
        logProbabilities[child] = often[child]! > 0 ? Math.log(of(often[child]!) / divisor) : each;
      }
      // Of what every token followed nothing asks for the weight.
      if (node > 0 && others > 0 && kinds[node]! > 0) {
        backoffs[node] = Math.log(left / lower.unseen(node, kinds[node]!));
      }
    }
  });
  return model;
}

/** What is left of a count. */
interface Discount {
  readonly of: (count: number) => number;
  readonly details: Readonly<Record<string, unknown>>;
}

function discountOf(countsOfCounts: ReadonlyMap<number, number>, most: number): Discount {
  // Above the largest r up to which all n_r are there, some factor is 0 or no number.
  let largest = 0;
  while (largest < most && countsOfCounts.has(largest + 1)) largest++;
  for (let k = largest; k >= 2; k--) {
    const factors = goodTuringFactors(countsOfCounts, k);
    if (factors.every((factor) => factor > 0 && factor <= 1)) {
      const of = (count: number): number => (count <= k ? factors[count - 1]! * count : count);
      return { of, details: { method: 'Good-Turing', k, factors } };
    }
  }
  const discount = absoluteDiscount(countsOfCounts);
  const because = `no k from 2 to ${most} gives factors above 0 and at most 1`;
  return { of: (count) => count - discount, details: { method: 'absolute discounting', discount, because } };
}

/** d(1) … d(k), where the counts allow them; otherwise some are NaN or outside (0, 1]. */
function goodTuringFactors(countsOfCounts: ReadonlyMap<number, number>, k: number): readonly number[] {
  const n = (count: number): number => countsOfCounts.get(count) ?? 0;
  const q = ((k + 1) * n(k + 1)) / n(1);
  // From 1 on, all factors would be of the wrong sign twice.
  if (!(q < 1)) return [Number.NaN];
  return Array.from({ length: k }, (_, i) => (((i + 2) * n(i + 2)) / (n(i + 1) * (i + 1)) - q) / (1 - q));
}
