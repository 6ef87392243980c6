// What a PointerGenerator is made of, told at a call, goes on from, and gives.

import type { Known, Tensor } from '@dl/autograd';
import type { TensorModule } from '@dl/layers';
import type { AttentionSeq2SeqState } from './decoded.js';

/** Options of `PointerGenerator`. */
export interface PointerGeneratorOptions {
  /** Makes the features of tokens, of source and target alike. Default: an `Embedding`, of as many features as encoder and decoder take. */
  readonly embedding?: TensorModule;
  /** Features between the two maps to the logits. Default: those of the decoder. */
  readonly attentionSize?: number;
  /** What goes into the last map to the logits is dropped with this probability while training. Default 0. */
  readonly dropout?: number;
  /** The token that stands before the first one of every target. It may be the one that ends them. Default 0. */
  readonly begin?: number;
  /** The token that stands for every word beyond the vocabulary, where one is read. Default 1. */
  readonly unknown?: number;
}

export const pointerOptions: Known<PointerGeneratorOptions> = {
  embedding: 'object',
  attentionSize: 'number',
  dropout: 'number',
  begin: 'number',
  unknown: 'number',
};

/** What a `PointerGenerator` is told of sources that it is to say something to. */
export interface PointerGeneratorSourceOptions {
  /** How many words of each source count. Default: all. */
  readonly lengths?: readonly number[];
  /** How many tokens there are with those beyond the vocabulary: the largest one of all sources + 1. Default: none is beyond. */
  readonly extendedSize?: number;
}

export const pointerSourceOptions: Known<PointerGeneratorSourceOptions> = {
  lengths: 'numbers',
  extendedSize: 'number',
};

interface PairLengths {
  /** How many words of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
  /** How many tokens of each target count, the one that ends it included. Default: all. */
  readonly targetLengths?: readonly number[];
}

const pairLengths: Known<PairLengths> = { sourceLengths: 'numbers', targetLengths: 'numbers' };

/** Options of a call of `PointerGenerator`. */
export interface PointerGeneratorCallOptions extends PairLengths {
  /** How many tokens there are with those beyond the vocabulary: the largest one of all sources + 1. Default: none is beyond. */
  readonly extendedSize?: number;
  /** Give the alignment, too. Default false. */
  readonly returnWeights?: boolean;
}

export const pointerCallOptions: Known<PointerGeneratorCallOptions> = {
  ...pairLengths,
  extendedSize: 'number',
  returnWeights: 'boolean',
};

/** Options of the loss of a `PointerGenerator`. */
export interface PointerGeneratorLossOptions extends PairLengths {
  /** λ, how much it costs to look where the steps before have looked. Default 0. */
  readonly coverageWeight?: number;
  /** `mean` over the tokens that count (default), or their `sum`. */
  readonly reduction?: 'mean' | 'sum';
}

export const pointerLossOptions: Known<PointerGeneratorLossOptions> = {
  ...pairLengths,
  coverageWeight: 'number',
  reduction: ['mean', 'sum'],
};

/** What a `PointerGenerator` gives. */
export interface PointerGeneratorOutput {
  /** P of each word at each step of the target, [batch, targets, extendedSize]: 0 for words beyond the vocabulary that are not in the source. */
  readonly probabilities: Tensor;
  /** The probability with which a step generates its word, and does not copy it: [batch, targets]. */
  readonly pGen: Tensor;
  /** How much each step looked at each position of its source, where that was asked for: [batch, targets, sources], 0 beyond the ends. */
  readonly weights: Tensor | undefined;
}

/** What a `PointerGenerator` goes on from. */
export interface PointerGeneratorState extends AttentionSeq2SeqState {
  /** The tokens of the source, which may be copied, [batch, sources]. */
  readonly words: Tensor;
}
