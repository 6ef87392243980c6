// StupidBackoffModel: relative frequencies, and a fixed factor for each token of the context that is not used.

import { checkCall, ShapeError } from '@dl/autograd';
import { type NgramInfo, NgramModel } from './model.js';
import type { NgramTrie } from './trie.js';

/**
 * A model that backs off with the same factor from every context, whether the context ever came or not:
 *
 *     S(w | h) = p[h w]                                        where h w is in the tree
 *              = alpha · S(w | h without its first token)      otherwise
 *
 * @example
 * ```ts
 * import { NgramCounts, StupidBackoffModel, stupidBackoff } from '@dl/lm';
 * const model = stupidBackoff(new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(model instanceof StupidBackoffModel, model.alpha, model.info.isDistribution); // true 0.4 false
 * ```
 */
export class StupidBackoffModel extends NgramModel {
  readonly kind = 'stupid-backoff';
  /** Logarithms of relative frequencies, by node; that of the root is not used. */
  readonly logProbabilities: Float64Array;
  readonly alpha: number;
  readonly #logAlpha: number;

  constructor(
    trie: NgramTrie,
    numbers: { readonly logProbabilities: Float64Array; readonly alpha: number },
    info: NgramInfo,
  ) {
    checkCall('StupidBackoffModel', arguments, ['trie', 'numbers', 'info']);
    super(trie, info);
    const { logProbabilities, alpha } = numbers;
    if (logProbabilities.length !== trie.size) {
      throw new ShapeError(`StupidBackoffModel: got ${logProbabilities.length} probabilities, needs ${trie.size}`);
    }
    this.logProbabilities = logProbabilities;
    this.alpha = alpha;
    this.#logAlpha = Math.log(alpha);
  }

  // A context is the longest node that matches and how many tokens there were, up to order - 1: a factor for each that the node has not.
  get empty(): number {
    return 0;
  }

  next(context: number, token: number): number {
    const { trie } = this;
    const node = trie.after(context % trie.size, token);
    const length = Math.min(Math.floor(context / trie.size) + 1, trie.order - 1);
    return length * trie.size + node;
  }

  logProbabilityIn(context: number, token: number): number {
    const { trie } = this;
    const length = Math.floor(context / trie.size);
    for (let node = context % trie.size; ; node = trie.suffixes[node]!) {
      const child = trie.child(node, token);
      if (child >= 0) return this.#from(length, node, child);
    }
  }

  fill(context: number, into: Float64Array, at: number): void {
    const { suffixes, children, words, size } = this.trie;
    const length = Math.floor(context / size);
    const chain: number[] = [];
    for (let node = context % size; node !== 0; node = suffixes[node]!) chain.push(node);
    chain.push(0);
    // Longer ones overwrite what shorter ones said.
    for (const node of chain.reverse()) {
      const end = children[node + 1]!;
      for (let child = children[node]!; child < end; child++) {
        into[at + words[child]!] = this.#from(length, node, child);
      }
    }
  }

  run(context: number, tokens: ArrayLike<number>, into: Float64Array): number {
    const { trie } = this;
    const { suffixes, contexts, order } = trie;
    let node = context % trie.size;
    let length = Math.floor(context / trie.size);
    for (let i = 0; i < tokens.length; i++) {
      let child = trie.child(node, tokens[i]!);
      while (child < 0) {
        node = suffixes[node]!;
        child = trie.child(node, tokens[i]!);
      }
      into[i] = this.#from(length, node, child);
      node = child < contexts ? child : suffixes[child]!;
      if (length < order - 1) length++;
    }
    return length * trie.size + node;
  }

  arrays(): Readonly<Record<string, Float64Array>> {
    return { logProbabilities: this.logProbabilities, alpha: Float64Array.of(this.alpha) };
  }

  /** The score of a child of a node, where the context had so many tokens. */
  #from(length: number, node: number, child: number): number {
    return (length - this.trie.orderOf(node)) * this.#logAlpha + this.logProbabilities[child]!;
  }
}
