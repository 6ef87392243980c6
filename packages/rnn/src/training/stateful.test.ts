// Truncated backpropagation: as a loop written by hand, in flat memory; stateful-resume.test.ts has what follows an interruption.

import {
  checkpoint,
  concat,
  manualSeed,
  memory,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding, Linear, parameter } from '@dl/layers';
import { Adam } from '@dl/optim';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Characters, lossOf, pieces, rowOf, VOCABULARY } from '../../test/characters.js';
import { GRUCell } from '../cells/gru-cell.js';
import { Recurrent } from '../cells/recurrent.js';
import { ConvLSTM } from '../layers/conv-lstm.js';
import { GRU } from '../layers/gru.js';
import { LSTM } from '../layers/lstm.js';
import { RNN } from '../layers/rnn.js';
import { Stateful, type StreamNetwork } from './stateful.js';

beforeAll(async () => {
  await useBackend(cpu());
});
beforeEach(() => {
  manualSeed(3);
});

describe.each<[string, () => StreamNetwork]>([
  ['RNN', () => new RNN(6, 8)],
  ['GRU', () => new GRU(6, 8, { numLayers: 2 })],
  ['LSTM', () => new LSTM(6, 10, { numLayers: 2, projSize: 8 })],
  ['a cell', () => new Recurrent(new GRUCell(6, 8))],
])('%s', (_, make) => {
  it('learns as in a loop written by hand, to the last bit', async () => {
    const model = new Characters(make(), 8);
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const losses: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of pieces()) {
        scope(() => {
          const loss = lossOf(model.forward({ inputs: tensor(batch.inputs), starts: tensor(batch.starts) }), {
            targets: tensor(batch.targets),
          });
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          losses.push(loss.item());
        });
      }
    }

    manualSeed(3);
    const [network, embedding, head] = [make(), new Embedding(VOCABULARY, 6), new Linear(8, VOCABULARY)];
    // The parts of the model above, in the order in which it draws their weights.
    manualSeed(3);
    const twin = new Characters(make(), 8);
    network.loadStateDict(twin.memory.network.stateDict());
    embedding.loadStateDict(twin.embedding.stateDict());
    head.loadStateDict(twin.head.stateDict());
    const parameters = [...embedding.parameters(), ...network.parameters(), ...head.parameters()];
    const byHand = new Adam(parameters, { lr: 0.01 });
    const expected: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      // Numbers, not tensors: no gradient can go through them.
      let state: Record<string, { data: ArrayLike<number>; shape: readonly number[] }> | undefined;
      for await (const { inputs, targets } of pieces()) {
        scope(() => {
          const begin = state && {
            state: Object.fromEntries(
              Object.entries(state).map(([name, { data, shape }]) => [name, tensor(Array.from(data)).reshape(shape)]),
            ),
          };
          const run = network.forward(embedding.forward(tensor(inputs)), begin);
          const loss = lossOf(head.forward(run.output), { targets: tensor(targets) });
          loss.backward();
          byHand.step();
          byHand.zeroGrad();
          expected.push(loss.item());
          state = Object.fromEntries(
            Object.entries(run.state).map(([name, part]) => [
              name,
              { data: part.dataSync() as Float32Array, shape: part.shape },
            ]),
          );
        });
      }
    }
    expect(losses.length).toBe(2 * pieces().length);
    expect(losses).toEqual(expected);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.3);
    expect(parameters.map((each) => each.dataSync())).toEqual(model.parameters().map((each) => each.dataSync()));
  });

  it('gives the outputs of one long sequence', () => {
    const network = make();
    const x = randn([4, 30, 6]);
    const whole = noGrad(() => network.forward(x).output);
    const memory = new Stateful(network, 4);
    const parts = noGrad(() =>
      [x.slice([null, [0, 7]]), x.slice([null, [7, 8]]), x.slice([null, [8, 30]])].map((part) => memory.forward(part)),
    );
    const gone = concat(parts, 1).sub(whole).abs().max().item();
    expect(gone).toBeLessThan(1e-6);
  });
});

