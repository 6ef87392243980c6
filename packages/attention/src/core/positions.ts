// What a way of telling attention where queries and keys stand has to give.

import type { Tensor } from '@dl/autograd';
import type { Module } from '@dl/layers';

/** Where the queries of a call stand among its keys: query i at key i + offset. */
export interface Place {
  readonly queries: number;
  readonly keys: number;
  readonly offset: number;
}

/**
 * How attention knows where queries and keys stand: a module with one or more of three methods. `RotaryPositions`, `ALiBiPositions`, `RelativeBias` and
 * `RelativePositions` are such; the option `positions` of `MultiheadAttention`, and of all that is made of it, takes one.
 */
export interface AttentionPositions extends Module<readonly [], never> {
  /** Turns queries or keys [batch, heads, length, headDim] by their positions, before the scores; `from` is the position of the first. */
  rotate?(x: Tensor, from: number): Tensor;
  /** What is added to the scores of queries [batch, heads, queries, headDim]; it broadcasts to [batch, heads, queries, keys]. */
  bias?(q: Tensor, place: Place): Tensor | undefined;
  /** What is added to the result: from the weights [batch, heads, queries, keys], as they are after dropout, [batch, heads, queries, headDim]. */
  values?(weights: Tensor, place: Place): Tensor;
}
