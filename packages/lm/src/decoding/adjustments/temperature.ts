// temperature: how bold the die is.

import { checkCall } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { firstOfLargest } from '../weights.js';
import { need } from './checks.js';

/**
 * Sharpens or flattens the die: each probability to the power 1 / temperature, and normalised again,
 *
 *     p'(w) = p(w)^(1 / temperature) / Σ p(v)^(1 / temperature)
 *
 * Below 1 what is likely gets likelier, above 1 all become more alike, and 0 leaves the best token alone, the first of equal ones.
 *
 * @throws ArgumentError for a temperature that is negative or infinite.
 *
 * Source: Ackley, Hinton and Sejnowski, "A learning algorithm for Boltzmann machines", 1985.
 *
 * @example
 * ```ts
 * import { Die, temperature } from '@dl/lm';
 * const die = new Die([0.8, 0.2].map(Math.log), { adjustments: [temperature(0.5)] });
 * console.log(die.probabilities[0]?.toFixed(4)); // 0.9412: 0.64 of 0.64 + 0.04
 * ```
 */
export function temperature(temperature: number): Adjustment {
  checkCall('temperature', arguments, [['temperature', 'number']]);
  const isGood = temperature >= 0 && temperature < Infinity;
  need(isGood, 'temperature', 'temperature', temperature, 'a finite number of at least 0; 0 takes the best token');
  return {
    name: `temperature ${temperature}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      if (temperature === 1) return;
      const best = firstOfLargest(scores, 0, scores.length);
      if (best < 0) return;
      const most = scores[best]!;
      if (temperature === 0) {
        scores.fill(-Infinity);
        scores[best] = most;
        return;
      }
      // Where the quotients would be too large for a number, only the differences count.
      const shift = Number.isFinite(most / temperature) ? 0 : most;
      for (let i = 0; i < scores.length; i++) scores[i] = (scores[i]! - shift) / temperature;
    },
  };
}
