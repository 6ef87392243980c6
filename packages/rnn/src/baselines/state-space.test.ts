// The state-space model: by its formula in plain numbers, its gradients, and processes that it finds.

import { Generator, manualSeed, noGrad, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { gradCheck } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Stateful } from '../training/stateful.js';
import { StateSpace } from './state-space.js';

beforeAll(async () => {
  await useBackend(cpu({ engine: 'typescript' }));
});
beforeEach(() => {
  manualSeed(5);
});

type Rows = number[][];

/** Outputs and last state of one sequence by the formula. */
function byHand(model: StateSpace, inputs: Rows, start: number[]): { outputs: Rows; state: number[] } {
  const layer = (w: Rows, b: number[], x: number[]) =>
    w.map((row, i) => row.reduce((sum, a, k) => sum + a * x[k]!, b[i]!));
  const [f, g] = [model.transition, model.observation].map((network) => {
    const [w1, b1, w2, b2] = network.parameters().map((each) => each.toArray()) as [Rows, number[], Rows, number[]];
    return (x: number[]) => layer(w2, b2, layer(w1, b1, x).map(Math.tanh));
  }) as [(x: number[]) => number[], (x: number[]) => number[]];
  let z = start;
  const outputs = inputs.map((u) => {
    const moved = f([...z, ...u]);
    z = z.map((value, i) => value + moved[i]!);
    return g(z);
  });
  return { outputs, state: z };
}

describe('by its formula', () => {
  const near = (found: Tensor, expected: unknown[]): void => {
    const values = expected.flat(3) as number[];
    expect(found.size).toBe(values.length);
    Array.from(found.dataSync(), Number).forEach((value, i) => {
      expect(Math.abs(value - values[i]!)).toBeLessThan(1e-12);
    });
  };

  it('with inputs, from a state that is given', () => {
    const model = new StateSpace(3, { inputSize: 2, outputSize: 2, hiddenSize: 5, dtype: 'float64' });
    const [u, z] = [randn([2, 6, 2], { dtype: 'float64' }), randn([2, 3], { dtype: 'float64' })];
    const { output, state } = model.forward(u, { state: { z } });
    const expected = (u.toArray() as number[][][]).map((inputs, i) => byHand(model, inputs, (z.toArray() as Rows)[i]!));
    expect(output.shape).toEqual([2, 6, 2]);
    near(
      output,
      expected.map(({ outputs }) => outputs),
    );
    near(
      state.z,
      expected.map((each) => each.state),
    );
  });

  it('without inputs, from the learned one', () => {
    const model = new StateSpace(2, { inputSize: 0, hiddenSize: 3, dtype: 'float64' });
    noGrad(() => model.start.assign(tensor([0.5, -1], { dtype: 'float64' })));
    const expected = byHand(
      model,
      Array.from({ length: 7 }, () => []),
      [0.5, -1],
    );
    const { output, state } = model.forward(7);
    expect(output.shape).toEqual([1, 7, 1]);
    near(output, expected.outputs);
    near(state.z, expected.state);
  });

  it('goes on where it ended', () => {
    const model = new StateSpace(3);
    const u = randn([2, 10, 1]);
    const whole = model.forward(u);
    const first = model.forward(u.slice([null, [0, 4]]));
    const second = model.forward(u.slice([null, [4, 10]]), { state: first.state });
    expect(second.output.toArray()).toEqual(whole.output.slice([null, [4, 10]]).toArray());
    expect(second.state.z.toArray()).toEqual(whole.state.z.toArray());
    const piecewise = new Stateful(model, 2);
    piecewise.forward(u.slice([null, [0, 4]]));
    expect(piecewise.forward(u.slice([null, [4, 10]])).toArray()).toEqual(second.output.toArray());
  });

  it('gradients go back through all steps', () => {
    const model = new StateSpace(3, { inputSize: 2, dtype: 'float64' });
    gradCheck((u: Tensor) => model.forward(u).output, [randn([2, 4, 2], { dtype: 'float64' })]);
    model
      .forward(randn([2, 4, 2], { dtype: 'float64' }))
      .output.slice([null, -1])
      .sum()
      .backward();
    for (const weight of model.parameters()) expect(weight.grad!.abs().max().item()).toBeGreaterThan(0);
  });
});

it('finds a process that it is shown by inputs and outputs', async () => {
  await useBackend(cpu());
  manualSeed(5);
  // A leaky sum of inputs that saturate, of which tanh is seen; the best linear process leaves 7 % of the variance.
  const run = (inputs: readonly number[]): number[] => {
    let z = 0;
    return inputs.map((u) => {
      z = 0.8 * z + Math.tanh(4 * u);
      return Math.tanh(z);
    });
  };
  const random = new Generator(2);
  const draw = (steps: number): number[] => Array.from({ length: steps }, () => random.uniform(-1, 1));
  const inputs = Array.from({ length: 32 }, () => draw(12));
  const u = tensor(inputs).reshape([32, 12, 1]);
  const y = tensor(inputs.map(run)).reshape([32, 12, 1]);
  const model = new StateSpace(1);
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  for (let step = 0; step < 250; step++) {
    scope(() => {
      model.forward(u).output.sub(y).square().mean().backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  // Much longer than what it was trained on.
  const unseen = draw(200);
  const expected = run(unseen);
  const found = noGrad(() => model.forward(tensor(unseen).reshape([1, 200, 1])).output).dataSync();
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const error = mean(expected.map((value, t) => (value - Number(found[t])) ** 2));
  const variance = mean(expected.map((value) => (value - mean(expected)) ** 2));
  expect(error / variance).toBeLessThan(0.01);
});

describe('refuses, in a sentence,', () => {
  const driven = () => new StateSpace(3, { inputSize: 2 });
  const free = () => new StateSpace(3, { inputSize: 0 });

  it.each<[string, () => unknown, string]>([
    ['no state', () => new StateSpace(0), 'StateSpace: stateSize is 0'],
    [
      'inputs of a process without any',
      () => free().forward(randn([2, 5, 2])),
      'StateSpace: the process has no inputs; give the number of steps, as in forward(20)',
    ],
    [
      'steps of one with inputs',
      () => driven().forward(5),
      'StateSpace: got 5 steps, but the process has inputs; give them, [batch, time, 2]',
    ],
    ['no steps', () => free().forward(0), 'StateSpace: steps is 0'],
    [
      'inputs of another size',
      () => driven().forward(randn([2, 5, 3])),
      'StateSpace: inputs are [2, 5, 3], needs [batch, time, 2]',
    ],
    [
      'one step without a time',
      () => driven().forward(randn([2, 2])),
      'StateSpace: inputs are [2, 2], needs [batch, time, 2]',
    ],
    [
      'a state of another batch',
      () => driven().forward(randn([2, 5, 2]), { state: { z: randn([1, 3]) } }),
      "StateSpace: the state's z is [1, 3], needs [2, 3]: [batch, stateSize]",
    ],
    [
      'a state that is none',
      () => free().forward(4, { state: {} as never }),
      "StateSpace: the state's z: input is undefined, needs a Tensor",
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
