// The training loop: it learns, tells what happens, stays flat in memory, and stops when it should.

import { manualSeed, memory, noGrad, type Tensor, useBackend } from '@dl/autograd';
import { type DigitDataset, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, type Module } from '@dl/layers';
import { SGD } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { batches, collect, digits, makeModel, setUp, told, weights } from '../../test/setup.js';
import type { TrainEvent } from '../events/events.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu());
});
beforeEach(() => {
  manualSeed(3);
});

describe('events', () => {
  test('come in order, and say where the run stands', async () => {
    const { model, data, options } = setUp();
    const events = await collect(fit(model, data, { ...options, epochs: 2, lossEvery: 2 }));
    const perEpoch = ['step', 'step', 'step', 'step', 'step', 'test', 'test', 'test', 'epoch'];
    expect(events.map(({ type }) => type)).toEqual(['start', ...perEpoch, ...perEpoch, 'end']);
    expect(events[0]).toMatchObject({
      epoch: 1,
      step: 0,
      epochs: 2,
      steps: 5,
      examples: 120,
      testSteps: 3,
      testExamples: 50,
    });
    expect(events[2]).toMatchObject({ epoch: 1, step: 2, totalSteps: 2, steps: 5, examples: 25 });
    expect(events[14]).toMatchObject({ type: 'step', epoch: 2, step: 5, totalSteps: 10, examples: 20 });
    expect(events[8]).toMatchObject({ type: 'test', testStep: 3, testSteps: 3 });
    expect(events.at(-1)).toMatchObject({ type: 'end', epoch: 2, reason: 'finished' });
  });

  test('speed and time are those of the clock', async () => {
    let clock = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    try {
      const { model, data, optimizer } = setUp();
      const events: TrainEvent[] = [];
      for await (const event of fit(model, data, { optimizer, epochs: 1 })) {
        events.push(event);
        clock += event.type === 'step' ? 500 : 0;
      }
      const steps = events.filter((event) => event.type === 'step');
      expect(steps.map(({ examples }) => examples)).toEqual([25, 25, 25, 25, 20]);
      // 50 examples in half a second, 75 in a second; then a new second, in which 45 come, and until it is over the former counts.
      expect(steps.map(({ examplesPerSecond }) => examplesPerSecond)).toEqual([0, 100, 75, 75, 45]);
      expect(events.at(-1)).toMatchObject({ type: 'end', seconds: 2.5 });
      expect(events.find((event) => event.type === 'epoch')).toMatchObject({ seconds: 2.5 });
    } finally {
      now.mockRestore();
    }
  });

  test('the loss is read as often as asked, and the epoch has the mean of all', async () => {
    const { model, data, options } = setUp();
    const events = await collect(fit(model, data, { ...options, epochs: 1, lossEvery: 2 }));
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ loss }) => loss !== undefined)).toEqual([false, true, false, true, false]);
    expect(steps.map(({ accuracy }) => accuracy !== undefined)).toEqual([false, true, false, true, false]);

    const again = setUp();
    const all = await collect(fit(again.model, again.data, { ...again.options, epochs: 1, lossEvery: 1 }));
    const each = all.filter((event) => event.type === 'step');
    const first = (each[0]!.loss! + each[1]!.loss!) / 2;
    expect(steps[1]!.loss).toBeCloseTo(first, 6);
    const mean = each.reduce((sum, { loss, examples }) => sum + loss! * examples, 0) / 120;
    for (const run of [events, all]) {
      const epoch = run.find((event) => event.type === 'epoch')!;
      expect(epoch.train.loss).toBeCloseTo(mean, 5);
      expect(epoch.train.accuracy).toBeGreaterThan(0);
    }
  });

  test('with lossEvery: Infinity no step waits for the device', async () => {
    const { model, data, options } = setUp();
    const events = await collect(fit(model, data, { ...options, epochs: 1, lossEvery: Number.POSITIVE_INFINITY }));
    expect(events.filter((event) => event.type === 'step' && event.loss !== undefined)).toEqual([]);
    expect(events.find((event) => event.type === 'epoch')?.train.loss).toBeGreaterThan(0);
  });
});

test('it learns', async () => {
  const { model, data, options } = setUp();
  const events = await collect(fit(model, data, { ...options, epochs: 12 }));
  const epochs = events.filter((event) => event.type === 'epoch');
  expect(epochs.at(-1)!.train.loss).toBeLessThan(0.4 * epochs[0]!.train.loss);
  expect(epochs.at(-1)!.test!.accuracy).toBeGreaterThan(0.5);
  expect(epochs.at(-1)!.test!.predictions).toHaveLength(50);
});

test('the same seed gives the same run, to the last bit', async () => {
  const first = setUp();
  const second = setUp();
  manualSeed(9);
  const a = await collect(fit(first.model, first.data, first.options));
  manualSeed(9);
  const b = await collect(fit(second.model, second.data, second.options));
  expect(b.map(told)).toEqual(a.map(told));
  expect(weights(second.model)).toEqual(weights(first.model));
});

