// What the three comparisons share: a run from a seed, with its figures epoch by epoch.

import { manualSeed } from '@dl/autograd';
import { type DigitDataset, drawnDigits, loader } from '@dl/data';
import type { TensorModule } from '@dl/layers';
import { Adam, type SGD } from '@dl/optim';
import { type EpochEvent, evaluate, type FitEarlyStopping, fit } from '@dl/train';

/** Digits that no model of this example is trained on. */
export const test = drawnDigits(500, { seed: 1000 });

export interface Setting {
  readonly seed: number;
  readonly training: DigitDataset;
  readonly epochs: number;
  readonly lr: number;
  readonly optimizer?: typeof Adam | typeof SGD;
  readonly batchSize?: number;
  /** Digits to look at after each epoch; what stops a run must be other ones than it is tested on. Default: the test digits. */
  readonly validation?: DigitDataset;
  readonly earlyStopping?: FitEarlyStopping;
}

export interface Result {
  readonly epochs: readonly EpochEvent[];
  /** Of the model as it is at the end, on the test digits. */
  readonly loss: number;
  readonly accuracy: number;
}

/** Makes a model from a seed and trains it. */
export async function train(make: () => TensorModule, setting: Setting): Promise<Result> {
  const {
    seed,
    training,
    epochs: count,
    lr,
    batchSize = 25,
    validation = test,
    earlyStopping,
    optimizer: kind = Adam,
  } = setting;
  manualSeed(seed);
  const model = make();
  const optimizer = new kind(model.parameters(), { lr });
  const data = loader(training, { batchSize, shuffle: true });
  const options = {
    optimizer,
    epochs: count,
    test: loader(validation, { batchSize: 250 }),
    ...(earlyStopping && { earlyStopping }),
  };
  const epochs: EpochEvent[] = [];
  for await (const event of fit(model, data, options)) if (event.type === 'epoch') epochs.push(event);
  const { loss, accuracy } = await evaluate(model, loader(test, { batchSize: 250 }));
  optimizer.dispose();
  model.dispose();
  return { epochs, loss, accuracy };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
