// What translates: a small transformer.

import { Transformer } from '@dl/attention';

export interface Sizes {
  readonly dModel: number;
  readonly heads: number;
  readonly layers: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
}

export type Translator = Transformer;

const makers = {
  transformer: (german: number, english: number, { dModel, heads, layers, dimFeedforward, dropout }: Sizes): Translator =>
    new Transformer({
      ...{ sourceVocabulary: german, targetVocabulary: english, dModel, nhead: heads, dimFeedforward, dropout },
      ...{ numEncoderLayers: layers, numDecoderLayers: layers },
    }),
} as const;

export type ModelName = keyof typeof makers;
export const modelNames = Object.keys(makers) as ModelName[];

/** A model for so many German and English words, of which 0 begins and ends a sentence. */
export function makeModel(name: ModelName, german: number, english: number, sizes: Sizes): Translator {
  return makers[name](german, english, sizes);
}
