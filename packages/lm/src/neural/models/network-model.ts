// What every network here is: a module, a model of what comes next, and something that can be saved.

import type { Tensor } from '@dl/autograd';
import type { Module, StepModel } from '@dl/layers';
import type { SequenceLossOptions } from '@dl/rnn';

/** A model over streams of tokens that do not end; see `stream` of a {@link NetworkModel}. */
export interface TokenStream extends Module<[inputs: Tensor, starts?: Tensor], Tensor> {
  /** All streams begin anew; in `eval()` those of the evaluation. */
  reset(): void;
}

/**
 * A network as a language model: `WindowModel`, `RecurrentModel`, `GPT` of @dl/attention, and models of your own. `loss` is what training makes small, and as a `StepModel` it is asked by
 * every decoder. A model without `stream` learns by `loss` from pieces of a text, too.
 */
export interface NetworkModel<State = unknown> extends Module, StepModel<State> {
  /** What `networkModels`, or a table of your own, calls it. */
  readonly kind: string;
  /** A value of JSON, of which that table makes its like. */
  readonly config: object;
  /** The token that stands before the first one. */
  readonly begin: number;
  /** The mean of -log p of the tokens [batch, time] (`int32`), each from those before it; before the first one stands the begin token. */
  loss(tokens: Tensor, options?: SequenceLossOptions): Tensor;
  /**
   * The same weights over streams that do not end, for truncated training: `forward(inputs, starts)` takes a piece [streams, time] of each, as `bpttLoader` of @dl/data makes them, goes on where
   * the former one ended, and gives logits [streams, time, vocabularySize]. For models with a state.
   */
  stream?(streams: number): TokenStream;
}