describe('gradients', () => {
  it('stop at the begin of a piece', () => {
    const network = new RNN(2, 3);
    const memory = new Stateful(network, 1);
    const [first, second] = [randn([1, 4, 2], { requiresGrad: true }), randn([1, 4, 2], { requiresGrad: true })];
    memory.forward(first);
    memory.forward(second).square().sum().backward();
    expect(first.grad).toBeUndefined();
    expect(second.grad!.abs().sum().item()).toBeGreaterThan(0);
  });

  it('can wait until after the next piece', () => {
    const memory = new Stateful(new LSTM(2, 3), 1);
    const first = memory.forward(randn([1, 4, 2])).sum();
    const second = memory.forward(randn([1, 4, 2])).sum();
    first.add(second).backward();
    for (const weight of memory.parameters()) expect(weight.grad!.isFinite().all().item()).toBe(1);
  });

  it('reach an initial state that is learned, where a stream starts', () => {
    class Learned extends RNN {
      readonly start = parameter(ones([1, 1, 3]));

      override initialState(batch: number) {
        return { h: this.start.expand([1, batch, 3]) };
      }
    }
    const memory = new Stateful(new Learned(2, 3), 2);
    memory.forward(randn([2, 4, 2]));
    memory
      .forward(randn([2, 4, 2]), tensor([true, false]))
      .slice([[0, 1]])
      .sum()
      .backward();
    const { start } = memory.network as Learned;
    expect(start.grad!.abs().min().item()).toBeGreaterThan(0);
    start.zeroGrad();
    memory
      .forward(randn([2, 4, 2]), tensor([true, false]))
      .slice([[1, 2]])
      .sum()
      .backward();
    expect(start.grad!.abs().max().item()).toBe(0);
  });

  it('are the same through a checkpoint, which takes one step in the stream', () => {
    const run = (around: (f: (x: Tensor) => Tensor, x: Tensor) => Tensor) => {
      manualSeed(3);
      const memory = new Stateful(new LSTM(2, 3), 2);
      const starts = tensor([false, true]);
      memory.forward(randn([2, 4, 2]));
      const x = randn([2, 4, 2], { requiresGrad: true });
      around((part) => memory.forward(part, starts), x)
        .square()
        .sum()
        .backward();
      return [x.grad!, ...memory.parameters().map(({ grad }) => grad!), ...memory.state].map((t) => t.toArray());
    };
    expect(run((f, x) => checkpoint(f, x))).toEqual(run((f, x) => f(x)));
  });
});

describe('a stream', () => {
  it('begins where starts says it, and nowhere else', () => {
    const network = new GRU(2, 3);
    const memory = new Stateful(network, 3);
    const [first, second] = [randn([3, 5, 2]), randn([3, 5, 2])];
    noGrad(() => {
      memory.forward(first);
      const found = memory.forward(second, tensor([false, true, false]));
      const { state } = network.forward(first);
      const on = network.forward(second, { state }).output;
      const anew = network.forward(second).output;
      expect(found.toArray()).toEqual([rowOf(on, 0), rowOf(anew, 1), rowOf(on, 2)]);
      expect(rowOf(found, 1)).not.toEqual(rowOf(on, 1));
    });
  });

  it('that had NaN in it is clean where it begins anew', () => {
    const memory = new Stateful(new RNN(2, 3), 2);
    const x = tensor([[[Number.NaN, 0]], [[1, 1]]]);
    noGrad(() => {
      memory.forward(x);
      expect(
        memory
          .forward(ones([2, 1, 2]), tensor([true, false]))
          .isFinite()
          .all()
          .item(),
      ).toBe(1);
    });
  });

  it('begins anew with reset()', () => {
    const memory = new Stateful(new LSTM(2, 3), 2);
    const x = randn([2, 5, 2]);
    const first = memory.forward(x).toArray();
    expect(memory.forward(x).toArray()).not.toEqual(first);
    memory.reset();
    expect(memory.forward(x).toArray()).toEqual(first);
  });

  it('runs along the other axis, too', () => {
    const memory = new Stateful(new LSTM(2, 3, { batchFirst: false }), 4);
    expect(memory.forward(randn([5, 4, 2])).shape).toEqual([5, 4, 3]);
    expect(memory.state.map(({ shape }) => shape)).toEqual([
      [1, 4, 3],
      [1, 4, 3],
    ]);
  });

  it('of images has states that are images', () => {
    const network = new ConvLSTM(1, 2, 3);
    const memory = new Stateful(network, 2, { step: [1, 4, 5] });
    const x = randn([2, 6, 1, 4, 5]);
    noGrad(() => {
      memory.forward(x.slice([null, [0, 3]]));
      const found = memory.forward(x.slice([null, [3, 6]]), tensor([false, true]));
      const { state } = network.forward(x.slice([null, [0, 3]]));
      expect(found.toArray()).toEqual([
        rowOf(network.forward(x.slice([null, [3, 6]]), { state }).output, 0),
        rowOf(network.forward(x.slice([null, [3, 6]])).output, 1),
      ]);
    });
  });

  it('of an evaluation leaves that of the training as it is, and may have other rows', () => {
    const memory = new Stateful(new GRU(2, 3), 2);
    memory.forward(randn([2, 5, 2]));
    const before = memory.state[0]!.toArray();
    memory.eval();
    const x = randn([3, 5, 2]);
    const first = memory.forward(x).toArray();
    const second = memory.forward(x).toArray();
    expect(second).not.toEqual(first);
    expect(() => memory.forward(randn([1, 5, 2]))).toThrow(
      'Stateful: the input has 1 rows, but the one before had 3; call reset() first, or say by starts which streams begin',
    );
    expect(rowOf(memory.forward(x.slice([[0, 1]]), tensor([true])), 0)).toEqual((first as unknown[])[0]);
    memory.reset();
    expect(memory.forward(x).toArray()).toEqual(first);
    expect(memory.train().state[0]!.toArray()).toEqual(before);
  });
});

