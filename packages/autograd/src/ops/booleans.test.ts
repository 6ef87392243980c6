// Booleans that are counted: every reduction and every op along an axis either takes them, by the formula beside it, or says what to do.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtInOps } from '../backend/coverage.js';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const rows = [
  [true, false, true, true],
  [false, false, false, false],
  [true, true, true, true],
];
const x = (): dl.Tensor => dl.tensor(rows);
const count = (row: readonly boolean[]): number => row.filter(Boolean).length;

/** What comes of each row, and its dtype. PyTorch 1.13: sum, prod, cumsum in int64, max, min, sort in bool; it refuses the others. */
const taken: Readonly<
  Record<string, readonly [call: (x: dl.Tensor) => dl.Tensor, dtype: dl.DType, of: (row: boolean[]) => unknown]>
> = {
  sum: [(x) => x.sum(1), 'int32', count],
  prod: [(x) => x.prod(1), 'int32', (row) => Number(row.every(Boolean))],
  mean: [(x) => x.mean(1), 'float32', (row) => count(row) / row.length],
  max: [(x) => x.max(1), 'bool', (row) => row.some(Boolean)],
  min: [(x) => x.min(1), 'bool', (row) => row.every(Boolean)],
  any: [(x) => x.any(1), 'bool', (row) => row.some(Boolean)],
  all: [(x) => x.all(1), 'bool', (row) => row.every(Boolean)],
  argmax: [(x) => x.argmax(1), 'int32', (row) => Math.max(0, row.indexOf(true))],
  argmin: [(x) => x.argmin(1), 'int32', (row) => Math.max(0, row.indexOf(false))],
  cumsum: [(x) => x.cumsum(1), 'int32', (row) => row.map((_, i) => count(row.slice(0, i + 1)))],
  sort: [(x) => x.sort(1).values, 'bool', (row) => row.map((_, i) => i >= row.length - count(row))],
  topK: [(x) => x.topK(2).values, 'bool', (row) => [count(row) > 0, count(row) > 1]],
};

/** Those that go along axes without putting anything together, or that have no meaning for booleans: they say so. */
const refused = ['glu', 'logSumExp', 'norm', 'softmax', 'logSoftmax'];
const moves = ['concat', 'gather', 'indexSelect', 'scatterAdd', 'indexSelectGrad', 'softmaxGrad', 'logSoftmaxGrad', 'prodOfOthers']; // biome-ignore format: one list

test('every op that has axes is one of these', () => {
  const along = builtInOps().filter(({ defaults }) => 'axes' in defaults || 'axis' in defaults);
  expect(along.map(({ name }) => name).sort()).toEqual([...Object.keys(taken), ...refused, ...moves].sort());
});

describe.each(Object.entries(taken))('%s', (_name, [call, dtype, of]) => {
  test('of booleans is as by the formula, has no gradient, and leaves nothing else in memory', () => {
    const before = dl.memory().bytes;
    const values = x();
    const made = dl.memory().bytes;
    const y = call(values);
    expect([y.dtype, y.toArray()]).toEqual([dtype, rows.map(of)]);
    expect(y.requiresGrad).toBe(false);
    values.dispose();
    y.dispose();
    // Those that give two results have left the other one.
    expect(dl.memory().bytes - before).toBeLessThanOrEqual(4 * rows.flat().length);
    expect(made).toBeGreaterThan(before);
  });
});

test.each(refused)('%s of booleans says how to have it', (name) => {
  const call = (dl as unknown as Record<string, (x: dl.Tensor, axis: number) => dl.Tensor>)[name]!;
  expect(() => call(x(), 1)).toThrow(`${name}: x is bool, needs float32 or float64; cast it with .cast('float32')`);
});

test.each(['variance', 'std'] as const)('%s, too', (name) => {
  expect(() => x()[name](1)).toThrow(`${name}: x is bool, needs float32 or float64; cast it with .cast('float32')`);
});

test('the accuracy of a classifier is a mean of booleans', () => {
  const answers = dl.tensor([3, 1, 4, 1], { dtype: 'int32' });
  const labels = dl.tensor([3, 1, 4, 5], { dtype: 'int32' });
  expect(answers.equal(labels).sum().item()).toBe(3);
  expect(answers.equal(labels).mean().item()).toBe(0.75);
  expect(dl.tensor([2, 3], { dtype: 'int32' }).mean().item()).toBe(2.5);
});

test('of no booleans: nothing is true, all are, and there is no largest', () => {
  const none = dl.zeros([2, 0], { dtype: 'bool' });
  expect([none.sum().item(), none.prod().item(), none.mean().item()]).toEqual([0, 1, Number.NaN]);
  expect(none.sum(1).toArray()).toEqual([0, 0]);
  const message = (name: string) => `${name}: bool [2, 0] has no elements along [1]; needs at least one`;
  expect(() => none.max(1)).toThrow(message('max'));
  expect(() => none.min(1)).toThrow(message('min'));
  expect(() => none.argmax(1)).toThrow('argmax: [2, 0] has no elements along axis 1');
});

test('what is frozen by a mask may be counted while others learn', () => {
  const w = dl.tensor([1, -2, 3], { requiresGrad: true });
  const share = w.greater(0).mean();
  w.mul(w).sum().mul(share).backward();
  expect(w.grad!.toArray()).toEqual([2, -4, 6].map((d) => Math.fround(d * Math.fround(2 / 3))));
});