describe('memory', () => {
  beforeEach(async () => void (await settledMemory()));

  test('is the same after 50 steps and after 500', async () => {
    const { model, options } = setUp();
    const seen: number[] = [];
    for await (const event of fit(model, batches({ batchSize: 2 }), { ...options, epochs: 9 })) {
      if (event.type === 'step' && (event.totalSteps === 50 || event.totalSteps === 500)) seen.push(memory().bytes);
    }
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe(seen[0]);
  });

  test('after a run only the model and the optimiser hold any', async () => {
    const { bytes: before } = await settledMemory();
    const { model, optimizer, data, options } = setUp();
    await collect(fit(model, data, options));
    optimizer.dispose();
    model.dispose();
    expect(memory().bytes).toBe(before);
  });

  test.each(['forward', 'loss'] as const)('an error in %s leaves nothing behind', async (where) => {
    const { model, options } = setUp();
    let steps = 0;
    const failing = {
      forward: ({ images }: { images: Tensor }) => {
        const output = model.forward(images);
        if (where === 'forward' && ++steps === 4) throw new Error('in the middle');
        return output;
      },
      loss: (output: Tensor, { labels }: { labels: Tensor }) => {
        const loss = output.crossEntropy(labels);
        if (where === 'loss' && ++steps === 4) {
          loss.backward();
          throw new Error('in the middle');
        }
        return loss;
      },
    };
    let bytes = 0;
    const run = async () => {
      for await (const event of fit(model, batches(), { ...options, ...failing, lossEvery: 1 })) {
        if (event.type === 'step') bytes = memory().bytes;
      }
    };
    await expect(run()).rejects.toThrow('in the middle');
    expect(memory().bytes).toBe(bytes);
    expect(model.parameters().every(({ grad }) => grad === undefined)).toBe(true);
  });

  test('leaving the loop early leaves nothing behind, and closes the data', async () => {
    const { model, options } = setUp();
    let bytes = 0;
    for await (const event of fit(model, batches(), { ...options, lossEvery: 1 })) {
      bytes = memory().bytes;
      if (event.type === 'step' && event.step === 3) break;
    }
    expect(memory().bytes).toBe(bytes);
  });
});

