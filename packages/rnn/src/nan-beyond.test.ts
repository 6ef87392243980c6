// What stands beyond the end of a sequence, NaN even, reaches nothing: no output, no state, and no gradient, of networks and of any cell.

import { manualSeed, randn, scope, type Tensor, tensor, useBackend, where, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Module } from '@dl/layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { tensorsIn } from '../../layers/test/module-case.js';
import * as rnn from './index.js';

/** A cell that would spread what a mask of zeros leaves: everything is divided, and a batch is compared with itself. */
class HostileCell extends Module<[x: Tensor, state?: { readonly h: Tensor }], { readonly h: Tensor }> {
  readonly from = new Linear(2, 2);

  forward(x: Tensor, state = this.initialState(x.shape[0]!)) {
    return { h: this.from.forward(x).add(state.h).div(x.abs().add(state.h.abs()).sum(0)) };
  }

  initialState(batch: number) {
    return { h: zeros([batch, 2]) };
  }
}

const networks: Readonly<Record<string, () => Module>> = {
  RNN: () => new rnn.RNN(2, 2, { bidirectional: true }),
  LSTM: () => new rnn.LSTM(2, 2, { numLayers: 2, bidirectional: true, peepholes: true, residual: true }),
  'LSTM with a projection': () => new rnn.LSTM(2, 3, { projSize: 2 }),
  GRU: () => new rnn.GRU(2, 2, { numLayers: 2, bidirectional: true, dropout: 0.3, variational: true }),
  MGU: () => new rnn.MGU(2, 2, { bidirectional: true }),
  LayerNormLSTM: () => new rnn.LayerNormLSTM(2, 2, { bidirectional: true }),
  JordanRNN: () => new rnn.JordanRNN(2, 3, 2, { bidirectional: true }),
  'a cell of the package': () => new rnn.Recurrent(new rnn.GRUCell(2, 2)),
  'a cell of one’s own': () => new rnn.Recurrent(new HostileCell()),
  'a cell of one’s own, backwards': () => new rnn.Recurrent(new HostileCell(), { reverse: true }),
};

const lengths = [2, 4, 1];

describe.each(['wasm', 'typescript', 'other ops'] as const)('by %s', (how) => {
  beforeAll(async () => {
    const backend = cpu(how === 'other ops' ? {} : { engine: how });
    await useBackend(backend);
    if (how !== 'other ops') return;
    for (const op of backend.kernels.keys()) if (/Sequence/.test(op.name)) backend.kernels.delete(op);
  });

  test.each(Object.entries(networks))('%s', (_, make) => {
    using _scope = scope();
    manualSeed(9);
    using network = make();
    const values = randn([3, 4, 2]);
    const mask = rnn.lengthMask(lengths, 4).unsqueeze(2);
    const results = [0, Number.NaN, Number.POSITIVE_INFINITY].map((filler) => {
      const x = where(mask, values, tensor(filler));
      x.requiresGrad = true;
      manualSeed(1); // for what is dropped
      const found = tensorsIn(network.forward(x, { lengths }));
      const total = found.map((each, i) => (i === 0 ? where(mask, each, 0) : each).sum());
      total.reduce((sum, each) => sum.add(each)).backward();
      const gradients = [x, ...network.parameters()].map(({ grad }) => grad!.toArray());
      network.zeroGrad();
      return [...found.map((each) => each.toArray()), ...gradients];
    });
    expect(results[0]!.flat(9).every(Number.isFinite)).toBe(true);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(
      where(mask, 0, tensorsIn(network.forward(values, { lengths }))[0]!)
        .abs()
        .max()
        .item(),
    ).toBe(0);
  });
});
