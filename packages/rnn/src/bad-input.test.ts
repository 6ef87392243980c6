// What networks, cells and packed sequences refuse, by message; and batches of nothing, which they take.

import { ones, randn, scope, type Tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { tensorsIn } from '../../layers/test/module-case.js';
import { networkCases } from '../test/cases.js';
import {
  ConvLSTM,
  ConvLSTMCell,
  convertUpdate,
  GRU,
  GRUCell,
  JordanRNN,
  LayerNormLSTM,
  LSTM,
  LSTMCell,
  lengthMask,
  MGU,
  pack,
  Recurrent,
  RNN,
  RNNCell,
  unpack,
  VariationalDropout,
} from './index.js';

beforeAll(() => useBackend(cpu()));

const x = (): Tensor => ones([2, 3, 4]);
const anything = (value: unknown): never => value as never;

test.each<[title: string, call: () => unknown, message: string]>([
  [
    'a step where a sequence belongs',
    () => new LSTM(4, 5).forward(ones([2, 4])),
    'LSTM: input is [2, 4], needs [batch, time, features]; whole sequences; one step at a time is what LSTMCell takes, or a time of 1',
  ],
  [
    'the same with the time first',
    () => new RNN(4, 5, { batchFirst: false }).forward(ones([4])),
    'RNN: input is [4], needs [time, batch, features]; whole sequences; one step at a time is what RNNCell takes, or a time of 1',
  ],
  [
    'a sequence where a step belongs',
    () => new GRUCell(4, 5).forward(x()),
    'GRUCell: input is [2, 3, 4], needs [batch, features]; one step; whole sequences are what GRU takes',
  ],
  [
    'an image where a sequence of images belongs',
    () => new ConvLSTM(1, 2, 3).forward(ones([2, 1, 4, 4])),
    'ConvLSTM: input is [2, 1, 4, 4], needs [batch, time, channels, height, width]; whole sequences; one step at a time is what ConvLSTMCell takes, or a time of 1',
  ],
  [
    'a step where Recurrent needs a sequence',
    () => new Recurrent(new GRUCell(4, 5)).forward(ones([2, 4])),
    'Recurrent: input is [2, 4], needs [batch, time, …], whole sequences; one step is what its cell takes',
  ],
  [
    'other features',
    () => new MGU(3, 5).forward(x()),
    'MGU: input has 4 features (shape [2, 3, 4]) but the network expects 3',
  ],
  [
    'other channels, in a cell',
    () => new ConvLSTMCell(2, 2, 3).forward(ones([1, 1, 4, 4])),
    'ConvLSTMCell: input has 1 channels (shape [1, 1, 4, 4]) but the network expects 2',
  ],
  [
    'no tensor',
    () => new RNN(4, 5).forward(anything([[[1, 2, 3, 4]]])),
    'RNN: input is [[…]], needs a Tensor; make one with tensor(...)',
  ],
  [
    'another dtype',
    () => new RNNCell(4, 5).forward(ones([2, 4], { dtype: 'float64' })),
    "RNNCell: input is float64 and the layer float32; cast the input with .cast('float32'), or make the layer with { dtype: 'float64' }",
  ],
  ['no step', () => new GRU(4, 5).forward(zeros([2, 0, 4])), 'GRU: input is [2, 0, 4], needs at least one step'],
  [
    'no step, with the time first',
    () => new GRU(4, 5, { batchFirst: false }).forward(zeros([0, 2, 4])),
    'GRU: input is [0, 2, 4], needs at least one step',
  ],
  [
    'no step for a cell',
    () => new Recurrent(new GRUCell(4, 5)).forward(zeros([2, 0, 4])),
    'Recurrent: input is [2, 0, 4], needs at least one step',
  ],
  [
    'a length beyond the padding',
    () => new LSTM(4, 5).forward(x(), { lengths: [3, 4] }),
    'LSTM: a length is 4, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'a length of 0',
    () => new JordanRNN(4, 5, 2).forward(x(), { lengths: [3, 0] }),
    'JordanRNN: a length is 0, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'half a step',
    () => new Recurrent(new GRUCell(4, 5)).forward(x(), { lengths: [1.5, 3] }),
    'Recurrent: a length is 1.5, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'too few lengths',
    () => new GRU(4, 5).forward(x(), { lengths: [3] }),
    'GRU: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    'lengths of the time, with the time first',
    () => new GRU(4, 5, { batchFirst: false }).forward(x(), { lengths: [2, 2] }),
    'GRU: 2 lengths come with a batch of 3, needs one for each sequence',
  ],
  [
    'a tensor of lengths',
    () => new GRU(4, 5).forward(x(), { lengths: anything(ones([2])) }),
    'GRU: lengths is a Tensor, needs an array of numbers',
  ],
  [
    'a state of too few layers',
    () => new RNN(4, 5, { numLayers: 2 }).forward(x(), { state: { h: zeros([1, 2, 5]) } }),
    "RNN: the state's h is [1, 2, 5], needs [2, 2, 5], [layers · directions, batch, …]",
  ],
  [
    'a state of one direction',
    () => new GRU(4, 5, { bidirectional: true }).forward(x(), { state: { h: zeros([1, 2, 5]) } }),
    "GRU: the state's h is [1, 2, 5], needs [2, 2, 5], [layers · directions, batch, …]",
  ],
  [
    'a state of another batch',
    () => new LSTM(4, 5).forward(x(), { state: { h: zeros([1, 2, 5]), c: zeros([1, 3, 5]) } }),
    "LSTM: the state's c is [1, 3, 5], needs [1, 2, 5], [layers · directions, batch, …]",
  ],
  [
    'a state of another width',
    () => new LSTM(4, 5, { projSize: 2 }).forward(x(), { state: { h: zeros([1, 2, 5]), c: zeros([1, 2, 5]) } }),
    "LSTM: the state's h is [1, 2, 5], needs [1, 2, 2], [layers · directions, batch, …]",
  ],
  [
    'a state of images of another size',
    () => {
      const state = { h: zeros([1, 1, 2, 4, 4]), c: zeros([1, 1, 2, 4, 4]) };
      return new ConvLSTM(1, 2, 3).forward(ones([1, 2, 1, 5, 5]), { state });
    },
    "ConvLSTM: the state's h is [1, 1, 2, 4, 4], needs [1, 1, 2, 5, 5], [layers · directions, batch, …]",
  ],
  [
    'a state of a cell for a network',
    () => new GRU(4, 5).forward(x(), { state: new GRUCell(4, 5).initialState(2) }),
    "GRU: the state's h is [2, 5], needs [1, 2, 5], [layers · directions, batch, …]",
  ],
  [
    'a state of a network for a cell',
    () => new GRUCell(4, 5).forward(ones([2, 4]), new GRU(4, 5).forward(x()).state),
    "GRUCell: the state's h is [1, 2, 5], needs [2, 5], [batch, …]",
  ],
  [
    'the state of an LSTM for a GRU',
    () => new GRU(4, 5).forward(x(), { state: new LSTM(4, 5).forward(x()).state }),
    'GRU: the state has { h, c }, needs { h }; it belongs to another kind of network',
  ],
  [
    'the state of a GRU for an LSTM',
    () => new LSTM(4, 5).forward(x(), { state: anything(new GRU(4, 5).forward(x()).state) }),
    'LSTM: the state has { h }, needs { h, c }; it belongs to another kind of network',
  ],
  [
    'the same for a cell',
    () => new LSTMCell(4, 5).forward(ones([2, 4]), anything({ h: zeros([2, 5]) })),
    'LSTMCell: the state has { h }, needs { h, c }; it belongs to another kind of network',
  ],
  [
    'a tensor for a state',
    () => new RNN(4, 5).forward(x(), { state: anything(zeros([1, 2, 5])) }),
    'RNN: the state is a Tensor, needs { h }, such as the state that a former call gave',
  ],
  [
    'a pair for a state',
    () => new LSTM(4, 5).forward(x(), { state: anything([zeros([1, 2, 5]), zeros([1, 2, 5])]) }),
    'LSTM: state is [a Tensor, a Tensor], needs an object',
  ],
  [
    'no object for a state of a cell',
    () => new RNNCell(4, 5).forward(ones([2, 4]), anything(7)),
    'RNNCell: the state is 7, needs { h }, such as the state that a former call gave',
  ],
  [
    'numbers in a state',
    () => new RNNCell(4, 5).forward(ones([2, 4]), anything({ h: 0 })),
    "RNNCell: the state's h is 0, needs a Tensor",
  ],
  [
    'a state of another dtype',
    () => new GRU(4, 5).forward(x(), { state: { h: zeros([1, 2, 5], { dtype: 'float64' }) } }),
    "GRU: the state's h is float64 and the network float32; cast it with .cast('float32')",
  ],
  [
    'a state of another batch, for any cell',
    () => new Recurrent(new GRUCell(4, 5)).forward(x(), { state: { h: zeros([3, 5]) } }),
    "Recurrent: the state's h is [3, 5], needs [2, …], a row for each sequence",
  ],
  [
    'a state of another kind, for any cell',
    () => new Recurrent(new GRUCell(4, 5)).forward(x(), { state: anything({ h: zeros([2, 5]), c: zeros([2, 5]) }) }),
    'GRUCell: the state has { h, c }, needs { h }; it belongs to another kind of network',
  ],
  [
    'an unknown name beside the input',
    () => new GRU(4, 5).forward(x(), anything({ h0: zeros([1, 2, 5]) })),
    'GRU: there is no option h0; it has state, lengths',
  ],
  [
    'a state where { state } belongs',
    () => new RNN(4, 5).forward(x(), anything(zeros([1, 2, 5]))),
    'RNN: after x comes a Tensor, but options go in one object: ',
  ],
  [
    'a projection as wide as what it projects',
    () => new LSTM(4, 5, { projSize: 5 }),
    'LSTM: projSize is 5 and hiddenSize 5; a projection is smaller than what it projects',
  ],
  ['a negative projection', () => new LSTM(4, 5, { projSize: -1 }), 'LSTM: projSize is -1, needs '],
  ['a hidden size of 0', () => new RNN(4, 0), 'RNN: hiddenSize is 0, needs '],
  ['half a unit in a cell', () => new GRUCell(4, 1.5), 'GRUCell: hiddenSize is 1.5, needs '],
  ['an input size of 0', () => new LSTMCell(0, 5), 'LSTMCell: inputSize is 0, needs '],
  ['no layer', () => new GRU(4, 5, { numLayers: 0 }), 'GRU: numLayers is 0, needs '],
  [
    'dropout with one layer',
    () => new GRU(4, 5, { dropout: 0.5 }),
    'GRU: dropout is 0.5, but it is between layers and there is one; put a Dropout behind the network, or set numLayers',
  ],
  [
    'a probability above 1',
    () => new RNN(4, 5, { numLayers: 2, dropout: 1.5 }),
    'RNN: dropout is 1.5, needs a probability from 0 to 1',
  ],
  [
    'a bias of a forget gate where there is none',
    () => new LSTM(4, 5, { bias: false, forgetBias: 1 }),
    'LSTM: forgetBias is 1 and bias false; leave one of the two out',
  ],
  [
    'the same in a cell',
    () => new LSTMCell(4, 5, { bias: false, forgetBias: 1 }),
    'LSTMCell: forgetBias is 1 and bias false; leave one of the two out',
  ],
  [
    'PyTorch’s spelling',
    () => new LSTM(4, 5, anything({ num_layers: 2 })),
    'LSTM: there is no option num_layers; did you mean numLayers?',
  ],
  [
    'another form',
    () => new GRU(4, 5, { reset: anything('never') }),
    "GRU: reset is 'never', needs 'after' or 'before'",
  ],
  [
    'an even filter',
    () => new ConvLSTM(1, 2, [3, 2]),
    'ConvLSTM: kernelSize is [3, 2], needs odd numbers, so that a state has the size of the image before it',
  ],
  [
    'peepholes without a size',
    () => new ConvLSTM(1, 2, 3, { peepholes: anything([4]) }),
    'ConvLSTM: peepholes is [4], needs [height, width] of the images',
  ],
  [
    'images of another size than the peepholes',
    () => new ConvLSTM(1, 2, 3, { peepholes: [4, 4] }).forward(ones([1, 2, 1, 5, 4])),
    'ConvLSTM: images are 5x4, and peepholes were made for 4x4; they have a weight for each place',
  ],
  [
    'the first state of images of no size',
    () => new ConvLSTMCell(1, 2, 3).initialState(2),
    'ConvLSTMCell: initialState got no step, needs the shape of one, [channels, height, width]',
  ],
  [
    'a layer that there is not',
    () => new LayerNormLSTM(4, 5).weightsOf(1),
    'LayerNormLSTM: there is no layer 1, the network has 1, in one direction',
  ],
  [
    'a direction that there is not',
    () => new LSTM(4, 5, { numLayers: 2 }).weightsOf(1, { reverse: true }),
    'LSTM: there is no layer 1 in reverse, the network has 2, in one direction',
  ],
  [
    'both ways, and one of them',
    () => new GRU(4, 5, { bidirectional: true, reverse: true }),
    'GRU: reverse and bidirectional are both true, and both directions have the reverse one; leave reverse out',
  ],
  [
    'the other way of a network in reverse',
    () => new GRU(4, 5, { reverse: true }).weightsOf(0, { reverse: true }),
    'GRU: there is no layer 0 in reverse, the network has 1, in one direction',
  ],
  [
    'a layer for a cell',
    () => new Recurrent(anything(new Linear(4, 5))),
    'Recurrent: the cell is a Linear, needs a module of one step with initialState(batch), such as new GRUCell(3, 5)',
  ],
  [
    'a network for a cell',
    () => new Recurrent(anything(new GRU(4, 5))),
    'Recurrent: the cell is a GRU, needs a module of one step with initialState(batch), such as new GRUCell(3, 5)',
  ],
  [
    'nothing for a cell',
    () => new Recurrent(anything(undefined)),
    'Recurrent: the cell is undefined, needs a module of one step with initialState(batch), such as new GRUCell(3, 5)',
  ],
  [
    'a step for dropout of sequences',
    () => new VariationalDropout().forward(ones([2, 4])),
    'VariationalDropout: input is [2, 4], needs [batch, time, features], whole sequences; for other shapes there is Dropout',
  ],
  ['no batch to pack', () => pack(ones([3]), [3]), 'pack: input is [3], needs [batch, time, …]'],
  [
    'a length that there is no room for, to pack',
    () => pack(x(), [4, 1]),
    'pack: a length is 4, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'rows that are missing',
    () => unpack({ ...pack(x(), [3, 1]), data: ones([3, 4]) }),
    'unpack: data is [3, 4], needs 4 rows, as many as batchSizes add up to',
  ],
  [
    'a time that is too short',
    () => unpack(pack(x(), [3, 1]), { time: 2 }),
    'unpack: time is 2, and the longest sequence has 3 steps',
  ],
  [
    'sizes that grow',
    () => unpack({ data: ones([3, 4]), batchSizes: [1, 2], order: [0] }),
    'unpack: batchSizes is [1, 2] and order [0]; needs sizes that fall from the batch on, and each row once, as pack() gives them',
  ],
  [
    'a row that comes twice',
    () => unpack({ data: ones([3, 4]), batchSizes: [2, 1], order: [0, 0] }),
    'unpack: batchSizes is [2, 1] and order [0, 0]; needs sizes that fall',
  ],
  ['a tensor to unpack', () => unpack(anything(x())), 'needs { data, batchSizes, order }, as pack() gives them'],
  [
    'a mask for a length beyond the time',
    () => lengthMask([2, 5], 4),
    'lengthMask: a length is 5, needs a whole number from 1 to 4, the steps that the padding has room for',
  ],
  ['a mask of no step', () => lengthMask([], 0), 'lengthMask: time is 0, needs '],
  [
    'weights of another network to convert',
    () => convertUpdate(new Linear(3, 3).stateDict()),
    'convertUpdate: the state has weight, and needs the names of a GRU alone, such as weight_ih_l0; give it network.stateDict()',
  ],
  [
    'weights of four gates to convert',
    () => convertUpdate(new LSTM(2, 2).stateDict()),
    'convertUpdate: weight_ih_l0 has 8 rows, needs those of three gates: r, z, n',
  ],
  ['no state to convert', () => convertUpdate(anything(7)), 'convertUpdate: state is 7, needs a stateDict() of a GRU'],
])('%s', (_, call, message) => {
  using __ = scope();
  expect(call).toThrow(message);
});

describe('a batch of 0 gives an empty result, and gradients of 0', () => {
  const networks = Object.entries(networkCases).flatMap(([name, cases]) =>
    cases.map((each, i) => [`${name} ${i}`, each] as const),
  );

  test.each(networks)('%s', (_, { make, input, gives, prints }) => {
    using _scope = scope();
    using network = make({ dtype: 'float32' });
    const [at, without] = prints.includes('batchFirst=false') ? [1, []] : [0, [{ lengths: [] }]];
    const nothing = randn(input.with(at, 0), { requiresGrad: true });
    for (const more of [[], ...without.map((each) => [each])]) {
      if (prints.startsWith('Variational') && more.length > 0) continue;
      const found = tensorsIn(network.forward(nothing, ...more));
      expect(found.map(({ shape }) => shape)).toEqual(gives.map((shape, i) => shape.with(i === 0 ? at : 1, 0)));
      found
        .map((each) => each.sum())
        .reduce((sum, each) => sum.add(each))
        .backward();
      for (const parameter of network.parameters()) expect(parameter.grad!.abs().max().item()).toBe(0);
      network.zeroGrad();
    }
  });

  test('cells, and what runs them', () => {
    using _ = scope();
    const cell = new LSTMCell(4, 5);
    expect(cell.forward(zeros([0, 4]), cell.initialState(0)).c.shape).toEqual([0, 5]);
    const { output, state } = new Recurrent(cell).forward(zeros([0, 3, 4]), { lengths: [] });
    expect([output.shape, state.h!.shape]).toEqual([
      [0, 3, 5],
      [0, 5],
    ]);
    expect(lengthMask([], 3).shape).toEqual([0, 3]);
    const packed = pack(zeros([0, 3, 4]), []);
    expect([packed.data.shape, packed.batchSizes]).toEqual([[0, 4], []]);
    expect(unpack(packed, { time: 3 }).x.shape).toEqual([0, 3, 4]);
  });
});
