// Cuts by how uncertain the model is: locally typical sampling, and eta sampling.

import { checkCall } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { Ranking } from '../ranking.js';
import { firstOfLargest, normalise, scratch } from '../weights.js';
import { need } from './checks.js';
import { keepMass } from './cuts.js';

/** The entropy in nats. */
function entropyOf(probabilities: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/**
 * Keeps tokens that are as surprising as the model expects: with the entropy H = -Σ p log p, those with the least |-log p(w) - H| first, until their probabilities sum to
 * `mass`. The token that crosses it is kept, as the paper and Hugging Face have it; of equal ones the first. What is far too likely may go, too. 1 cuts nothing.
 *
 * @throws ArgumentError unless the mass is above 0 and at most 1.
 *
 * Source: Meister, Pimentel, Wiher and Cotterell, "Locally typical sampling", 2022.
 *
 * @example
 * ```ts
 * import { Die, typical } from '@dl/lm';
 * // The entropy is 1.33 nats, and -log p is 0.92 for the first token, 1.61 for the others, which is nearer.
 * const die = new Die([0.4, 0.2, 0.2, 0.2].map(Math.log), { adjustments: [typical(0.5)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.000, 0.333, 0.333, 0.333
 * ```
 */
export function typical(mass: number): Adjustment {
  checkCall('typical', arguments, [['mass', 'number']]);
  need(mass > 0 && mass <= 1, 'typical', 'mass', mass, 'a number above 0 and at most 1; 1 cuts nothing');
  const ranking = new Ranking();
  const [space, ofKeys] = [scratch(), scratch()];
  return {
    name: `typical ${mass}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      const probabilities = space(scores.length);
      if (mass === 1 || !normalise(scores, probabilities)) return;
      const entropy = entropyOf(probabilities);
      const keys = ofKeys(scores.length);
      for (let i = 0; i < keys.length; i++) keys[i] = -Math.abs(-Math.log(probabilities[i]!) - entropy);
      keepMass(scores, probabilities, ranking.fill(keys), mass);
    },
  };
}

/**
 * Keeps tokens with a probability of at least
 *
 *     η = min(ε, √ε · e^(-H))     with the entropy H = -Σ p log p
 *
 * so the more certain the model is, the less is cut; the likeliest token always stays. A usual ε is 3e-4 to 4e-3.
 *
 * @throws ArgumentError unless ε is above 0 and below 1.
 *
 * Source: Hewitt, Manning and Liang, "Truncation sampling as language model desmoothing", 2022.
 *
 * @example
 * ```ts
 * import { Die, eta } from '@dl/lm';
 * // The entropy is 0.79 nats, so that η is the smaller of 0.09 and 0.3 · e^-0.79 = 0.14.
 * const die = new Die([0.65, 0.3, 0.05].map(Math.log), { adjustments: [eta(0.09)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.684, 0.316, 0.000
 * ```
 */
export function eta(epsilon: number): Adjustment {
  checkCall('eta', arguments, [['epsilon', 'number']]);
  need(epsilon > 0 && epsilon < 1, 'eta', 'epsilon', epsilon, 'a number above 0 and below 1, such as 3e-4');
  const space = scratch();
  return {
    name: `eta ${epsilon}`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    apply(scores) {
      const probabilities = space(scores.length);
      if (!normalise(scores, probabilities)) return;
      const border = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropyOf(probabilities)));
      const best = firstOfLargest(scores, 0, scores.length);
      for (let i = 0; i < scores.length; i++) if (probabilities[i]! < border && i !== best) scores[i] = -Infinity;
    },
  };
}