describe('stopping', () => {
  test('an aborted signal ends the run after the step under way', async () => {
    const { model, data, options } = setUp();
    const stop = new AbortController();
    const events: TrainEvent[] = [];
    for await (const event of fit(model, data, { ...options, signal: stop.signal })) {
      events.push(event);
      if (event.type === 'step' && event.totalSteps === 7) stop.abort();
    }
    expect(events.at(-2)).toMatchObject({ type: 'step', totalSteps: 7 });
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted', epoch: 2, step: 2 });
  });

  test('a signal that is aborted before the start lets no step through', async () => {
    const { model, data, options } = setUp();
    const events = await collect(fit(model, data, { ...options, signal: AbortSignal.abort() }));
    expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
  });

  test('other tasks get their turns while a model trains', async () => {
    const { model, options } = setUp();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const whole: AsyncIterable<DigitDataset> = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 60; i++) yield digits;
      },
    };
    await collect(fit(model, whole, { ...options, epochs: 1, yieldEvery: 5 }));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('bad input', () => {
  const optimizerOf = (model: Module) => new SGD(model.parameters(), { lr: 0.1 });

  test.each([
    [
      'a model',
      (_: Module) => fit({} as never, batches(), {} as never),
      'fit: the model is no Module; extend Module, or use Sequential',
    ],
    [
      'data',
      (m: Module) => fit(m, [digits] as never, { optimizer: optimizerOf(m) }),
      'fit: data cannot be iterated with for await; pass loader(dataset, { batchSize })',
    ],
    [
      'test data',
      (m: Module) => fit(m, batches(), { optimizer: optimizerOf(m), test: digits as never }),
      'fit: test cannot be iterated with for await; pass loader(dataset, { batchSize })',
    ],
    [
      'an optimizer',
      (m: Module) => fit(m, batches(), {} as never),
      'fit: there is no optimizer; pass one, such as new Adam(model.parameters())',
    ],
    ...[0.5, 0, -1, Number.NaN].map((epochs): [string, (m: Module) => unknown, string] => [
      `epochs ${epochs}`,
      (m: Module) => fit(m, batches(), { optimizer: optimizerOf(m), epochs }),
      `fit: epochs is ${epochs}, needs ${Number.isNaN(epochs) ? 'a number' : 'a whole number of at least 1'}`,
    ]),
    [
      'lossEvery',
      (m: Module) => fit(m, batches(), { optimizer: optimizerOf(m), lossEvery: 0 }),
      'fit: lossEvery is 0, needs a whole number of at least 1, or Infinity',
    ],
    [
      'yieldEvery',
      (m: Module) => fit(m, batches(), { optimizer: optimizerOf(m), yieldEvery: Number.NaN }),
      'fit: yieldEvery is NaN, needs a number',
    ],
    [
      'an optimizer of another model',
      (m: Module) => fit(m, batches(), { optimizer: optimizerOf(makeModel()) }),
      'fit: the optimizer has none of the parameters of the model; make it with model.parameters(), after moving the model',
    ],
  ])('%s is told at the call', (_, call, message) => {
    expect(() => call(makeModel())).toThrow(message);
  });

  test('batches without images, or without labels, name the option', async () => {
    const model = makeModel();
    const renamed = loader({ pictures: digits.images, labels: digits.labels }) as never;
    await expect(collect(fit(model, renamed, { optimizer: optimizerOf(model) }))).rejects.toThrow(
      "fit: the batches have pictures, labels but no 'images'; rename an array, or pass the option 'forward'",
    );
    const unlabelled = loader({ images: digits.images }) as never;
    await expect(collect(fit(model, unlabelled, { optimizer: optimizerOf(model) }))).rejects.toThrow(
      "fit: the batches have images but no 'labels'; rename an array, or pass the option 'loss'",
    );
  });

  test.each([
    [
      'a loss that nothing learns from',
      { loss: (output: Tensor) => noGrad(() => output.mean()) },
      'fit: the loss depends on no parameter that learns; compute it from the output of the model, outside noGrad and without detach(), and unfreeze what is to learn',
    ],
    ['a loss that is a number', { loss: () => 3 as never }, 'fit: loss gave number; it must return a Tensor'],
    [
      'a loss that is async',
      { loss: async (output: Tensor) => output.mean() },
      'fit: loss gave a promise; it must not be async',
    ],
    [
      'a forward pass without a result',
      { forward: () => undefined },
      'fit: forward gave undefined; it must return a Tensor',
    ],
    [
      'test data without a batch',
      { test: { async *[Symbol.asyncIterator]() {} } },
      'fit: the test data gave no batch; pass what can be iterated again and again, such as loader(dataset)',
    ],
  ])('%s', async (_, wrong, message) => {
    const model = makeModel();
    const { buffers: before } = await settledMemory();
    const options = { optimizer: optimizerOf(model), ...(wrong as object) };
    await expect(collect(fit(model, batches(), options))).rejects.toThrow(message);
    expect(memory().buffers).toBe(before);
  });

  test('a model that is frozen, data without a batch, and a batch without a row', async () => {
    const model = makeModel();
    const optimizer = optimizerOf(model);
    model.freeze();
    await expect(collect(fit(model, batches(), { optimizer }))).rejects.toThrow(
      /^fit: the loss depends on no parameter that learns/,
    );
    model.unfreeze();
    await expect(collect(fit(model, (async function* () {})(), { optimizer }))).rejects.toThrow(
      'fit: epoch 1 of the data gave no batch; pass what can be iterated again and again, such as loader(dataset)',
    );
    async function* hollow() {
      yield { images: { data: new Float32Array(), shape: [0, 784] }, labels: { data: new Int32Array(), shape: [0] } };
    }
    await expect(collect(fit(model, hollow(), { optimizer }))).rejects.toThrow(
      'fit: a batch has 0 examples, needs at least 1; leave it out',
    );
  });

  test('a loss of many numbers, and data that run dry', async () => {
    const model = makeModel();
    const loss = (output: Tensor): Tensor => output;
    await expect(collect(fit(model, batches(), { optimizer: optimizerOf(model), loss }))).rejects.toThrow(
      'fit: the loss is [25, 10], needs one number; take its mean()',
    );
    async function* once() {
      yield digits;
    }
    await expect(collect(fit(model, once(), { optimizer: optimizerOf(model), epochs: 2 }))).rejects.toThrow(
      'fit: epoch 2 of the data gave no batch; pass what can be iterated again and again, such as loader(dataset)',
    );
  });
});

test('other tasks than classes: a line through points', async () => {
  const x = Float32Array.from({ length: 64 }, (_, i) => i / 32 - 1);
  const y = x.map((value) => 3 * value + 0.5);
  const data = loader(
    { x: { data: x, shape: [64, 1] }, y: { data: y, shape: [64, 1] } },
    { batchSize: 16, shuffle: true },
  );
  const model = new Linear(1, 1);
  const events = fit(model, data, {
    optimizer: new SGD(model.parameters(), { lr: 0.3 }),
    epochs: 20,
    forward: (batch) => model.forward(batch.x),
    loss: (output, batch) => output.sub(batch.y).square().mean(),
    test: data,
  });
  const epochs = (await collect(events)).filter((event) => event.type === 'epoch');
  expect(model.weight.item()).toBeCloseTo(3, 3);
  expect(epochs.at(-1)!.train).toEqual({ loss: expect.any(Number) });
  expect(epochs.at(-1)!.test).toEqual({ loss: expect.any(Number), examples: 64 });
});
