// Three ways to train better, each beside the same network without it: batch normalisation, dropout, early stopping.
//
// All three learn to read drawn digits. Every comparison is repeated from a few seeds, because one run proves little.

import { mkdirSync, writeFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { type DigitDataset, drawnDigits } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Dropout, Flatten, Linear, ReLU, Sequential, Sigmoid, type TensorModule } from '@dl/layers';
import { SGD } from '@dl/optim';
import { mean, type Result, train } from './digits.js';
import { page } from './page.js';

const SEEDS = [1, 2, 3];

export interface Comparison {
  readonly without: readonly Result[];
  readonly with: readonly Result[];
}

async function compare(run: (seed: number, isWith: boolean) => Promise<Result>): Promise<Comparison> {
  const both: { without: Result[]; with: Result[] } = { without: [], with: [] };
  for (const seed of SEEDS) {
    both.without.push(await run(seed, false));
    both.with.push(await run(seed, true));
  }
  return both;
}

/**
 * Batch normalisation: three hidden layers of sigmoids, as in the paper (Ioffe & Szegedy, "Batch normalization", 2015, section
 * 4.1). Sigmoids flatten out, gradients shrink from layer to layer, and the plain network has hardly begun to learn when the
 * other one can read.
 */
export function batchNorm(): Promise<Comparison> {
  const training = drawnDigits(500, { seed: 1 });
  const make = (isWith: boolean) => (): TensorModule => {
    const hidden = (inputs: number): TensorModule[] => [
      new Linear(inputs, 50),
      ...(isWith ? [new BatchNorm1d(50)] : []),
      new Sigmoid(),
    ];
    return new Sequential(new Flatten(), ...hidden(784), ...hidden(50), ...hidden(50), new Linear(50, 10));
  };
  return compare((seed, isWith) => train(make(isWith), { seed, training, epochs: 10, lr: 0.1, optimizer: SGD }));
}

/**
 * Dropout (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014): a network that is wide for
 * 200 digits knows them by heart, and is too sure of itself where it errs. With half of the hidden units and a fifth of the pixels
 * silent at each step, the shares of the paper, it cannot rely on any one of them.
 */
export function dropout(): Promise<Comparison> {
  const training = drawnDigits(200, { seed: 2 });
  // For the curves: they are gone through after each of many epochs.
  const validation = drawnDigits(200, { seed: 4 });
  const make = (isWith: boolean) => (): TensorModule =>
    new Sequential(
      new Flatten(),
      ...(isWith ? [new Dropout(0.2)] : []),
      new Linear(784, 256),
      new ReLU(),
      ...(isWith ? [new Dropout(0.5)] : []),
      new Linear(256, 10),
    );
  return compare((seed, isWith) => train(make(isWith), { seed, training, validation, epochs: 60, lr: 0.003 }));
}

/** Every fourth label is wrong: a network that goes on long enough learns these mistakes by heart too. */
function mislabelled(count: number): DigitDataset {
  const { images, labels } = drawnDigits(count, { seed: 3 });
  return {
    images,
    labels: { ...labels, data: labels.data.map((digit, i) => (i % 4 === 0 ? (digit + 1 + (i % 9)) % 10 : digit)) },
  };
}

/**
 * Early stopping (Prechelt, "Early stopping — but when?", 1998): with wrong labels in the data the network first learns what is
 * common to many digits, then the mistakes. Digits set aside show when that begins, and the weights of the best epoch are put
 * back.
 */
export function earlyStopping(): Promise<Comparison> {
  const training = mislabelled(400);
  const validation = drawnDigits(200, { seed: 4 });
  const make = (): TensorModule => new Sequential(new Flatten(), new Linear(784, 64), new ReLU(), new Linear(64, 10));
  return compare((seed, isWith) =>
    train(make, {
      seed,
      training,
      validation,
      epochs: 30,
      lr: 0.003,
      ...(isWith && { earlyStopping: { patience: 3, restoreBest: true } }),
    }),
  );
}

/** One line for a comparison. */
export function line(name: string, { without, with: having }: Comparison): string {
  const figures = (results: readonly Result[]): string =>
    `loss ${mean(results.map(({ loss }) => loss)).toFixed(3)}, ${(100 * mean(results.map(({ accuracy }) => accuracy))).toFixed(1)} % right`;
  return `  ${name.padEnd(20)} without: ${figures(without)}   with: ${figures(having)}`;
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const [normalised, dropped, stopped] = [await batchNorm(), await dropout(), await earlyStopping()];
  console.log(line('batch normalisation', normalised));
  console.log(line('dropout', dropped));
  console.log(line('early stopping', stopped));
  const file = 'runs/regularisation.html';
  mkdirSync('runs', { recursive: true });
  writeFileSync(file, await page(normalised, dropped, stopped));
  console.log(`\n  The curves of seed ${SEEDS[0]}, epoch by epoch: ${file}`);
}
