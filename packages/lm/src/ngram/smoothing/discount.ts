// absoluteDiscount: what is taken off each count where Good–Turing has too little to go by.

/**
 * The discount of Ney, Essen and Kneser (1994): n_1 / (n_1 + 2 n_2), for n_r different n-grams that came r times. Three quarters where one of the two is 0, a usual one of
 * larger corpora (Church and Gale 1991), so that something is left in every corpus.
 */
export function absoluteDiscount(countsOfCounts: ReadonlyMap<number, number>): number {
  const once = countsOfCounts.get(1) ?? 0;
  const twice = countsOfCounts.get(2) ?? 0;
  return once > 0 && twice > 0 ? once / (once + 2 * twice) : 0.75;
}
