// LowerOrders: what the lower orders of a back-off model say, while the higher ones are still being made.

import type { BackoffModel } from '../model.js';
import type { Said } from './arguments.js';

/**
 * A back-off model whose orders are made from the lowest to the highest. Whoever makes an order asks here for what is done below it, and writes into the
 * model's arrays.
 */
export class LowerOrders {
  readonly #model: BackoffModel;
  readonly #said: Said;
  readonly #parents: Int32Array;
  readonly #scores: Float64Array;

  constructor(model: BackoffModel, said: Said) {
    this.#model = model;
    this.#said = said;
    this.#parents = model.trie.parents();
    this.#scores = new Float64Array(model.vocabularySize);
  }

  /** The probability of the last token of a node in the context without its first token. Not for tokens alone. */
  of(context: number, child: number): number {
    const { trie, logProbabilities, backoffs } = this.#model;
    const { suffixes } = trie;
    const shorter = suffixes[child]!;
    const home = this.#parents[shorter]!;
    let weight = 0;
    for (let node = suffixes[context]!; node !== home; node = suffixes[node]!) weight += backoffs[node]!;
    return Math.exp(weight + logProbabilities[shorter]!);
  }

  /** The sum of {@link of} over all tokens that can be said and do not stand in the tree behind a context, of which `kinds` do. */
  unseen(context: number, kinds: number): number {
    const { trie, logProbabilities } = this.#model;
    const { children, words, suffixes, vocabularySize } = trie;
    const { isSilent, size } = this.#said;
    const end = children[context + 1]!;
    if (2 * kinds <= size) {
      let seen = 0;
      for (let child = children[context]!; child < end; child++) {
        if (!isSilent[words[child]!]) seen += this.of(context, child);
      }
      return 1 - seen;
    }
    // Of the few that are left the sum is exact, where 1 minus the others would be rounding alone.
    const scores = this.#scores;
    this.#model.fill(suffixes[context]!, scores, 0);
    for (let child = children[context]!; child < end; child++) scores[words[child]!] = -Infinity;
    let sum = 0;
    for (let word = 0; word < vocabularySize; word++) {
      if (logProbabilities[1 + word]! > -Infinity) sum += Math.exp(scores[word]!);
    }
    return sum;
  }
}
