// Cuts of the die by rank and by probability: top-k, top-p and min-p.

import { checkCall, checkInteger } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { keepFirst, Ranking } from '../ranking.js';
import { firstOfLargest, normalise, scratch } from '../weights.js';
import { need } from './checks.js';

/** A sum of probabilities that are exact in decimals, such as 0.5 + 0.25, reaches what it comes to. */
const ROUNDING = 1 - 1e-12;

/**
 * Keeps the k likeliest tokens, and of equal ones the first. (Hugging Face keeps all that are as likely as the k-th, so more than k.)
 *
 * @throws ArgumentError unless k is a whole number of at least 1.
 *
 * Source: Fan, Lewis and Dauphin, "Hierarchical neural story generation", 2018.
 *
 * @example
 * ```ts
 * import { Die, topK } from '@dl/lm';
 * const die = new Die([0.5, 0.3, 0.2].map(Math.log), { adjustments: [topK(2)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.625, 0.375, 0.000
 * ```
 */
export function topK(k: number): Adjustment {
  checkCall('topK', arguments, [['k', 'number']]);
  checkInteger('topK', 'k', k, 1);
  const ranking = new Ranking();
  return {
    name: `top-k ${k}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      if (k < scores.length) keepFirst(scores, ranking.fill(scores), (_, count) => count === k);
    },
  };
}

/**
 * Keeps the nucleus: the likeliest tokens, as few as are needed for their probabilities to sum to at least p. The token that crosses p is kept, as the paper and Hugging
 * Face have it, so one at least stays; of equal ones the first. 1 cuts nothing.
 *
 * @throws ArgumentError unless p is above 0 and at most 1.
 *
 * Source: Holtzman, Buys, Du, Forbes and Choi, "The curious case of neural text degeneration", 2020.
 *
 * @example
 * ```ts
 * import { Die, topP } from '@dl/lm';
 * const die = new Die([0.5, 0.3, 0.2].map(Math.log), { adjustments: [topP(0.7)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.625, 0.375, 0.000
 * ```
 */
export function topP(p: number): Adjustment {
  checkCall('topP', arguments, [['p', 'number']]);
  need(p > 0 && p <= 1, 'topP', 'p', p, 'a number above 0 and at most 1; 1 cuts nothing');
  const ranking = new Ranking();
  const space = scratch();
  return {
    name: `top-p ${p}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      const probabilities = space(scores.length);
      if (p === 1 || !normalise(scores, probabilities)) return;
      // All that are below it come to less than 1 - p, so that the nucleus does not need them. Of an even die rounding may make that all.
      const needless = Math.min((1 - p) / scores.length, probabilities[firstOfLargest(scores, 0, scores.length)]!);
      keepMass(scores, probabilities, ranking.fill(probabilities, needless), p);
    },
  };
}

/**
 * Keeps tokens that have at least a share of the probability of the likeliest one: p(w) ≥ share · max p. 0 cuts nothing, 1 leaves the likeliest.
 *
 * @throws ArgumentError unless the share is from 0 to 1.
 *
 * Source: Nguyen, Baker and others, "Turning up the heat: min-p sampling for creative and coherent LLM outputs", 2024.
 *
 * @example
 * ```ts
 * import { Die, minP } from '@dl/lm';
 * const die = new Die([0.5, 0.3, 0.2].map(Math.log), { adjustments: [minP(0.5)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.625, 0.375, 0.000
 * ```
 */
export function minP(share: number): Adjustment {
  checkCall('minP', arguments, [['share', 'number']]);
  need(share >= 0 && share <= 1, 'minP', 'share', share, 'a number from 0 to 1; 0 cuts nothing');
  const least = Math.log(share);
  return {
    name: `min-p ${share}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      const best = firstOfLargest(scores, 0, scores.length);
      if (best < 0) return;
      // In logarithms: what is exactly on the border is in, rounding or not.
      const border = scores[best]! + least - 1e-12;
      for (let i = 0; i < scores.length; i++) if (scores[i]! < border) scores[i] = -Infinity;
    },
  };
}

/** The likeliest tokens of a ranking by `keys`, until their probabilities sum to `mass`. */
export function keepMass(scores: Float64Array, probabilities: Float64Array, ranking: Ranking, mass: number): void {
  let sum = 0;
  keepFirst(scores, ranking, (token) => {
    sum += probabilities[token]!;
    return sum >= mass * ROUNDING;
  });
}
