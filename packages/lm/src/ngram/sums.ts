// What the probabilities of all tokens sum to, in each context of a model.

import type { BackoffModel, FloorModel, NgramModel } from './model.js';

/** How far the probabilities of a context may be from 1 in all: files have about seven digits. */
const NEAR = 1e-3;

/** Natural logarithms of weights are not above this, nor below its negative: quotients of doubles give no others. */
export const MOST_WEIGHT = 1e3;

/** Whether sums of probabilities are 1, within a thousandth. */
export function sumsAreOne(sums: Float64Array): boolean {
  return sums.every((sum) => Math.abs(sum - 1) < NEAR);
}

/** Whether a model is what it says: its probabilities sum to 1 in each context, within a thousandth; of a model with floors in each that came. */
export function isDistribution(model: NgramModel): boolean {
  if (model.kind === 'backoff') return sumsAreOne(probabilitySums(model as BackoffModel));
  return model.kind === 'floor' && sumsAreOne(floorSums(model as FloorModel));
}

/**
 * By node below the highest order; 1 for each where the model is a distribution. In one pass over the tree:
 *
 *     sum(h) = Σ p(w | h) + weight(h) · (sum(h') - Σ p(w | h'))
 *
 * over the tokens w that have a probability of their own in h; h' is the suffix of h.
 */
export function probabilitySums(model: BackoffModel): Float64Array {
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

/** Those of a model with floors: in each context that was followed by something; 1 for the others. */
function floorSums({ trie, logProbabilities, floors }: FloorModel): Float64Array {
  const { children, words, contexts, vocabularySize } = trie;
  const isSaid = (word: number): boolean => logProbabilities[1 + word] !== Number.NEGATIVE_INFINITY;
  let all = 0;
  for (let word = 0; word < vocabularySize; word++) if (isSaid(word)) all++;
  const sums = new Float64Array(contexts).fill(1);
  for (let context = 0; context < contexts; context++) {
    const end = children[context + 1]!;
    if (children[context] === end) continue;
    let [sum, others] = [0, all];
    for (let child = children[context]!; child < end; child++) {
      if (!isSaid(words[child]!)) continue;
      sum += Math.exp(logProbabilities[child]!);
      others--;
    }
    sums[context] = sum + (others > 0 ? others * Math.exp(floors[context]!) : 0);
  }
  return sums;
}
