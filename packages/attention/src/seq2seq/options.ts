// What an AttentionSeq2Seq is made of, told at a call, and gives.

import type { Known, Tensor } from '@dl/autograd';
import type { TensorModule } from '@dl/layers';
import type { InputOptions } from '@dl/rnn';
import { type PairLossOptions, pairLossOptions } from './taught.js';

/** Options of `AttentionSeq2Seq`. */
export interface AttentionSeq2SeqOptions extends InputOptions {
  /** Makes the features of a target's tokens. Default: an `Embedding`, of as many features as the decoder has room for. */
  readonly targetInput?: TensorModule;
  /** What comes first at a step: to look, and then the decoder (`bahdanau`), or the decoder, and then to look (`luong`). Default `bahdanau`. */
  readonly order?: 'bahdanau' | 'luong';
  /** Of `luong`: the decoder is also given what the step before gave out. Default false. */
  readonly inputFeeding?: boolean;
  /** Of `luong`: features of what a step gives out. Default: those of the decoder. */
  readonly attentionSize?: number;
  /** What goes into the output map is dropped with this probability while training. Default 0. */
  readonly dropout?: number;
  /** The token that stands before the first one of every target. It may be the one that ends them. Default 0. */
  readonly begin?: number;
}

export const seq2seqOptions: Known<AttentionSeq2SeqOptions> = {
  input: 'object',
  targetInput: 'object',
  order: ['bahdanau', 'luong'],
  inputFeeding: 'boolean',
  attentionSize: 'number',
  dropout: 'number',
  begin: 'number',
};

/** Options of a call of `AttentionSeq2Seq`. */
export interface AttentionSeq2SeqCallOptions {
  /** How many steps of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
  /** How many tokens of each target count, the one that ends it included. Default: all. */
  readonly targetLengths?: readonly number[];
  /** Give the alignment, too. Default false. */
  readonly returnWeights?: boolean;
}

export const callOptions: Known<AttentionSeq2SeqCallOptions> = {
  sourceLengths: 'numbers',
  targetLengths: 'numbers',
  returnWeights: 'boolean',
};

/** Options of the loss of an `AttentionSeq2Seq`. */
export interface AttentionSeq2SeqLossOptions extends PairLossOptions {
  /** How many steps of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
}

export const lossOptions: Known<AttentionSeq2SeqLossOptions> = { sourceLengths: 'numbers', ...pairLossOptions };

/** What an `AttentionSeq2Seq` gives. */
export interface AttentionSeq2SeqOutput {
  /** The logits of each token of the target, [batch, targets, vocabularySize]. */
  readonly output: Tensor;
  /** How much each step looked at each position of its source, where that was asked for: [batch, targets, sources], 0 beyond the ends. */
  readonly weights: Tensor | undefined;
}
