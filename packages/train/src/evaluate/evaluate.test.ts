// Evaluating: the figures by hand, nothing changed by it, nothing left behind.

import { eye, IndexError, memory, noGrad, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Dropout, Flatten, Linear, Module, Sequential } from '@dl/layers';
import { SGD } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { fit } from '../loop/fit.js';
import { evaluate } from './evaluate.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** Gives its input back: the images are the outputs. */
class Echo extends Module {
  readonly modes: boolean[] = [];

  forward(x: Tensor): Tensor {
    this.modes.push(this.training);
    return x;
  }
}

const outputs = [
  [2, 0, 0],
  [0, 3, 0],
  [0, 1, 0],
  [0, 0, 4],
  [1, 1, 1],
];
const data = {
  images: { data: Float32Array.from(outputs.flat()), shape: [5, 3] },
  labels: { data: Int32Array.of(0, 1, 2, 2, 1), shape: [5] },
};

test('loss, accuracy, predictions and confusion matrix are those worked out by hand', async () => {
  const result = await evaluate(new Echo(), loader(data, { batchSize: 2 }));
  const losses = outputs.map(
    (row, i) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[data.labels.data[i]!]!,
  );
  expect(result.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 5, 6);
  expect(result.accuracy).toBe(3 / 5);
  expect(result.examples).toBe(5);
  expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, 2, 0));
  expect(result.confusion).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 1],
  ]);
});

test('it runs in evaluation mode, and puts each module back', async () => {
  const model = new Echo();
  await evaluate(model, loader(data));
  expect(model.modes).toEqual([false]);
  expect(model.training).toBe(true);
  const dropped = new Sequential(new Flatten(), new Linear(784, 10), new Dropout(0.9));
  const digits = loader(drawnDigits(30));
  expect(await evaluate(dropped, digits)).toEqual(await evaluate(dropped, digits));
});

test('it leaves no tensor and no gradient behind, even when a batch fails', async () => {
  const model = new Linear(3, 3);
  const { bytes: before } = await settledMemory();
  await evaluate(model, loader(data, { batchSize: 2 }));
  expect(memory().bytes).toBe(before);
  const bad = { ...data, labels: { data: Int32Array.of(0, 1, 2, 9, 1), shape: [5] } };
  await expect(evaluate(model, loader(bad, { batchSize: 2 }))).rejects.toThrow(IndexError);
  expect(memory().bytes).toBe(before);
  expect(model.weight.grad).toBeUndefined();
});

test('labels may have several axes: a class for each step of a sequence', async () => {
  const sequences = {
    images: { data: Float32Array.from([...outputs.flat(), 0, 0, 9]), shape: [2, 3, 3] },
    labels: { data: Int32Array.of(0, 1, 2, 2, 1, 2), shape: [2, 3] },
  };
  const result = await evaluate(new Echo(), loader(sequences), {
    forward: ({ images }) => images,
    loss: (output, { labels }) => output.reshape([-1, 3]).crossEntropy(labels.reshape([-1])),
  });
  expect(result.accuracy).toBe(4 / 6);
  expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, 2, 0, 2));
});

test('labels below 0, which the loss leaves out, count neither as right nor as wrong', async () => {
  const padded = { ...data, labels: { data: Int32Array.of(0, 1, -1, 2, -1), shape: [5] } };
  const loss = (output: Tensor, { labels }: { readonly labels: Tensor }): Tensor =>
    output.crossEntropy(labels, { ignoreIndex: -1 });
  const model = new Linear(3, 3);
  noGrad(() => {
    model.weight.assign(eye(3));
    model.bias!.assign(zeros([3]));
  });
  const task = { forward: ({ images }: { readonly images: Tensor }) => model.forward(images), loss };
  const result = await evaluate(model, loader(padded), task);
  expect(result.accuracy).toBe(1);
  expect(result.predictions).toEqual(Int32Array.of(0, 1, 1, 2, 0));
  expect(result.confusion).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const optimizer = new SGD(model.parameters(), { lr: 1e-9 });
  for await (const event of fit(model, loader(padded), { ...task, optimizer, test: loader(padded) })) {
    if (event.type === 'epoch') expect([event.train.accuracy, event.test?.accuracy]).toEqual([1, 1]);
  }
});