describe('memory', () => {
  it('is flat, in the training and in a test', () => {
    const model = new Characters(new LSTM(6, 8), 8, 2);
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const seen: number[] = [];
    const read = (): void => {
      const { bytes, buffers } = memory();
      seen.push(bytes, buffers);
    };
    for (let step = 0; step < 300; step++) {
      scope(() => {
        const x = tensor(Int32Array.from({ length: 20 }, (_, i) => (step * 20 + i) % VOCABULARY)).reshape([2, 10]);
        lossOf(model.forward({ inputs: x }), { targets: x }).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
      if (step === 5 || step === 299) read();
    }
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
    model.eval();
    for (let step = 0; step < 100; step++) {
      scope(() => {
        noGrad(() => model.forward({ inputs: zeros([2, 10], { dtype: 'int32' }) }));
      });
      if (step === 5 || step === 99) read();
    }
    expect(seen.slice(6)).toEqual(seen.slice(4, 6));
  });
});

describe('refuses, in a sentence,', () => {
  const memory = () => new Stateful(new RNN(2, 3), 4);

  it.each<[string, () => unknown, string]>([
    [
      'both directions',
      () => new Stateful(new RNN(2, 3, { bidirectional: true }), 4),
      'Stateful: the network goes in both directions, and a stream has no end to begin at; leave bidirectional out',
    ],
    [
      'what is no network',
      () => new Stateful(new Linear(2, 3) as never, 4),
      'needs a Module with forward(x, { state }) and initialState(batch)',
    ],
    [
      'the other direction',
      () => new Stateful(new Recurrent(new GRUCell(2, 3), { reverse: true }), 4),
      'Stateful: the network goes in reverse, and a stream has no end to begin at; leave reverse out',
    ],
    [
      'images of an unknown size',
      () => new Stateful(new ConvLSTM(1, 2, 3), 4),
      'ConvLSTM: initialState got no step, needs the shape of one, [channels, height, width]',
    ],
    ['no streams', () => new Stateful(new RNN(2, 3), 0), 'Stateful: streams'],
    [
      'other streams',
      () => memory().forward(randn([3, 5, 2])),
      'Stateful: the input [3, 5, 2] has 3 rows, but 4 streams are carried; give pieces of 4 streams, or use eval() or the network itself for others',
    ],
    [
      'one step without a time',
      () => memory().forward(randn([4, 2])),
      'RNN: input is [4, 2], needs [batch, time, features]',
    ],
    [
      'starts that are numbers',
      () => memory().forward(randn([4, 5, 2]), tensor([1, 0, 0, 0])),
      'Stateful: starts is float32 [4], needs bool [4]',
    ],
    [
      'starts of other streams',
      () => memory().forward(randn([4, 5, 2]), tensor([true])),
      'Stateful: starts is bool [1], needs bool [4]: for each stream whether it begins with this piece',
    ],
    ['starts that are no tensor', () => memory().forward(randn([4, 5, 2]), [true] as never), 'Stateful: starts is'],
    ['a batch of a negative size', () => new LSTM(2, 3).initialState(-1), 'LSTM: batch is -1'],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
