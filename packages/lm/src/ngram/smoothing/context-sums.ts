// contextSums: what was counted behind each context.

import type { CountedTrie } from '../counts.js';
import type { Said } from './arguments.js';

/** By context, of the tokens that are said. */
export interface ContextSums {
  /** How often one followed, also in n-grams that a cut-off took out. */
  readonly whole: Float64Array;
  /** How often one followed in n-grams of the tree. */
  readonly came: Float64Array;
  /** How many different ones followed in n-grams of the tree. */
  readonly kinds: Int32Array;
}

export function contextSums({ trie, counts, totals }: CountedTrie, { isSilent }: Said): ContextSums {
  const { contexts, children, words } = trie;
  const whole = totals.slice();
  const came = new Float64Array(contexts);
  const kinds = new Int32Array(contexts);
  for (let node = 0; node < contexts; node++) {
    const end = children[node + 1]!;
    for (let child = children[node]!; child < end; child++) {
      const count = counts[child]!;
      if (isSilent[words[child]!]) {
        whole[node]! -= count;
      } else if (count > 0) {
        // Tokens alone stand in the tree whether they came or not.
        came[node]! += count;
        kinds[node]!++;
      }
    }
  }
  return { whole, came, kinds };
}
