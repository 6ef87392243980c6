// The optimisers that search: conjugate gradients and Levenberg-Marquardt by their formulas, and what all of them share.

import { concat, manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { written } from '../../test/written.js';
import * as optim from '../index.js';
import { ConjugateGradient, LBFGS, LevenbergMarquardt } from '../index.js';
import { solvePositive } from './solve-positive.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(3));

const float64 = (data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Rosenbrock's valley, (1, 1) at its bottom, with its gradient by hand. */
const valley = (x: Tensor) => (): Tensor => {
  const [a, b] = [x.slice([0]), x.slice([1])];
  const loss = b.sub(a.square()).square().mul(100).add(a.mul(-1).add(1).square());
  loss.backward();
  return loss;
};
const valleyAt = ([a, b]: readonly number[]) => ({
  loss: 100 * (b! - a! * a!) ** 2 + (1 - a!) ** 2,
  gradient: [-400 * a! * (b! - a! * a!) - 2 * (1 - a!), 200 * (b! - a! * a!)],
});

test('conjugate gradients: each direction is of Polak and Ribière, each length fulfils the strong Wolfe conditions', () => {
  using _ = scope();
  const x = float64([-1.2, 1]);
  using optimizer = new ConjugateGradient([x], { maxIter: 1 });
  let before: { readonly gradient: number[]; readonly direction: number[] } | undefined;
  let used = 0;
  for (let i = 0; i < 25; i++) {
    const from = valleyAt(Array.from(x.dataSync(), Number));
    // What is left at the bottom is rounding.
    if (from.loss < 1e-14) break;
    const start = Array.from(x.dataSync(), Number);
    expect(optimizer.step(valley(x))).toBeCloseTo(from.loss, 12);
    const there = Array.from(x.dataSync(), Number);
    const to = valleyAt(there);
    let direction = from.gradient.map((value) => -value);
    if (before !== undefined) {
      const { gradient, direction: former } = before;
      const change = from.gradient.map((value, k) => value - gradient[k]!);
      const beta = Math.max(0, dot(from.gradient, change) / dot(gradient, gradient));
      const next = direction.map((value, k) => value + beta * former[k]!);
      if (beta > 0) used++;
      if (dot(next, from.gradient) < 0) direction = next;
    }
    const slope = dot(direction, from.gradient);
    const t =
      dot(
        there.map((value, k) => value - start[k]!),
        direction,
      ) / dot(direction, direction);
    assertAllClose(
      there,
      start.map((value, k) => value + t * direction[k]!),
      { rtol: 1e-7, atol: 1e-9 },
    );
    expect(to.loss).toBeLessThanOrEqual(from.loss + 1e-4 * t * slope);
    expect(Math.abs(dot(direction, to.gradient))).toBeLessThanOrEqual(0.1 * Math.abs(slope) * (1 + 1e-6));
    before = { gradient: from.gradient, direction };
  }
  expect(used).toBeGreaterThan(5);
});

test.each([
  [
    'LBFGS',
    (x: Tensor) => new LBFGS([x], { lineSearch: 'strong-wolfe', maxIter: 100, maxEval: 1000, toleranceChange: 1e-15 }),
  ],
  ['ConjugateGradient', (x: Tensor) => new ConjugateGradient([x], { maxIter: 200, toleranceChange: 1e-15 })],
] as const)('%s finds the bottom of the valley', (_, make) => {
  using _scope = scope();
  const x = float64([-1.2, 1]);
  using optimizer = make(x);
  for (let i = 0; i < 3; i++) optimizer.step(valley(x));
  assertAllClose(x.dataSync(), [1, 1], { rtol: 1e-5 });
});

describe.each(['identity', 'diagonal'] as const)('Levenberg-Marquardt with the %s', (scaling) => {
  test('takes the steps of its formula', () => {
    using _ = scope();
    const [xs, ys] = [
      [0, 0.5, 1, 1.5, 2, 3],
      [2.1, 1.3, 1.1, 0.6, 0.55, 0.2],
    ] as const;
    const [x, y] = [tensor([...xs], { dtype: 'float64' }), tensor([...ys], { dtype: 'float64' })];
    const [a, b] = [float64([0.3]), float64([1])];
    using optimizer = new LevenbergMarquardt([a, b], { scaling });
    let [p, q, damping] = [0.3, 1, 1e-3];
    const residuals = (p: number, q: number): number[] => xs.map((at, i) => p * Math.exp(q * at) - ys[i]!);
    const half = (r: readonly number[]): number => dot(r, r) / 2;
    for (let step = 0; step < 12; step++) {
      const r = residuals(p, q);
      const columns = [xs.map((at) => Math.exp(q * at)), xs.map((at) => p * at * Math.exp(q * at))] as const;
      const [aa, ab, bb] = [dot(columns[0], columns[0]), dot(columns[0], columns[1]), dot(columns[1], columns[1])];
      const [ga, gb] = [dot(columns[0], r), dot(columns[1], r)];
      for (let tries = 0; tries < 10; tries++) {
        const [da, db] = scaling === 'identity' ? [1, 1] : [aa, bb];
        const [m, n] = [aa + damping * da, bb + damping * db];
        // By Cramer's rule.
        const det = m * n - ab * ab;
        const [nextP, nextQ] = [p - (ga * n - gb * ab) / det, q - (gb * m - ga * ab) / det];
        if (half(residuals(nextP, nextQ)) < half(r)) {
          [p, q, damping] = [nextP, nextQ, damping / 10];
          break;
        }
        damping *= 10;
      }
      expect(optimizer.step(() => x.mul(b).exp().mul(a).sub(y))).toBeCloseTo(half(r), 10);
      // At the end nothing lowers the sum but rounding.
      assertAllClose([a.item(), b.item()], [p, q], { rtol: 1e-7 });
    }
    expect(half(residuals(p, q))).toBeLessThan(0.05);
  });
});

test.each([
  ['LBFGS', (x: Tensor, options: object) => new LBFGS([x], { lineSearch: 'strong-wolfe', ...options })],
  ['ConjugateGradient', (x: Tensor, options: object) => new ConjugateGradient([x], options)],
])('%s stops where no number moves by more than toleranceChange, and goes on where one does', (_, make) => {
  using _scope = scope();
  // Steep, so that lengths along a direction are small, and losses differ by thousands.
  const steep = tensor([1000, 9000], { dtype: 'float64' });
  const start = [9, 1];
  const after = (options: object): number[] => {
    const x = float64(start);
    using optimizer = make(x, options);
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = x.square().mul(steep).sum();
      loss.backward();
      return loss;
    });
    return Array.from(x.dataSync(), Number);
  };
  for (const toleranceChange of [5, 1e-3]) {
    const once = after({ maxIter: 1, toleranceChange });
    const moved = Math.max(...once.map((value, i) => Math.abs(value - start[i]!)));
    expect(moved).toBeGreaterThan(0.1);
    expect(moved).toBeLessThan(5);
    const often = after({ maxIter: 20, toleranceChange });
    if (moved <= toleranceChange) expect(often).toEqual(once);
    else expect(often).not.toEqual(once);
  }
});

