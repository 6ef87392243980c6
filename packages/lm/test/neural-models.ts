// Small networks of every kind, over seven tokens.

import { GPT, RotaryPositions } from '@dl/attention';
import { type NetworkModel, RecurrentModel, WindowModel } from '../src/neural.js';

const SIZE = 7;
const gpt = { vocabularySize: SIZE, dModel: 8, nhead: 2, numLayers: 2, dimFeedforward: 16, dropout: 0.2, begin: 6 };

/** Each a name and what makes one. */
export const networks: readonly (readonly [string, () => NetworkModel])[] = [
  ['a window', () => new WindowModel({ vocabularySize: SIZE, window: 3, embeddingSize: 4, hiddenSize: 8, begin: 6 })],
  [
    'a window with direct connections and dropout',
    () =>
      new WindowModel({
        ...{ vocabularySize: SIZE, window: 1, embeddingSize: 4, hiddenSize: 8, direct: true, dropout: 0.3 },
      }),
  ],
  ['an RNN', () => new RecurrentModel({ vocabularySize: SIZE, cell: 'rnn', hiddenSize: 8, begin: 6 })],
  [
    'a tied GRU with variational dropout',
    () =>
      new RecurrentModel({
        ...{ vocabularySize: SIZE, cell: 'gru', hiddenSize: 8, tied: true, dropout: 0.3, variational: true },
      }),
  ],
  [
    'an LSTM of two layers with dropout',
    () => new RecurrentModel({ vocabularySize: SIZE, hiddenSize: 8, embeddingSize: 5, numLayers: 2, dropout: 0.3 }),
  ],
  ['a GPT', () => new GPT({ ...gpt, maxLength: 1200 })],
  [
    'a GPT with rotary positions, a window and fewer heads of keys',
    () => new GPT({ ...gpt, positions: new RotaryPositions(4), keyHeads: 1, window: 5, tied: false, norm: 'rms' }),
  ],
];
