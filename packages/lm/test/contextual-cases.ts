// The lines of the test of every module: bidirectional models, the mix of their layers, and classifiers over encoders.

import { BERT } from '@dl/attention';
import { Embedding } from '@dl/layers';
import type { ModuleCase } from '../../layers/test/module-case.js';
import * as neural from '../src/neural.js';

const lengths = [3, 2];
const withLengths: NonNullable<ModuleCase['more']> = () => [{ lengths }];
// What a relu or a dropout has made 0 is multiplied by the weights behind it, what is masked has weight 0, and 0 · NaN is NaN.
const behindZeros: NonNullable<ModuleCase['reach']> = { spreads: () => true };
// The states begin at 0, and are multiplied by the weights of forget gates and of what was remembered.
const fromZero: NonNullable<ModuleCase['reach']> = { spreads: (place) => /wards\.\d\.(weight|bias)/.test(place) };
const small = { embeddingSize: 2, dropout: 0 } as const;
const body = { numLayers: 1, tokenHead: false } as const;

export const contextualCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  BidirectionalModel: [
    {
      make: (o) => new neural.BidirectionalModel({ vocabularySize: 4, ...small, hiddenSize: 3, begin: 1, ...o }),
      input: [2, 3],
      indices: 4,
      reach: fromZero,
      gives: [
        [2, 4, 4],
        [2, 4, 4],
      ],
      prints: 'BidirectionalModel(\n  vocabularySize=4, embeddingSize=2, begin=1\n  (input): Embedding(4, 2)',
      begins: true,
    },
    {
      make: (o) =>
        new neural.BidirectionalModel({ vocabularySize: 3, ...small, numLayers: 1, tied: true, ...o, dropout: 0.3 }),
      input: [2, 3],
      indices: 3,
      gives: [
        [2, 4, 3],
        [2, 4, 3],
      ],
      reach: behindZeros,
      prints: 'BidirectionalModel(\n  vocabularySize=3, embeddingSize=2\n',
      begins: true,
      trainsDifferently: true,
    },
    {
      make: (o) =>
        new neural.BidirectionalModel({
          ...{ vocabularySize: 3, ...small, numLayers: 1 },
          characters: { numCharacters: 4, characterSize: 2, filters: { 2: 2 } },
          ...o,
        }),
      input: [2, 3, 2],
      indices: 4,
      more: withLengths,
      gives: [
        [2, 4, 3],
        [2, 4, 3],
      ],
      reach: behindZeros,
      prints: 'BidirectionalModel(\n  vocabularySize=3, embeddingSize=2\n  (input): CharacterEmbedding(\n    4, 2\n',
      begins: true,
    },
  ],
  CharacterEmbedding: [
    {
      make: (o) => new neural.CharacterEmbedding(5, 2, { characterSize: 2, filters: { 1: 1, 2: 2 }, ...o }),
      input: [3, 4],
      indices: 5,
      gives: [[3, 2]],
      reach: behindZeros,
      prints: 'CharacterEmbedding(\n  5, 2\n  (characters): Embedding(5, 2)\n',
      begins: true,
    },
  ],
  LayerMix: [
    {
      make: (o) => new neural.LayerMix(3, o),
      input: [3, 2, 2],
      gives: [[2, 2]],
      prints: 'LayerMix(3)',
    },
  ],
  ELMo: [
    {
      make: (o) =>
        new neural.ELMo(new neural.BidirectionalModel({ vocabularySize: 4, ...small, ...body, ...o }), {
          frozen: false,
        }),
      input: [2, 3],
      indices: 4,
      reach: fromZero,
      gives: [[2, 3, 4]],
      prints: 'ELMo(\n  frozen=false\n  (model): BidirectionalModel(\n',
      begins: true,
    },
  ],
  TokenClassifier: [
    {
      make: (o) => new neural.TokenClassifier(new Embedding(5, 2, o), 3, { dropout: 0 }),
      input: [2, 3],
      indices: 5,
      more: withLengths,
      gives: [[2, 3, 3]],
      prints: 'TokenClassifier(\n  (encoder): Embedding(5, 2)\n  (dropout): Dropout(p=0)\n  (output): Linear(2, 3)\n)',
    },
    {
      make: (o) =>
        new neural.TokenClassifier(
          new BERT({
            ...{ vocabularySize: 4, dModel: 2, nhead: 1, numLayers: 1, maxLength: 4, dimFeedforward: 3, dropout: 0 },
            ...{ segments: 0, pooler: false, tokenHead: false, ...o },
          }),
          2,
        ),
      input: [2, 3],
      indices: 4,
      more: withLengths,
      gives: [[2, 3, 2]],
      reach: behindZeros,
      prints: 'TokenClassifier(\n  (encoder): BERT(\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
  SequenceClassifier: (['mean', 'max', 'first', 'last', 'ends'] as const).map((pool) => ({
    make: (o) =>
      new neural.SequenceClassifier(new neural.BidirectionalModel({ vocabularySize: 4, ...small, ...body, ...o }), 2, {
        pool,
        dropout: 0,
      }),
    input: [2, 3],
    indices: 4,
    more: withLengths,
    gives: [[2, 2]],
    prints: `SequenceClassifier(\n${pool === 'mean' ? '' : `  pool=${pool}\n`}  (encoder): ELMo(\n    frozen=false\n`,
    begins: true,
  })),
};