test('Levenberg-Marquardt solves a linear problem at once', () => {
  using _ = scope();
  const [x, w] = [randn([20, 3], { dtype: 'float64' }), float64([0, 0, 0])];
  const y = x.matmul(tensor([1, -2, 3], { dtype: 'float64' }));
  using optimizer = new LevenbergMarquardt([w], { damping: 1e-12 });
  optimizer.step(() => x.matmul(w).sub(y));
  assertAllClose(w.dataSync(), [1, -2, 3], { rtol: 1e-9 });
});

test('equations with a positive definite matrix, and none for another', () => {
  const a = [4, 2, 0.6, 2, 5, 1, 0.6, 1, 3];
  const x = [1, -2, 0.5];
  const b = [0, 1, 2].map((i) => dot(a.slice(3 * i, 3 * i + 3), x));
  assertAllClose(solvePositive(Float64Array.from(a), Float64Array.from(b))!, x, { rtol: 1e-14 });
  expect(solvePositive(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBeUndefined();
});

type Searching = LBFGS | ConjugateGradient | LevenbergMarquardt;
const all: readonly [string, (params: Tensor[]) => Searching][] = [
  ['LBFGS', (params) => new LBFGS(params, { lr: 0.2, maxIter: 2, historySize: 4 })],
  ['LBFGS with line search', (params) => new LBFGS(params, { lineSearch: 'strong-wolfe', maxIter: 3 })],
  ['ConjugateGradient', (params) => new ConjugateGradient(params, { maxIter: 2 })],
  ['LevenbergMarquardt', (params) => new LevenbergMarquardt(params, { maxTries: 3 })],
];

test('every optimiser with a closure is here', () => {
  const exported = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof optim.ClosureOptimizer ? [name] : [],
  );
  expect(new Set(all.map(([name]) => name.split(' ')[0]))).toEqual(new Set(exported));
});

describe.each(all)('%s', (_, make) => {
  const leaves = (): Tensor[] => [randn([3, 2], { requiresGrad: true }), randn([2], { requiresGrad: true })];

  /** A step on data that changes, so that the search never ends. */
  function train([w, b]: readonly Tensor[], optimizer: Searching): void {
    using _scope = scope();
    const [x, y] = [randn([6, 3]), randn([6, 2])];
    const residuals = (): Tensor => x.matmul(w!).add(b!).tanh().sub(y);
    if (optimizer instanceof LevenbergMarquardt) {
      optimizer.step(residuals);
      return;
    }
    optimizer.step(() => {
      const loss = residuals().square().mean();
      loss.backward();
      return loss;
    });
    optimizer.zeroGrad();
  }

  test('memory is the same to the byte after step 20 and after step 2,000, and free in the end', () => {
    const before = memory();
    const params = leaves();
    // The history is full after twenty steps.
    const optimizer = make(params);
    if (optimizer instanceof LBFGS) optimizer.paramGroups[0]!.historySize = 4;
    for (let i = 0; i < 20; i++) train(params, optimizer);
    const early = memory();
    for (let i = 20; i < 2000; i++) train(params, optimizer);
    expect([memory().bytes, memory().buffers]).toEqual([early.bytes, early.buffers]);
    optimizer.dispose();
    for (const param of params) param.dispose();
    expect([memory().bytes, memory().buffers]).toEqual([before.bytes, before.buffers]);
  });

  test('goes on exactly from a state that was written to a file', () => {
    using _scope = scope();
    const params = leaves();
    using optimizer = make(params);
    for (let i = 0; i < 7; i++) train(params, optimizer);
    const state = written(optimizer.stateDict());
    const copies = params.map((param) =>
      tensor({ data: Float32Array.from(param.dataSync() as Float32Array), shape: param.shape }, { requiresGrad: true }),
    );
    using resumed = make(copies);
    resumed.loadStateDict(state);
    for (const [each, by] of [
      [params, optimizer],
      [copies, resumed],
    ] as const) {
      manualSeed(9);
      for (let i = 0; i < 5; i++) train(each, by);
    }
    expect(copies.map((copy) => copy.toArray())).toEqual(params.map((param) => param.toArray()));
  });

  test('says what does not fit', () => {
    using _scope = scope();
    const [w, b] = leaves() as [Tensor, Tensor];
    const optimizer = make([w]);
    const { name } = optimizer;
    expect(() => optimizer.step(undefined as never)).toThrow(
      `${name}: step() needs a function that ${optimizer.wants === 'loss' ? 'computes the loss, calls' : 'returns the residuals'}`,
    );
    expect(() => optimizer.step((() => 3) as never)).toThrow(`${name}: the closure returned no Tensor`);
    expect(() => optimizer.addParamGroup({ params: [b] })).toThrow(`${name}: got a second group`);
    expect(() => make([w, float64([1])])).toThrow(`${name}: parameters are float32 on`);
    const Again = optimizer.constructor as new (params: Tensor[], options: object) => Searching;
    expect(() => new Again([w], { lr: -1 })).toThrow(`${name}: lr is -1, needs a number of at least 0`);
    expect(() => new Again([{ params: [w], pace: 1 }] as never, {})).toThrow(
      `${name}: there is no option pace; it has lr`,
    );
    const other = new (optimizer instanceof LBFGS ? ConjugateGradient : LBFGS)([w]);
    expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(`the state is of ${other.name}`);
    optimizer.paramGroups[0]!.lr = -1;
    expect(() => optimizer.step(() => w.sum())).toThrow(`${name}: lr is -1, needs a number of at least 0`);
  });
});

test('a closure without backward(), and a history of another shape', () => {
  using _ = scope();
  const x = float64([1, 2]);
  const optimizer = new LBFGS([x], { maxIter: 2 });
  expect(() => optimizer.step(() => x.sum())).toThrow(
    'LBFGS: the closure left no gradient; call loss.backward() in it',
  );
  optimizer.step(valley(x));
  const other = new LBFGS([float64([1, 2, 3])]);
  expect(() => other.loadStateDict(optimizer.stateDict())).toThrow('instead of [3]');
  expect(() => new LBFGS([x], { lineSearch: 'wolfe' as never })).toThrow(
    "LBFGS: lineSearch is 'wolfe', needs 'strong-wolfe' or undefined",
  );
});

test('Levenberg-Marquardt: a damping that fell for long can rise again', () => {
  using _ = scope();
  const [a, b] = [float64([1]), float64([1])];
  // As after some 320 steps that each lowered the loss.
  using optimizer = new LevenbergMarquardt([a, b], { damping: 1e-323 });
  optimizer.step(() => concat([a.mul(2), b], 0));
  expect(optimizer.stateDict().state[0]!['damping']).toBeGreaterThan(0);
  // One equation for two unknowns has no solution without damping.
  a.assign(tensor([1], { dtype: 'float64' }));
  for (let i = 0; i < 4; i++) optimizer.step(() => a.add(b));
  expect(Math.abs(a.item() + b.item())).toBeLessThan(1e-2);
});
