// SequenceGenerator: vectors that are the map to the logits as well, dropout around the network, and rows scored in pieces.

import { dropout, manualSeed, memory, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Dropout, Embedding, Linear } from '@dl/layers';
import { assertAllClose, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { GRU, GRUCell, LSTM, Recurrent, RNN, SequenceGenerator, VariationalDropout } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const tokens = tensorOf([
  [3, 1, 4, 1, 5],
  [2, 0, 5, 4, 3],
]);
function tensorOf(rows: number[][]): () => Tensor {
  return () => tensor(rows, { dtype: 'int32' });
}

test('tied: the logits are products with the vectors of the tokens', () => {
  const model = new SequenceGenerator(new GRU(4, 4), 6, { tied: true });
  const table = model.input as Embedding;
  expect(model.output.weight).toBe(table.weight);
  const { output } = model.network.forward(table.forward(tokens()));
  const logits = output.reshape([10, 4]).matmul(table.weight.transpose()).add(model.output.bias!);
  assertAllClose(model.forward(tokens()).output.reshape([10, 6]), logits, { atol: 1e-6 });
  model.loss(tokens()).backward();
  expect(model.parameters().every(({ grad }) => grad !== undefined)).toBe(true);
  // A table of a user's own stays as it is.
  const own = new Embedding(6, 4);
  const before = own.weight.toArray();
  expect(new SequenceGenerator(new GRU(3, 4), 6, { tied: true, input: own }).output.weight).toBe(own.weight);
  expect(own.weight.toArray()).toEqual(before);
});

test('tied: the table starts with variance 1 / features, so that nothing is sure from the start', () => {
  const { input } = new SequenceGenerator(new GRU(100, 100), 500, { tied: true });
  const { weight } = input as Embedding;
  expect(weight.square().mean().item()).toBeCloseTo(1 / 100, 3);
});

test.each([
  [
    'tied',
    { tied: true },
    'tied needs 6 vectors of the 4 features that the network gives out, but the table has 6 of 3',
  ],
  [
    'tied to another size',
    { tied: true, input: () => new Embedding(5, 4) },
    'tied needs 6 vectors of the 4 features that the network gives out, but the table has 5 of 4',
  ],
  ['tied to no table', { tied: true, input: () => new Linear(3, 3) }, 'tied needs an Embedding as input'],
  ['dropped too often', { dropout: 1.5 }, 'dropout is 1.5, needs a probability from 0 to 1'],
] as const)(
  '%s: refused',
  (_, { input, ...options }: { input?: () => Embedding | Linear; tied?: boolean; dropout?: number }, words) => {
    const make = (): unknown =>
      new SequenceGenerator(new GRU(3, 4), 6, { ...options, ...(input && { input: input() }) });
    expect(make).toThrow(`SequenceGenerator: ${words}`);
  },
);

test.each([false, true])('dropout, variational %s: before and behind the network, while training', (variational) => {
  const model = new SequenceGenerator(new RNN(4, 4), 6, { dropout: 0.5, variational });
  expect(model.dropout).toBeInstanceOf(variational ? VariationalDropout : Dropout);
  manualSeed(7);
  const found = model.forward(tokens()).output;
  manualSeed(7);
  const drop = (x: Tensor): Tensor => (variational ? new VariationalDropout(0.5).forward(x) : dropout(x, 0.5));
  const { output } = model.network.forward(drop(model.input.forward(tokens().reshape([10])).reshape([2, 5, 4])));
  assertAllClose(found, model.output.forward(drop(output)), { atol: 1e-6 });
  manualSeed(7);
  const shifted = model.forward(model.shifted(tokens())).output.reshape([10, 6]);
  manualSeed(7);
  assertAllClose(model.loss(tokens()), shifted.crossEntropy(tokens().reshape([10])), { atol: 1e-6 });
  // Use, and what says the next token: nothing is dropped.
  const next = model.start(1).logProbabilities as Tensor;
  const still = model.eval().forward(tensor([[0]], { dtype: 'int32' })).output;
  assertAllClose(next, still.logSoftmax(2).reshape([1, 6]), { atol: 1e-6 });
});

test.each([
  ['an RNN', () => new RNN(3, 4)],
  ['an LSTM in two layers with dropout', () => new LSTM(3, 4, { numLayers: 2, dropout: 0.5 })],
  ['a Recurrent cell', () => new Recurrent(new GRUCell(3, 4))],
] as const)('scoreRows of %s is what step after step gives', async (_, make) => {
  const model = new SequenceGenerator(make(), 6, { begin: 2, dropout: 0.3 });
  const long = Array.from({ length: 520 }, (_, i) => (i * i + 1) % 6);
  const rows = [long, [], [4, 0, 1], long.slice(0, 256)];
  const before = (await settledMemory()).buffers;
  const scores = await model.scoreRows(rows);
  expect(memory().buffers).toBe(before);
  scope(() =>
    noGrad(() => {
      for (const [i, row] of rows.entries()) {
        let next = model.start(1);
        for (const [t, token] of row.entries()) {
          expect(scores[i]![t]).toBeCloseTo((next.logProbabilities as Tensor).dataSync()[token]!, 4);
          next = model.step([token], next.state);
        }
      }
    }),
  );
  await expect(model.scoreRows([[6]])).rejects.toThrow(/6/);
});
