// A program that is run where something is missing or forbidden: it trains a small network by hand and with fit, saves and
// draws, and prints one line of JSON: what ran, and every number that came of it.

import { crossEntropy, detectAnomaly, manualSeed, scope, tensor, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, weightNorm } from '@dl/layers';
import { Adam, EMA, SGD, StepLR } from '@dl/optim';
import { fit } from '@dl/train';
import { curves } from '@dl/viz';

/** What the program prints. */
export interface Outcome {
  readonly engine: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly losses: readonly number[];
  readonly weights: readonly number[];
}

const engine = process.argv[2] === 'typescript' ? ({ engine: 'typescript' } as const) : {};
const backend = await useBackend(cpu(engine));
manualSeed(1);
const digits = drawnDigits(24);
const model = new Sequential(
  new Conv2d(1, 3, 5, { stride: 2 }),
  new ReLU(),
  new MaxPool2d(2),
  new Flatten(),
  weightNorm(new Linear(108, 16)),
  new BatchNorm1d(16),
  new Dropout(0.2),
  new Linear(16, 10),
);
const losses: number[] = [];

const sgd = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
let isWatched = false;
for await (const batch of loader(digits, { batchSize: 8 })) {
  const step = (): void => {
    using _ = scope();
    const loss = crossEntropy(model.forward(tensor(batch.images)), tensor(batch.labels));
    loss.backward();
    sgd.step();
    sgd.zeroGrad();
    losses.push(loss.item());
  };
  if (isWatched) detectAnomaly(step);
  else step();
  isWatched = !isWatched;
}

const optimizer = new Adam(model.parameters(), { lr: 0.01 });
const averaging = { weights: new EMA(model.parameters(), { decay: 0.9 }) };
const options = { optimizer, schedule: new StepLR(optimizer, { stepSize: 2 }), epochs: 3, averaging };
for await (const event of fit(model, loader(digits, { batchSize: 8, shuffle: true }), options)) {
  if (event.type === 'epoch') losses.push(event.train.loss);
}

const bytes = packState({ model: model.stateDict() });
model.loadStateDict(unpackState<{ model: Record<string, never> }>(bytes).model);
const chart = await curves([{ name: 'loss', values: losses }], { xLabel: 'epoch' });
if (!chart.startsWith('<svg')) throw new Error('curves draws no chart');

// Growth, with a tensor that has to survive it.
const large = tensor(new Float32Array(2 ** 23).fill(1));
losses.push(large.sum().item());

const weights = model.parameters().flatMap((parameter) => Array.from(parameter.dataSync(), Number));
const outcome: Outcome = { engine: backend.info().engine, details: backend.info().details, losses, weights };
console.log(JSON.stringify(outcome));
