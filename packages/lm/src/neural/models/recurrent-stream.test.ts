// RecurrentStream: pieces go on where the former ones ended, gradients stop in between, and its weights are those of the model.

import { manualSeed, memory, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { type LSTM, VariationalDropout } from '@dl/rnn';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type RecurrentCellName, RecurrentModel, RecurrentStream } from '../../neural.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const rows = [
  [1, 4, 2, 0, 3, 3, 1, 2, 4],
  [0, 0, 3, 1, 4, 2, 2, 1, 0],
];
const piece = (from: number, to: number): Tensor =>
  tensor(
    rows.map((row) => row.slice(from, to)),
    { dtype: 'int32' },
  );
const small = { vocabularySize: 5, hiddenSize: 4, embeddingSize: 3 };

test.each<RecurrentCellName>(['rnn', 'gru', 'lstm'])(
  'pieces of streams are what the whole is, and starts begin anew: %s',
  (cell) => {
    const model = new RecurrentModel({ ...small, cell, numLayers: 2 });
    const stream = model.stream(2);
    const whole = model.forward(piece(0, 9)).output;
    const found = [
      [0, 4],
      [4, 5],
      [5, 9],
    ].map(([from, to]) => [from!, to!, stream.forward(piece(from!, to!))] as const);
    for (const [from, to, logits] of found) assertAllClose(logits, whole.slice([null, [from, to]]), { atol: 1e-6 });
    // The second stream begins anew, the first one goes on.
    const next = stream.forward(piece(0, 3), tensor([false, true]));
    const state = model.forward(piece(0, 9)).state;
    assertAllClose(next.slice([0]), model.forward(piece(0, 3), { state }).output.slice([0]), { atol: 1e-6 });
    assertAllClose(next.slice([1]), whole.slice([1, [0, 3]]), { atol: 1e-6 });
  },
);

test('its parameters are those of the model, and the state is saved with them', () => {
  const model = new RecurrentModel({ ...small, embeddingSize: 4, cell: 'gru', tied: true });
  const stream = model.stream(2);
  expect(new Set(stream.parameters())).toEqual(new Set(model.parameters()));
  stream.forward(piece(0, 9));
  const saved = stream.stateDict();
  expect(Object.keys(saved)).toContain('memory.h');
  const other = new RecurrentModel({ ...small, embeddingSize: 4, cell: 'gru', tied: true }).stream(2);
  other.loadStateDict(saved);
  assertAllClose(other.forward(piece(2, 4)), stream.forward(piece(2, 4)), { rtol: 0, atol: 0 });
});

test('its states are freed alone, and the model goes on', () => {
  using _ = scope();
  const model = new RecurrentModel({ ...small, embeddingSize: 4, cell: 'lstm' });
  const before = memory().buffers;
  const stream = model.stream(2);
  scope(() => void stream.forward(piece(0, 3)));
  scope(() => void stream.eval().forward(piece(0, 3)));
  stream.train().disposeState();
  expect(memory().buffers).toBe(before);
  expect(model.forward(piece(0, 3)).output.shape).toEqual([2, 3, model.vocabularySize]);
});

test('gradients stop at the begin of a piece', () => {
  const model = new RecurrentModel({ ...small, cell: 'lstm' });
  const stream = model.stream(2);
  stream.forward(piece(0, 5));
  const { h, c } = noGrad(() => model.forward(piece(0, 5)).state) as ReturnType<LSTM['forward']>['state'];
  stream.forward(piece(5, 9)).square().sum().backward();
  const found = model.parameters().map(({ grad }) => grad!.dataSync());
  model.zeroGrad();
  model.forward(piece(5, 9), { state: { h, c } }).output.square().sum().backward();
  for (const [i, { grad }] of model.parameters().entries()) assertAllClose(found[i]!, grad!.dataSync(), { atol: 1e-5 });
});

test('dropout is that of the model, while the stream is in training', () => {
  const model = new RecurrentModel({ ...small, cell: 'rnn', dropout: 0.5, variational: true });
  const stream = model.stream(2);
  expect(stream.dropout).toBe(model.dropout);
  expect(stream.dropout).toBeInstanceOf(VariationalDropout);
  const [a, b] = [stream.forward(piece(0, 3), tensor([true, true])), stream.forward(piece(0, 3), tensor([true, true]))];
  expect(a.toArray()).not.toEqual(b.toArray());
  stream.eval();
  assertAllClose(stream.forward(piece(0, 3)), model.forward(piece(0, 3)).output, { atol: 1e-6 });
});

test('it is of generators alone', () => {
  expect(() => new RecurrentStream(new Linear(2, 3) as never, 2)).toThrow(
    'RecurrentStream: model is a Linear, needs a SequenceGenerator, such as a RecurrentModel',
  );
  expect(() => new RecurrentModel(small).stream(0)).toThrow('streams is 0, needs a whole number of at least 1');
});
