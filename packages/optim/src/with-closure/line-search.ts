// The line search of L-BFGS and conjugate gradients: how far to go in a direction, by the strong Wolfe conditions.

import type { Tensor } from '@dl/autograd';

/** A place on the line: how far along, the loss there, its slope along the line, and its gradient. */
export interface Place {
  readonly t: number;
  readonly loss: number;
  readonly slope: number;
  readonly gradient: Tensor;
}

export interface LineSearchOptions {
  /** How much of the decrease that the slope promises must be had. Default 1e-4. */
  readonly c1?: number;
  /** How much of the slope may be left. Default 0.9. */
  readonly c2?: number;
  /** The most times to ask for the loss, after the first. Default 25. */
  readonly most?: number;
  /** The width of an interval that need not be searched further. */
  readonly narrow: number;
}

/**
 * Finds a place where loss ≤ loss(0) + c₁ t slope(0) and |slope| ≤ c₂ |slope(0)|, the strong Wolfe conditions (Nocedal &
 * Wright, "Numerical Optimization", 2006, algorithms 3.5 and 3.6, with interpolation by cubics, equation 3.59). First it
 * steps outwards until such a place must lie behind it, then it narrows the interval. When it gives up, the place is the
 * lowest end of the interval; that may be the start.
 */
export function strongWolfe(
  start: Place,
  firstT: number,
  at: (t: number) => Place,
  { c1 = 1e-4, c2 = 0.9, most = 25, narrow }: LineSearchOptions,
): Place {
  const isHigh = ({ t, loss }: Place): boolean => loss > start.loss + c1 * t * start.slope;
  const isFlat = ({ slope }: Place): boolean => Math.abs(slope) <= -c2 * start.slope;

  let former = start;
  let here = at(firstT);
  let count = 0;
  let low: Place | undefined;
  let high = start;
  for (; count < most; count++) {
    if (isHigh(here) || (count > 1 && here.loss >= former.loss)) {
      [low, high] = byLoss(former, here);
      break;
    }
    if (isFlat(here)) return here;
    if (here.slope >= 0) {
      [low, high] = byLoss(former, here);
      break;
    }
    const further = lowestOfCubic(former, here, here.t + 0.01 * (here.t - former.t), here.t * 10);
    former = here;
    here = at(further);
  }
  if (low === undefined) return byLoss(start, here)[0];

  let wasClose = false;
  for (; count < most && Math.abs(high.t - low.t) >= narrow; count++) {
    const [left, right] = low.t < high.t ? [low.t, high.t] : [high.t, low.t];
    // The cubic knows nothing of which end is lower; which is first decides how it rounds.
    let t = lowestOfCubic(low, high, left, right);
    const margin = 0.1 * (right - left);
    const isClose = Math.min(right - t, t - left) < margin;
    // Twice close to an end is no progress: go a tenth inwards.
    if (isClose && (wasClose || t >= right || t <= left)) {
      t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
      wasClose = false;
    } else {
      wasClose = isClose;
    }
    const next = at(t);
    if (isHigh(next) || next.loss >= low.loss) {
      [low, high] = byLoss(low, next);
      continue;
    }
    if (isFlat(next)) return next;
    if (next.slope * (high.t - low.t) >= 0) high = low;
    low = next;
  }
  return low;
}

/** The lower first. */
const byLoss = (a: Place, b: Place): [Place, Place] => (a.loss <= b.loss ? [a, b] : [b, a]);

/** Where the cubic through two places with their slopes is lowest, within bounds; their middle where it has no minimum. */
function lowestOfCubic(a: Place, b: Place, least: number, most: number): number {
  const [x, y] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = x.slope + y.slope - (3 * (x.loss - y.loss)) / (x.t - y.t);
  const square = d1 * d1 - x.slope * y.slope;
  // Also where it is NaN, because the loss was.
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const t = y.t - (y.t - x.t) * ((y.slope + d2 - d1) / (y.slope - x.slope + 2 * d2));
  return Number.isNaN(t) ? (least + most) / 2 : Math.min(Math.max(t, least), most);
}
