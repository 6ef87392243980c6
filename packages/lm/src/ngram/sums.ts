// What the probabilities of all tokens sum to, in each context of a model that backs off.

import type { BackoffModel } from './model.js';

/**
 * By node below the highest order; 1 for each where the model is a distribution. In one pass over the tree:
 *
 *     sum(h) = Σ p(w | h) + weight(h) · (sum(h') - Σ p(w | h'))
 *
 * over the tokens w that have a probability of their own in h; h' is the suffix of h.
 */
export function contextSums(model: BackoffModel): Float64Array {
  const { trie, logProbabilities, backoffs } = model;
  const { contexts, children, suffixes, words } = trie;
  const sums = new Float64Array(contexts);
  for (let context = 0; context < contexts; context++) {
    const shorter = suffixes[context]!;
    let own = 0;
    let covered = 0;
    const end = children[context + 1]!;
    for (let child = children[context]!; child < end; child++) {
      own += Math.exp(logProbabilities[child]!);
      if (context > 0) covered += Math.exp(model.logProbabilityIn(shorter, words[child]!));
    }
    const rest = context > 0 ? sums[shorter]! - covered : 0;
    // A weight that is never used may be anything, also infinite.
    sums[context] = rest > 0 ? own + Math.exp(backoffs[context]!) * rest : own;
  }
  return sums;
}
