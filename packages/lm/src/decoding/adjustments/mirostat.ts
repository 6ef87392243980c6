// Mirostat: a cut that holds the surprise of what is said near a target.

import { checkCall, type Known } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { firstOfLargest, normalise, scratch } from '../weights.js';
import { need } from './checks.js';

/** Options of {@link mirostat}. */
export interface MirostatOptions {
  /** The surprise that is aimed at, in bits for each token; 2 to the power of it is the perplexity of what is said. Default 5. */
  readonly tau?: number;
  /** How fast the cut follows: its step for each bit that a token was off. Default 0.1. */
  readonly eta?: number;
}

const mirostatOptions: Known<MirostatOptions> = { tau: 'number', eta: 'number' };

/** Where {@link mirostat} stands in a sequence. */
interface MirostatState {
  /** The largest surprise that is let through, in bits. */
  cut: number;
  /** The probability of all that was let through last. */
  kept: number;
}

/**
 * Mirostat 2: lets tokens through whose surprise -log₂ p(w) is at most μ, the likeliest always; and behind each token w that was chosen
 *
 *     μ ← μ - eta · (-log₂ p(w) - tau)     from μ = 2 tau on
 *
 * so that the mean surprise comes to tau however sharp the model is. p is the die before this cut, as in the authors' program; some others take the one after it. It comes
 * last of all adjustments.
 *
 * @throws ArgumentError unless tau is above 0 and eta at least 0, both finite.
 *
 * Source: Basu, Ramachandran, Keskar and Varshney, "Mirostat: a neural text decoding algorithm that directly controls perplexity", 2021.
 *
 * @example
 * ```ts
 * import { Die, mirostat } from '@dl/lm';
 * // μ begins as 2 bits, which 0.25 has exactly.
 * const die = new Die([0.65, 0.25, 0.1].map(Math.log), { adjustments: [mirostat({ tau: 1 })] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.722, 0.278, 0.000
 * ```
 */
export function mirostat(options: MirostatOptions = {}): Adjustment {
  checkCall('mirostat', arguments, [], mirostatOptions);
  const { tau = 5, eta = 0.1 } = options;
  need(tau > 0 && tau < Infinity, 'mirostat', 'tau', tau, 'a finite number above 0, of bits');
  need(eta >= 0 && eta < Infinity, 'mirostat', 'eta', eta, 'a finite number of at least 0');
  const space = scratch();
  const adjustment: Adjustment<MirostatState> = {
    name: `mirostat ${tau} bits`,
    draws: true,
    isBounded: true,
    readsTokens: false,
    begin: () => ({ cut: 2 * tau, kept: 1 }),
    apply(scores, _, state) {
      state.kept = 1;
      const probabilities = space(scores.length);
      if (!normalise(scores, probabilities)) return;
      const border = 2 ** -state.cut * (1 - 1e-12);
      const best = firstOfLargest(scores, 0, scores.length);
      let kept = 0;
      for (let i = 0; i < scores.length; i++) {
        if (probabilities[i]! >= border || i === best) kept += probabilities[i]!;
        else scores[i] = -Infinity;
      }
      state.kept = kept;
    },
    next(state, _, logProbability) {
      const surprise = -(logProbability + Math.log(state.kept)) / Math.LN2;
      state.cut -= eta * (surprise - tau);
      return state;
    },
    copy: (state) => ({ ...state }),
  };
  return adjustment;
}
