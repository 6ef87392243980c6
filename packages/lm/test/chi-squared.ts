// Whether counts come from stated probabilities: Pearson's chi-squared test.

import { expect } from 'vitest';

/**
 * Expects that counts of draws fit probabilities. A right program fails once in 10,000 seeds. Sides that weigh nothing must not have come at all.
 */
export function expectFits(counts: ArrayLike<number>, probabilities: ArrayLike<number>): void {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  let [chiSquared, degrees] = [0, -1];
  for (let i = 0; i < counts.length; i++) {
    if (probabilities[i]! === 0) {
      expect(counts[i]).toBe(0);
      continue;
    }
    const expected = total * probabilities[i]!;
    expect(expected).toBeGreaterThan(5); // below it the test says nothing
    chiSquared += (counts[i]! - expected) ** 2 / expected;
    degrees++;
  }
  expect(chiSquared).toBeLessThanOrEqual(quantile(degrees));
}

/** Above it is the chi-squared of so many degrees of freedom once in 10,000 times, by the cube root of Wilson and Hilferty (1931). */
function quantile(degrees: number): number {
  if (degrees === 0) return 1e-9;
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + 3.719 * Math.sqrt(part)) ** 3;
}
