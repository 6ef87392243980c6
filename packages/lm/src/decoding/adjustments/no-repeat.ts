// noRepeatNgram: nothing of a length is said twice.

import { checkCall, checkInteger } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';

/** Which tokens came behind each n - 1 tokens, and the last n - 1 of them. */
interface Followers {
  readonly followers: Map<string, Set<number>>;
  last: readonly number[];
}

function push(state: Followers, n: number, token: number): void {
  const { followers, last } = state;
  if (last.length === n - 1) {
    const key = last.join();
    const known = followers.get(key);
    if (known) known.add(token);
    else followers.set(key, new Set([token]));
  }
  state.last = n === 1 ? [] : [...last, token].slice(1 - n);
}

/**
 * Takes out each token that would complete an n-gram for the second time, the prompt counted. With n = 1 no token comes twice. It remembers what was said, so it
 * is the one adjustment whose memory grows with the sequence.
 *
 * @throws ArgumentError unless n is a whole number of at least 1.
 *
 * Source: Paulus, Xiong and Socher, "A deep reinforced model for abstractive summarization", 2017.
 *
 * @example
 * ```ts
 * import { Die, noRepeatNgram } from '@dl/lm';
 * // 0 1 was said, so behind 0 comes no 1.
 * const die = new Die([0.2, 0.7, 0.1].map(Math.log), { adjustments: [noRepeatNgram(2)], tokens: [0, 1, 0] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.667, 0.000, 0.333
 * ```
 */
export function noRepeatNgram(n: number): Adjustment {
  checkCall('noRepeatNgram', arguments, [['n', 'number']]);
  checkInteger('noRepeatNgram', 'n', n, 1);
  const adjustment: Adjustment<Followers> = {
    name: `no repeat of ${n} tokens`,
    isBounded: true,
    begin({ prompt, tokens }) {
      const state: Followers = { followers: new Map(), last: [] };
      for (const token of prompt) push(state, n, token);
      for (const token of tokens) push(state, n, token);
      return state;
    },
    apply(scores, _, { followers, last }) {
      if (last.length < n - 1) return;
      for (const token of followers.get(last.join()) ?? []) scores[token] = -Infinity;
    },
    next(state, token) {
      push(state, n, token);
      return state;
    },
    copy: ({ followers, last }) => ({
      followers: new Map(Array.from(followers, ([key, tokens]) => [key, new Set(tokens)])),
      last,
    }),
  };
  return adjustment;
}
