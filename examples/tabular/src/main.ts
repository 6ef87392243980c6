// Four tables with five-fold cross-validation: which species a penguin is, whether a banknote is genuine, how well a red wine is
// liked, how old an abalone is. Beside each figure stands what PyTorch reaches with the same network on the same rows.
//
// Each row is tested on once, by a model that has not seen it. Features are scaled by the training rows of the fold alone.

import { readFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { loader, Scaler } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, ReLU, Sequential, Tanh } from '@dl/layers';
import { Adam } from '@dl/optim';
import { Accuracy, type CrossValidation, crossValidate, evaluate, type Fold, fit, R2, RMSE } from '@dl/train';
import { abalone, banknotes, type Classes, type Numbers, penguins, redWine } from './tables.js';

const EPOCHS = 15;
const BATCH = 32;

/** What differs from table to table: where it comes from, how wide the network is, and how large its steps are. */
export const classifications = {
  penguins: { read: penguins, hidden: 16, lr: 0.01 },
  banknotes: { read: banknotes, hidden: 8, lr: 0.003 },
} as const;
export const regressions = {
  'red wine': { read: redWine, hidden: 32, lr: 0.003 },
  abalone: { read: abalone, hidden: 32, lr: 0.003 },
} as const;

/** Row i is tested in fold i mod 5: simple enough to do the same elsewhere. */
export function foldsOf(size: number): Fold[] {
  const rows = Array.from({ length: size }, (_, row) => row);
  return [0, 1, 2, 3, 4].map((fold) => ({
    train: rows.filter((row) => row % 5 !== fold),
    test: rows.filter((row) => row % 5 === fold),
  }));
}

interface Network {
  readonly hidden: number;
  readonly lr: number;
}

/** The share of rows whose class is found, and the mean cross-entropy. */
export async function classify(
  table: Classes,
  { hidden, lr }: Network,
  seed: number,
): Promise<{ accuracy: CrossValidation; loss: number }> {
  const classes = Math.max(...table.labels.data) + 1;
  const losses: number[] = [];
  const accuracy = await crossValidate(
    table,
    async ({ train, test }) => {
      const scaler = new Scaler().fit(train.x);
      const model = new Sequential(new Linear(train.x.shape[1]!, hidden), new Tanh(), new Linear(hidden, classes));
      const optimizer = new Adam(model.parameters(), { lr });
      const data = { images: scaler.transform(train.x), labels: train.labels };
      const batches = loader(data, { batchSize: BATCH, shuffle: true });
      await fit(model, batches, { optimizer, epochs: EPOCHS });
      const unseen = loader({ images: scaler.transform(test.x), labels: test.labels });
      const { loss, metrics } = await evaluate(model, unseen, { metrics: { accuracy: new Accuracy() } });
      losses.push(loss);
      return metrics!['accuracy']!;
    },
    { folds: foldsOf(table.labels.data.length), seed },
  );
  return { accuracy, loss: mean(losses) };
}

/** The root mean squared error, in the unit of the table, and R². */
export async function regress(
  table: Numbers,
  { hidden, lr }: Network,
  seed: number,
): Promise<{ rmse: CrossValidation; r2: number }> {
  const r2: number[] = [];
  const rmse = await crossValidate(
    table,
    async ({ train, test }) => {
      const [ofX, ofY] = [new Scaler().fit(train.x), new Scaler().fit(train.y)];
      const model = new Sequential(new Linear(train.x.shape[1]!, hidden), new ReLU(), new Linear(hidden, 1));
      const optimizer = new Adam(model.parameters(), { lr });
      const task = {
        forward: (batch: { x: Parameters<typeof model.forward>[0] }) => model.forward(batch.x),
        loss: (output: ReturnType<typeof model.forward>, batch: { y: typeof output }) =>
          output.sub(batch.y).square().mean(),
      };
      const data = { x: ofX.transform(train.x), y: ofY.transform(train.y) };
      const batches = loader(data, { batchSize: BATCH, shuffle: true });
      await fit(model, batches, { ...task, optimizer, epochs: EPOCHS });
      const unseen = loader({ x: ofX.transform(test.x), y: ofY.transform(test.y) });
      const metrics = { rmse: new RMSE(), r2: new R2() };
      const tested = await evaluate(model, unseen, { ...task, metrics, target: 'y' });
      r2.push(tested.metrics!['r2']!);
      return tested.metrics!['rmse']! * ofY.scale[0]!;
    },
    { folds: foldsOf(table.y.data.length), seed },
  );
  return { rmse, r2: mean(r2) };
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** A mean over seeds, and the deviation between them. */
export interface Figure {
  readonly mean: number;
  readonly std: number;
}

/** What golden/make-reference.py wrote. */
type Reference = { readonly seeds: number } & Record<keyof typeof classifications, Both<'accuracy' | 'loss'>> &
  Record<keyof typeof regressions, Both<'rmse' | 'r2'>>;
type Both<Names extends string> = Record<'torch' | 'sklearn', Record<Names, Figure>>;
export const reference: Reference = JSON.parse(
  readFileSync(new URL('../golden/reference.json', import.meta.url), 'utf8'),
);

/** What the program prints, a line at a time. */
export async function* report(folder: string): AsyncGenerator<string> {
  await useBackend(cpu());
  yield line('', '', 'here', 'of folds', 'PyTorch', 'of seeds', 'one answer for all');
  const figures = (name: string, what: string, { mean, std }: CrossValidation, torch: Figure, guess: number): string =>
    line(
      name,
      what,
      mean.toFixed(3),
      `± ${std.toFixed(3)}`,
      torch.mean.toFixed(3),
      `± ${torch.std.toFixed(3)}`,
      guess.toFixed(3),
    );
  for (const [name, network] of Object.entries(classifications)) {
    const table = network.read(folder);
    const { accuracy } = await classify(table, network, 1);
    const { torch } = reference[name as keyof typeof classifications];
    yield figures(name, 'accuracy', accuracy, torch.accuracy, commonest(table.labels.data));
  }
  for (const [name, network] of Object.entries(regressions)) {
    const table = network.read(folder);
    const { rmse, r2 } = await regress(table, network, 1);
    const { torch } = reference[name as keyof typeof regressions];
    yield figures(name, 'RMSE', rmse, torch.rmse, new Scaler().fit(table.y).scale[0]!);
    yield line('', 'R²', r2.toFixed(3), '', torch.r2.mean.toFixed(3), `± ${torch.r2.std.toFixed(3)}`, '0.000');
  }
}

function line(name: string, what: string, ...columns: string[]): string {
  const widths = [8, 11, 10, 11, 21];
  const cells = columns.map((column, i) => column.padStart(widths[i]!));
  return `  ${name.padEnd(11)}${what.padEnd(9)}${cells.join('')}`.trimEnd();
}

/** How often the most frequent class comes: the accuracy of always saying that one. */
function commonest(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.env['DL_DATA'];
  if (folder === undefined) {
    console.log(
      'Set DL_DATA to a folder that has tabular/penguins.csv, banknote_authentication.csv, winequality-red.csv and abalone.csv;\n' +
        'examples/tabular/README.md says where they come from.',
    );
  } else {
    for await (const text of report(`${folder}/tabular`)) console.log(text);
  }
}
