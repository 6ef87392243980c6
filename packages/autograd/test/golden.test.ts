// Every op, and every function that is made of ops, against what PyTorch says: golden/README.md tells how that was made.

import { readFileSync } from 'node:fs';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtInOps } from '../src/backend/coverage.js';
import { type Tensor, useBackend } from '../src/index.js';
import { scope } from '../src/memory/scope.js';
import { allSamples } from '../src/samples.js';
import { answer, callFunction, callOp, type Float, type Golden } from './golden-answer.js';
import { fromJson, type GoldenCase, notInPyTorch, opCases, publicCases, toJson } from './golden-cases.js';
import { publicFunctions } from './golden-functions.js';

const read = (file: string): Golden[] =>
  fromJson(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')) as Golden[];
const ofOps = read('ops.json');
const ofFunctions = read('functions.json');

beforeAll(async () => {
  await useBackend(cpu());
});

const tolerances = new Map(allSamples().map(({ op, tolerance }) => [op.name, tolerance]));

// Where float32 cannot be as close as the tolerance of the samples says, and why.
const looserInFloat32: Readonly<Record<string, number>> = {
  // The gradient is exp(x - y), and near y = 800 float32 numbers lie 6e-5 apart.
  logSumExp: 1e-5,
  // Made of ops, they subtract a mean that is rounded to float32: near 1000 by up to 3e-5.
  variance: 1e-5,
  std: 1e-5,
};

/** Throws unless |got - wanted| ≤ relative · |wanted| + ofLargest · (the largest |wanted|) everywhere. */
function compare(what: string, got: Tensor, wanted: readonly number[], relative: number, ofLargest: number): void {
  const values = got.dataSync();
  expect(values.length, `${what}: number of elements`).toBe(wanted.length);
  const largest = wanted.reduce((top, value) => (Number.isFinite(value) ? Math.max(top, Math.abs(value)) : top), 0);
  for (const [i, value] of values.entries()) {
    const target = wanted[i]!;
    // The file has as many digits as tell one float32 from the next.
    const isEqual = value === (got.dtype === 'float32' ? Math.fround(target) : target);
    if (isEqual || (Number.isNaN(value) && Number.isNaN(target))) continue;
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
    compare(`${label}, gradient ${i}`, gradient, theirs.gradients[i]!, relative, 4 * (ofLargest || 1e-6));
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
