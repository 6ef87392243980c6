// noRepeatNgram: nothing of a length is said twice.

import { checkCall, checkInteger } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';

/** Which tokens came behind each n - 1 tokens. */
type Behind = Map<string, Set<number>>;

/** What was said, so that branches share it: a log of so many n-grams each, from the largest on, which does not change, what came since, and the last n - 1 tokens. */
interface Followers {
  shared: readonly { readonly count: number; readonly behind: Behind }[];
  own: Behind;
  /** How many n-grams the own ones are. */
  count: number;
  last: readonly number[];
}

function add(to: Behind, key: string, tokens: Iterable<number>): void {
  let known = to.get(key);
  if (known === undefined) to.set(key, (known = new Set()));
  for (const token of tokens) known.add(token);
}

function push(state: Followers, n: number, token: number): void {
  const { own, last } = state;
  if (last.length === n - 1) {
    add(own, last.join(), [token]);
    state.count++;
  }
  state.last = n === 1 ? [] : [...last, token].slice(1 - n);
}

/** Makes what is a state's own one of those that are shared. Each is at least twice as long as the next, so that there are few, and each n-gram of a sequence is copied O(log length) times. */
function share(state: Followers): void {
  if (state.count === 0) return;
  const shared = [...state.shared];
  let { own: behind, count } = state;
  for (let top = shared.at(-1); top !== undefined && top.count < 2 * count; top = shared.at(-1)) {
    const both: Behind = new Map();
    for (const each of [top.behind, behind]) for (const [key, tokens] of each) add(both, key, tokens);
    [behind, count] = [both, count + top.count];
    shared.pop();
  }
  shared.push({ behind, count });
  [state.shared, state.own, state.count] = [shared, new Map(), 0];
}

/**
 * Takes out each token that would complete an n-gram for the second time, the prompt counted. With n = 1 no token comes twice. It remembers what was said, so it
 * is the one adjustment of this package whose memory grows with the sequence.
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
    readsTokens: false,
    begin({ prompt, tokens }) {
      const state: Followers = { shared: [], own: new Map(), count: 0, last: [] };
      for (const token of prompt) push(state, n, token);
      for (const token of tokens) push(state, n, token);
      return state;
    },
    apply(scores, _, { shared, own, last }) {
      if (last.length < n - 1) return;
      const key = last.join();
      for (const token of own.get(key) ?? []) scores[token] = -Infinity;
      for (const { behind } of shared) for (const token of behind.get(key) ?? []) scores[token] = -Infinity;
    },
    next(state, token) {
      push(state, n, token);
      return state;
    },
    copy(state) {
      share(state);
      return { ...state, own: new Map() };
    },
  };
  return adjustment;
}
