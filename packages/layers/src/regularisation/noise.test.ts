// What random layers do in training: which elements are dropped together, and the statistics of the rest.

import { full, manualSeed, ones, randn, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  DropPath,
  GaussianNoise,
  type Module,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => manualSeed(5));

test.each<[string, Module, readonly number[], number]>([
  ['Dropout', new Dropout(0.3), [100, 100], 1],
  ['Dropout1d', new Dropout1d(0.3), [200, 50, 4], 4],
  ['Dropout2d', new Dropout2d(0.3), [200, 50, 2, 3], 6],
  ['Dropout3d', new Dropout3d(0.3), [200, 50, 2, 1, 2], 4],
  ['DropPath', new DropPath(0.3), [10_000, 3], 3],
])('%s leaves parts out whole, as often as it says, and keeps the mean', (_, layer, shape, part) => {
  using _scope = scope();
  const y = layer.forward(ones(shape)).dataSync();
  let out = 0;
  for (let i = 0; i < y.length; i += part) {
    for (let j = 0; j < part; j++) expect(y[i + j]).toBe(y[i]);
    expect([0, Math.fround(1 / Math.fround(0.7))].some((value) => Math.abs(value - y[i]!) < 1e-6)).toBe(true);
    if (y[i] === 0) out++;
  }
  // Five standard deviations of a count of 10,000.
  expect(Math.abs(out - 3000)).toBeLessThan(5 * Math.sqrt(10_000 * 0.3 * 0.7));
});

test('AlphaDropout: each element is one of two, by the paper’s a and b, and mean and variance stay', () => {
  using _ = scope();
  const p = 0.2;
  const lowest = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;
  const a = ((1 - p) * (1 + p * lowest ** 2)) ** -0.5;
  const b = -a * p * lowest;
  const x = randn([100_000], { dtype: 'float64' });
  const y = new AlphaDropout(p).forward(x);
  const [before, after] = [x.dataSync(), y.dataSync()];
  let out = 0;
  for (let i = 0; i < after.length; i++) {
    const isOut = Math.abs(after[i]! - (a * lowest + b)) < 1e-9;
    if (isOut) out++;
    else if (Math.abs(after[i]! - (a * before[i]! + b)) > 1e-9) throw new Error(`element ${i} is ${after[i]}`);
  }
  expect(Math.abs(out - 20_000)).toBeLessThan(5 * Math.sqrt(100_000 * p * (1 - p)));
  expect(Math.abs(y.mean().item())).toBeLessThan(0.02);
  expect(Math.abs(y.std().item() - 1)).toBeLessThan(0.02);
  expect(new AlphaDropout(1).forward(x).abs().max().item()).toBe(0);
});

test('GaussianNoise adds what has its standard deviation and mean 0', () => {
  using _ = scope();
  const x = randn([100_000]);
  const noise = new GaussianNoise(0.25).forward(x).sub(x);
  expect(Math.abs(noise.mean().item())).toBeLessThan((5 * 0.25) / Math.sqrt(100_000));
  expect(Math.abs(noise.std().item() - 0.25)).toBeLessThan(0.005);
});

test.each<[string, Module, readonly number[]]>([
  ['Dropout1d', new Dropout1d(0.5), [4, 4, 2]],
  ['Dropout2d', new Dropout2d(0.5), [4, 4, 1, 2]],
  ['DropPath', new DropPath(0.5), [12, 2]],
  ['AlphaDropout', new AlphaDropout(0.5), [5, 6]],
])('%s: what is dropped is gone, be it a number or not, also from the gradient', (_, layer, shape) => {
  using _scope = scope();
  const run = (fill: number, upstream: number) => {
    manualSeed(5);
    const x = full(shape, fill, { requiresGrad: true });
    const y = layer.forward(x);
    y.backward({ gradient: full(shape, upstream) });
    return { y: y.dataSync(), dx: x.grad!.dataSync() };
  };
  const plain = run(1, 1);
  const isOut = Array.from(plain.dx, (slope) => slope === 0);
  expect(new Set(isOut).size).toBe(2);
  for (const special of [Number.NaN, Infinity, -Infinity]) {
    const [{ y }, { dx }] = [run(special, 1), run(1, special)];
    for (const [i, out] of isOut.entries()) {
      expect(Number.isFinite(y[i])).toBe(out);
      if (out) expect([y[i], dx[i]]).toEqual([plain.y[i], 0]);
      else expect(Number.isFinite(dx[i])).toBe(false);
    }
  }
});
