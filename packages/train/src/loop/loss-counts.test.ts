// What losses count: batches put together by it, in updates, in the losses that are told, and in tests.

import { crossEntropy, logSoftmax, manualSeed, meanLoss, memory, type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader, type NdArray } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, mseLoss, nllLoss } from '@dl/layers';
import { Adam, LBFGS, SGD } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { collect, weights } from '../../test/setup.js';
import { evaluate } from '../evaluate/evaluate.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu({ engine: 'typescript' }));
});

// 12 examples; of the batches of 3 there count 3, 1, none and 2 labels.
const LABELS = [0, 1, 2, -1, 2, -1, -1, -1, -1, 1, -1, 0];
const data = {
  images: { data: Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [12, 2] },
  labels: { data: Int32Array.from(LABELS), shape: [12] },
};
interface Tensors {
  readonly images: Tensor;
  readonly labels: Tensor;
}

const makeModel = () => {
  manualSeed(7);
  return new Linear(2, 3, { dtype: 'float64' });
};

/** Losses of which not all count, or not all as much. */
const losses: Readonly<Record<string, (model: Linear) => (output: Tensor, batch: Tensors) => Tensor>> = {
  'cross-entropy with labels left out':
    () =>
    (output, { labels }) =>
      output.crossEntropy(labels, { ignoreIndex: -1 }),
  'cross-entropy with weights of classes':
    () =>
    (output, { labels }) =>
      output.crossEntropy(labels, { ignoreIndex: -1, weight: tensor([1, 5, 0.25], { dtype: 'float64' }) }),
  'negative log likelihood':
    () =>
    (output, { labels }) =>
      nllLoss(logSoftmax(output), labels, { ignoreIndex: -1 }),
  'one of your own, with a penalty':
    (model) =>
    (output, { labels }) => {
      const count = labels.notEqual(-1).cast('int32').sum();
      const sum = crossEntropy(output, labels, { ignoreIndex: -1, reduction: 'sum' });
      return meanLoss(sum.add(model.weight.square().sum().mul(count.cast('float64'))), count);
    },
};

const run = async (
  loss: (model: Linear) => (output: Tensor, batch: Tensors) => Tensor,
  make: (params: Tensor[]) => Adam | SGD | LBFGS,
  { batchSize, accumulate }: { readonly batchSize: number; readonly accumulate: number },
) => {
  const model = makeModel();
  const optimizer = make(model.parameters());
  const task = { loss: loss(model), forward: ({ images }: Tensors) => model.forward(images) };
  const events = await collect(
    fit(model, loader(data, { batchSize }), { optimizer, accumulate, epochs: 3, lossEvery: 1, ...task }),
  );
  const told = events.flatMap((event) =>
    event.type === 'step' ? [event.loss] : event.type === 'epoch' ? [event.train.loss] : [],
  );
  const { loss: tested } = await evaluate(model, loader(data, { batchSize: 3 }), task);
  optimizer.dispose();
  return {
    weights: Object.values(weights(model)).flatMap((values) => Array.from(values, Number)),
    told,
    tested,
    model,
    task,
  };
};

const optimizers: [string, (params: Tensor[]) => Adam | SGD | LBFGS][] = [
  ['SGD', (params) => new SGD(params, { lr: 0.5, momentum: 0.9 })],
  ['Adam', (params) => new Adam(params, { lr: 0.1 })],
  ['LBFGS', (params) => new LBFGS(params, { maxIter: 3, lineSearch: 'strong-wolfe' })],
];

describe.each(Object.entries(losses))('%s', (_, loss) => {
  test.each(optimizers)('%s: uneven batches added up are one large batch', async (_, make) => {
    const large = await run(loss, make, { batchSize: 12, accumulate: 1 });
    const { bytes } = await settledMemory();
    const small = await run(loss, make, { batchSize: 3, accumulate: 4 });
    for (const [i, weight] of small.weights.entries()) expect(weight).toBeCloseTo(large.weights[i]!, 12);
    expect(small.told).toHaveLength(6);
    for (const [i, told] of small.told.entries()) expect(told).toBeCloseTo(large.told[i]!, 12);
    // The loss of a test by 3 is that of all, made at once.
    const whole = await evaluate(small.model, loader(data, { batchSize: 12 }), small.task);
    expect(small.tested).toBeCloseTo(whole.loss, 12);
    small.model.dispose();
    expect(memory().bytes).toBe(bytes);
    // Not left to the collector, which would come in the middle of the next test.
    large.model.dispose();
  });
});

