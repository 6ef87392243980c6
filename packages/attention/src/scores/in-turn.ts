// What additive scores have in common whose queries come one after the other, since each is told where those before it have looked.

import { concat, type Tensor } from '@dl/autograd';
import type { Linear } from '@dl/layers';
import { tanhEnergies } from './additive.js';
import { softmaxWithin } from './score.js';

/** Queries, one after the other, and what each is told of those before it: a number for each position, [batch, length]. */
export interface Turns {
  /** The projected queries, [batch, queries, units]. */
  readonly queries: Tensor;
  readonly v: Linear;
  /** Where they may look: bool, of a shape that broadcasts to [batch, queries, length]. */
  readonly allowed: Tensor | undefined;
  /** What the first one is told. */
  readonly told: Tensor;
  /** The projected keys as a query sees them that is told this, [batch, length, units]. */
  readonly seen: (told: Tensor) => Tensor;
  /** What the next one is told, behind one with these weights [batch, length]. */
  readonly next: (weights: Tensor, told: Tensor) => Tensor;
}

/** The weights of all queries, [batch, queries, length], and what the one behind them is told. */
export function weighedInTurn({ queries, v, allowed, told, seen, next }: Turns): {
  readonly weights: Tensor;
  readonly told: Tensor;
} {
  const all: Tensor[] = [];
  let now = told;
  for (const [i, q] of queries.unbind(1).entries()) {
    const mine = allowed !== undefined && allowed.shape[1]! > 1 ? allowed.slice([null, [i, i + 1]]) : allowed;
    const weights = softmaxWithin(tanhEnergies(q.unsqueeze(1), seen(now), v), mine); // [batch, 1, length]
    all.push(weights);
    now = next(weights.reshape(now.shape), now);
  }
  return { weights: concat(all, 1), told: now };
}