test('an answer that is NaN is not right, in tests as in training', async () => {
  const rows = outputs.map((row, i) => (i === 1 ? row.map(() => Number.NaN) : i === 3 ? [0, Number.NaN, 4] : row));
  // What is NaN names the class 0, or 1: those that argmax gives are the labels.
  const broken = {
    images: { data: Float32Array.from(rows.flat()), shape: [5, 3] },
    labels: { data: Int32Array.of(0, 0, 2, 1, 1), shape: [5] },
  };
  const result = await evaluate(new Echo(), loader(broken, { batchSize: 2 }));
  expect(result).toMatchObject({ loss: Number.NaN, accuracy: 1 / 5, predictions: Int32Array.of(0, -1, 1, -1, 0) });
  expect(result.confusion).toEqual([
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
  ]);
  const model = new Linear(1, 1);
  const optimizer = new SGD(model.parameters(), { lr: 1 });
  const options = {
    optimizer,
    forward: ({ images }: { readonly images: Tensor }) => images,
    loss: () => model.weight.mul(0).sum(),
  };
  for await (const event of fit(model, loader(broken), options)) {
    if (event.type === 'epoch') expect(event.train).toEqual({ loss: 0, accuracy: expect.closeTo(1 / 5, 6) });
  }
});

test('without classes there is a loss alone', async () => {
  const model = new Linear(1, 1);
  noGrad(() => {
    model.weight.assign(tensor([[2]]));
    model.bias!.assign(tensor([0]));
  });
  const points = loader({ x: { data: Float32Array.of(1, 2, 3), shape: [3, 1] } }, { batchSize: 2 });
  const result = await evaluate(model, points, {
    forward: (batch) => model.forward(batch.x),
    loss: (output, batch) => output.sub(batch.x).square().mean(),
  });
  expect(result).toEqual({ loss: (1 + 4 + 9) / 3, examples: 3 });
});

test('a signal stops it between two batches', async () => {
  const stop = new AbortController();
  const model = new Echo();
  const watched = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; ; i++) {
        if (i === 3) stop.abort(new Error('enough'));
        yield data;
      }
    },
  };
  await expect(evaluate(model, watched, { signal: stop.signal })).rejects.toThrow('enough');
  expect(model.modes).toHaveLength(4);
  expect(model.training).toBe(true);
});

test('bad input is told in one sentence', async () => {
  await expect(evaluate(null as never, loader(data))).rejects.toThrow(
    'evaluate: the model is no Module; extend Module, or use Sequential',
  );
  await expect(evaluate(new Echo(), data as never)).rejects.toThrow(
    'evaluate: data cannot be iterated with for await; pass loader(dataset, { batchSize })',
  );
  await expect(evaluate(new Echo(), (async function* () {})())).rejects.toThrow(
    'evaluate: the data gave no batch; pass what can be iterated again and again, such as loader(dataset)',
  );
  const renamed = loader({ x: data.images }) as never;
  await expect(evaluate(new Echo(), renamed)).rejects.toThrow(
    "evaluate: the batches have x but no 'images'; rename an array, or pass the option 'forward'",
  );
});

describe('as events', () => {
  test('one for each batch, and the result that awaiting gives', async () => {
    const model = new Echo();
    const events = [];
    for await (const event of evaluate(model, loader(data, { batchSize: 2 }))) events.push(event);
    const result = await evaluate(model, loader(data, { batchSize: 2 }));
    expect(events).toEqual([
      { type: 'test', testStep: 1, testSteps: 3, examples: 2 },
      { type: 'test', testStep: 2, testSteps: 3, examples: 4 },
      { type: 'test', testStep: 3, testSteps: 3, examples: 5 },
      { type: 'end', result },
    ]);
  });

  test('it is done once: awaited after its events, or awaited twice', async () => {
    const model = new Echo();
    const run = evaluate(model, loader(data));
    expect(model.modes).toEqual([]);
    let last: unknown;
    for await (const event of run) if (event.type === 'end') last = event.result;
    expect(await run).toBe(last);
    expect(await run.finally(() => {})).toBe(last);
    expect(model.modes).toHaveLength(1);
    expect(await evaluate(null as never, loader(data)).catch(String)).toMatch(/evaluate: the model is no Module/);
  });

  test('leaving the loop stops it, puts the modes back and leaves nothing behind', async () => {
    const model = new Echo();
    const { buffers: before } = await settledMemory();
    for await (const { type } of evaluate(model, loader(data, { batchSize: 2 }))) if (type === 'test') break;
    expect(model.modes).toHaveLength(1);
    expect(model.training).toBe(true);
    expect(memory().buffers).toBe(before);
  });
});