test('the update is the one of the formula: softmax less one-hot, over the labels that count', async () => {
  const model = makeModel();
  const [weight, bias] = model.parameters().map((each) => each.toArray()) as [number[][], number[]];
  const counted = LABELS.flatMap((label, i) =>
    label < 0 ? [] : [{ label, x: [Math.sin(2 * i), Math.sin(2 * i + 1)] }],
  );
  const step = [0, 0, 0];
  let total = 0;
  for (const { label, x } of counted) {
    const scores = bias.map((b, c) => b + weight[c]![0]! * x[0]! + weight[c]![1]! * x[1]!);
    const sum = scores.reduce((all, score) => all + Math.exp(score), 0);
    total += Math.log(sum) - scores[label]!;
    scores.forEach((score, c) => {
      step[c]! += (Math.exp(score) / sum - Number(c === label)) / counted.length;
    });
  }
  const optimizer = new SGD(model.parameters(), { lr: 0.5 });
  const loss = losses['cross-entropy with labels left out']!(model);
  const forward = ({ images }: Tensors) => model.forward(images);
  const [, told] = await collect(
    fit(model, loader(data, { batchSize: 3 }), { optimizer, accumulate: 4, loss, forward, lossEvery: 1 }),
  );
  expect(told).toMatchObject({ type: 'step', loss: expect.closeTo(total / 6, 12) });
  for (const [c, value] of (model.bias!.toArray() as number[]).entries()) {
    expect(value).toBeCloseTo(bias[c]! - 0.5 * step[c]!, 12);
  }
});

test('sequences of different lengths: each step of time counts as much, and the loss of an epoch is that of all', async () => {
  const model = new Linear(1, 1, { dtype: 'float64' });
  const lengths = [1, 5, 2];
  const [start, bias] = [model.weight.item(), model.bias!.item()];
  const errors: { x: number; error: number }[] = [];
  const batches = lengths.map((length): { x: NdArray; y: NdArray } => {
    const x = Float64Array.from({ length: 2 * length }, (_, i) => i + length);
    for (const value of x) errors.push({ x: value, error: start * value + bias - 1 });
    return {
      x: { data: x, shape: [2, length, 1] },
      y: { data: new Float64Array(2 * length).fill(1), shape: [2, length, 1] },
    };
  });
  const each = {
    async *[Symbol.asyncIterator]() {
      yield* batches;
    },
  };
  const task = {
    forward: ({ x }: { x: Tensor; y: Tensor }) => model.forward(x),
    loss: (output: Tensor, { y }: { x: Tensor; y: Tensor }) => mseLoss(output, y),
  };
  const mean = errors.reduce((sum, { error }) => sum + error ** 2, 0) / 16;
  const slope = errors.reduce((sum, { x, error }) => sum + 2 * x * error, 0) / 16;
  expect((await evaluate(model, each, task)).loss).toBeCloseTo(mean, 12);
  const optimizer = new SGD(model.parameters(), { lr: 0.001 });
  const events = await collect(fit(model, each, { ...task, optimizer, accumulate: 3 }));
  expect(events.at(-2)).toMatchObject({ type: 'epoch', train: { loss: expect.closeTo(mean, 12) } });
  expect(model.weight.item()).toBeCloseTo(start - 0.001 * slope, 12);
});

test('a step in which nothing counts has a loss that is NaN, and ends the run', async () => {
  const model = makeModel();
  const optimizer = new SGD(model.parameters(), { lr: 0.5 });
  const loss = losses['cross-entropy with labels left out']!(model);
  const forward = ({ images }: Tensors) => model.forward(images);
  for (const accumulate of [1, 2]) {
    // Of two batches of 3 there is a label in each; by one, the third has none.
    const run = collect(fit(model, loader(data, { batchSize: 3 }), { optimizer, accumulate, loss, forward }));
    if (accumulate === 2) await run;
    else await expect(run).rejects.toThrow('fit: the loss is NaN at step 3 of epoch 1;');
    model.loadStateDict(makeModel().stateDict());
  }
});
