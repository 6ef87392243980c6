// A program that trains, saves after each step and goes on from what it finds: for a test that kills it. It says `saving` when a
// checkpoint is about to be written.

import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { manualSeed, useBackend } from '@dl/autograd';
import { loadState, saveState } from '@dl/checkpoint/node';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Dropout, Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import { AdamW, EMA, OneCycleLR } from '@dl/optim';
import { checkpoints, F1, fit, logCsv, logJsonLines, type TrainState } from '@dl/train';
import { logFile } from '@dl/train/node';
import { batches, others } from './setup.js';

const folder = process.argv[2]!;
const file = (name: string): string => join(folder, name);

await useBackend(cpu());
const saved = existsSync(file('last.safetensors')) ? await loadState<TrainState>(file('last.safetensors')) : undefined;
manualSeed(saved === undefined ? 3 : 99);
const norm = new BatchNorm1d(64);
const model = new Sequential(
  new Flatten(),
  new Linear(784, 64),
  norm,
  new Tanh(),
  new Dropout(0.3),
  new Linear(64, 10),
);
const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
const run = fit(model, batches({ batchSize: 8 }), {
  optimizer,
  schedule: new OneCycleLR(optimizer, { maxLr: 0.05, totalSteps: 25 }),
  scheduleEvery: 'step',
  epochs: 3,
  test: loader(others, { batchSize: 20 }),
  accumulate: 2,
  clipGradNorm: 0.5,
  averaging: { weights: new EMA(model.parameters(), { decay: 0.8 }) },
  metrics: { f1: new F1() },
  monitor: 'f1',
  earlyStopping: { patience: 3, restoreBest: true },
  lossEvery: 2,
  ...(saved && { state: saved }),
});
const save = async (state: TrainState, name: string): Promise<void> => {
  writeSync(1, 'saving\n');
  await saveState(file(`${name}.safetensors`), state);
  // However late whoever kills it hears of this, it is far from its end.
  await setTimeout(50);
};
const logged = logCsv(logJsonLines(run, logFile(file('log.jsonl'))), logFile(file('log.csv')));
for await (const event of checkpoints(logged, { save, every: 1 })) {
  if (event.type !== 'end') continue;
  const state = await event.state();
  await saveState(file('end.safetensors'), { ...state, position: { ...state.position, seconds: 0 } });
}
