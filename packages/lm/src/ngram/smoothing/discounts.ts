// Discounts: what is taken from each count, estimated from how many n-grams came once, twice, … or given.

import { ArgumentError, shown } from '@dl/autograd';
import type { NgramTrie } from '../trie.js';
import type { Said } from './arguments.js';
import { absoluteDiscount } from './discount.js';

/** Discounts, by order and then by count. */
export interface Discounts {
  readonly discounts: readonly (readonly number[])[];
  /** The orders for which the formula gives nothing of use. */
  readonly fallbacks: readonly number[];
}

/** How many n-grams of each order have which count. */
export type CountsOfCounts = readonly ReadonlyMap<number, number>[];

/** Those of counts by node, without n-grams that end in a token that no model says, and without those of which there are none. */
export function countsOfCounts(trie: NgramTrie, counts: Float64Array, { isSilent }: Said): CountsOfCounts {
  return Array.from({ length: trie.order }, (_, k) => {
    const found = new Map<number, number>();
    for (let node = trie.levels[k + 1]!; node < trie.levels[k + 2]!; node++) {
      const count = counts[node]!;
      if (count > 0 && !isSilent[trie.words[node]!]) found.set(count, (found.get(count) ?? 0) + 1);
    }
    return found;
  });
}

/** One for each order; see {@link absoluteDiscount}. */
export function oneDiscount(found: CountsOfCounts): Discounts {
  return {
    discounts: found.map((n) => [absoluteDiscount(n)]),
    fallbacks: ordersWhere(found, (n) => !(n.has(1) && n.has(2))),
  };
}

/**
 * Three for each order, for counts of 1, of 2, and of 3 and more (Chen and Goodman 1998, equation 26):
 *
 *     Y = n1 / (n1 + 2 n2)        D1 = 1 - 2Y n2 / n1        D2 = 2 - 3Y n3 / n2        D3 = 3 - 4Y n4 / n3
 */
export function threeDiscounts(found: CountsOfCounts, fallback: readonly number[]): Discounts {
  const estimated = found.map((n) => {
    const [n1, n2, n3, n4] = [1, 2, 3, 4].map((count) => n.get(count) ?? 0) as [number, number, number, number];
    const y = n1 / (n1 + 2 * n2);
    // Not a number where there is no n-gram of that count.
    return [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  });
  return {
    discounts: estimated.map((each) => (areThree(each) ? each : fallback)),
    fallbacks: ordersWhere(estimated, (each) => !areThree(each)),
  };
}

function ordersWhere<T>(all: readonly T[], test: (each: T) => boolean): number[] {
  return all.flatMap((each, i) => (test(each) ? [i + 1] : []));
}

/** What a user gives: a number, or one for each order. */
export function givenDiscount(name: string, discount: number | readonly number[], order: number): Discounts {
  const list = typeof discount === 'number' ? new Array<number>(order).fill(discount) : Array.from(discount);
  if (list.length !== order || !list.every((each) => each >= 0 && each <= 1)) {
    throw new ArgumentError(
      `${name}: discount is ${shown(discount)}, needs a number from 0 to 1, or one for each of ${order} orders`,
    );
  }
  return { discounts: list.map((each) => [each]), fallbacks: [] };
}

/** What a user gives: three numbers, or three for each order. */
export function givenDiscounts(
  name: string,
  given: readonly number[] | readonly (readonly number[])[],
  order: number,
): Discounts {
  const list = typeof given[0] === 'number' ? new Array<unknown>(order).fill(given) : given;
  if (list.length !== order || !list.every(areThree)) {
    throw new ArgumentError(
      `${name}: discounts is ${shown(given)}, needs three numbers, from 0 to 1, 2 and 3, or such a list for each of ${order} orders`,
    );
  }
  return { discounts: list as readonly (readonly number[])[], fallbacks: [] };
}

/** Whether a value is three discounts, of counts of 1, of 2, and of 3 and more. */
export function areThree(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((each, i) => typeof each === 'number' && each >= 0 && each <= i + 1)
  );
}
