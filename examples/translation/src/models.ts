// What translates: a small transformer, and a recurrent network with attention.

import { AttentionSeq2Seq, LuongAttention, Transformer } from '@dl/attention';
import type { Tensor } from '@dl/autograd';
import { Embedding, type Module, type StepModel } from '@dl/layers';
import { GRU } from '@dl/rnn';

/** Sentences as tokens [batch, time], of which 0 begins and ends the English ones. */
export interface Translator extends Module {
  /** The mean of -log p of the words that count. */
  loss(
    source: Tensor,
    target: Tensor,
    options: { readonly sourceLengths: number[]; readonly targetLengths: number[]; readonly labelSmoothing?: number },
  ): Tensor;
  /** What is said to these sentences, word by word. */
  from(source: Tensor, options: { readonly lengths: number[] }): StepModel;
}

/** Makes a model for so many German and English words. */
export type Make = (german: number, english: number) => Translator;

export interface TransformerSizes {
  readonly dModel: number;
  readonly heads: number;
  readonly layers: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
}

export const transformer =
  ({ dModel, heads, layers, dimFeedforward, dropout }: TransformerSizes): Make =>
  (german, english) =>
    new Transformer({
      ...{ sourceVocabulary: german, targetVocabulary: english, dModel, nhead: heads, dimFeedforward, dropout },
      ...{ numEncoderLayers: layers, numDecoderLayers: layers },
    });

/** In both directions over the German words, then a word at a time, with a look at all of them behind each (Luong et al., 2015). */
export const recurrent =
  ({ dModel, dropout }: Pick<TransformerSizes, 'dModel' | 'dropout'>): Make =>
  (german, english) =>
    new AttentionSeq2Seq(
      new GRU(dModel, dModel, { bidirectional: true }),
      new LuongAttention(dModel, 2 * dModel),
      new GRU(dModel, dModel),
      english,
      { input: new Embedding(german, dModel), order: 'luong', dropout },
    );
