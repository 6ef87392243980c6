// NARMA: by its formula in plain numbers, its gradients, and a process that it finds.

import { Generator, manualSeed, noGrad, rand, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { gradCheck } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NARMA } from './narma.js';

beforeAll(async () => {
  await useBackend(cpu({ engine: 'typescript' }));
});
beforeEach(() => {
  manualSeed(5);
});

type Rows = number[][];

/** y(t) of one sequence by the formula, from values before it. */
function byHand(model: NARMA, outputs: Rows, inputs: Rows, t: number): number[] {
  const [w1, b1, w2, b2] = model.parameters().map((each) => each.toArray()) as [Rows, number[], Rows, number[]];
  const seen: number[] = [];
  for (let lag = 1; lag <= model.outputTaps; lag++) seen.push(...outputs[t - lag]!);
  for (let lag = 1; lag <= model.inputTaps; lag++) seen.push(...inputs[t - lag]!);
  const layer = (w: Rows, b: number[], x: number[]) =>
    w.map((row, i) => row.reduce((sum, a, k) => sum + a * x[k]!, b[i]!));
  return layer(w2, b2, layer(w1, b1, seen).map(Math.tanh));
}

const cases: [string, ConstructorParameters<typeof NARMA>[1]][] = [
  ['outputs alone', { outputTaps: 3 }],
  ['more outputs than inputs', { outputTaps: 3, inputTaps: 1, outputSize: 2, inputSize: 3 }],
  ['more inputs than outputs', { outputTaps: 1, inputTaps: 4, inputSize: 2 }],
  ['inputs alone', { outputTaps: 0, inputTaps: 2 }],
];

describe.each(cases)('with %s', (_, options) => {
  const make = () => {
    const model = new NARMA(4, { ...options, dtype: 'float64' });
    const y = randn([2, 9, model.outputSize], { dtype: 'float64' });
    const u = randn([2, 14, model.inputSize], { dtype: 'float64' });
    return { model, y, u: model.inputTaps > 0 ? u : undefined };
  };

  it('what was measured goes in', () => {
    const { model, y, u } = make();
    const found = model.forward(y, u).toArray() as number[][][];
    const expected = (y.toArray() as number[][][]).map((outputs, i) => {
      const inputs = (u?.toArray() as number[][][] | undefined)?.[i] ?? [];
      return outputs.slice(model.memory).map((_, k) => byHand(model, outputs, inputs, k + model.memory));
    });
    expectNear(found, expected);
  });

  it('what was predicted goes in, when it runs freely', () => {
    const { model, y, u } = make();
    const found = model.forecast(y, 6, u).toArray() as number[][][];
    const expected = (y.toArray() as number[][][]).map((outputs, i) => {
      const inputs = (u?.toArray() as number[][][] | undefined)?.[i] ?? [];
      const known = [...outputs];
      for (let t = 9; t < 15; t++) known.push(byHand(model, known, inputs, t));
      return known.slice(9);
    });
    expectNear(found, expected);
  });

  it('gradients go through both', () => {
    const { model, y, u } = make();
    const [w1] = model.parameters() as [Tensor];
    gradCheck((outputs: Tensor) => model.forward(outputs, u), [y]);
    gradCheck((outputs: Tensor) => model.forecast(outputs, 4, u), [y]);
    model.forecast(y, 4, u).square().sum().backward();
    expect(w1.grad!.abs().max().item()).toBeGreaterThan(0);
  });
});

it('finds a process with inputs, and runs freely along it', async () => {
  // Narendra & Parthasarathy's third example.
  const run = (inputs: readonly number[]): number[] => {
    const outputs = [0];
    for (const u of inputs) outputs.push(outputs.at(-1)! / (1 + outputs.at(-1)! ** 2) + u ** 3);
    return outputs.slice(0, inputs.length);
  };
  await useBackend(cpu());
  manualSeed(5);
  const sequence = (values: readonly number[]): Tensor =>
    tensor(Float32Array.from(values)).reshape([1, values.length, 1]);
  const random = new Generator(2);
  const inputs = Array.from({ length: 400 }, () => random.uniform(-1, 1));
  const [u, y] = [sequence(inputs), sequence(run(inputs))];
  const model = new NARMA(12, { outputTaps: 1, inputTaps: 1 });
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < 800; step++) {
    scope(() => {
      model
        .forward(y, u)
        .sub(y.slice([null, [1]]))
        .square()
        .mean()
        .backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  const slow = Array.from({ length: 100 }, (_, t) => Math.sin((2 * Math.PI * t) / 25));
  const expected = run(slow);
  const found = noGrad(() => model.forecast(sequence(expected.slice(0, 1)), 99, sequence(slow)));
  const errors = Array.from(found.dataSync(), (value, i) => Math.abs(Number(value) - expected[i + 1]!));
  // Outputs go from -1.6 to 1.6.
  expect(Math.max(...errors)).toBeLessThan(0.15);
});

describe('refuses, in a sentence,', () => {
  const model = () => new NARMA(4, { outputTaps: 3, inputTaps: 2, inputSize: 2 });
  const [y, u] = [() => rand([2, 9, 1]), (time = 9) => rand([2, time, 2])];

  it.each<[string, () => unknown, string]>([
    [
      'nothing that goes in',
      () => new NARMA(4, { outputTaps: 0 }),
      'NARMA: outputTaps and inputTaps are 0, so that nothing goes in',
    ],
    ['no hidden units', () => new NARMA(0), 'NARMA: hiddenSize is 0'],
    ['missing inputs', () => model().forward(y()), 'NARMA: inputs are missing, and inputTaps is 2; give them'],
    [
      'inputs that nobody looks at',
      () => new NARMA(4).forward(y(), u()),
      'NARMA: inputs are given, but inputTaps is 0',
    ],
    [
      'inputs that end too early',
      () => model().forecast(y(), 4, u(11)),
      'NARMA.forecast: inputs are [2, 11, 2], needs [2, at least 12, 2]',
    ],
    [
      'inputs of another batch',
      () => model().forward(y(), rand([3, 9, 2])),
      'NARMA: inputs are [3, 9, 2], needs [2, at least 9, 2]',
    ],
    [
      'outputs of another size',
      () => model().forward(rand([2, 9, 3]), u()),
      'NARMA: outputs are [2, 9, 3], needs [batch, time, 1]',
    ],
    [
      'one step without a time',
      () => model().forward(rand([2, 1]), u()),
      'NARMA: outputs are [2, 1], needs [batch, time, 1]',
    ],
    [
      'too short a past to train',
      () => model().forward(rand([2, 3, 1]), u(3)),
      'NARMA: outputs have 3 steps, needs at least 4: 3 that go in, and one to predict',
    ],
    [
      'too short a past to go on from',
      () => model().forecast(rand([2, 2, 1]), 1, u()),
      'NARMA.forecast: outputs have 2 steps, needs at least 3: 3 that go in',
    ],
    ['no steps', () => model().forecast(y(), 0, u()), 'NARMA.forecast: steps is 0'],
    ['whole numbers', () => model().forward(tensor([[[1]]], { dtype: 'int32' })), 'NARMA: input is int32'],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

function expectNear(found: number[][][], expected: number[][][]): void {
  const [a, b] = [found.flat(2), expected.flat(2)];
  expect(a).toHaveLength(b.length);
  a.forEach((value, i) => {
    expect(Math.abs(value - b[i]!)).toBeLessThan(1e-12);
  });
}
