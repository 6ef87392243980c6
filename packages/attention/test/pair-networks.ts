// Models of pairs of sequences and of text, for `networks.ts`.

import {
  AdditiveAttention,
  type AttentionScore,
  AttentionSeq2Seq,
  CoverageAttention,
  LocalAttention,
  LocationAwareAttention,
  LuongAttention,
  PervasiveAttention,
  PointerGenerator,
  ScaledDotProductAttention,
  TextCNN,
} from '@dl/attention';
import { crossEntropy, type DType, randint } from '@dl/autograd';
import { Embedding } from '@dl/layers';
import { GRU, LSTM } from '@dl/rnn';
import { type Kind, lengthsOf, type Sizes, tokens, VOCABULARY } from './kinds.js';

type MakeScore = (query: number, key: number, dtype: DType) => AttentionScore;

const scores: Readonly<Record<string, MakeScore>> = {
  'an additive score': (query, key, dtype) => new AdditiveAttention(query, key, 5, { dtype }),
  'a score of Luong’s, concat': (query, key, dtype) => new LuongAttention(query, key, { score: 'concat', dtype }),
  'a scaled product': (query) => new ScaledDotProductAttention(query),
  'a predictive window': (query, key, dtype) =>
    new LocalAttention(new LuongAttention(query, key, { dtype }), 2, { alignment: 'predictive' }),
  'a monotonic window': (query, key, dtype) => new LocalAttention(new LuongAttention(query, key, { dtype }), 2),
  'a score that knows where it looked': (query, key, dtype) =>
    new LocationAwareAttention(query, key, 5, { filters: 3, kernelSize: 3, dtype }),
  'a score that knows what it has covered': (query, key, dtype) => new CoverageAttention(query, key, 5, { dtype }),
};

/** Sequence to sequence by a score, in the one order or the other. */
const pairs = ([name, make]: readonly [string, MakeScore], i: number): readonly [string, Kind] => {
  const order = i % 2 === 0 ? 'bahdanau' : 'luong';
  return [
    `sequence to sequence by ${name}`,
    {
      make: ({ width }, dtype) =>
        new AttentionSeq2Seq(
          new GRU(4, width / 2, { bidirectional: true, dtype }),
          make(width, width, dtype),
          new LSTM(4 + width, width, { dtype }),
          VOCABULARY,
          { input: new Embedding(VOCABULARY, 4, { dtype }), order, ...(order === 'luong' && { inputFeeding: true }) },
        ),
      loss: (model, sizes) => (model as AttentionSeq2Seq).loss(tokens(sizes), tokens(sizes), lengthsOfBoth(sizes)),
    },
  ];
};

const lengthsOfBoth = (sizes: Sizes) => ({ sourceLengths: lengthsOf(sizes), targetLengths: lengthsOf(sizes) });

export const pairKinds: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(Object.entries(scores).map(pairs)),
  'a pointer-generator with coverage': {
    make: ({ width }, dtype) =>
      new PointerGenerator(
        new GRU(4, width / 2, { bidirectional: true, dtype }),
        new CoverageAttention(width, width, 5, { dtype }),
        new LSTM(4, width, { dtype }),
        VOCABULARY - 2, // the last two words can only be copied
      ),
    loss: (model, sizes) =>
      (model as PointerGenerator).loss(tokens(sizes), tokens(sizes), { ...lengthsOfBoth(sizes), coverageWeight: 1 }),
  },
  'pervasive attention': {
    make: (_, dtype) =>
      new PervasiveAttention(VOCABULARY, VOCABULARY, {
        ...{ embedDim: 4, numLayers: 2, growthRate: 3, pool: 'both', dtype },
      }),
    loss: (model, sizes) => (model as PervasiveAttention).loss(tokens(sizes), tokens(sizes), lengthsOfBoth(sizes)),
  },
  'a convolution over text': {
    make: (_, dtype) => new TextCNN(VOCABULARY, 4, 3, { widths: [2, 3], filters: 4, dropout: 0, dtype }),
    loss: (model, sizes) => {
      const logits = (model as TextCNN).forward(tokens(sizes), { lengths: lengthsOf(sizes) });
      return crossEntropy(logits, randint(0, 3, [sizes.batch]));
    },
  },
};
