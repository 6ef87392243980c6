// Every op, and every function that is made of ops, against what PyTorch says: golden/README.md tells how that was made.

import { readFileSync } from 'node:fs';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtInOps } from '../src/backend/coverage.js';
import type { AnyOp } from '../src/dispatch/define-op.js';
import { gradients, sizeOf, type Tensor, tensor, typedArray, useBackend, zerosLike } from '../src/index.js';
import { scope } from '../src/memory/scope.js';
import { allSamples } from '../src/samples.js';
import {
  fromJson,
  type GoldenCase,
  type GoldenTensor,
  notInPyTorch,
  opCases,
  publicCases,
  toJson,
} from './golden-cases.js';
import { publicFunctions } from './golden-functions.js';

interface Answer {
  readonly outputs: readonly (readonly number[])[];
  /** One for each float input, in order; none where the op has no gradient. */
  readonly gradients: readonly (readonly number[])[];
}
/** A case with PyTorch's answer to it in float64, and in float32. */
type Golden = GoldenCase & Answer & { readonly shapes: readonly (readonly number[])[]; readonly float32: Answer };
type Inputs = Readonly<Record<string, Tensor | readonly Tensor[]>>;

const read = (file: string): Golden[] =>
  fromJson(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')) as Golden[];
const ofOps = read('ops.json');
const ofFunctions = read('functions.json');

beforeAll(async () => {
  await useBackend(cpu());
});

const byName = new Map<string, AnyOp>(builtInOps().map((op) => [op.name, op]));
const tolerances = new Map(allSamples().map(({ op, tolerance }) => [op.name, tolerance]));

function callOp({ name, attrs }: Golden, inputs: Inputs): Tensor[] {
  const op = byName.get(name)!;
  const result = op.run(inputs, attrs);
  if (op.mutates !== undefined) return op.mutates.flatMap((name) => inputs[name]!).map((changed) => changed.detach());
  return op.outputNames.length === 1 ? [result as Tensor] : Object.values(result as Record<string, Tensor>);
}

function callFunction({ name, attrs }: Golden, inputs: Inputs): readonly Tensor[] {
  const result = publicFunctions[name]!(inputs as never, attrs);
  return Array.isArray(result) ? result : [result as Tensor];
}

// Where float32 cannot be as close as the tolerance of the samples says, and why.
const looserInFloat32: Readonly<Record<string, number>> = {
  // The gradient is exp(x - y), and near y = 800 float32 numbers lie 6e-5 apart.
  logSumExp: 1e-5,
  // Made of ops, they subtract a mean that is rounded to float32: near 1000 by up to 3e-5.
  variance: 1e-5,
  std: 1e-5,
};

type Float = 'float32' | 'float64';

function tensorOf({ shape, dtype, data }: GoldenTensor, float: Float): Tensor {
  const kind = dtype === 'float32' ? float : dtype;
  const values = typedArray(kind, data.length);
  values.set(data);
  return tensor({ data: values, shape }, { dtype: kind, requiresGrad: dtype === 'float32' });
}

/** What the gradient goes back from, as in make-golden.py. */
function upstream({ shape, dtype }: Tensor): Tensor {
  const values = typedArray(dtype, sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = (((5 * i) % 16) - 7.5) / 8;
  return tensor({ data: values, shape });
}

/** Our answer to a case. */
function answer(
  golden: Golden,
  call: typeof callFunction,
  float: Float,
): { outputs: readonly Tensor[]; gradients: Tensor[] } {
  const inputs: Record<string, Tensor | readonly Tensor[]> = {};
  for (const [name, given] of Object.entries(golden.inputs)) {
    inputs[name] = Array.isArray(given)
      ? given.map((one) => tensorOf(one, float))
      : tensorOf(given as GoldenTensor, float);
  }
  const outputs = call(golden, inputs);
  const leaves = Object.values(inputs)
    .flat()
    .filter(({ requiresGrad }) => requiresGrad);
  const roots = outputs.filter(({ requiresGrad }) => requiresGrad);
  if (leaves.length === 0 || roots.length === 0) return { outputs, gradients: [] };
  const total = roots.map((y) => y.mul(upstream(y)).sum()).reduce((sum, term) => sum.add(term));
  const found = gradients(total, leaves, { allowUnused: true });
  // As in make-golden.py: no gradient is one of zeros.
  return { outputs, gradients: leaves.map((leaf, i) => found[i] ?? zerosLike(leaf)) };
}

/** Throws unless |got - wanted| ≤ relative · |wanted| + ofLargest · (the largest |wanted|) everywhere. */
function compare(what: string, got: Tensor, wanted: readonly number[], relative: number, ofLargest: number): void {
  const values = got.dataSync();
  expect(values.length, `${what}: number of elements`).toBe(wanted.length);
  const largest = wanted.reduce((top, value) => (Number.isFinite(value) ? Math.max(top, Math.abs(value)) : top), 0);
  for (const [i, value] of values.entries()) {
    const target = wanted[i]!;
    if (value === target || (Number.isNaN(value) && Number.isNaN(target))) continue;
    const allowed = relative * Math.abs(target) + ofLargest * largest;
    if (Math.abs(value - target) <= allowed) continue;
    throw new Error(
      `${what}, element ${i}: got ${value}, PyTorch has ${target}; ${Math.abs(value - target)} apart, allowed ${allowed}`,
    );
  }
}

function check(golden: Golden, call: typeof callFunction, float: Float, relative: number, ofLargest: number): void {
  using _ = scope();
  const ours = answer(golden, call, float);
  const theirs = float === 'float64' ? golden : golden.float32;
  const label = `${golden.name} ${toJson(golden.attrs)} ${float}`;
  expect(
    ours.outputs.map(({ shape }) => shape),
    `${label}: shapes`,
  ).toEqual(golden.shapes);
  for (const [i, y] of ours.outputs.entries())
    compare(`${label}, output ${i}`, y, theirs.outputs[i]!, relative, ofLargest);
  expect(ours.gradients.length, `${label}: number of gradients`).toBe(theirs.gradients.length);
  for (const [i, gradient] of ours.gradients.entries()) {
    compare(`${label}, gradient ${i}`, gradient, theirs.gradients[i]!, relative, 4 * ofLargest);
  }
}

function suite(cases: readonly Golden[], call: typeof callFunction): void {
  for (const name of new Set(cases.map((golden) => golden.name))) {
    const own = cases.filter((golden) => golden.name === name);
    test(`${name} in float64`, () => {
      for (const golden of own) check(golden, call, 'float64', 1e-12, 1e-14);
    });
    test(`${name} in float32`, () => {
      for (const golden of own)
        check(golden, call, 'float32', 0, looserInFloat32[name] ?? tolerances.get(name) ?? 2e-6);
    });
  }
}

describe('ops', () => suite(ofOps, callOp));
describe('functions', () => suite(ofFunctions, callFunction));

describe('the golden files', () => {
  const question = ({ name, attrs, inputs }: GoldenCase): unknown => fromJson(toJson({ name, attrs, inputs }));

  test('answer every sample of every op as it is now', () => {
    expect(ofOps.map(question)).toEqual(opCases().map(question));
  });

  test('answer every call of golden-functions.ts as it is now', () => {
    expect(ofFunctions.map(question)).toEqual(publicCases().map(question));
  });

  test('have a row for every op that has samples, and every op has samples', () => {
    const rows = new Set(ofOps.map(({ name }) => name));
    expect(
      allSamples()
        .map(({ op }) => op.name)
        .filter((name) => !rows.has(name) && !(name in notInPyTorch)),
    ).toEqual([]);
    const sampled = new Set(allSamples().map(({ op }) => op));
    expect(
      builtInOps()
        .filter((op) => !sampled.has(op))
        .map(({ name }) => name),
    ).toEqual([]);
  });

  test('try every function that is listed', () => {
    const tried = new Set(ofFunctions.map(({ name }) => name));
    expect(Object.keys(publicFunctions).filter((name) => !tried.has(name))).toEqual([]);
  });
});
