// The norm of the gradient at each time step, against closed formulas, finite differences and recurrences of their own.

import { manualSeed, memory, noGrad, randn, type Tensor, tensor, unbind, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Module, Sequential } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SequenceInput } from '../core/stacked.js';
import { GRU, JordanRNN, LayerNormLSTM, LSTM, LSTMCell, Recurrent, RNN } from '../index.js';
import { gradientFlow } from './gradient-flow.js';

beforeEach(async () => {
  await useBackend(cpu({ threads: 1, engine: 'typescript' }));
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;

function close(actual: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  expect(actual).toHaveLength(expected.length);
  for (const [t, value] of expected.entries()) {
    expect(Math.abs(actual[t]! - value), `step ${t}: ${actual[t]}, needs ${value}`).toBeLessThanOrEqual(
      tolerance * Math.max(Math.abs(value), 1e-6),
    );
  }
}

/** An Elman network of one unit with ReLU, h(t) = w h(t-1) + x(t): linear while everything is positive. */
function linearNetwork(w: number): RNN {
  const network = new RNN(1, 1, { nonlinearity: 'relu', bias: false, ...float64 });
  return network.loadStateDict({
    weight_ih_l0: { data: [1], shape: [1, 1] },
    weight_hh_l0: { data: [w], shape: [1, 1] },
  });
}

describe('an Elman network that is linear, h(t) = w h(t-1) + x(t)', () => {
  const positive = (batch: number, time: number): Tensor => randn([batch, time, 1], float64).abs().add(0.1);

  test.each([0.5, 1, 1.5])(
    'the last state: the gradient is w to the power of the steps that follow, w = %d',
    async (w) => {
      const network = linearNetwork(w);
      const x = positive(1, 60);
      const [flow] = await gradientFlow(network, () => network.forward(x).state.h.mul(3).sum());
      close(
        flow!.norms,
        Array.from({ length: 60 }, (_, t) => 3 * w ** (59 - t)),
      );
      expect(flow).toMatchObject({ network: '', layer: 0, reverse: false, parts: { h: flow!.norms } });
    },
  );

  test('a loss at every step: the sum of all powers', async () => {
    const network = linearNetwork(0.5);
    const x = positive(1, 20);
    const [flow] = await gradientFlow(network, () => network.forward(x).output.sum());
    close(
      flow!.norms,
      Array.from({ length: 20 }, (_, t) => (1 - 0.5 ** (20 - t)) / 0.5),
    );
  });

  test('sequences of their own lengths: each counts from its own end, and after it there is none', async () => {
    const network = linearNetwork(0.5);
    const x = positive(3, 5);
    const lengths = [5, 2, 3];
    const [flow] = await gradientFlow(network, () => network.forward(x, { lengths }).state.h.sum());
    close(
      flow!.norms,
      Array.from({ length: 5 }, (_, t) => Math.hypot(...lengths.map((n) => (t < n ? 0.5 ** (n - 1 - t) : 0)))),
    );
  });

  test('both directions: in the reverse one gradients flow to later steps', async () => {
    const network = new RNN(1, 1, { nonlinearity: 'relu', bias: false, bidirectional: true, ...float64 });
    const one = (value: number) => ({ data: [value], shape: [1, 1] });
    network.loadStateDict({
      weight_ih_l0: one(1),
      weight_hh_l0: one(0.5),
      weight_ih_l0_reverse: one(1),
      weight_hh_l0_reverse: one(2),
    });
    const x = positive(1, 6);
    const both = await gradientFlow(network, () => network.forward(x).state.h.sum());
    expect(both.map(({ layer, reverse }) => [layer, reverse])).toEqual([
      [0, false],
      [0, true],
    ]);
    close(both[0]!.norms, [0.5 ** 5, 0.5 ** 4, 0.5 ** 3, 0.5 ** 2, 0.5, 1]);
    close(both[1]!.norms, [1, 2, 4, 8, 16, 32]);
  });

  test('small gradients stay apart from 0: 1e-30 in float32 has a square that float32 has not', async () => {
    const network = new RNN(1, 1, { nonlinearity: 'relu', bias: false });
    const one = (value: number) => ({ data: [value], shape: [1, 1] });
    network.loadStateDict({ weight_ih_l0: one(1), weight_hh_l0: one(0.125) });
    const [flow] = await gradientFlow(network, () => network.forward(tensor([[...Array(34).fill([1])]])).state.h.sum());
    expect(flow!.norms[0]).toBe(0.125 ** 33);
  });
});

test('tanh with a fixed point of 0: the Jacobian is the weight itself, here one that turns by 90° and doubles', async () => {
  const network = new RNN(1, 2, { bias: false, ...float64 });
  network.loadStateDict({
    weight_ih_l0: { data: [0, 0], shape: [2, 1] },
    weight_hh_l0: { data: [0, -2, 2, 0], shape: [2, 2] },
  });
  const [flow] = await gradientFlow(network, () =>
    network
      .forward(randn([1, 10, 1], float64))
      .state.h.slice([null, null, 0])
      .sum(),
  );
  close(
    flow!.norms,
    Array.from({ length: 10 }, (_, t) => 2 ** (9 - t)),
  );
});

test('an LSTM whose gates are open hands the gradient of its cell on as it is: the constant error carousel', async () => {
  const network = new LSTM(1, 1, float64);
  // i, f, g, o: nothing gets in, all is kept (σ(40) is 1), and half is given out.
  network.loadStateDict({
    weight_ih_l0: { data: [0, 0, 0, 0], shape: [4, 1] },
    weight_hh_l0: { data: [0, 0, 0, 0], shape: [4, 1] },
    bias_ih_l0: { data: [-40, 40, 0, 0], shape: [4] },
    bias_hh_l0: { data: [0, 0, 0, 0], shape: [4] },
  });
  const x = randn([1, 100, 1], float64);
  const [flow] = await gradientFlow(network, () => network.forward(x).state.h.sum());
  // ∂h(t+1)/∂c(t) = σ(o) tanh'(c) f with c = 0.
  close(
    flow!.parts['c']!,
    Array.from({ length: 100 }, (_, t) => (t < 99 ? 0.5 : 0)),
  );
  close(
    flow!.parts['h']!,
    Array.from({ length: 100 }, (_, t) => (t < 99 ? 0 : 1)),
  );
  close(
    flow!.norms,
    Array.from({ length: 100 }, (_, t) => (t < 99 ? 0.5 : 1)),
  );
});

describe('by its definition: the loss as a function of the state that a step hands on', () => {
  const [batch, time] = [2, 5];
  const networks = {
    RNN: () => new RNN(3, 4, float64),
    LSTM: () => new LSTM(3, 4, { peepholes: true, ...float64 }),
    'LSTM with a projection': () => new LSTM(3, 4, { projSize: 2, ...float64 }),
    'coupled LSTM': () => new LSTM(3, 4, { coupled: true, ...float64 }),
    GRU: () => new GRU(3, 4, float64),
    LayerNormLSTM: () => new LayerNormLSTM(3, 4, float64),
    JordanRNN: () => new JordanRNN(3, 4, 2, float64),
    'Cho’s GRU': () => new GRU(3, 4, { reset: 'before', update: 'take', ...float64 }),
  };

  test.each(Object.entries(networks))('%s', async (_name, make) => {
    const network = make() as RNN;
    const x = randn([batch, time, 3], float64);
    const weights = randn([batch, time, network.forward(x).output.shape[2]!], float64);
    const [flow] = await gradientFlow(network, () => network.forward(x).output.mul(weights).sum());
    for (let t = 0; t < time - 1; t++) {
      // Cut in two behind step t. What the second piece begins with is s(t), and of the first piece only the output at t depends on it.
      const { state } = noGrad(() => network.forward(x.slice([null, [0, t + 1]])));
      const later = (state: object): number =>
        noGrad(() => {
          const { output } = network.forward(x.slice([null, [t + 1, null]]), { state } as SequenceInput<{ h: Tensor }>);
          const own = Object.values(state as { h: Tensor })[0]!
            .reshape([batch, -1])
            .mul(weights.slice([null, t]))
            .sum();
          return output
            .mul(weights.slice([null, [t + 1, null]]))
            .sum()
            .add(own)
            .item();
        });
      for (const [part, value] of Object.entries(state)) {
        const numbers = value.dataSync();
        let sum = 0;
        for (let i = 0; i < numbers.length; i++) {
          const moved = (by: number) => {
            const changed = Float64Array.from(numbers, (each, j) => (i === j ? each + by : each));
            return later({ ...state, [part]: tensor({ data: changed, shape: value.shape }) });
          };
          sum += ((moved(1e-5) - moved(-1e-5)) / 2e-5) ** 2;
        }
        expect(flow!.parts[part]![t]).toBeCloseTo(Math.sqrt(sum), 7);
      }
    }
  });
});

/** An encoder of two layers in both directions, and a decoder that starts from its states. */
class Pair extends Module {
  encoder = new GRU(3, 4, { numLayers: 2, bidirectional: true, ...float64 });
  decoder = new RNN(2, 8, float64);
  out = new Linear(8, 1, float64);

  forward(x: Tensor, y: Tensor, lengths?: readonly number[]): Tensor {
    const { output } = this.encoder.forward(x, { ...(lengths && { lengths }) });
    const h = output.mean(1).unsqueeze(0);
    // Called once for each half.
    const first = this.decoder.forward(y.slice([null, [0, 2]]), { state: { h } });
    const second = this.decoder.forward(y.slice([null, [2, null]]), { state: first.state });
    return this.out.forward(second.output);
  }
}

test('every network of a model, layer and direction; the steps of several calls one after the other', async () => {
  const model = new Pair();
  const [x, y] = [randn([2, 6, 3], float64), randn([2, 5, 2], float64)];
  const flows = await gradientFlow(model, () => model.forward(x, y, [6, 4]).sum());
  expect(flows.map(({ network, layer, reverse, norms }) => [network, layer, reverse, norms.length])).toEqual([
    ['encoder', 0, false, 6],
    ['encoder', 0, true, 6],
    ['encoder', 1, false, 6],
    ['encoder', 1, true, 6],
    ['decoder', 0, false, 5],
  ]);
  for (const { norms } of flows) expect(norms.every((norm) => norm > 0)).toBe(true);
});

describe('cells', () => {
  const lengths = [4, 2, 3];
  const stacked = () => new LSTM(3, 4, { bidirectional: true, ...float64 });
  /** A cell with the weights of one direction. */
  const cellOf = (network: LSTM, suffix: string): LSTMCell => {
    const names = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'];
    const state = network.stateDict();
    return new LSTMCell(3, 4, float64).loadStateDict(
      Object.fromEntries(names.map((name) => [name, state[`${name}_l0${suffix}`]!])),
    );
  };

  test.each([
    ['forward', '', 0],
    ['in reverse', '_reverse', 1],
  ])('in a Recurrent that goes %s they have the flow of the network', async (_name, suffix, at) => {
    const network = stacked();
    // A step more than any sequence has.
    const x = randn([3, 5, 3], float64);
    const expected = await gradientFlow(network, () => network.forward(x, { lengths }).output.square().sum());
    const loop = new Recurrent(cellOf(network, suffix), { reverse: at === 1 });
    const [flow, ...others] = await gradientFlow(loop, () => loop.forward(x, { lengths }).output.square().sum());
    expect(others).toEqual([]);
    expect(flow).toMatchObject({ network: 'cell', layer: 0, reverse: at === 1 });
    close(flow!.norms, expected[at]!.norms);
    expect(flow!.norms.map((norm) => norm > 0)).toEqual([true, true, true, true, false]);
  });

  test('in a loop that is written by hand, too', async () => {
    const network = stacked();
    const x = randn([3, 5, 3], float64);
    const [expected] = await gradientFlow(network, () =>
      network
        .forward(x)
        .output.slice([null, null, [0, 4]])
        .sum(),
    );
    const cell = cellOf(network, '').freeze();
    const [flow] = await gradientFlow(cell, () => {
      let state = cell.initialState(3);
      let sum = tensor(0, float64);
      for (const step of unbind(x, 1)) {
        state = cell.forward(step, state);
        sum = sum.add(state.h.sum());
      }
      return sum;
    });
    close(flow!.parts['h']!, expected!.parts['h']!);
    close(flow!.parts['c']!, expected!.parts['c']!);
  });
});

test('what padding holds reaches nothing', async () => {
  const model = new Pair();
  const y = randn([2, 5, 2], float64);
  const values = randn([2, 6, 3], float64);
  const padded = (value: number): Tensor => {
    const numbers = values.dataSync().map((each, i) => (i >= (6 + 4) * 3 ? value : each));
    return tensor({ data: numbers, shape: [2, 6, 3] }, float64);
  };
  const run = async (value: number) => {
    const flows = await gradientFlow(model, () => model.forward(padded(value), y, [6, 4]).sum());
    return flows.map(({ norms }) => norms);
  };
  expect(await run(Number.NaN)).toEqual(await run(0));
});

test('the loss is that of the model as it runs otherwise, and is computed once', async () => {
  const model = new Pair();
  const [x, y] = [randn([2, 6, 3], float64), randn([2, 5, 2], float64)];
  const values: number[] = [];
  const loss = () => {
    const sum = model.forward(x, y, [3, 6]).sum();
    values.push(sum.item());
    return sum;
  };
  await gradientFlow(model, loss);
  loss();
  expect(values).toHaveLength(2);
  expect(values[0]).toBeCloseTo(values[1]!, 12);
});

test('frozen weights have a flow too; gradients of parameters are left alone, and no tensor stays', async () => {
  const network = new LSTM(2, 3).freeze();
  const x = randn([1, 4, 2]);
  const before = await settledMemory();
  const [flow] = await gradientFlow(network, () => network.forward(x).output.sum());
  expect(flow!.norms.every((norm) => norm > 0)).toBe(true);
  network.unfreeze();
  await gradientFlow(network, () => network.forward(x).output.sum());
  expect(network.parameters().every(({ grad }) => grad === undefined)).toBe(true);
  expect(memory().buffers).toBe(before.buffers);
});

describe('bad input', () => {
  const network = () => new RNN(2, 3);
  const x = () => randn([1, 4, 2]);

  test('no model, and a model without a recurrent network', async () => {
    // @ts-expect-error: no model
    await expect(gradientFlow(3, () => x())).rejects.toThrow('gradientFlow: the model is 3, needs a Module');
    const linear = new Sequential(new Linear(2, 2));
    await expect(gradientFlow(linear, () => linear.forward(x()).sum())).rejects.toThrow(
      'gradientFlow: Sequential has no recurrent network; needs a model with an RNN, LSTM or GRU, or with a cell',
    );
  });

  test('a loss that is no function, waits, is no tensor or more than one number', async () => {
    const model = network();
    // @ts-expect-error: a tensor
    await expect(gradientFlow(model, model.forward(x()).output.sum())).rejects.toThrow(
      /^gradientFlow: the loss is .*, needs a function that computes it with the model: gradientFlow\(model, \(\) => /,
    );
    // @ts-expect-error: asynchronous
    await expect(gradientFlow(model, async () => model.forward(x()).output.sum())).rejects.toThrow(
      /^gradientFlow: the function of the loss returned .*, needs a Tensor, at once: read data before the call$/,
    );
    await expect(gradientFlow(model, () => model.forward(x()).output)).rejects.toThrow('needs one element');
  });

  test('a loss without the network, or that does not depend on it', async () => {
    const model = network();
    await expect(gradientFlow(model, () => x().sum())).rejects.toThrow(
      'gradientFlow: the function of the loss did not run the recurrent network of RNN; needs one that computes the loss with model.forward(…)',
    );
    await expect(gradientFlow(model, () => model.forward(x()).output.detach().sum())).rejects.toThrow(
      'gradientFlow: the loss does not depend on any state of the network; needs one that is computed from its output or state, outside noGrad and without detach()',
    );
  });

  test('what the network refuses it refuses here too, and it runs as before afterwards', async () => {
    const model = network();
    const bad = (lengths: readonly number[]) => gradientFlow(model, () => model.forward(x(), { lengths }).output.sum());
    await expect(bad([5])).rejects.toThrow('a length is 5, needs a whole number from 1 to 4');
    await expect(bad([1, 2])).rejects.toThrow('2 lengths come with a batch of 1');
    expect(model.forward(x()).output.shape).toEqual([1, 4, 3]);
  });
});
