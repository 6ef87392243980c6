// Values and gradients of the activation layers, against PyTorch's (golden/activations.py made the numbers), and of those
// that PyTorch lacks, by formula.

import { readFileSync } from 'node:fs';
import { manualSeed, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { Module } from '../core/module.js';
import * as activations from './activations.js';
import * as alongAxis from './along-axis.js';
import * as piecewise from './piecewise.js';
import * as smooth from './smooth.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface ActivationCase {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly x: Values;
  readonly dy: Values;
  readonly y: Values;
  readonly dx: Values;
  readonly gradients: Readonly<Record<string, Values>>;
}

const golden: { readonly activations: readonly ActivationCase[] } = JSON.parse(
  readFileSync(new URL('../../golden/activations.json', import.meta.url), 'utf8'),
);
const all = { ...activations, ...smooth, ...piecewise, ...alongAxis };
// Each class takes arguments of its own; the golden file has them as the class takes them.
const classes = new Map(Object.entries(all) as unknown as [string, new (...args: unknown[]) => Module][]);
type Float = 'float32' | 'float64';
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-11, atol: 1e-12 } } as const;

beforeAll(() => useBackend(cpu()));

const make = ({ data, shape }: Values, dtype: Float): Tensor =>
  tensor({ data: dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), shape });

test('every activation that PyTorch has is here', () => {
  const names = [...classes].filter(([, each]) => each.prototype instanceof Module).map(([name]) => name);
  const ours = ['ScaledTanh', 'Maxout'];
  expect([...new Set(golden.activations.map(({ layer }) => layer))].sort()).toEqual(
    names.filter((name) => !ours.includes(name)).sort(),
  );
});

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (actual: Tensor | undefined, expected: Values): void => {
    expect(actual!.shape).toEqual(expected.shape);
    assertAllClose(actual!.dataSync(), expected.data, tolerances[dtype]);
  };

  test.each(
    golden.activations.map((each) => [`${each.layer}(${JSON.stringify(each.args).slice(1, -1)})`, each] as const),
  )('%s', (_, { layer, args, ...golden }) => {
    using _scope = scope();
    const options = layer === 'PReLU' ? { ...(args.at(-1) as object), dtype } : args.at(-1);
    const Layer = classes.get(layer)!;
    using model = new Layer(...args.slice(0, -1), options).eval();
    const x = make(golden.x, dtype);
    x.requiresGrad = true;
    const y = model.forward(x);
    close(y, golden.y);
    y.backward({ gradient: make(golden.dy, dtype) });
    close(x.grad, golden.dx);
    expect(model.namedParameters().map(([name]) => name)).toEqual(Object.keys(golden.gradients));
    for (const [name, parameter] of model.namedParameters()) close(parameter.grad, golden.gradients[name]!);
  });

  test('far from 0 nothing overflows', () => {
    using _ = scope();
    const x = tensor([-1e4, 1e4], { dtype, requiresGrad: true });
    for (const layer of [new smooth.CELU(), new smooth.LogSigmoid(), new smooth.Softplus(), new smooth.Softsign()]) {
      layer.forward(x).sum().backward();
    }
    expect(Array.from(x.grad!.dataSync()).every(Number.isFinite)).toBe(true);
  });
});

test('ScaledTanh: 1 at 1, steepest at 0, and by formula elsewhere', () => {
  using _ = scope();
  const x = tensor([-2, -1, 0, 0.5, 1], { dtype: 'float64', requiresGrad: true });
  const y = new smooth.ScaledTanh().forward(x);
  y.sum().backward();
  const xs = [-2, -1, 0, 0.5, 1];
  assertAllClose(
    y,
    xs.map((v) => 1.7159 * Math.tanh((2 * v) / 3)),
    { rtol: 1e-14 },
  );
  assertAllClose(
    x.grad!,
    xs.map((v) => (1.7159 * 2) / 3 / Math.cosh((2 * v) / 3) ** 2),
    { rtol: 1e-14 },
  );
  expect(y.dataSync()[4]).toBeCloseTo(1, 4);
});

test('Maxout: the largest of neighbours, counted by hand', () => {
  using _ = scope();
  const x = randn([2, 6, 2], { dtype: 'float64', requiresGrad: true });
  const y = new alongAxis.Maxout(3).forward(x);
  y.sum().backward();
  const [values, gradient] = [x.dataSync(), x.grad!.dataSync()];
  const at = (n: number, c: number, l: number): number => (n * 6 + c) * 2 + l;
  for (const [n, unit, l] of [0, 1].flatMap((n) =>
    [0, 1].flatMap((unit) => [0, 1].map((l) => [n, unit, l] as const)),
  )) {
    const pieces = [0, 1, 2].map((k) => at(n, unit * 3 + k, l));
    const top = Math.max(...pieces.map((i) => values[i]!));
    expect(y.dataSync()[(n * 2 + unit) * 2 + l]).toBe(top);
    for (const i of pieces) expect(gradient[i]).toBe(values[i] === top ? 1 : 0);
  }
});

test('RReLU: while training, slopes are even between low and high', () => {
  using _ = scope();
  manualSeed(1);
  const count = 20000;
  const slopes = new piecewise.RReLU({ low: 0.1, high: 0.5 }).forward(tensor(new Float64Array(count).fill(-1))).neg();
  expect(slopes.min().item()).toBeGreaterThanOrEqual(0.1);
  expect(slopes.max().item()).toBeLessThan(0.5);
  // Of an even distribution: mean 0.3, standard deviation 0.4/√12; four standard errors.
  const std = 0.4 / Math.sqrt(12);
  assertAllClose([slopes.mean().item()], [0.3], { rtol: 0, atol: (4 * std) / Math.sqrt(count) });
  assertAllClose([slopes.std().item()], [std], { rtol: 0.02 });
});
