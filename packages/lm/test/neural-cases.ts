// The lines of the test of every module of @dl/lm/neural. A new one gets a line here.

import { tensor } from '@dl/autograd';
import type { ModuleCase } from '../../layers/test/module-case.js';
import * as neural from '../src/neural.js';

const starts = (): readonly unknown[] => [tensor([true, true])];

export const neuralCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  WindowModel: [
    {
      make: (o) =>
        new neural.WindowModel({ vocabularySize: 4, window: 2, embeddingSize: 2, hiddenSize: 3, begin: 1, ...o }),
      input: [2, 3],
      indices: 4,
      gives: [[2, 3, 4]],
      prints:
        'WindowModel(\n  vocabularySize=4, window=2, begin=1\n  (embedding): Embedding(4, 2)\n  (hidden): Linear(4, 3)\n  (output): Linear(3, 4)\n)',
    },
    {
      make: (o) =>
        new neural.WindowModel({
          ...{ vocabularySize: 3, window: 3, embeddingSize: 2, hiddenSize: 2, direct: true, dropout: 0.4 },
          ...o,
        }),
      input: [2, 4],
      indices: 3,
      gives: [[2, 4, 3]],
      prints: 'WindowModel(\n  vocabularySize=3, window=3\n  (embedding): Embedding(3, 2)\n',
      begins: true,
      // What is dropped is multiplied as well, as 0, and 0 · NaN is NaN.
      reach: { spreads: () => true },
      trainsDifferently: true,
    },
  ],
  RecurrentModel: [
    {
      make: (o) => new neural.RecurrentModel({ vocabularySize: 4, cell: 'gru', hiddenSize: 3, embeddingSize: 2, ...o }),
      input: [2, 3],
      indices: 4,
      gives: [
        [2, 3, 4],
        [1, 2, 3],
      ],
      more: (dtype) => [
        {
          state: {
            h: tensor(
              [
                [
                  [0.3, -0.2, 0.5],
                  [0.1, 0.4, -0.6],
                ],
              ],
              { dtype },
            ),
          },
        },
      ],
      prints:
        'RecurrentModel(\n  vocabularySize=4\n  (input): Embedding(4, 2)\n  (network): GRU(2, 3)\n  (output): Linear(3, 4)\n)',
    },
    {
      make: (o) =>
        new neural.RecurrentModel({
          ...{ vocabularySize: 4, cell: 'rnn', hiddenSize: 3, tied: true, dropout: 0.3, variational: true },
          ...o,
        }),
      input: [2, 3],
      indices: 4,
      gives: [
        [2, 3, 4],
        [1, 2, 3],
      ],
      more: (dtype) => [
        {
          state: {
            h: tensor(
              [
                [
                  [0.3, -0.2, 0.5],
                  [0.1, 0.4, -0.6],
                ],
              ],
              { dtype },
            ),
          },
        },
      ],
      prints:
        'RecurrentModel(\n  vocabularySize=4\n  (input): Embedding(4, 3)\n  (network): RNN(3, 3)\n  (output): Linear(3, 4)\n  (dropout): VariationalDropout(p=0.3)\n)',
      // What is dropped is multiplied as well, as 0, and 0 · NaN is NaN.
      reach: { spreads: () => true },
      trainsDifferently: true,
    },
  ],
  RecurrentStream: [
    {
      make: (o) =>
        new neural.RecurrentModel({ vocabularySize: 4, cell: 'gru', hiddenSize: 2, embeddingSize: 3, ...o }).stream(2),
      input: [2, 3],
      indices: 4,
      // All streams begin with each piece: the test asks for the same outputs of the same input.
      more: starts,
      // What they begin with is 0, and NaN · 0 is NaN.
      reach: { spreads: (place) => place === 'memory.network.weight_hh_l0' },
      // The state that it began with, which a checkpoint goes back to, and what is before and behind it.
      leaves: 3,
      summarized: false,
      gives: [[2, 3, 4]],
      prints:
        'RecurrentStream(\n  (input): Embedding(4, 3)\n  (memory): Stateful(\n    streams=2\n    (network): GRU(3, 2)\n  )\n  (output): Linear(2, 4)\n)',
    },
  ],
};
