// What every attention can be told at a call.

import type { Known, Tensor } from '@dl/autograd';
import type { LayerCache } from './cache.js';

/** Which keys a query may look at, and how much. */
export interface VisibleKeys {
  /** True where a query may look: bool, of a shape that broadcasts to [batch, heads, queries, keys]. */
  readonly mask?: Tensor;
  /** Added to the scores: floats, of a shape that broadcasts likewise; -Infinity forbids a key. */
  readonly bias?: Tensor;
  /** How many keys of each sequence count; those behind are padding. Default: all. */
  readonly lengths?: readonly number[];
  /** A query looks at keys up to its own position only. Default false, but true with a cache. */
  readonly causal?: boolean;
  /** A query looks at keys fewer than so many positions from its own. Default: no limit. */
  readonly window?: number;
}

export const visibleKeys: Known<VisibleKeys> = {
  mask: 'tensor',
  bias: 'tensor',
  lengths: 'numbers',
  causal: 'boolean',
  window: 'number',
};

/** Options of a call of self-attention. */
export interface SelfAttentionOptions extends VisibleKeys {
  /** Where the keys and values of former positions are, for generation: those of this call are added. Other options speak of all positions that were read. */
  readonly cache?: LayerCache;
}

export const selfAttentionOptions: Known<SelfAttentionOptions> = { ...visibleKeys, cache: 'any' };

/** Keys and values that were projected before, [batch, keyHeads, length, headDim]. */
export interface ProjectedKeys {
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Options of a call of `MultiheadAttention`. */
export interface AttentionCallOptions extends SelfAttentionOptions {
  /** Keys and values as `project` gave them, instead of `key` and `value`: for a source that many calls look at. */
  readonly projected?: ProjectedKeys;
  /** Give the weights, too. Default false. */
  readonly returnWeights?: boolean;
}

export const attentionCallOptions: Known<AttentionCallOptions> = {
  ...selfAttentionOptions,
  projected: 'object',
  returnWeights: 'boolean',
};

/** What attention gives. */
export interface AttentionOutput {
  /** [batch, queries, features]. */
  readonly output: Tensor;
  /**
   * How much each query looked at each key, where that was asked for: before dropout, so that rows sum to 1 (to 0 for a query that may look at no
   * key); [batch, heads, queries, keys], with a cache those of the keys that it keeps.
   */
  readonly weights: Tensor | undefined;
}
