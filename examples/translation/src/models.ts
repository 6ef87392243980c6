// What translates: a small transformer, and a recurrent network with attention.

import { AttentionSeq2Seq, LuongAttention, Transformer } from '@dl/attention';
import type { Tensor } from '@dl/autograd';
import { Embedding, type Module, type StepModel } from '@dl/layers';
import { GRU } from '@dl/rnn';

export interface Sizes {
  readonly dModel: number;
  readonly heads: number;
  readonly layers: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
}

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

type Make = (german: number, english: number, sizes: Sizes) => Translator;

const transformer: Make = (german, english, { dModel, heads, layers, dimFeedforward, dropout }) =>
  new Transformer({
    ...{ sourceVocabulary: german, targetVocabulary: english, dModel, nhead: heads, dimFeedforward, dropout },
    ...{ numEncoderLayers: layers, numDecoderLayers: layers },
  });

/** In both directions over the German words, then a word at a time, with a look at all of them behind each (Luong et al., 2015). */
const recurrent: Make = (german, english, { dModel, dropout }) =>
  new AttentionSeq2Seq(
    new GRU(dModel, dModel, { bidirectional: true }),
    new LuongAttention(dModel, 2 * dModel),
    new GRU(dModel, dModel),
    english,
    { input: new Embedding(german, dModel), order: 'luong', dropout },
  );

const makers = { transformer, 'attention RNN': recurrent } as const;

export type ModelName = keyof typeof makers;
export const modelNames = Object.keys(makers) as ModelName[];

/** A model for so many German and English words. */
export function makeModel(name: ModelName, german: number, english: number, sizes: Sizes): Translator {
  return makers[name](german, english, sizes);
}
