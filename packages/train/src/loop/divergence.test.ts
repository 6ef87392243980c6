// A loss that is not finite: it ends the run, and the error names the step in which it arose, however seldom it is read.

import { logSoftmax, manualSeed, type Tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import * as layers from '@dl/layers';
import { Linear } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import { collect } from '../../test/setup.js';
import { DivergenceError } from '../core/checks.js';
import type { TrainEvent } from '../events/events.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu());
});

test.each([1, 2, 3, 5, Number.POSITIVE_INFINITY])(
  'a loss that is not finite ends the run with an error that names its step, read every %s steps',
  async (lossEvery) => {
    const model = new Linear(1, 2);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const x = Float32Array.from({ length: 40 }, (_, i) => (i === 33 ? Number.NaN : i / 40));
    const points = { images: { data: x, shape: [40, 1] }, labels: { data: new Int32Array(40), shape: [40] } };
    // 20 batches, 10 steps: the ninth has the NaN, and all later ones have it from the weights.
    const run = collect(
      fit(model, loader(points, { batchSize: 2 }), { optimizer, lossEvery, accumulate: 2, epochs: 2 }),
    );
    await expect(run).rejects.toThrow(
      /^fit: the loss is NaN at step 9 of epoch 1; lower the learning rate, check the data for such values, or find the op with anomaly: true$/,
    );
    await expect(run).rejects.toMatchObject({ epoch: 1, step: 9 });
    await expect(run).rejects.toBeInstanceOf(DivergenceError);
  },
);

test('a loss that is not finite is found, and its step named, by a run that goes on before it was told', async () => {
  const start = () => {
    manualSeed(1);
    const model = new Linear(1, 2);
    const x = Float32Array.from({ length: 40 }, (_, i) => (i === 6 ? Number.POSITIVE_INFINITY : i / 40));
    const points = { images: { data: x, shape: [40, 1] }, labels: { data: new Int32Array(40), shape: [40] } };
    const options = { optimizer: new SGD(model.parameters(), { lr: 0.1 }), lossEvery: 10 };
    return { model, data: loader(points, { batchSize: 2 }), options };
  };
  const first = start();
  let state: Awaited<ReturnType<TrainEvent['state']>> | undefined;
  for await (const event of fit(first.model, first.data, first.options)) {
    if (event.type !== 'step' || event.step !== 7) continue;
    state = await event.state();
    break;
  }
  const second = start();
  await expect(collect(fit(second.model, second.data, { ...second.options, state: state! }))).rejects.toThrow(
    /^fit: the loss is (NaN|Infinity) at step 4 of epoch 1;/,
  );
});

test('an epoch longer than what is kept unread is read on the way, and its mean is that of all steps', async () => {
  const model = new Linear(1, 1);
  const count = 9_000;
  const many = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < count; i++) yield { x: { data: Float32Array.of(i), shape: [1, 1] } };
    },
  };
  const options = {
    optimizer: new SGD(model.parameters(), { lr: 1 }),
    lossEvery: Number.POSITIVE_INFINITY,
    forward: ({ x }: { x: Tensor }) => x,
    // The losses are 0, 1, 2, …, and depend on a parameter by nothing.
    loss: (output: Tensor) => output.sum().add(model.weight.mul(0).sum()),
  };
  const events = await collect(fit(model, many, options));
  expect(events.find(({ type }) => type === 'epoch')).toMatchObject({ train: { loss: (count - 1) / 2 } });
});

type Pair = (output: Tensor, y: Tensor) => Tensor;
const losses: readonly [string, Pair][] = [
  ['mseLoss', layers.mseLoss],
  ['l1Loss', layers.l1Loss],
  ['huberLoss', layers.huberLoss],
  ['smoothL1Loss', layers.smoothL1Loss],
  ['poissonNllLoss', layers.poissonNllLoss],
  ['binaryCrossEntropyWithLogits', layers.binaryCrossEntropyWithLogits],
  ['hingeLoss', (output, y) => layers.hingeLoss(output, y.mul(2).sub(1))],
  ['softMarginLoss', (output, y) => layers.softMarginLoss(output, y.mul(2).sub(1))],
  ['klDiv', (output, y) => layers.klDiv(logSoftmax(output), y)],
  ['crossEntropy', (output, y) => output.crossEntropy(y.reshape([-1]).cast('int32'))],
  ['crossEntropy with probabilities', (output, y) => output.crossEntropy(y)],
  ['nllLoss', (output, y) => layers.nllLoss(logSoftmax(output), y.reshape([-1]).cast('int32'))],
  ['binaryCrossEntropy of sigmoid', (output, y) => layers.binaryCrossEntropy(output.sigmoid(), y)],
];

test.each(losses)('one NaN in the data ends a run with %s', async (_, loss) => {
  manualSeed(2);
  const model = new Linear(1, 1);
  const points = {
    x: { data: Float32Array.from({ length: 20 }, (_, i) => (i === 7 ? Number.NaN : i / 20)), shape: [20, 1] },
    y: { data: new Float32Array(20), shape: [20, 1] },
  };
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  const run = fit(model, loader(points, { batchSize: 2 }), {
    optimizer,
    forward: ({ x }) => model.forward(x),
    loss: (output, { y }) => loss(output, y),
  });
  await expect(collect(run)).rejects.toMatchObject({ name: 'DivergenceError', epoch: 1, step: 4 });
});
