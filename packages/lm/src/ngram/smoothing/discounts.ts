// Discounts: what is taken from each count, estimated from how many n-grams came once, twice, … or given.

import { ArgumentError, shown } from '@dl/autograd';
import type { CountedTrie } from '../counts.js';

/** How many n-grams of each order have the count 0, 1, 2, 3 and 4: at [order - 1][count]. Those of which there are none are not counted, nor those that are never predicted. */
export function countsOfCounts({ trie }: CountedTrie, counts: Float64Array, banned: Uint8Array): number[][] {
  return Array.from({ length: trie.order }, (_, k) => {
    const found = [0, 0, 0, 0, 0];
    for (let node = trie.levels[k + 1]!; node < trie.levels[k + 2]!; node++) {
      const count = counts[node]!;
      if (count > 0 && count < 5 && banned[trie.words[node]!] === 0) found[count]!++;
    }
    return found;
  });
}

/** Discounts, by order and then by count. */
export interface Discounts {
  readonly discounts: readonly (readonly number[])[];
  /** The orders for which the formula gives nothing of use. */
  readonly fallbacks: readonly number[];
}

/** The discount where n1 or n2 is 0, in the range that Church and Gale (1991) measured. */
const USUAL = 0.75;

/** One discount for each order: n1 / (n1 + 2 n2) (Ney, Essen and Kneser 1994). */
export function oneDiscount(found: readonly (readonly number[])[]): Discounts {
  return withFallback(found, [USUAL], ([, n1, n2]) => (n1! > 0 && n2! > 0 ? [n1! / (n1! + 2 * n2!)] : undefined));
}

/**
 * Three for each order, for counts of 1, of 2, and of 3 and more (Chen and Goodman 1998, equation 26):
 *
 *     Y = n1 / (n1 + 2 n2)        D1 = 1 - 2Y n2 / n1        D2 = 2 - 3Y n3 / n2        D3 = 3 - 4Y n4 / n3
 */
export function threeDiscounts(found: readonly (readonly number[])[], fallback: readonly number[]): Discounts {
  return withFallback(found, fallback, (n) => {
    const y = n[1]! / (n[1]! + 2 * n[2]!);
    const three = [1, 2, 3].map((i) => i - ((i + 1) * y * n[i + 1]!) / n[i]!);
    // Not a number where there is no n-gram of that count.
    return three.every((discount, i) => discount >= 0 && discount <= i + 1) ? three : undefined;
  });
}

function withFallback(
  found: readonly (readonly number[])[],
  fallback: readonly number[],
  of: (n: readonly number[]) => readonly number[] | undefined,
): Discounts {
  const estimated = found.map(of);
  return {
    discounts: estimated.map((each) => each ?? fallback),
    fallbacks: estimated.flatMap((each, i) => (each === undefined ? [i + 1] : [])),
  };
}

/** What a user gives for each order. */
export function givenDiscount(name: string, discount: number | readonly number[], order: number): Discounts {
  const list = typeof discount === 'number' ? new Array<number>(order).fill(discount) : Array.from(discount);
  if (list.length !== order || !list.every((each) => each >= 0 && each <= 1)) {
    throw new ArgumentError(`${name}: discount is ${shown(discount)}, needs a number from 0 to 1, or one for each of ${order} orders`);
  }
  return { discounts: list.map((each) => [each]), fallbacks: [] };
}

/** The same where there are three for each. */
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
