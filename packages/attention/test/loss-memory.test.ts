// A loss leaves nothing but itself, also where nobody has opened a scope.

import { memory, noGrad, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding } from '@dl/layers';
import { GRU } from '@dl/rnn';
import { beforeAll, expect, test } from 'vitest';
import {
  AdditiveAttention,
  AttentionSeq2Seq,
  CoverageAttention,
  GPT,
  PervasiveAttention,
  PointerGenerator,
  Transformer,
} from '../src/index.js';

beforeAll(() => useBackend(cpu()));

type Loss = (source: Tensor, target: Tensor) => Tensor;

const transformer = { dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8 } as const;

const losses: readonly (readonly [string, () => Loss])[] = [
  [
    'Transformer',
    () => {
      const model = new Transformer({ sourceVocabulary: 5, ...transformer });
      return (source, target) => model.loss(source, target, { sourceLengths: [3, 2], targetLengths: [3, 1] });
    },
  ],
  [
    'GPT',
    () => {
      const model = new GPT({ vocabularySize: 5, dModel: 8, nhead: 2, numLayers: 1, maxLength: 4 });
      return (_, target) => model.loss(target, { lengths: [3, 1] });
    },
  ],
  [
    'AttentionSeq2Seq',
    () => {
      const [input, score] = [new Embedding(5, 8), new AdditiveAttention(8, 8, 4)];
      const model = new AttentionSeq2Seq(new GRU(8, 8), score, new GRU(16, 8), 5, { input });
      return (source, target) => model.loss(source, target, { sourceLengths: [3, 2], targetLengths: [3, 1] });
    },
  ],
  [
    'PervasiveAttention',
    () => {
      const model = new PervasiveAttention(5, 5, { embedDim: 4, numLayers: 2, growthRate: 4 });
      return (source, target) => model.loss(source, target, { sourceLengths: [3, 2], targetLengths: [3, 1] });
    },
  ],
  [
    'PointerGenerator',
    () => {
      const model = new PointerGenerator(new GRU(8, 8), new CoverageAttention(8, 8, 4), new GRU(8, 8), 4);
      const options = { sourceLengths: [3, 2], targetLengths: [3, 1], coverageWeight: 1 };
      return (source, target) => model.loss(source, target, options);
    },
  ],
];

test.each(losses)('%s', (_, make) => {
  const loss = make();
  const [source, target] = [
    tensor(
      [
        [1, 2, 3],
        [4, 1, 0],
      ],
      { dtype: 'int32' },
    ),
    tensor(
      [
        [2, 1, 0],
        [0, 0, 0],
      ],
      { dtype: 'int32' },
    ),
  ];
  const before = memory().buffers;
  const found = noGrad(() => loss(source, target));
  expect(memory().buffers).toBe(before + 1);
  found.dispose();
});
