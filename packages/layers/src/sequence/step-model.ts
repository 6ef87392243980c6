// StepModel: the one way to ask any model of sequences what comes next, token by token.

import type { Tensor } from '@dl/autograd';

/** What may come next in each sequence of a batch, and the state in which it does. */
export interface NextToken<State> {
  /** Logarithms of the probabilities of all tokens, [batch, vocabularySize]: a tensor, or numbers on the host, row after row. */
  readonly logProbabilities: Tensor | Float32Array | Float64Array;
  /**
   * What the model makes of each sequence before its map to the logits, [batch, size], from models that have such vectors: searches compare tokens by them.
   */
  readonly representation?: Tensor | Float32Array | Float64Array | undefined;
  readonly state: State;
}

/**
 * A model that says what comes next. Recurrent networks, transformers, n-grams and functions are asked in this one way, so that whatever generates,
 * searches or scores takes any of them. Tokens are whole numbers from 0 to vocabularySize - 1, a row for each sequence of a batch.
 *
 * A state is whatever the model needs to go on; nobody else looks into it. Its tensors, in records and arrays however deep, belong like any other
 * result to the scope that is open. `step` and `read` take the state that they are given over: only the one that they return is good from
 * then on, so that a cache may grow in place. `select` leaves it as it was. {@link Decoding} keeps to all that, and keeps memory flat.
 *
 * The methods are called without recording gradients, and a model that computes otherwise in training sees to its own mode, as by {@link inMode}.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Decoding, Embedding, Linear, type StepModel } from '@dl/layers';
 * await useBackend(cpu());
 *
 * // A model without memory: the next token depends on the last one alone, and the first one is as after token 0.
 * const [table, output] = [new Embedding(5, 8), new Linear(8, 5)];
 * const model: StepModel<undefined> = {
 *   vocabularySize: 5,
 *   start: (batch) => model.step(new Array<number>(batch).fill(0), undefined),
 *   step: (tokens, state) => {
 *     const x = table.forward(tensor(Int32Array.from(tokens)));
 *     return { logProbabilities: output.forward(x).logSoftmax(1), state };
 *   },
 *   select: (state) => state,
 * };
 * const decoding = new Decoding(model, { batch: 2 });
 * decoding.step([3, 1]);
 * console.log((await decoding.logProbabilities()).length); // 10: two rows of five
 * decoding.dispose();
 * ```
 */
export interface StepModel<State = unknown> {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** How many sequences `start` begins, for a model that stands on a source, such as a sentence to translate. Others begin as many as are asked for. */
  readonly batch?: number | undefined;
  /** How many tokens a sequence may be given at most, for a model that has an end; a token that stands for the begin is not counted. Decoders stop there. */
  readonly maxTokens?: number | undefined;
  /** Begins sequences: what comes first in them. A token that stands for the begin is the model's own business. */
  start(batch: number): NextToken<State>;
  /** Goes on by a token for each sequence. Takes the state over. */
  step(tokens: ArrayLike<number>, state: State): NextToken<State>;
  /** The states of some of the sequences: in another order, once, several times or not at all. The state that is given stays good. */
  select(state: State, rows: readonly number[]): State;
  /**
   * Goes on by several tokens, as many for each sequence, in one pass: what `step` for each of them would give. For models that have such a
   * pass. Takes the state over.
   */
  read?(tokens: readonly ArrayLike<number>[], state: State): NextToken<State>;
  /**
   * The logarithm of the probability of each token of each row behind those before it in its row, in a few passes over whole pieces: what `start`, and `step` for each token,
   * would give. For models that have such passes. Rows may have any lengths, also beyond `maxTokens`: the model says then how much of what was before it looks at.
   */
  scoreRows?(rows: readonly ArrayLike<number>[]): Promise<Float64Array[]>;
  /** Frees a state that nobody needs any more, where it holds what no scope frees: tensors in objects of a class, let out by `keep`. */
  release?(state: State): void;
}
