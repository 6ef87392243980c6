// Values and gradients of the layers, against PyTorch's: golden/layers.py made the numbers.

import { readFileSync } from 'node:fs';
import { crossEntropy, manualSeed, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from './index.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const { Linear, Conv2d, MaxPool2d, AvgPool2d, Flatten, Tanh, ReLU, Sigmoid, Sequential } = layers;
const { LayerNorm, RMSNorm, GroupNorm, InstanceNorm2d, BatchNorm1d, BatchNorm2d, Embedding } = layers;
const norms = { LayerNorm, RMSNorm, GroupNorm, InstanceNorm2d, BatchNorm1d, BatchNorm2d };
const classes = { Linear, Conv2d, MaxPool2d, AvgPool2d, Flatten, Tanh, ReLU, Sigmoid, ...norms, Embedding };

interface Answer {
  readonly y: Values;
  /** Missing where the input is indices. */
  readonly dx?: Values;
  readonly gradients: Readonly<Record<string, Values>>;
}

interface LayerCase extends Answer {
  readonly layer: keyof typeof classes;
  readonly args: readonly unknown[];
  readonly state: Readonly<Record<string, Values>>;
  readonly x: Values;
  readonly dy: Values;
  /** Where the layer has buffers: two more steps of training, the state after them, and the answer in evaluation, from then on. */
  readonly later?: readonly Values[];
  readonly stateAfter?: Readonly<Record<string, Values>>;
  readonly inUse?: Answer;
}

interface Start {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: object;
  readonly state: Readonly<Record<string, Readonly<Record<'mean' | 'std' | 'kurtosis' | 'largest', number>>>>;
}

interface Picked {
  readonly shape: readonly number[];
  readonly every: number;
  readonly picked: readonly number[];
  readonly sum: number;
  readonly squares: number;
}

interface Golden {
  readonly layers: readonly LayerCase[];
  readonly lenet: {
    readonly labels: readonly number[];
    readonly logits: Values;
    readonly loss: number;
    readonly gradients: Readonly<Record<string, Picked>>;
  };
  readonly starts: readonly Start[];
  readonly initialisers: Readonly<Record<string, number>>;
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/layers.json', import.meta.url), 'utf8'));
type Float = 'float32' | 'float64';
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-12, atol: 1e-13 } } as const;

beforeAll(() => useBackend(cpu()));

const make = ({ data, shape }: Values, dtype: Float): Tensor =>
  tensor({ data: dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), shape });

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (actual: Tensor | undefined, expected: Values): void => {
    expect(actual!.shape).toEqual(expected.shape);
    assertAllClose(actual!.dataSync(), expected.data, tolerances[dtype]);
  };

  test.each(golden.layers.map((each) => [`${each.layer}(${JSON.stringify(each.args).slice(1, -1)})`, each] as const))(
    '%s',
    (_, { layer, args, state, later = [], stateAfter, inUse, ...golden }) => {
      using _scope = scope();
      const last = args.at(-1);
      const hasOptions = typeof last === 'object' && !Array.isArray(last);
      const options = hasOptions ? last : {};
      const positional = hasOptions ? args.slice(0, -1) : args;
      // Only those that have parameters or buffers take a dtype.
      const withDtype = Object.keys(state).length > 0 ? { ...options, dtype } : options;
      // Each class takes arguments of its own; the golden file has them as the class takes them.
      const Layer = classes[layer] as unknown as new (...args: unknown[]) => layers.Module;
      using model = new Layer(...positional, withDtype);
      expect(Object.keys(model.stateDict())).toEqual(Object.keys(state));
      model.loadStateDict(state);
      const check = ({ y: expected, dx, gradients }: Answer): void => {
        const x =
          dx === undefined
            ? tensor({ data: Int32Array.from(golden.x.data), shape: golden.x.shape })
            : make(golden.x, dtype);
        x.requiresGrad = dx !== undefined;
        const y = model.forward(x);
        close(y, expected);
        y.backward({ gradient: make(golden.dy, dtype) });
        if (dx !== undefined) close(x.grad, dx);
        expect(model.namedParameters().map(([name]) => name)).toEqual(Object.keys(gradients));
        for (const [name, parameter] of model.namedParameters()) close(parameter.grad, gradients[name]!);
        model.zeroGrad();
      };
      check(golden);
      if (stateAfter === undefined || inUse === undefined) return;
      for (const batch of later) model.forward(make(batch, dtype));
      for (const [name, value] of Object.entries(model.stateDict())) close(value, stateAfter[name]!);
      model.eval();
      check(inUse);
    },
  );

  test('LeNet-5: logits, loss and every gradient', () => {
    using _ = scope();
    using model = new Sequential(
      new Conv2d(1, 6, 5, { padding: 2, dtype }),
      new Tanh(),
      new AvgPool2d(2),
      new Conv2d(6, 16, 5, { dtype }),
      new Tanh(),
      new AvgPool2d(2),
      new Flatten(),
      new Linear(400, 120, { dtype }),
      new Tanh(),
      new Linear(120, 84, { dtype }),
      new Tanh(),
      new Linear(84, 10, { dtype }),
    );
    expect(model.namedParameters().map(([name]) => name)).toEqual(Object.keys(golden.lenet.gradients));
    model.parameters().forEach((parameter, seed) => {
      const scale = parameter.rank > 1 ? 4 / Math.sqrt(parameter.size / parameter.shape[0]!) : 0.5;
      parameter.assign(make({ data: spread(parameter.size, seed, scale), shape: parameter.shape }, dtype));
    });
    const images = make({ data: spread(2 * 28 * 28, 99, 2), shape: [2, 1, 28, 28] }, dtype);
    const logits = model.forward(images);
    close(logits, golden.lenet.logits);
    const loss = crossEntropy(logits, tensor(golden.lenet.labels, { dtype: 'int32' }));
    assertAllClose([loss.item()], [golden.lenet.loss], tolerances[dtype]);
    loss.backward();
    for (const [name, parameter] of model.namedParameters()) {
      const { shape, every, picked, sum, squares } = golden.lenet.gradients[name]!;
      const values = Float64Array.from(parameter.grad!.dataSync());
      expect(parameter.grad!.shape).toEqual(shape);
      assertAllClose(
        values.filter((_, i) => i % every === 0),
        picked,
        tolerances[dtype],
      );
      const added = values.reduce((total, value) => total + value, 0);
      // Of a sum of values that cancel, only the absolute error says something.
      assertAllClose([added], [sum], { rtol: 0, atol: tolerances[dtype].rtol * Math.sqrt(squares * values.length) });
      assertAllClose([values.reduce((total, value) => total + value * value, 0)], [squares], tolerances[dtype]);
    }
  });
});

