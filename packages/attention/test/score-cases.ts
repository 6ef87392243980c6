// The lines of the test of every module: scores, sequence to sequence with attention, and convolutions over text.

import { type DType, tensor } from '@dl/autograd';
import { Embedding } from '@dl/layers';
import { GRU, RNN } from '@dl/rnn';
import { filled, type ModuleCase } from '../../layers/test/module-case.js';
import * as attention from '../src/index.js';

type More = NonNullable<ModuleCase['more']>;
type Cases = Readonly<Record<string, readonly ModuleCase[]>>;

const lengths = [2, 3];
// What a relu or a dropout has made 0 is multiplied as well, and 0 · NaN is NaN.
const behindZeros: NonNullable<ModuleCase['reach']> = { spreads: () => true };
// Zeros around the former weights are multiplied by the filters.
const overPadding: NonNullable<ModuleCase['reach']> = { spreads: (place) => place === 'convolution.weight' };
const targets = [
  [1, 2],
  [3, 0],
];

/** Keys of four features with values of two, and their weights. */
const looksAt =
  (given: object = {}): More =>
  (dtype: DType) => [
    filled([2, 3, 4], dtype),
    { values: filled([2, 3, 2], dtype), lengths, returnWeights: true, ...given },
  ];
const looked = {
  gives: [
    [2, 2, 2],
    [2, 2, 3],
  ],
  more: looksAt(),
};
/** The same without parts, where a summary shows all: it looks up the keys. */
const keysAlone = {
  gives: [
    [2, 2, 4],
    [2, 2, 3],
  ],
  more: (dtype: DType) => [filled([2, 3, 4], dtype), { lengths, returnWeights: true }],
};
const summarized = (queryDim: number) => [
  [2, 2, queryDim],
  [2, 3, 4],
];

export const scoreCases: Cases = {
  AdditiveAttention: [
    {
      make: (o) => new attention.AdditiveAttention(3, 4, 2, o),
      input: [2, 2, 3],
      ...looked,
      summarized: summarized(3),
      prints:
        'AdditiveAttention(\n  3, 4, 2\n  (query): Linear(3, 2, bias=false)\n  (key): Linear(4, 2)\n  (v): Linear(2, 1, bias=false)\n)',
    },
  ],
  CoverageAttention: [
    {
      make: (o) => new attention.CoverageAttention(3, 4, 2, o),
      input: [2, 2, 3],
      gives: [...looked.gives, [2, 3]],
      more: (dtype) => looksAt({ state: { coverage: filled([2, 3], dtype) } })(dtype),
      summarized: summarized(3),
      prints: 'CoverageAttention(\n  3, 4, 2\n  (query): Linear(',
      begins: true,
    },
  ],
  LuongAttention: [
    {
      make: () => new attention.LuongAttention(4, 4, { score: 'dot' }),
      input: [2, 2, 4],
      ...keysAlone,
      summarized: summarized(4),
      prints: 'LuongAttention(4, 4, score=dot)',
    },
    {
      make: (o) => new attention.LuongAttention(3, 4, o),
      input: [2, 2, 3],
      ...looked,
      summarized: summarized(3),
      prints: 'LuongAttention(\n  3, 4\n  (map): Linear(4, 3, bias=false)\n)',
    },
    {
      make: (o) => new attention.LuongAttention(3, 4, { score: 'concat', units: 2, ...o }),
      input: [2, 2, 3],
      ...looked,
      summarized: summarized(3),
      prints:
        'LuongAttention(\n  3, 4, score=concat, units=2\n  (map): Linear(7, 2, bias=false)\n  (v): Linear(2, 1, bias=false)\n)',
    },
  ],
  ScaledDotProductAttention: [
    {
      make: () => new attention.ScaledDotProductAttention(4, { dropout: 0.4 }),
      input: [2, 2, 4],
      ...keysAlone,
      summarized: summarized(4),
      reach: behindZeros,
      prints: 'ScaledDotProductAttention(4, dropout=0.4)',
      trainsDifferently: true,
    },
  ],
  LocalAttention: [
    {
      make: (o) => new attention.LocalAttention(new attention.LuongAttention(3, 4, o), 1),
      input: [2, 2, 3],
      gives: [...looked.gives, [2]],
      more: looksAt(),
      summarized: summarized(3),
      prints:
        'LocalAttention(\n  window=1\n  (score): LuongAttention(\n    3, 4\n    (map): Linear(4, 3, bias=false)\n  )\n)',
    },
    {
      make: (o) =>
        new attention.LocalAttention(new attention.LuongAttention(4, 4, { score: 'dot' }), 2, {
          alignment: 'predictive',
          units: 2,
          renormalize: false,
          ...o,
        }),
      input: [2, 2, 4],
      ...looked,
      summarized: summarized(4),
      prints: 'LocalAttention(\n  window=2, alignment=predictive, renormalize=false\n  (score): LuongAttention(',
      begins: true,
    },
  ],
  LocationAwareAttention: [
    {
      make: (o) => new attention.LocationAwareAttention(3, 4, 2, { filters: 2, kernelSize: 3, ...o }),
      input: [2, 2, 3],
      gives: [...looked.gives, [2, 3]],
      more: (dtype) => looksAt({ state: { weights: filled([2, 3], dtype) } })(dtype),
      summarized: summarized(3),
      reach: overPadding,
      prints: 'LocationAwareAttention(\n  3, 4, 2, filters=2, kernelSize=3\n  (query): Linear(',
      begins: true,
    },
  ],
};

