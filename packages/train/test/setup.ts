// What the tests of the training loop have in common: a small model, few digits, and ways to compare two runs.

import { manualSeed } from '@dl/autograd';
import { type DigitDataset, drawnDigits, type LoaderOptions, loader } from '@dl/data';
import { Dropout, Flatten, Linear, type Module, Sequential, Tanh } from '@dl/layers';
import { Adam } from '@dl/optim';
import type { TrainEvent } from '../src/events.js';

export const digits = drawnDigits(120, { seed: 1 });
export const others = drawnDigits(50, { seed: 2 });

export function makeModel() {
  return new Sequential(new Flatten(), new Linear(784, 12), new Tanh(), new Dropout(0.2), new Linear(12, 10));
}

export const batches = (options: LoaderOptions<DigitDataset> = {}) =>
  loader(digits, { batchSize: 25, shuffle: true, ...options });

/** A model, its optimiser and its data, made from the same seed each time. */
export function setUp() {
  manualSeed(3);
  const model = makeModel();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    optimizer,
    data: batches(),
    options: { optimizer, test: loader(others, { batchSize: 20 }), epochs: 3 },
  };
}

export const weights = (model: Module) =>
  Object.fromEntries(Object.entries(model.stateDict()).map(([name, t]) => [name, t.dataSync()]));

export async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What an event says, without how long it took and without its function. */
export const told = ({ state: _, ...event }: TrainEvent): object => ({ ...event, seconds: 0, examplesPerSecond: 0 });
