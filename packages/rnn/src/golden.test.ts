// Networks and cells against PyTorch's, every result and every gradient: golden/make-golden.py made the numbers.

import { readFileSync } from 'node:fs';
import { scope, type Tensor, tensor, unsqueeze, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { StateDict } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { GRU, GRUCell, LSTM, LSTMCell, Recurrent, RNN, RNNCell, type States } from './index.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Named = Readonly<Record<string, Values>>;

interface Case {
  readonly options: { readonly batchFirst?: boolean; readonly numLayers?: number; readonly bidirectional?: boolean };
  readonly weights: Named;
  readonly x: Values;
  readonly states?: Named;
  readonly lengths?: readonly number[];
  readonly upstream: Named;
  readonly results: Named;
  readonly gradients: Named;
}

interface Golden {
  readonly networks: readonly (Case & { readonly network: keyof typeof networks })[];
  readonly cells: readonly (Case & { readonly cell: keyof typeof cells })[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/networks.json', import.meta.url), 'utf8'));
const networks = { RNN, LSTM, GRU };
const cells = { RNNCell, LSTMCell, GRUCell };
const [inputSize, hiddenSize] = [2, 3];
const tolerances = { float32: { rtol: 1e-5, atol: 3e-6 }, float64: { rtol: 1e-10, atol: 1e-11 } } as const;
type Float = keyof typeof tolerances;

const make = ({ data, shape }: Values, dtype: Float, requiresGrad = false): Tensor =>
  tensor({ data: Float64Array.from(data), shape }, { dtype, requiresGrad });
const leaves = (states: Named | undefined, dtype: Float): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(states ?? {}).map(([name, value]) => [name, make(value, dtype, true)]));
const titleOf = (name: string, { options, lengths, states }: Case): string =>
  `${name} ${JSON.stringify(options)}${lengths ? ' with lengths' : ''}${states ? ' with states' : ''}`;

/** Compares all results, goes back from them as the golden file did, and compares all gradients. */
function check(
  results: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, Tensor>>,
  parameters: readonly (readonly [name: string, parameter: Tensor])[],
  expected: Case,
  dtype: Float,
): void {
  expect(Object.keys(results)).toEqual(Object.keys(expected.results));
  for (const [name, result] of Object.entries(results)) {
    expect([name, result.shape]).toEqual([name, expected.results[name]!.shape]);
    assertAllClose(result.dataSync(), expected.results[name]!.data, tolerances[dtype]);
  }
  const products = Object.entries(results).map(([name, y]) => y.mul(make(expected.upstream[name]!, dtype)).sum());
  products.reduce((sum, each) => sum.add(each)).backward();
  const found = [...Object.entries(inputs), ...parameters];
  expect(found.map(([name]) => name)).toEqual(Object.keys(expected.gradients));
  for (const [name, leaf] of found) {
    expect([name, leaf.grad?.shape]).toEqual([name, expected.gradients[name]!.shape]);
    assertAllClose(leaf.grad!.dataSync(), expected.gradients[name]!.data, tolerances[dtype]);
  }
}

describe.each(['wasm', 'typescript'] as const)('on %s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    test.each(golden.networks.map((each) => [titleOf(each.network, each), each] as const))('%s', (_, expected) => {
      using _scope = scope();
      const Network = networks[expected.network];
      using network = new Network(inputSize, hiddenSize, { ...expected.options, dtype });
      expect(Object.entries(network.stateDict()).map(([name, { shape }]) => [name, shape])).toEqual(
        Object.entries(expected.weights).map(([name, { shape }]) => [name, shape]),
      );
      network.loadStateDict(expected.weights);
      const [x, states] = [make(expected.x, dtype, true), leaves(expected.states, dtype)];
      const forward = network.forward.bind(network) as (
        x: Tensor,
        input: object,
      ) => { readonly output: Tensor; readonly state: States };
      const { output, state } = forward(x, {
        ...(expected.states && { state: states }),
        ...(expected.lengths && { lengths: expected.lengths }),
      });
      check({ output, ...state }, { x, ...states }, network.namedParameters(), expected, dtype);
    });

    test.each(golden.cells.map((each) => [titleOf(each.cell, each), each] as const))('%s', (_, expected) => {
      using _scope = scope();
      const Cell = cells[expected.cell];
      using cell = new Cell(inputSize, hiddenSize, { ...expected.options, dtype });
      expect(Object.keys(cell.stateDict())).toEqual(Object.keys(expected.weights));
      cell.loadStateDict(expected.weights);
      const [x, states] = [make(expected.x, dtype, true), leaves(expected.states, dtype)];
      const forward = cell.forward.bind(cell) as (x: Tensor, state: object) => States;
      check(forward(x, states), { x, ...states }, cell.namedParameters(), expected, dtype);
    });
  });
});

/** Weights of layer 0 in one direction by the names that a cell has. */
function weightsOfCell(weights: Named, suffix: string): Named {
  const own = Object.entries(weights).filter(([name]) => name.endsWith(suffix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(0, -suffix.length), value]));
}

describe('a cell, step by step', () => {
  beforeAll(() => useBackend(cpu()));
  const single = golden.networks.filter(
    ({ options: { numLayers = 1, ...rest } }) => numLayers === 1 && !('projSize' in rest),
  );

  test.each(single.map((each) => [titleOf(each.network, each), each] as const))(
    'through Recurrent gives what PyTorch’s layer gives: %s',
    (_, { network, options, weights, x, states, lengths, results }) => {
      using _scope = scope();
      const { batchFirst = true, bidirectional = false, ...form } = options;
      const Cell = cells[`${network}Cell`];
      const input = make(x, 'float64');
      const parts = [false, ...(bidirectional ? [true] : [])].map((reverse, i) => {
        const cell = new Cell(inputSize, hiddenSize, { ...form, dtype: 'float64' });
        cell.loadStateDict(weightsOfCell(weights, reverse ? '_l0_reverse' : '_l0'));
        const first = Object.entries(states ?? {}).map(([name, value]) => [name, make(value, 'float64').slice([i])]);
        const runner = new Recurrent<States>(cell as never, { reverse });
        return runner.forward(batchFirst ? input : input.permute([1, 0, 2]), {
          ...(states && { state: Object.fromEntries(first) }),
          ...(lengths && { lengths }),
        });
      });
      parts.forEach(({ output, state }, i) => {
        const at = [i * hiddenSize, (i + 1) * hiddenSize] as const;
        const whole = make(results.output!, 'float64');
        assertAllClose(output, (batchFirst ? whole : whole.permute([1, 0, 2])).slice(['...', at]), { rtol: 1e-10 });
        for (const [name, value] of Object.entries(state)) {
          assertAllClose(value, make(results[name]!, 'float64').slice([i]), { rtol: 1e-10 });
        }
      });
    },
  );
});

test('a state dict goes out by name, and into a cell under the names that it has', async () => {
  await useBackend(cpu());
  using network = new LSTM(2, 3, { peepholes: true });
  using cell = new LSTMCell(2, 3, { peepholes: true });
  const renamed: StateDict = Object.fromEntries(
    Object.entries(network.stateDict()).map(([name, value]) => [name.replace('_l0', ''), value]),
  );
  cell.loadStateDict(renamed);
  expect(Object.keys(cell.stateDict())).toEqual(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'peepholes']);
  using _ = scope();
  const x = tensor([[0.5, -1]]);
  expect(cell.forward(x).h.toArray()).toEqual(network.forward(unsqueeze(x, 1)).state.h.slice([0]).toArray());
});
