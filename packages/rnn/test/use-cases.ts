// The lines of the test of every module: the four uses of a network.

import { type Shape, tensor } from '@dl/autograd';
import { Embedding } from '@dl/layers';
import { filled, type ModuleCase } from '../../layers/test/module-case.js';
import * as rnn from '../src/index.js';

const lengths = [2, 3];
/** A state to begin with: without, recurrent weights would be multiplied by 0. */
const state =
  (shape: Shape): NonNullable<ModuleCase['more']> =>
  (dtype) => [{ state: { h: filled(shape, dtype) } }];
const stateAndLengths =
  (shape: Shape): NonNullable<ModuleCase['more']> =>
  (dtype) => [{ state: { h: filled(shape, dtype) }, lengths }];
const targets = [
  [1, 2, 0],
  [3, 0, 0],
];

export const useCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  SequenceEncoder: [
    {
      make: (o) => new rnn.SequenceEncoder(new rnn.GRU(2, 3, o), { outFeatures: 2 }),
      input: [2, 3, 2],
      gives: [[2, 2]],
      more: stateAndLengths([1, 2, 3]),
      prints: 'SequenceEncoder(\n  (network): GRU(2, 3)\n  (output): Linear(3, 2)\n)',
    },
    {
      make: (o) => new rnn.SequenceEncoder(new rnn.RNN(2, 2, { bidirectional: true, ...o }), { pool: 'mean' }),
      input: [2, 3, 2],
      gives: [[2, 4]],
      more: stateAndLengths([2, 2, 2]),
      prints: 'SequenceEncoder(\n  pool=mean\n  (network): RNN(2, 2, bidirectional=true)\n)',
    },
  ],
  SequenceTransducer: [
    {
      make: (o) => new rnn.SequenceTransducer(new rnn.GRU(2, 2, o), 3, { input: new Embedding(4, 2, o) }),
      input: [2, 3],
      indices: 4,
      gives: [
        [2, 3, 3],
        [1, 2, 2],
      ],
      more: state([1, 2, 2]),
      prints: 'SequenceTransducer(\n  (input): Embedding(4, 2)\n  (network): GRU(2, 2)\n  (output): Linear(2, 3)\n)',
    },
  ],
  SequenceGenerator: [
    {
      make: (o) => new rnn.SequenceGenerator(new rnn.RNN(2, 3, o), 4, { begin: 1 }),
      input: [2, 5],
      indices: 4,
      gives: [
        [2, 5, 4],
        [1, 2, 3],
      ],
      more: state([1, 2, 3]),
      prints:
        'SequenceGenerator(\n  vocabularySize=4, begin=1\n  (input): Embedding(4, 2)\n  (network): RNN(2, 3)\n  (output): Linear(3, 4)\n)',
    },
  ],
  EncoderDecoder: [
    {
      make: (o) =>
        new rnn.EncoderDecoder(
          new rnn.RNN(2, 2, { bidirectional: true, ...o }),
          new rnn.SequenceGenerator(new rnn.RNN(2, 3, o), 4),
        ),
      input: [2, 3, 2],
      gives: [[2, 3, 4]],
      more: () => [tensor(targets, { dtype: 'int32' }), { sourceLengths: lengths }],
      // Features and tokens.
      summarized: false,
      prints:
        'EncoderDecoder(\n  (encoder): RNN(2, 2, bidirectional=true)\n  (bridge): Bridge(\n    (h): Linear(4, 3)\n  )\n  (decoder): SequenceGenerator(\n    vocabularySize=4\n    (input): Embedding(4, 2)\n    (network): RNN(2, 3)\n    (output): Linear(3, 4)\n  )\n)',
    },
  ],
};
