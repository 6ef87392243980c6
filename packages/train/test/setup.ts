// What the tests of the training loop have in common: a small model, few digits, and ways to compare two runs.

import { manualSeed } from '@dl/autograd';
import { type DigitDataset, drawnDigits, type LoaderOptions, loader } from '@dl/data';
import { Dropout, Flatten, Linear, type Module, Sequential, Tanh } from '@dl/layers';
import { Adam, type SGD } from '@dl/optim';
import type { Schedule } from '../src/core/schedule.js';
import type { TrainEvent } from '../src/events/events.js';

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

/** A schedule as others may write one: the rate falls by a tenth each time, and lower when a score got worse. */
export class Decay implements Schedule {
  readonly #optimizer: Adam | SGD;
  readonly scores: (number | undefined)[] = [];
  #steps = 0;

  constructor(optimizer: Adam | SGD) {
    this.#optimizer = optimizer;
  }

  step(score?: number): void {
    this.#steps++;
    const isWorse = score !== undefined && score > (this.scores.at(-1) ?? score);
    this.scores.push(score);
    for (const group of this.#optimizer.paramGroups) group.lr *= (isWorse ? 0.5 : 0.9) ** (1 / this.#steps);
  }

  stateDict(): object {
    return { steps: this.#steps, scores: this.scores.map((score) => score ?? null) };
  }

  loadStateDict({ steps, scores }: { readonly steps: number; readonly scores: readonly (number | null)[] }): void {
    this.#steps = steps;
    this.scores.splice(0, this.scores.length, ...scores.map((score) => score ?? undefined));
  }
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
