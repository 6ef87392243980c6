// Penalties for what has been said already: repetition, frequency and presence.

import { checkCall } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { need } from './checks.js';

/**
 * Makes tokens that came before less likely, in the prompt or behind it, however often: with a penalty θ above 1
 *
 *     score ← score / θ     where it is above 0
 *     score ← score · θ     where it is not, so that it falls there, too
 *
 * That is made for logits, of either sign. Models here give logarithms of probabilities, which are never above 0: then p(w) becomes p(w)^θ, so what is unlikely
 * falls further than what is likely, and a token that is certain is not held back at all. Frequency and presence penalties do not have that fault. Below 1 the
 * penalty is a reward; 1 changes nothing.
 *
 * @throws ArgumentError unless the penalty is above 0 and finite.
 *
 * Source: Keskar, McCann, Varshney, Xiong and Socher, "CTRL: a conditional transformer language model for controllable generation", 2019; the case of scores below
 * 0 as in Hugging Face's form.
 *
 * @example
 * ```ts
 * import { Die, repetitionPenalty } from '@dl/lm';
 * const die = new Die([0.5, 0.5].map(Math.log), { adjustments: [repetitionPenalty(2)], prompt: [0] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.333, 0.667: 0.25 beside 0.5
 * ```
 */
export function repetitionPenalty(penalty: number): Adjustment {
  checkCall('repetitionPenalty', arguments, [['penalty', 'number']]);
  const isGood = penalty > 0 && penalty < Infinity;
  need(isGood, 'repetitionPenalty', 'penalty', penalty, 'a finite number above 0; 1 changes nothing');
  const adjustment: Adjustment<Set<number>> = {
    name: `repetition penalty ${penalty}`,
    isBounded: true,
    readsTokens: false,
    begin: ({ prompt, tokens }) => new Set([...prompt, ...tokens]),
    apply(scores, _, said) {
      for (const token of said) {
        const score = scores[token]!;
        scores[token] = score > 0 ? score / penalty : score * penalty;
      }
    },
    next: (said, token) => said.add(token),
    copy: (said) => new Set(said),
  };
  return adjustment;
}

/** How often each token was chosen; a prompt does not count. */
type Counts = Map<number, number>;

const counting = {
  begin: ({ tokens }: { readonly tokens: readonly number[] }): Counts => {
    const counts: Counts = new Map();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    return counts;
  },
  next: (counts: Counts, token: number): Counts => counts.set(token, (counts.get(token) ?? 0) + 1),
  copy: (counts: Counts): Counts => new Map(counts),
};

/**
 * Makes tokens less likely the more often they were chosen: score ← score - penalty · count. The weight of a token falls by e^-penalty each time, whether the
 * scores are logits or logarithms of probabilities. The prompt does not count. A negative penalty is a reward; 0 changes nothing.
 *
 * @throws ArgumentError unless the penalty is finite.
 *
 * Source: the formula of OpenAI's API reference, `frequency_penalty`.
 *
 * @example
 * ```ts
 * import { Die, frequencyPenalty } from '@dl/lm';
 * const die = new Die([0.5, 0.5].map(Math.log), { adjustments: [frequencyPenalty(Math.LN2)], tokens: [0, 0] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.200, 0.800: a quarter of the weight
 * ```
 */
export function frequencyPenalty(penalty: number): Adjustment {
  checkCall('frequencyPenalty', arguments, [['penalty', 'finite']]);
  need(Number.isFinite(penalty), 'frequencyPenalty', 'penalty', penalty, 'a finite number; 0 changes nothing');
  const adjustment: Adjustment<Counts> = {
    ...counting,
    name: `frequency penalty ${penalty}`,
    isBounded: penalty >= 0,
    readsTokens: false,
    apply(scores, _, counts) {
      for (const [token, count] of counts) scores[token]! -= penalty * count;
    },
  };
  return adjustment;
}

/**
 * Makes tokens less likely that were chosen before, however often: score ← score - penalty. The weight of such a token falls by e^-penalty, whether the scores are
 * logits or logarithms of probabilities. The prompt does not count. A negative penalty is a reward; 0 changes nothing.
 *
 * @throws ArgumentError unless the penalty is finite.
 *
 * Source: the formula of OpenAI's API reference, `presence_penalty`.
 *
 * @example
 * ```ts
 * import { Die, presencePenalty } from '@dl/lm';
 * const die = new Die([0.5, 0.5].map(Math.log), { adjustments: [presencePenalty(Math.LN2)], tokens: [0, 0] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.333, 0.667: half of the weight
 * ```
 */
export function presencePenalty(penalty: number): Adjustment {
  checkCall('presencePenalty', arguments, [['penalty', 'finite']]);
  need(Number.isFinite(penalty), 'presencePenalty', 'penalty', penalty, 'a finite number; 0 changes nothing');
  const adjustment: Adjustment<Counts> = {
    ...counting,
    name: `presence penalty ${penalty}`,
    isBounded: penalty >= 0,
    readsTokens: false,
    apply(scores, _, counts) {
      for (const token of counts.keys()) scores[token]! -= penalty;
    },
  };
  return adjustment;
}
