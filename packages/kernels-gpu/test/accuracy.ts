// How well LeNet-5 reads digits that it has not seen, when it learns from 1,000 on a device: run in Node and in a browser alike.

import { type Backend, manualSeed, useBackend } from '@dl/autograd';
import { type DigitDataset, drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Adam, LinearLR } from '@dl/optim';
import { evaluate, fit } from '@dl/train';
import { expect, test } from 'vitest';
import { LeNet5 } from './lenet.js';

export interface Digits {
  readonly name: string;
  readonly train: DigitDataset;
  readonly test: DigitDataset;
}

/** So many to learn from, and as many to be tested on. */
export const COUNT = 1000;

export function drawn(): Digits {
  return { name: 'drawn digits', train: drawnDigits(COUNT, { seed: 1 }), test: drawnDigits(COUNT, { seed: 2 }) };
}

const EPOCHS = 2;

/** The share of the test digits that are read rightly. */
async function accuracyOn(backend: Backend, digits: Digits): Promise<number> {
  await useBackend([backend, cpu({ threads: 1 })]);
  manualSeed(7);
  using model = new LeNet5();
  using optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const data = loader(digits.train, { batchSize: 20, shuffle: true });
  // Down to nothing, so that the last steps do not decide.
  const schedule = new LinearLR(optimizer, { startFactor: 1, endFactor: 0, totalIters: EPOCHS * data.length });
  await fit(model, data, { optimizer, epochs: EPOCHS, schedule, scheduleEvery: 'step' });
  return (await evaluate(model, loader(digits.test, { batchSize: 100 }))).accuracy;
}

/**
 * 100 steps of 20 digits. They end where a network still learns fast, so that a gradient that is a little wrong shows; what is only
 * rounded otherwise gives the same accuracy within 0.1 points.
 */
export function accuracyTest(backend: Backend, digits: () => Digits | Promise<Digits>): void {
  test('LeNet-5 learns to read digits as well as on the CPU, within 1 point', async () => {
    const { name, train, test } = await digits();
    expect([train.labels.data.length, test.labels.data.length]).toEqual([COUNT, COUNT]);
    const expected = await accuracyOn(cpu({ threads: 1 }), { name, train, test });
    expect(expected, `${name} on the CPU`).toBeGreaterThan(0.75);
    const accuracy = await accuracyOn(backend, { name, train, test });
    expect(Math.abs(accuracy - expected), `${name}: ${accuracy} here, ${expected} on the CPU`).toBeLessThanOrEqual(
      0.01,
    );
  });
}
