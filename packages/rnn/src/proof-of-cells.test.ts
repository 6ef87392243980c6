// Cells that PyTorch lacks: step by step they give what their networks give, which formulas.test.ts holds to the formulas.

import { manualSeed, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import * as rnn from './index.js';

type Network = rnn.Stacked<rnn.States, never>;
type Cell = rnn.Cell<rnn.States, never>;

beforeAll(() => useBackend(cpu()));

const float64 = { dtype: 'float64' } as const;
const image = [1, 3, 2];
const pairs: Readonly<Record<string, () => { network: unknown; cell: unknown; step: readonly number[] }>> = {
  MGUCell: () => ({ network: new rnn.MGU(2, 3, float64), cell: new rnn.MGUCell(2, 3, float64), step: [2] }),
  LayerNormLSTMCell: () => ({
    network: new rnn.LayerNormLSTM(2, 3, { eps: 0.1, ...float64 }),
    cell: new rnn.LayerNormLSTMCell(2, 3, { eps: 0.1, ...float64 }),
    step: [2],
  }),
  JordanRNNCell: () => ({
    network: new rnn.JordanRNN(2, 4, 3, { outputNonlinearity: 'tanh', ...float64 }),
    cell: new rnn.JordanRNNCell(2, 4, 3, { outputNonlinearity: 'tanh', ...float64 }),
    step: [2],
  }),
  ConvLSTMCell: () => ({
    network: new rnn.ConvLSTM(1, 2, 3, { peepholes: [3, 2], ...float64 }),
    cell: new rnn.ConvLSTMCell(1, 2, 3, { peepholes: [3, 2], ...float64 }),
    step: image,
  }),
  LSTMCell: () => ({
    network: new rnn.LSTM(2, 3, { peepholes: true, coupled: true, ...float64 }),
    cell: new rnn.LSTMCell(2, 3, { peepholes: true, coupled: true, ...float64 }),
    step: [2],
  }),
  GRUCell: () => ({
    network: new rnn.GRU(2, 3, { reset: 'before', update: 'take', ...float64 }),
    cell: new rnn.GRUCell(2, 3, { reset: 'before', update: 'take', ...float64 }),
    step: [2],
  }),
};

test.each(Object.entries(pairs))('%s, a step at a time, gives what its network gives', (_, make) => {
  using _scope = scope();
  manualSeed(3);
  const made = make();
  const [network, cell] = [made.network as Network, made.cell as Cell];
  for (const weight of network.parameters()) weight.assign(randn(weight.shape, float64));
  cell.loadStateDict(
    Object.fromEntries(Object.entries(network.stateDict()).map(([name, value]) => [name.replace(/_l0$/, ''), value])),
  );
  expect(Object.keys(cell.weightsOf())).toEqual(Object.keys(network.weightsOf(0)));
  const x = randn([2, 4, ...made.step], float64);
  const { output, state } = network.forward(x);
  let now: rnn.States = cell.initialState(2, made.step);
  for (let t = 0; t < 4; t++) {
    now = cell.forward(x.slice([null, t]), now);
    const [given] = Object.values(now) as [Tensor];
    assertAllClose(given, output.slice([null, t]), { rtol: 1e-12, atol: 1e-14 });
  }
  for (const [key, value] of Object.entries(now)) {
    assertAllClose(value, state[key]!.slice([0]), { rtol: 1e-12, atol: 1e-14 });
  }
  // Without a state it begins with zeros, as initialState() does.
  const first = x.slice([null, 0]);
  const [without, within] = [cell.forward(first), cell.forward(first, cell.initialState(2, made.step))];
  for (const [key, value] of Object.entries(without)) expect(value.toArray()).toEqual(within[key]!.toArray());
});
