// The lines of the test of every module: attention of several heads, layers of transformers, stacks of them, whole models, and positions.

import { type DType, tensor } from '@dl/autograd';
import { filled, type ModuleCase } from '../../layers/test/module-case.js';
import * as attention from '../src/index.js';

type More = NonNullable<ModuleCase['more']>;
type Cases = Readonly<Record<string, readonly ModuleCase[]>>;

const lengths = [2, 3];
// What is masked has weight 0, what a relu or a dropout has made 0 is multiplied as well, and 0 · NaN is NaN; the weight of a single key is 1.
const behindZeros: NonNullable<ModuleCase['reach']> = { spreads: () => true };
// What a bias adds to the scores of all keys, the softmax does not see.
const allKeysAlike: NonNullable<ModuleCase['reach']> = { spreads: (place) => place.endsWith('in_proj_bias') };
const options =
  (given: object): More =>
  () => [given];
const keysAndValues =
  (shapes: readonly (readonly number[])[], given: object): More =>
  (dtype: DType) => [...shapes.map((shape) => filled(shape, dtype)), given];

export const layerCases: Cases = {
  MultiheadAttention: [
    {
      make: (o) => new attention.MultiheadAttention(4, 2, o),
      input: [2, 3, 4],
      gives: [
        [2, 3, 4],
        [2, 2, 3, 3],
      ],
      more: () => [undefined, undefined, { returnWeights: true }],
      reach: allKeysAlike,
      prints: 'MultiheadAttention(\n  4, 2\n  (out_proj): Linear(4, 4)\n)',
    },
    {
      make: (o) =>
        new attention.MultiheadAttention(4, 4, {
          keyHeads: 2,
          headDim: 2,
          qkNorm: true,
          softcap: 2,
          dropout: 0.4,
          ...o,
        }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      more: () => [undefined, undefined, { lengths, causal: true, window: 2 }],
      reach: behindZeros,
      prints:
        'MultiheadAttention(\n  4, 4, keyHeads=2, headDim=2, dropout=0.4, qkNorm=true\n  (out_proj): Linear(8, 4)\n  (q_norm): RMSNorm(2)\n  (k_norm): RMSNorm(2)\n)',
      trainsDifferently: true,
    },
    {
      make: (o) => new attention.MultiheadAttention(4, 1, { kdim: 3, vdim: 2, bias: false, scale: 0.7, ...o }),
      input: [2, 2, 4],
      gives: [
        [2, 2, 4],
        [2, 1, 2, 3],
      ],
      more: keysAndValues(
        [
          [2, 3, 3],
          [2, 3, 2],
        ],
        { returnWeights: true },
      ),
      summarized: [
        [2, 2, 4],
        [2, 3, 3],
        [2, 3, 2],
      ],
      prints: 'MultiheadAttention(\n  4, 1, kdim=3, vdim=2, bias=false\n  (out_proj): Linear(4, 4, bias=false)\n)',
    },
  ],
  TransformerEncoderLayer: [
    {
      make: (o) =>
        new attention.TransformerEncoderLayer(4, 2, { dimFeedforward: 3, dropout: 0, activation: 'gelu', ...o }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      reach: allKeysAlike,
      prints:
        'TransformerEncoderLayer(\n  4, 2, dimFeedforward=3, dropout=0, activation=gelu\n  (self_attn): MultiheadAttention(',
      begins: true,
    },
    {
      make: (o) =>
        new attention.TransformerEncoderLayer(4, 2, {
          ...{ dimFeedforward: 3, dropout: 0.3, activation: 'swiglu', norm: 'rms', normFirst: true, bias: false },
          ...o,
        }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      more: options({ lengths }),
      reach: behindZeros,
      prints: 'TransformerEncoderLayer(\n  4, 2, dimFeedforward=3, dropout=0.3, activation=swiglu, normFirst=true\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
  TransformerDecoderLayer: [
    {
      make: (o) =>
        new attention.TransformerDecoderLayer(4, 2, { dimFeedforward: 3, dropout: 0, activation: 'geglu', ...o }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      more: keysAndValues([[2, 2, 4]], {}),
      summarized: [
        [2, 3, 4],
        [2, 2, 4],
      ],
      reach: allKeysAlike,
      prints: 'TransformerDecoderLayer(\n  4, 2, dimFeedforward=3, dropout=0, activation=geglu\n',
      begins: true,
    },
    {
      make: (o) =>
        new attention.TransformerDecoderLayer(4, 2, { dimFeedforward: 3, normFirst: true, keyHeads: 1, ...o }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      more: keysAndValues([[2, 3, 4]], { causal: true, memoryLengths: lengths }),
      summarized: [
        [2, 3, 4],
        [2, 3, 4],
      ],
      reach: behindZeros,
      prints: 'TransformerDecoderLayer(\n  4, 2, dimFeedforward=3, normFirst=true\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
  TransformerEncoder: [
    {
      make: (o) =>
        new attention.TransformerEncoder(4, 2, 2, {
          dimFeedforward: 3,
          dropout: 0,
          activation: 'silu',
          normFirst: true,
          ...o,
        }),
      input: [2, 2, 4],
      gives: [[2, 2, 4]],
      // In the second layer, what moves the bias of keys moves no bit of the result.
      reach: behindZeros,
      prints: 'TransformerEncoder(\n  2\n  (layers): ModuleList(\n    (0): TransformerEncoderLayer(',
      begins: true,
    },
  ],
  TransformerDecoder: [
    {
      make: (o) =>
        new attention.TransformerDecoder(4, 1, 2, {
          dimFeedforward: 3,
          dropout: 0.1,
          norm: 'rms',
          finalNorm: true,
          ...o,
        }),
      input: [2, 2, 4],
      gives: [[2, 2, 4]],
      more: keysAndValues([[2, 3, 4]], { causal: true, memoryLengths: lengths }),
      summarized: [
        [2, 2, 4],
        [2, 3, 4],
      ],
      reach: behindZeros,
      prints: 'TransformerDecoder(\n  2\n  (layers): ModuleList(\n    (0): TransformerDecoderLayer(',
      begins: true,
      trainsDifferently: true,
    },
  ],
};

const small = { dModel: 4, nhead: 2, dimFeedforward: 3 } as const;

export const modelCases: Cases = {
  Transformer: [
    {
      make: (o) =>
        new attention.Transformer({
          ...{ sourceVocabulary: 5, targetVocabulary: 3, numEncoderLayers: 1, numDecoderLayers: 1, dropout: 0 },
          ...small,
          ...o,
        }),
      input: [2, 3],
      indices: 5,
      gives: [[2, 2, 3]],
      more: () => [
        tensor(
          [
            [0, 1],
            [0, 2],
          ],
          { dtype: 'int32' },
        ),
        { sourceLengths: lengths },
      ],
      summarized: [
        [2, 3],
        [2, 2],
      ],
      reach: behindZeros,
      prints: 'Transformer(\n  dModel=4\n',
      begins: true,
    },
  ],
  GPT: [
    {
      make: (o) => new attention.GPT({ vocabularySize: 4, numLayers: 1, maxLength: 3, begin: 1, ...small, ...o }),
      input: [2, 3],
      indices: 4,
      gives: [[2, 3, 4]],
      reach: behindZeros,
      prints: 'GPT(\n  vocabularySize=4, maxLength=3, begin=1\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
  BERT: [
    {
      make: (o) =>
        new attention.BERT({
          ...{ vocabularySize: 4, numLayers: 1, maxLength: 3, tokenHead: false, pooler: false },
          ...small,
          ...o,
        }),
      input: [2, 3],
      indices: 4,
      gives: [[2, 3, 4]],
      more: options({ lengths }),
      reach: behindZeros,
      prints: 'BERT(\n  vocabularySize=4, maxLength=3\n',
      begins: true,
      trainsDifferently: true,
    },
  ],
};

export const positionCases: Cases = {
  SinusoidalPositions: [
    {
      make: () => new attention.SinusoidalPositions(4, { base: 100 }),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      more: options({ from: 2 }),
      prints: 'SinusoidalPositions(4, base=100)',
    },
  ],
  LearnedPositions: [
    {
      make: (o) => new attention.LearnedPositions(3, 4, o),
      input: [2, 3, 4],
      gives: [[2, 3, 4]],
      prints: 'LearnedPositions(3, 4)',
    },
  ],
};
