// What the compiler lets through: batches that need nothing more, and those that need to say what is done with them.

import { Generator, type Tensor } from '@dl/autograd';
import { drawnDigits, loader, type NdArray } from '@dl/data';
import { Linear, Module } from '@dl/layers';
import { Adam, SGD } from '@dl/optim';
import {
  type Classification,
  ConfusionMatrix,
  checkpoints,
  type Evaluation,
  evaluate,
  fit,
  gridSearch,
  logCsv,
  logUniform,
  MAE,
  randomSearch,
  type TrainEvent,
  type TrainResult,
} from '../index.js';

const model = new Linear(784, 10);
const optimizer = new Adam(model.parameters());
const digits = loader(drawnDigits(10), { generator: new Generator(1) });
const points = loader({ x: {} as NdArray<Float32Array>, y: {} as NdArray<Float32Array> });

class TwoInputs extends Module<[a: Tensor, b: Tensor]> {
  forward(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
}
const two = new TwoInputs();

export const events: AsyncIterable<TrainEvent> = fit(model, digits, { optimizer, test: digits });
fit(model, digits, { optimizer: new SGD(model.parameters(), { lr: 1 }), loss: (output) => output.mean() });
fit(two, points, {
  optimizer,
  forward: ({ x, y }) => two.forward(x, y),
  loss: (output, { y }) => output.sub(y).mean(),
});

// Several outputs reach the loss as they are.
class TwoOutputs extends Module {
  forward(a: Tensor) {
    return { mean: a, spread: a };
  }
}
const several = new TwoOutputs();
fit(several, points, {
  optimizer,
  forward: ({ x }) => several.forward(x),
  loss: ({ mean, spread }) => mean.sub(spread),
});
fit(several, digits, {
  optimizer,
  forward: ({ images }) => several.forward(images),
  loss: ({ mean }, { images }) => mean.sub(images).mean(),
});
// @ts-expect-error there is no such output
fit(several, points, { optimizer, forward: ({ x }) => several.forward(x), loss: ({ median }) => median });
// @ts-expect-error the loss of an object is not known
fit(several, digits, { optimizer });

// @ts-expect-error points have no images: forward and loss must be given
fit(model, points, { optimizer });
// @ts-expect-error a model of two inputs cannot be given images alone
fit(two, digits, { optimizer });
// @ts-expect-error there is no z
fit(two, points, { optimizer, forward: ({ z }) => z, loss: (output) => output });
fit(two, points, {
  optimizer,
  forward: ({ x, y }) => two.forward(x, y),
  loss: (output) => output.mean(),
  metrics: { mae: new MAE() },
  target: 'y',
});
// @ts-expect-error schedules count steps or epochs
fit(model, digits, { optimizer, scheduleEvery: 'batch' });
// @ts-expect-error there is no array z to compare with
fit(model, digits, { optimizer, metrics: { mae: new MAE() }, target: 'z' });
// @ts-expect-error early stopping needs its patience
fit(model, digits, { optimizer, earlyStopping: { restoreBest: true } });
// @ts-expect-error a matrix is no metric that can be monitored
fit(model, digits, { optimizer, metrics: { matrix: new ConfusionMatrix() } });

// Parameters have the types of what they are chosen from.
randomSearch({ lr: logUniform(1e-4, 1), name: ['sgd', 'adam'] }, ({ lr, name }) => lr + (name === 'sgd' ? 1 : 2), {
  trials: 1,
});
// @ts-expect-error there is no such name
gridSearch({ name: ['sgd', 'adam'] }, ({ name }) => (name === 'lion' ? 1 : 2));

// @ts-expect-error an optimizer is needed
fit(model, digits, {});

export const trained: Promise<TrainResult> = fit(model, digits, { optimizer });
export const logged: Promise<TrainResult> = checkpoints(
  logCsv(fit(model, digits, { optimizer }), console.log as never),
  {
    save: () => {},
  },
);
export async function lastLoss(): Promise<number | undefined> {
  const { history } = await fit(model, digits, { optimizer });
  // @ts-expect-error what is awaited is past: there is no state of the moment any more
  history[0]?.state();
  return history.at(-1)?.train.loss;
}
export async function bestRate(): Promise<number> {
  const { best } = await randomSearch({ lr: logUniform(1e-4, 1) }, ({ lr }) => lr, { trials: 2 });
  // @ts-expect-error there is no such parameter
  best.params.units;
  return best.params.lr;
}

export const labelled: Promise<Classification> = evaluate(model, digits);
export const any: Promise<Evaluation> = evaluate(two, points, {
  forward: ({ x, y }) => two.forward(x, y),
  loss: (output) => output.mean(),
});
// @ts-expect-error points have no images: forward and loss must be given
evaluate(model, points);

export async function result(): Promise<number> {
  for await (const event of evaluate(model, digits)) {
    if (event.type === 'end') return event.result.accuracy;
    // @ts-expect-error only the end has a result
    event.result;
  }
  return 0;
}

export async function narrowing(): Promise<void> {
  for await (const event of events) {
    if (event.type === 'epoch') event.test?.confusion?.[0]?.[0]?.toFixed();
    // @ts-expect-error only steps have a rate
    else if (event.type === 'end') event.examplesPerSecond;
  }
}
