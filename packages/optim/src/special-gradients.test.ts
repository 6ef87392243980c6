// NaN and infinity in one gradient, and gradients of any size: what they reach, on every backend that runs an update.

import {
  adamUpdate,
  manualSeed,
  scope,
  sgdUpdate,
  type Tensor,
  tensor,
  updateElements,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { withoutKernels } from '../test/without-kernels.js';
import * as optim from './index.js';

type Make = (params: Tensor[]) => optim.Optimizer;

const bases = ['PerParameterOptimizer', 'ElementwiseOptimizer'];
const constructors = optim as unknown as Record<string, new (params: Tensor[], options: unknown) => optim.Optimizer>;
const named = Object.entries(optim).flatMap(([name, value]): [string, Make][] =>
  typeof value === 'function' && value.prototype instanceof optim.Optimizer && !bases.includes(name)
    ? [[name, (params) => new constructors[name]!(params, { lr: 0.01 })]]
    : [],
);
const all: readonly (readonly [string, Make])[] = [
  ...named,
  ['SGD with momentum', (params) => new optim.SGD(params, { lr: 0.01, momentum: 0.9, nesterov: true })],
  ['Adam with amsgrad', (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true })],
  ['RMSprop, centred', (params) => new optim.RMSprop(params, { lr: 0.01, centered: true, momentum: 0.5 })],
];
/** A step of a weight depends on the whole parameter. */
const ofWholes = ['LAMB', 'Adafactor', 'Muon'];

const fused = cpu();
const readable = cpu({ engine: 'typescript' });
const composed = await withoutKernels([sgdUpdate, adamUpdate, updateElements]);
const backends = [
  ['WebAssembly', fused],
  ['TypeScript', readable],
  ['other ops', composed],
] as const;

const START = [0.5, -1, 2, 0.25, -0.75, 1.5];
const USUAL = [0.3, -0.6, 0.9, -1.2, 0.1, 0.4];

/** The weights after steps along these gradients; the first parameter has the gradients, the second one the usual ones. */
function walk(
  make: Make,
  gradients: readonly (readonly number[])[],
): { readonly first: number[]; readonly second: number[] } {
  using _ = scope();
  manualSeed(1);
  const rows = [START.slice(0, 3), START.slice(3)];
  const params = [tensor(rows, { requiresGrad: true }), tensor(rows, { requiresGrad: true })];
  using optimizer = make(params);
  for (const gradient of gradients) {
    const given = [gradient, USUAL].map((values) => tensor([...values]).reshape([2, 3]));
    params.forEach((param, i) => {
      // It takes gradients of rows, here of all of them.
      const all = tensor([0, 1], { dtype: 'int32' });
      const read = optimizer instanceof optim.SparseAdam ? param.indexSelect(0, all, { sparse: true }) : param;
      read.mul(given[i]!).sum().backward();
    });
    optimizer.step();
    optimizer.zeroGrad();
  }
  const [first, second] = params.map((param) => Array.from(param.dataSync(), Number)) as [number[], number[]];
  return { first, second };
}

const withValue = (at: number, value: number): number[] => USUAL.map((usual, i) => (i === at ? value : usual));
const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];

describe.each(backends)('by %s', (_, backend) => {
  beforeAll(() => useBackend(backend));

  test.each(all)('%s: NaN and infinity reach what depends on them, and nothing else', (name, make) => {
    const usual = walk(make, [USUAL, USUAL, USUAL]);
    for (const value of [nan, inf, -inf]) {
      // In the lanes of a vector, and in what is left at its end.
      for (const at of [1, 5]) {
        const { first, second } = walk(make, [USUAL, withValue(at, value), USUAL]);
        expect(second).toEqual(usual.second);
        if (ofWholes.includes(name)) {
          if (Number.isNaN(value)) expect(first.every(Number.isNaN)).toBe(true);
          continue;
        }
        first.forEach((weight, i) => {
          if (i !== at) expect(weight).toBe(usual.first[i]);
        });
        if (Number.isNaN(value)) expect(first[at]).toBeNaN();
      }
    }
  });

  test.each(all)('%s: what an infinity makes is the same on each backend', async (_, make) => {
    const gradients = [USUAL, withValue(1, inf), withValue(5, -inf), USUAL];
    const here = walk(make, gradients);
    await useBackend(readable);
    const there = walk(make, gradients);
    await useBackend(backend);
    assertAllClose(here.first, there.first, { rtol: 1e-5, atol: 1e-6 });
  });
});

// Steps that do not depend on the unit of the gradient, but for eps: the same path whatever the size.
const freeOfUnits: readonly (readonly [string, Make])[] = [
  ['Lion', (params) => new optim.Lion(params, { lr: 0.01 })],
  ['Rprop', (params) => new optim.Rprop(params, { lr: 0.01 })],
  ['Adam', (params) => new optim.Adam(params, { lr: 0.01, eps: 0 })],
  ['Adafactor', (params) => new optim.Adafactor(params, { lr: 0.01, eps: [0, 1e-3] })],
  ['RMSprop', (params) => new optim.RMSprop(params, { lr: 0.01, eps: 0 })],
  ['RMSprop, centred', (params) => new optim.RMSprop(params, { lr: 0.01, eps: 0, centered: true })],
  ['Adagrad', (params) => new optim.Adagrad(params, { lr: 0.01, eps: 0 })],
  ['Adamax', (params) => new optim.Adamax(params, { lr: 0.01, eps: 0 })],
  ['NAdam', (params) => new optim.NAdam(params, { lr: 0.01, eps: 0 })],
  ['LAMB', (params) => new optim.LAMB(params, { lr: 0.01, eps: 0 })],
];

describe.each(backends)('gradients of any size, by %s', (_, backend) => {
  beforeAll(() => useBackend(backend));

  test.each(freeOfUnits)('%s', (_, make) => {
    const path = (scale: number): number[] =>
      walk(
        make,
        [1, -0.5, 0.25, 1].map((turn, step) => USUAL.map((value, i) => value * turn * scale * (1 + ((i * step) % 3)))),
      ).first;
    // Squares of these are within single precision; products of two squares are not.
    for (const scale of [2 ** -40, 2 ** 40]) assertAllClose(path(scale), path(1), { rtol: 1e-5, atol: 1e-6 });
  });
});
