// simpleGoodTuring: what a count stands for, by Gale and Sampson (1995).

import { absoluteDiscount } from './discount.js';

/** What counts of one order stand for. */
export interface AdjustedCounts {
  /** By count. */
  readonly of: ReadonlyMap<number, number>;
  /** For all n-grams together that never came. */
  readonly unseen: number;
  /** How it was found, to be shown. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** How many different counts the line needs at least, as in Sampson's program. */
const LEAST_POINTS = 5;
/** So many standard deviations are significant, at a level of 0.1. */
const SIGNIFICANT = 1.65;

type Point = readonly [count: number, howMany: number];

/**
 * Simple Good–Turing. Of N n-grams, n_r different ones came r times each. Averaged over the gaps between counts, n_r follows a line log S(r) = a + b log r. What a count
 * of r stands for is
 *
 *     r* = (r + 1) n_{r+1} / n_r          Turing's estimate, as long as it differs significantly from the line's
 *        = (r + 1) S(r + 1) / S(r)        from the first r on for which it does not
 *
 * scaled so that all that came stand for N - n_1, and all that never came for n_1.
 *
 * Too few different counts, none of 1, or a line that does not fall steeply enough (b ≥ -1 would raise counts): then each count loses
 * a discount, and what never came stands for what was taken off; `details` say why.
 */
export function simpleGoodTuring(countsOfCounts: ReadonlyMap<number, number>): AdjustedCounts {
  const points: readonly Point[] = [...countsOfCounts].sort(([a], [b]) => a - b);
  const once = countsOfCounts.get(1) ?? 0;
  if (points.length < LEAST_POINTS) {
    return discounted(points, `${points.length} different counts, and a line needs at least ${LEAST_POINTS}`);
  }
  if (once === 0) return discounted(points, 'nothing came once');
  const slope = slopeOf(points);
  if (!(slope < -1)) {
    return discounted(points, `the slope of the line is ${slope.toFixed(3)}, and it needs one below -1`);
  }
  const stars = new Map<number, number>();
  let lineFrom: number | undefined;
  for (const [count, howMany] of points) {
    const byLine = count * (1 + 1 / count) ** (slope + 1);
    const next = countsOfCounts.get(count + 1);
    if (lineFrom === undefined && (next === undefined || !differs(count, howMany, next, byLine))) lineFrom = count;
    stars.set(count, lineFrom === undefined ? ((count + 1) * next!) / howMany : byLine);
  }
  let total = 0;
  let raw = 0;
  for (const [count, howMany] of points) {
    total += count * howMany;
    raw += stars.get(count)! * howMany;
  }
  const scale = (total - once) / raw;
  for (const [count, star] of stars) stars.set(count, star * scale);
  return { of: stars, unseen: once, details: { method: 'Simple Good-Turing', slope, lineFrom, unseen: once / total } };
}

/** Whether Turing's estimate differs significantly from that of the line. */
function differs(count: number, howMany: number, next: number, byLine: number): boolean {
  const turing = ((count + 1) * next) / howMany;
  const deviation = ((count + 1) / howMany) * Math.sqrt(next * (1 + next / howMany));
  return Math.abs(turing - byLine) > SIGNIFICANT * deviation;
}

/** The slope of the least-squares line through log Z against log r, where Z is n_r divided by half the distance between the counts before and behind it. */
function slopeOf(points: readonly Point[]): number {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const [i, [count, howMany]] of points.entries()) {
    const before = points[i - 1]?.[0] ?? 0;
    const behind = points[i + 1]?.[0] ?? 2 * count - before;
    xs.push(Math.log(count));
    ys.push(Math.log((2 * howMany) / (behind - before)));
  }
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  let products = 0;
  let squares = 0;
  for (const [i, x] of xs.entries()) {
    products += (x - meanX) * (ys[i]! - meanY);
    squares += (x - meanX) ** 2;
  }
  return products / squares;
}

function discounted(points: readonly Point[], because: string): AdjustedCounts {
  const discount = absoluteDiscount(new Map(points));
  const kinds = points.reduce((sum, [, howMany]) => sum + howMany, 0);
  return {
    of: new Map(points.map(([count]) => [count, count - discount])),
    unseen: discount * kinds,
    details: { method: 'absolute discounting', discount, because },
  };
}
