// Options that all networks share: dropout, residual stacks, first values, and what hooks, optimisers, moves and memory see.

import {
  manualSeed,
  memory,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  where,
  zeros,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { SGD } from '@dl/optim';
import { assertAllClose } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { GRU, LSTM, LSTMCell, RNN, VariationalDropout } from './index.js';

beforeEach(async () => {
  await useBackend(cpu({ threads: 1 }));
  manualSeed(1);
});

const zeroShare = (x: Tensor): number => x.equal(0).sum().item() / x.size;

describe('dropout', () => {
  test('VariationalDropout drops a feature at all steps of a sequence, and keeps the mean', () => {
    using _ = scope();
    const layer = new VariationalDropout(0.25);
    const y = layer.forward(ones([100, 5, 100]));
    const [first, ...others] = [0, 1, 2, 3, 4].map((t) => y.slice([null, t]).toArray());
    for (const step of others) expect(step).toEqual(first);
    // Five standard errors of 10,000 draws.
    expect(Math.abs(zeroShare(y) - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 10_000));
    expect(y.max().item()).toBeCloseTo(4 / 3, 6);
    expect(
      layer
        .eval()
        .forward(ones([2, 3, 4]))
        .toArray(),
    ).toEqual(ones([2, 3, 4]).toArray());
  });

  test.each([false, true])('between layers, in training, and nowhere else; variational: %s', (variational) => {
    using _ = scope();
    const size = 40;
    const network = new RNN(4, size, { numLayers: 2, dropout: 0.5, variational, bias: false });
    const { weightIh, weightHh } = network.weightsOf(1);
    // The second layer gives out tanh of what it is given.
    const identity = Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
    weightIh.assign(tensor({ data: identity, shape: [size, size] }));
    weightHh.assign(zeros([size, size]));
    const x = randn([20, 6, 4]);
    const dropped = network.forward(x).output;
    // Five standard errors, of a mask for each sequence at least.
    expect(Math.abs(zeroShare(dropped) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / (20 * size)));
    const [first, last] = [0, 5].map((t) => dropped.slice([null, t]).equal(0).toArray());
    if (variational) expect(first).toEqual(last);
    else expect(first).not.toEqual(last);
    expect(zeroShare(network.eval().forward(x).output)).toBe(0);
  });
});

test('residual: from the second layer on, what went in, before it is dropped, is added to what comes out', () => {
  using _ = scope();
  const network = new GRU(3, 4, { numLayers: 2, residual: true, bidirectional: true });
  const parts = [new GRU(3, 4, { bidirectional: true }), new GRU(8, 4, { bidirectional: true })] as const;
  for (const [layer, part] of parts.entries()) {
    const own = Object.entries(network.stateDict()).filter(([name]) => name.includes(`_l${layer}`));
    part.loadStateDict(Object.fromEntries(own.map(([name, value]) => [name.replace(`_l${layer}`, '_l0'), value])));
  }
  const x = randn([2, 5, 3]);
  const below = parts[0].forward(x).output;
  assertAllClose(network.forward(x).output, below.add(parts[1].forward(below).output));
  const all = new GRU(3, 4, { numLayers: 2, residual: true, bidirectional: true, dropout: 1 });
  all.loadStateDict(network.stateDict());
  assertAllClose(all.forward(x).output, below.add(parts[1].forward(below.mul(0)).output));
});

test('reverse: each sequence from its own end, as the second direction of a network in both does, layer above layer', () => {
  using _ = scope();
  const lengths = [5, 2, 3];
  const x = randn([3, 5, 3]);
  const single = new LSTM(3, 4, { bidirectional: true });
  const back = new LSTM(3, 4, { reverse: true });
  const own = Object.entries(single.stateDict()).filter(([name]) => name.endsWith('_reverse'));
  back.loadStateDict(Object.fromEntries(own.map(([name, value]) => [name.replace('_reverse', ''), value])));
  const [both, one] = [single.forward(x, { lengths }), back.forward(x, { lengths })];
  expect(one.output.toArray()).toEqual(both.output.slice([null, null, [4, 8]]).toArray());
  for (const name of ['h', 'c'] as const)
    expect(one.state[name].toArray()).toEqual(both.state[name].slice([[1, 2]]).toArray());
  // A step knows nothing of those before it, in upper layers too.
  const stacked = new GRU(3, 4, { numLayers: 2, reverse: true });
  const changed = stacked.forward(where(tensor([[[true], [true], [false], [false], [false]]]), 7, x)).output;
  const before = stacked.forward(x).output;
  expect(changed.slice([null, [2, 5]]).toArray()).toEqual(before.slice([null, [2, 5]]).toArray());
  expect(changed.slice([null, [0, 2]]).toArray()).not.toEqual(before.slice([null, [0, 2]]).toArray());
});

describe('first values', () => {
  test('weights are uniform on ±1/√hiddenSize, as PyTorch’s, also those of upper layers', () => {
    using _ = scope();
    const network = new LSTM(200, 64, { numLayers: 2, peepholes: true, projSize: 32 });
    for (const [name, value] of network.namedParameters()) {
      const bound = 1 / 8;
      expect(value.abs().max().item(), name).toBeLessThanOrEqual(bound);
      if (value.size < 1000) continue;
      expect(value.abs().max().item(), name).toBeGreaterThan(0.98 * bound);
      // Five standard errors of the deviation of a uniform distribution.
      const expected = bound / Math.sqrt(3);
      expect(Math.abs(value.std().item() / expected - 1), name).toBeLessThan(5 * Math.sqrt(0.2 / value.size));
    }
  });

  test.each([
    [new Set([4, 5, 6, 7]), {}],
    [new Set([0, 1, 2, 3]), { coupled: true }],
  ])('the biases of forget gates, in rows %s, add up to what is asked', (rows, form) => {
    using _ = scope();
    const network = new LSTM(3, 4, { numLayers: 2, bidirectional: true, forgetBias: 1.5, ...form });
    const cell = new LSTMCell(3, 4, { forgetBias: 1.5, ...form });
    const weights = [0, 1].flatMap((layer) => [false, true].map((reverse) => network.weightsOf(layer, { reverse })));
    for (const { biasIh, biasHh } of [...weights, cell.weightsOf()]) {
      const sums = biasIh!.add(biasHh!).toArray() as number[];
      expect(new Set(sums.flatMap((value, i) => (value === 1.5 ? [i] : [])))).toEqual(rows);
      for (const bias of [biasIh!, biasHh!]) expect(bias.requiresGrad).toBe(true);
    }
  });
});

test('after a move, weights are those of the new backend under their names, and an optimiser changes what is computed', async () => {
  const network = new LSTM(2, 3, { numLayers: 2, bidirectional: true });
  const names = Object.keys(network.stateDict());
  const x = randn([2, 4, 2]);
  const before = network.forward(x).output.toArray();
  const other = await useBackend(cpu({ engine: 'typescript' }));
  await network.to(other);
  expect(Object.keys(network.stateDict())).toEqual(names);
  expect(network.parameters()).toEqual(network.weights);
  expect(new Set(network.weights.map(({ backend }) => backend))).toEqual(new Set([other]));
  const moved = x.to(other);
  assertAllClose(network.forward(moved).output.dataSync(), (before as number[][][]).flat(2), { rtol: 1e-5 });
  const optimizer = new SGD(network.parameters(), { lr: 1 });
  network.forward(moved).output.sum().backward();
  optimizer.step();
  expect(network.forward(moved).output.toArray()).not.toEqual(before);
  network.dispose();
});

test('hooks see the input, what goes with it, and the record that comes out; freezing goes by name', () => {
  using _ = scope();
  const network = new GRU(2, 3, { numLayers: 2 });
  const seen: unknown[] = [];
  network.registerForwardHook(
    (inputs, { output, state }) => void seen.push(inputs.length, output.shape, state.h.shape),
  );
  network.forward(randn([2, 4, 2]), { lengths: [4, 1] });
  expect(seen).toEqual([2, [2, 4, 3], [2, 2, 3]]);
  network.freeze('*_l0');
  expect(
    network
      .namedParameters()
      .filter(([, { requiresGrad }]) => requiresGrad)
      .map(([name]) => name),
  ).toEqual(['weight_ih_l1', 'weight_hh_l1', 'bias_ih_l1', 'bias_hh_l1']);
});

// Numbers for each step and unit: what is given out, what the op has in reserve, and, as every op with a reserve keeps its inputs for second
// derivatives, what went into the gates. Elman's op has none in reserve, and keeps the first alone.
test.each([
  { name: 'RNN', network: () => new RNN(4, 8), kept: 1 },
  { name: 'GRU', network: () => new GRU(4, 8), kept: 1 + 4 + 3 },
  { name: 'LSTM', network: () => new LSTM(4, 8), kept: 1 + 5 + 4 },
  { name: 'LSTM of three layers', network: () => new LSTM(4, 8, { numLayers: 3 }), kept: 3 * (1 + 5 + 4) },
])('a forward in training keeps $kept numbers for each step and unit, $name', ({ network, kept }) => {
  const model = network();
  const bytesOf = (time: number): number =>
    scope(() => {
      const x = randn([2, time, 4]);
      const before = memory().bytes;
      model.forward(x);
      return memory().bytes - before;
    });
  expect(bytesOf(48) - bytesOf(32)).toBe(16 * 2 * 8 * 4 * kept);
  noGrad(() => expect(bytesOf(48) - bytesOf(32)).toBe(16 * 2 * 8 * 4));
  model.dispose();
});
