// The tables: as good as scikit-learn and PyTorch on the same rows and folds, within the noise of their seeds.

import { readFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { classifyPenguins, foldsOf, judgeWines, report } from './main.js';
import { penguins, redWines } from './tables.js';

interface Figure {
  readonly mean: number;
  readonly std: number;
}
const golden = new URL('../golden/reference.json', import.meta.url);
const reference = JSON.parse(readFileSync(golden, 'utf8')) as {
  penguins: { accuracy: Figure };
  wine: { rmse: Figure; r2: Figure };
};

const SEEDS = [1, 2, 3, 4];
/** Means of 10 and of 4 seeds with the same deviation differ by 0.59 of it (one standard error); four of these never do. */
const noise = ({ std }: Figure): number => 4 * std * Math.sqrt(1 / 10 + 1 / SEEDS.length);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const root = process.env['DL_DATA'];
const folder = `${root}/tabular`;
if (root === undefined) {
  console.warn('Skipped: set DL_DATA to a folder that has tabular/penguins.csv and tabular/winequality-red.csv.');
}

describe.skipIf(root === undefined)('with the tables', { timeout: 120_000 }, () => {
  test('they have the rows and classes that their authors say', () => {
    const { x, labels } = penguins(folder);
    expect(x.shape).toEqual([342, 4]);
    const counts = [0, 0, 0];
    for (const label of labels.data) counts[label]!++;
    expect(counts).toEqual([151, 68, 123]);
    const wines = redWines(folder);
    expect([wines.x.shape, wines.y.shape]).toEqual([
      [1599, 11],
      [1599, 1],
    ]);
    expect(mean([...wines.y.data])).toBeCloseTo(5.636, 3);
  });

  test('penguins are told apart as well as by scikit-learn', async () => {
    await useBackend(cpu());
    const runs = [];
    for (const seed of SEEDS) runs.push(await classifyPenguins(folder, seed));
    expect(runs[0]!.scores).toHaveLength(5);
    const { accuracy } = reference.penguins;
    expect(Math.abs(mean(runs.map((run) => run.mean)) - accuracy.mean)).toBeLessThan(noise(accuracy));
  });

  test('wines are judged as well as by PyTorch', async () => {
    await useBackend(cpu());
    const runs = [];
    for (const seed of SEEDS) runs.push(await judgeWines(folder, seed));
    const { rmse, r2 } = reference.wine;
    expect(Math.abs(mean(runs.map((run) => run.rmse.mean)) - rmse.mean)).toBeLessThan(noise(rmse));
    expect(Math.abs(mean(runs.map((run) => run.r2)) - r2.mean)).toBeLessThan(noise(r2));
  });

  test('the program prints both', async () => {
    expect(await report(folder)).toMatch(
      /^ {2}penguins +accuracy 0\.9\d\d ± 0\.\d{3}\n {2}red wine +RMSE +0\.\d{3} ± 0\.\d{3}, R² 0\.\d{3}$/,
    );
  });
});

test('every row is in one test fold', () => {
  const folds = foldsOf(12);
  expect(folds.flatMap(({ test: rows }) => Array.from(rows)).sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
  for (const { train, test: rows } of folds) expect(train.length + rows.length).toBe(12);
});
