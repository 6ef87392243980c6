// Two tables with five-fold cross-validation: which species a penguin is, and how well a red wine is liked.
//
// Each row is tested on once, by a model that has not seen it. Features are scaled by the training rows of the fold alone.

import { useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, ReLU, Sequential, Tanh } from '@dl/layers';
import { Adam } from '@dl/optim';
import { Accuracy, type CrossValidation, crossValidate, evaluate, type Fold, fit, R2, RMSE } from '@dl/train';
import { penguins, redWines, standardise } from './tables.js';

const EPOCHS = 15;

/** Row i is tested in fold i mod 5: simple enough to do the same elsewhere. */
export function foldsOf(size: number): Fold[] {
  const rows = Array.from({ length: size }, (_, row) => row);
  return [0, 1, 2, 3, 4].map((fold) => ({
    train: rows.filter((row) => row % 5 !== fold),
    test: rows.filter((row) => row % 5 === fold),
  }));
}

/** The share of penguins whose species is found. */
export function classifyPenguins(folder: string, seed: number): Promise<CrossValidation> {
  const table = penguins(folder);
  return crossValidate(
    table,
    async ({ train, test }) => {
      const [x, testX] = standardise(train.x, test.x);
      const model = new Sequential(new Linear(4, 16), new Tanh(), new Linear(16, 3));
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const data = loader({ images: x, labels: train.labels }, { batchSize: 32, shuffle: true });
      for await (const _ of fit(model, data, { optimizer, epochs: EPOCHS }));
      const metrics = { accuracy: new Accuracy() };
      const tested = await evaluate(model, loader({ images: testX, labels: test.labels }), { metrics });
      return tested.metrics!['accuracy']!;
    },
    { folds: foldsOf(table.labels.shape[0]!), seed },
  );
}

/** The root mean squared error (in deviations of the judgement) and R² for red wines. */
export async function judgeWines(folder: string, seed: number): Promise<{ rmse: CrossValidation; r2: number }> {
  const table = redWines(folder);
  const r2: number[] = [];
  const rmse = await crossValidate(
    table,
    async ({ train, test }) => {
      const [x, testX] = standardise(train.x, test.x);
      const [y, testY] = standardise(train.y, test.y);
      const model = new Sequential(new Linear(11, 32), new ReLU(), new Linear(32, 1));
      const optimizer = new Adam(model.parameters(), { lr: 0.003 });
      const task = {
        forward: (batch: { x: Parameters<typeof model.forward>[0] }) => model.forward(batch.x),
        loss: (output: ReturnType<typeof model.forward>, batch: { y: typeof output }) =>
          output.sub(batch.y).square().mean(),
      };
      const data = loader({ x, y }, { batchSize: 32, shuffle: true });
      for await (const _ of fit(model, data, { ...task, optimizer, epochs: EPOCHS }));
      const metrics = { rmse: new RMSE(), r2: new R2() };
      const tested = await evaluate(model, loader({ x: testX, y: testY }), { ...task, metrics, target: 'y' });
      r2.push(tested.metrics!['r2']!);
      return tested.metrics!['rmse']!;
    },
    { folds: foldsOf(table.y.shape[0]!), seed },
  );
  return { rmse, r2: r2.reduce((sum, value) => sum + value, 0) / r2.length };
}

/** What the program prints. */
export async function report(folder: string): Promise<string> {
  await useBackend(cpu());
  const species = await classifyPenguins(folder, 1);
  const wine = await judgeWines(folder, 1);
  const spread = ({ mean, std }: CrossValidation, digits: number): string =>
    `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;
  return [
    `  penguins   accuracy ${spread(species, 3)}`,
    `  red wine   RMSE     ${spread(wine.rmse, 3)}, R² ${wine.r2.toFixed(3)}`,
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.env['DL_DATA'];
  if (folder === undefined)
    console.log('Set DL_DATA to a folder that has tabular/penguins.csv and winequality-red.csv.');
  else console.log(await report(`${folder}/tabular`));
}
