// The lines of the test of every module: networks, cells, and what runs them.

import type { DType, Shape } from '@dl/autograd';
import { filled, type ModuleCase } from '../../layers/test/module-case.js';
import * as rnn from '../src/index.js';

type Shapes = Readonly<Record<string, Shape>>;

const statesOf = (shapes: Shapes, dtype: DType) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, filled(shape, dtype)]));
/** States to begin with: without, recurrent weights would be multiplied by 0. */
const state =
  (shapes: Shapes, lengths?: readonly number[]): NonNullable<ModuleCase['more']> =>
  (dtype) => [{ state: statesOf(shapes, dtype), ...(lengths && { lengths }) }];
const cellState =
  (shapes: Shapes): NonNullable<ModuleCase['more']> =>
  (dtype) => [statesOf(shapes, dtype)];
const lengths = [2, 3];
// Zeros around the images are multiplied by the filters, and NaN · 0 is NaN, as in PyTorch.
const overPadding: NonNullable<ModuleCase['reach']> = { spreads: (place) => place.startsWith('weight') };
// What a relu or a dropout has made 0 is multiplied by the weights behind it, and by their gradients.
const behindZeros: NonNullable<ModuleCase['reach']> = { spreads: () => true };

export const networkCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  RNN: [
    {
      make: (o) => new rnn.RNN(2, 3, o),
      input: [2, 3, 2],
      gives: [
        [2, 3, 3],
        [1, 2, 3],
      ],
      more: state({ h: [1, 2, 3] }),
      prints: 'RNN(2, 3)',
    },
    {
      make: (o) => new rnn.RNN(2, 3, { numLayers: 2, dropout: 0.2, nonlinearity: 'relu', bias: false, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 3],
        [2, 2, 3],
      ],
      more: state({ h: [2, 2, 3] }, lengths),
      reach: behindZeros,
      prints: 'RNN(2, 3, numLayers=2, bias=false, dropout=0.2, nonlinearity=relu)',
      trainsDifferently: true,
    },
  ],
  LSTM: [
    {
      make: (o) => new rnn.LSTM(2, 2, { bidirectional: true, peepholes: true, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 4],
        [2, 2, 2],
        [2, 2, 2],
      ],
      more: state({ h: [2, 2, 2], c: [2, 2, 2] }, lengths),
      prints: 'LSTM(2, 2, bidirectional=true, peepholes=true)',
    },
    {
      make: (o) => new rnn.LSTM(2, 3, { projSize: 2, coupled: true, peepholes: true, batchFirst: false, ...o }),
      input: [3, 2, 2],
      gives: [
        [3, 2, 2],
        [1, 2, 2],
        [1, 2, 3],
      ],
      more: state({ h: [1, 2, 2], c: [1, 2, 3] }),
      prints: 'LSTM(2, 3, batchFirst=false, projSize=2, peepholes=true, coupled=true)',
    },
    {
      make: (o) =>
        new rnn.LSTM(2, 2, { numLayers: 2, dropout: 0.4, variational: true, residual: true, forgetBias: 1, ...o }),
      input: [3, 2, 2],
      gives: [
        [3, 2, 2],
        [2, 3, 2],
        [2, 3, 2],
      ],
      more: state({ h: [2, 3, 2], c: [2, 3, 2] }),
      reach: behindZeros,
      prints: 'LSTM(2, 2, numLayers=2, dropout=0.4, variational=true, residual=true)',
      trainsDifferently: true,
    },
  ],
  GRU: [
    {
      make: (o) => new rnn.GRU(2, 2, { numLayers: 2, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 2],
        [2, 2, 2],
      ],
      more: state({ h: [2, 2, 2] }, lengths),
      prints: 'GRU(2, 2, numLayers=2)',
    },
    {
      make: (o) => new rnn.GRU(2, 2, { reverse: true, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 2],
        [1, 2, 2],
      ],
      more: state({ h: [1, 2, 2] }, lengths),
      prints: 'GRU(2, 2, reverse=true)',
    },
    {
      make: (o) => new rnn.GRU(2, 2, { reset: 'before', update: 'take', ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 2],
        [1, 2, 2],
      ],
      more: state({ h: [1, 2, 2] }),
      prints: 'GRU(2, 2, reset=before, update=take)',
    },
  ],
  MGU: [
    {
      make: (o) => new rnn.MGU(2, 2, { bidirectional: true, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 4],
        [2, 2, 2],
      ],
      more: state({ h: [2, 2, 2] }, lengths),
      prints: 'MGU(2, 2, bidirectional=true)',
    },
  ],
  // Two numbers would be ±1, whatever they are.
  LayerNormLSTM: [
    {
      make: (o) => new rnn.LayerNormLSTM(2, 3, { bidirectional: true, eps: 0.1, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 6],
        [2, 2, 3],
        [2, 2, 3],
      ],
      more: state({ h: [2, 2, 3], c: [2, 2, 3] }, lengths),
      prints: 'LayerNormLSTM(2, 3, bidirectional=true, eps=0.1)',
    },
  ],
  JordanRNN: [
    {
      make: (o) => new rnn.JordanRNN(2, 3, 1, { numLayers: 2, ...o }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 1],
        [2, 2, 1],
      ],
      more: state({ y: [2, 2, 1] }, lengths),
      prints: 'JordanRNN(2, 3, 1, numLayers=2)',
    },
    {
      make: (o) =>
        new rnn.JordanRNN(1, 2, 2, { nonlinearity: 'sigmoid', outputNonlinearity: 'tanh', bias: false, ...o }),
      input: [2, 2, 1],
      gives: [
        [2, 2, 2],
        [1, 2, 2],
      ],
      more: state({ y: [1, 2, 2] }),
      prints: 'JordanRNN(1, 2, 2, bias=false, nonlinearity=sigmoid, outputNonlinearity=tanh)',
    },
  ],
  ConvLSTM: [
    {
      make: (o) => new rnn.ConvLSTM(1, 1, [3, 1], { peepholes: [2, 1], ...o }),
      input: [2, 2, 1, 2, 1],
      gives: [
        [2, 2, 1, 2, 1],
        [1, 2, 1, 2, 1],
        [1, 2, 1, 2, 1],
      ],
      more: state({ h: [1, 2, 1, 2, 1], c: [1, 2, 1, 2, 1] }, [2, 1]),
      reach: overPadding,
      prints: 'ConvLSTM(1, 1, kernelSize=[3, 1], peepholes=[2, 1])',
    },
  ],
  VariationalDropout: [
    {
      make: () => new rnn.VariationalDropout(0.5),
      input: [3, 2, 4],
      gives: [[3, 2, 4]],
      prints: 'VariationalDropout(p=0.5)',
      trainsDifferently: true,
    },
  ],
};