export const pairCases: Cases = {
  AttentionSeq2Seq: [
    {
      make: (o) =>
        new attention.AttentionSeq2Seq(
          new RNN(2, 1, { bidirectional: true, ...o }),
          new attention.AdditiveAttention(3, 2, 2, o),
          new GRU(4, 3, o),
          4,
          { input: new Embedding(5, 2, o), begin: 1 },
        ),
      input: [2, 3],
      indices: 5,
      gives: [
        [2, 2, 4],
        [2, 2, 3],
      ],
      more: () => [tensor(targets, { dtype: 'int32' }), { sourceLengths: lengths, returnWeights: true }],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      prints: 'AttentionSeq2Seq(\n  vocabularySize=4, begin=1\n  (input): Embedding(5, 2)\n  (encoder): RNN(',
      begins: true,
    },
    {
      make: (o) =>
        new attention.AttentionSeq2Seq(new GRU(2, 2, o), new attention.LuongAttention(3, 2, o), new GRU(4, 3, o), 4, {
          input: new Embedding(5, 2, o),
          order: 'luong',
          inputFeeding: true,
          attentionSize: 2,
        }),
      input: [2, 3],
      indices: 5,
      gives: [[2, 2, 4]],
      more: () => [tensor(targets, { dtype: 'int32' }), { sourceLengths: lengths }],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      // Before the first step nothing was given out: zeros are fed.
      reach: { spreads: (place) => place === 'decoder.weight_ih_l0' },
      prints: 'AttentionSeq2Seq(\n  vocabularySize=4, order=luong, inputFeeding=true\n  (input): Embedding(5, 2)\n',
      begins: true,
    },
  ],
  PointerGenerator: [
    {
      make: (o) =>
        new attention.PointerGenerator(
          new RNN(2, 1, { bidirectional: true, ...o }),
          new attention.AdditiveAttention(3, 2, 2, o),
          new GRU(2, 3, o),
          4,
          { begin: 1, unknown: 2 },
        ),
      input: [2, 3],
      indices: 5,
      gives: [
        [2, 2, 5],
        [2, 2],
        [2, 2, 3],
      ],
      more: () => [
        tensor(targets, { dtype: 'int32' }),
        { sourceLengths: lengths, extendedSize: 5, returnWeights: true },
      ],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      prints: 'PointerGenerator(\n  vocabularySize=4, begin=1, unknown=2\n  (embedding): Embedding(4, 2)\n',
      begins: true,
    },
    {
      make: (o) =>
        new attention.PointerGenerator(
          new GRU(2, 2, o),
          new attention.CoverageAttention(3, 2, 2, o),
          new RNN(2, 3, o),
          4,
          { dropout: 0.4, attentionSize: 6 },
        ),
      input: [2, 3],
      indices: 4,
      gives: [
        [2, 2, 4],
        [2, 2],
      ],
      more: () => [tensor(targets, { dtype: 'int32' }), { sourceLengths: lengths }],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      // Before the first step nothing is covered, and what is dropped is multiplied by 0.
      reach: { spreads: () => true },
      prints: 'PointerGenerator(\n  vocabularySize=4\n  (embedding): Embedding(4, 2)\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
  PervasiveAttention: [
    {
      make: (o) =>
        new attention.PervasiveAttention(5, 4, { embedDim: 2, numLayers: 2, growthRate: 2, pool: 'both', ...o }),
      input: [2, 3],
      indices: 5,
      gives: [[2, 2, 4]],
      more: () => [tensor(targets, { dtype: 'int32' }), { sourceLengths: lengths }],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      reach: behindZeros,
      prints: 'PervasiveAttention(\n  vocabularySize=4, pool=both\n  (sourceInput): Embedding(5, 2)\n',
      begins: true,
    },
  ],
  TextCNN: [
    {
      make: (o) => new attention.TextCNN(5, 3, 2, { widths: [1, 2], filters: 6, dropout: 0.2, ...o }),
      input: [2, 4],
      indices: 5,
      gives: [[2, 2]],
      more: () => [{ lengths: [4, 2] }],
      reach: behindZeros,
      prints: 'TextCNN(\n  widths=[1, 2]\n  (trained): Embedding(5, 3)\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
};
