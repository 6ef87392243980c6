// Cross-validation: every row is tested once, classes are dealt evenly, and a fold does not depend on the others.

import { defaultGenerator, manualSeed } from '@dl/autograd';
import { expect, test } from 'vitest';
import { crossValidate, type FoldData } from './cross-validate.js';

const size = 53;
const dataset = {
  x: { data: Float32Array.from({ length: size }, (_, i) => i), shape: [size, 1] },
  // 10 of class 1 among 43 of class 0.
  labels: { data: Int32Array.from({ length: size }, (_, i) => Number(i % 5 === 0 && i < 50)), shape: [size] },
};
type Data = FoldData<typeof dataset>;

test('each row is tested once, and trained on in all other folds', async () => {
  const seen: Data[] = [];
  await crossValidate(dataset, (data) => seen.push(data), { folds: 4 });
  expect(seen.map(({ fold }) => fold)).toEqual([0, 1, 2, 3]);
  expect(seen.flatMap(({ test: { x } }) => [...x.data]).sort((a, b) => a - b)).toEqual([...dataset.x.data]);
  for (const { train, test: tested } of seen) {
    expect([...train.x.data, ...tested.x.data].sort((a, b) => a - b)).toEqual([...dataset.x.data]);
    expect([13, 14]).toContain(tested.x.shape[0]);
  }
});

test('stratified folds have as many of each class', async () => {
  const counts: number[] = [];
  const count = ({ test: { labels } }: Data) => counts.push(labels.data.reduce((sum, label) => sum + label, 0));
  await crossValidate(dataset, count, { folds: 5, stratify: 'labels' });
  expect(counts).toEqual([2, 2, 2, 2, 2]);
});

test('mean and deviation by their formulas, and runs seeded each by itself', async () => {
  const draw = () => defaultGenerator().uniform();
  manualSeed(1);
  const first = await crossValidate(dataset, draw, { folds: 3, seed: 5 });
  manualSeed(2);
  let others = 0;
  const second = await crossValidate(dataset, () => draw() + 0 * (others += draw()), { folds: 3, seed: 5 });
  expect(second.scores).toEqual(first.scores);
  expect(new Set(first.scores).size).toBe(3);
  expect((await crossValidate(dataset, draw, { folds: 3, seed: 6 })).scores).not.toEqual(first.scores);
  const scores = [1, 2, 6];
  const { mean, std } = await crossValidate(dataset, ({ fold }) => scores[fold]!, { folds: 3 });
  expect([mean, std]).toEqual([3, Math.sqrt((4 + 1 + 9) / 2)]);
});

test('folds may be given, and a signal stops between two', async () => {
  const folds = [
    { train: [0, 1], test: [2] },
    { train: [2], test: [5, 0] },
  ];
  const stop = new AbortController();
  const seen: number[][] = [];
  const run = ({ test: { x } }: Data) => {
    stop.abort(new Error('enough'));
    return seen.push([...x.data]);
  };
  await crossValidate(dataset, run, { folds });
  expect(seen).toEqual([[2], [5, 0]]);
  await expect(crossValidate(dataset, run, { folds, signal: stop.signal })).rejects.toThrow('enough');
});

test('bad input is told in one sentence', async () => {
  await expect(crossValidate(dataset, () => 0, { folds: 1 })).rejects.toThrow(
    'crossValidate: folds is 1, needs a whole number from 2 to 53, the rows that there are',
  );
  await expect(crossValidate(dataset, () => 0, { folds: [] })).rejects.toThrow(
    'crossValidate: there are 0 folds, needs at least 1',
  );
  await expect(crossValidate(dataset, () => 0, { stratify: 'class' })).rejects.toThrow(
    "crossValidate: stratify is 'class', needs an array with one class number for each row; there are x, labels",
  );
  await expect(crossValidate(dataset, () => undefined as never)).rejects.toThrow(
    'crossValidate: fold 0 gave undefined, needs a number as its score',
  );
});