export const cellCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  RNNCell: [
    {
      make: (o) => new rnn.RNNCell(2, 3, { nonlinearity: 'relu', ...o }),
      input: [4, 2],
      gives: [[4, 3]],
      more: cellState({ h: [4, 3] }),
      reach: behindZeros,
      prints: 'RNNCell(2, 3, nonlinearity=relu)',
    },
  ],
  LSTMCell: [
    {
      make: (o) => new rnn.LSTMCell(2, 2, { peepholes: true, bias: false, ...o }),
      input: [2, 2],
      gives: [
        [2, 2],
        [2, 2],
      ],
      more: cellState({ h: [2, 2], c: [2, 2] }),
      prints: 'LSTMCell(2, 2, bias=false, peepholes=true)',
    },
  ],
  GRUCell: [
    {
      make: (o) => new rnn.GRUCell(2, 2, o),
      input: [2, 2],
      gives: [[2, 2]],
      more: cellState({ h: [2, 2] }),
      prints: 'GRUCell(2, 2)',
    },
    {
      make: (o) => new rnn.GRUCell(2, 2, { reset: 'before', ...o }),
      input: [2, 2],
      gives: [[2, 2]],
      more: cellState({ h: [2, 2] }),
      prints: 'GRUCell(2, 2, reset=before)',
    },
  ],
  MGUCell: [
    {
      make: (o) => new rnn.MGUCell(2, 2, o),
      input: [2, 2],
      gives: [[2, 2]],
      more: cellState({ h: [2, 2] }),
      prints: 'MGUCell(2, 2)',
    },
  ],
  LayerNormLSTMCell: [
    {
      make: (o) => new rnn.LayerNormLSTMCell(2, 3, o),
      input: [2, 2],
      gives: [
        [2, 3],
        [2, 3],
      ],
      more: cellState({ h: [2, 3], c: [2, 3] }),
      prints: 'LayerNormLSTMCell(2, 3)',
    },
  ],
  JordanRNNCell: [
    {
      make: (o) => new rnn.JordanRNNCell(2, 2, 1, o),
      input: [2, 2],
      gives: [[2, 1]],
      more: cellState({ y: [2, 1] }),
      prints: 'JordanRNNCell(2, 2, 1)',
    },
  ],
  ConvLSTMCell: [
    {
      make: (o) => new rnn.ConvLSTMCell(1, 1, 3, o),
      input: [1, 1, 2, 2],
      gives: [
        [1, 1, 2, 2],
        [1, 1, 2, 2],
      ],
      more: cellState({ h: [1, 1, 2, 2], c: [1, 1, 2, 2] }),
      reach: overPadding,
      prints: 'ConvLSTMCell(1, 1, kernelSize=3)',
    },
  ],
  Recurrent: [
    {
      make: (o) => new rnn.Recurrent(new rnn.LSTMCell(2, 2, o)),
      input: [2, 3, 2],
      gives: [
        [2, 3, 2],
        [2, 2],
        [2, 2],
      ],
      more: state({ h: [2, 2], c: [2, 2] }, lengths),
      prints: 'Recurrent(\n  (cell): LSTMCell(2, 2)\n)',
    },
    {
      make: (o) => new rnn.Recurrent(new rnn.GRUCell(2, 2, o), { reverse: true }),
      input: [2, 3, 2],
      gives: [
        [2, 3, 2],
        [2, 2],
      ],
      more: state({ h: [2, 2] }, lengths),
      prints: 'Recurrent(\n  reverse=true\n  (cell): GRUCell(2, 2)\n)',
    },
  ],
};

export const structuredCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  CRF: [
    {
      make: (o) => new rnn.CRF(3, o),
      input: [2, 3, 3],
      gives: [[2, 3, 3]],
      more: () => [{ lengths }],
      prints: 'CRF(3)',
    },
    {
      make: (o) => new rnn.CRF(3, { allowed: (from, to) => !(from === 1 && to === 2), ...o }),
      input: [2, 3, 3],
      gives: [[2, 3, 3]],
      more: () => [{ lengths }],
      prints: 'CRF(3, allowed=…)',
    },
  ],
};