/** What golden/layers.py fills LeNet-5 with. */
function spread(count: number, seed: number, scale: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => (((i * i * 31 + i * 48271 + seed * 7919) % 65537) / 65537) * scale - scale / 2,
  );
}

describe('layers and initialisers start as PyTorch’s do', () => {
  type Class = new (...args: readonly unknown[]) => layers.Module;
  const byName = new Map<string, unknown>(Object.entries(layers));

  test.each(
    golden.starts.map((each) => [`${each.layer} ${JSON.stringify([...each.args, each.options])}`, each] as const),
  )('%s', (_, { layer, args, options, state }) => {
    using _scope = scope();
    manualSeed(1);
    // Each class takes arguments of its own; the golden file has them as the class takes them.
    const Layer = byName.get(layer) as Class;
    // PyTorch counts the slopes of PReLU first, we name them.
    using model =
      layer === 'PReLU' ? new layers.PReLU({ numParameters: args[0] as number }) : new Layer(...args, options);
    expect(Object.keys(model.stateDict())).toEqual(Object.keys(state));
    for (const [name, tensor] of Object.entries(model.stateDict())) {
      const values = Float64Array.from(tensor.dataSync());
      const average = (of: (value: number) => number): number =>
        values.reduce((sum, value) => sum + of(value), 0) / values.length;
      const expected = state[name]!;
      const mean = average((value) => value);
      const std = Math.sqrt(average((value) => (value - mean) ** 2));
      // Both are drawn: five standard errors of the difference, which for a deviation are those of normal numbers or less.
      const error = (5 * Math.SQRT2) / Math.sqrt(values.length);
      assertAllClose([mean], [expected.mean], { rtol: 0, atol: error * expected.std });
      assertAllClose([std], [expected.std], { rtol: error / Math.SQRT2, atol: 0 });
      if (std === 0) continue;
      assertAllClose([average((value) => ((value - mean) / std) ** 4)], [expected.kurtosis], {
        rtol: 0,
        atol: error * Math.sqrt(24),
      });
      // A bound is one that the largest comes close to; what is normal has none.
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (expected.kurtosis < 2) assertAllClose([largest], [expected.largest], { rtol: 1e-3 });
    }
  });

  test('initialisers', () => {
    using _ = scope();
    manualSeed(1);
    const shape = [800, 40, 5];
    // PyTorch's figures are measured, on as many numbers: the largest is a little below the bound.
    const bound = (x: Tensor, name: string): void =>
      assertAllClose([x.abs().max().item()], [golden.initialisers[name]!], { rtol: 2e-3 });
    bound(layers.kaimingUniform(shape), 'kaimingUniform');
    bound(layers.kaimingUniform(shape, { slope: 0.5, mode: 'fanOut' }), 'kaimingUniform slope fanOut');
    bound(layers.xavierUniform(shape, { gain: 5 / 3 }), 'xavierUniform');
    const std = (x: Tensor, name: string): void =>
      assertAllClose([x.std().item()], [golden.initialisers[name]!], { rtol: 1e-2 });
    std(layers.kaimingNormal(shape), 'kaimingNormal');
    std(layers.xavierNormal(shape), 'xavierNormal');
  });
});
