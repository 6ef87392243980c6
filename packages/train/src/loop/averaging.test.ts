// Averages of weights in a run: which weights are in them, what tests see, and what is left at the end.

import { manualSeed, memory, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Flatten, Linear, Sequential } from '@dl/layers';
import { EMA, SGD, SWA } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { batches, collect, digits, makeModel, others, setUp, weights } from '../../test/setup.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { EpochEvent, TrainEvent } from '../events/events.js';
import type { TrainState } from '../state/state.js';
import type { Averaging } from './averaging.js';
import { fit } from './fit.js';
import type { FitEarlyStopping } from './watch.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** A model of one weight that grows by 1 in each of two steps of an epoch; its test loss is the weight. */
function counting(
  averaging: (params: Tensor[]) => Averaging,
  epochs = 4,
  more: { earlyStopping?: FitEarlyStopping } = {},
) {
  const model = new Linear(1, 1, { bias: false });
  noGrad(() => model.weight.assign(tensor([[0]])));
  const data = loader({ x: { data: Float32Array.of(1, 1), shape: [2, 1] } }, { batchSize: 1 });
  const chosen = averaging(model.parameters());
  const options = {
    optimizer: new SGD(model.parameters(), { lr: 1 }),
    epochs,
    test: loader({ x: { data: Float32Array.of(1), shape: [1, 1] } }),
    forward: ({ x }: { x: Tensor }) => model.forward(x),
    // In training the gradient is -1; a test tells the weight.
    loss: (output: Tensor) => (model.training ? output.mul(-1).sum() : output.sum()),
    averaging: chosen,
    ...more,
  };
  return { model, average: chosen.weights, run: () => fit(model, data, options), weight: () => model.weight.item() };
}

const scores = (events: readonly TrainEvent[]) =>
  events.filter((event): event is EpochEvent => event.type === 'epoch').map(({ test }) => test!.loss);

describe('what is averaged, and what is tested', () => {
  test('each step, by the formula of EMA', async () => {
    const { run, average, weight } = counting((params) => ({ weights: new EMA(params, { decay: 0.75 }) }));
    const means: number[] = [];
    let mean = 0;
    for (let step = 1; step <= 8; step++) {
      mean = step === 1 ? 1 : 0.75 * mean + 0.25 * step;
      if (step % 2 === 0) means.push(mean);
    }
    const seen: number[] = [];
    const events: TrainEvent[] = [];
    for await (const event of run()) {
      events.push(event);
      if (event.type === 'step') seen.push(weight());
    }
    expect(scores(events)).toEqual(means.map((value) => expect.closeTo(value, 5)));
    // Training goes on with its own weights, and ends with the means.
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(weight()).toBeCloseTo(means.at(-1)!, 5);
    expect(average.averages[0]!.item()).toBe(weight());
  });

  test('each epoch from the third on, by the formula of SWA', async () => {
    const { run, average } = counting((params) => ({ weights: new SWA(params), every: 'epoch', from: 3 }), 5);
    // The weights after the epochs are 2, 4, 6, 8 and 10; before the third there is no mean.
    expect(scores(await collect(run()))).toEqual([2, 4, 6, 7, 8].map((value) => expect.closeTo(value, 5)));
    expect(average.count).toBe(3);
    // They can be used in the next run, and are not exchanged.
    average.update();
    expect(average.count).toBe(4);
  });

  test('an aborted run, and one that is left in a test, keep the weights of the training', async () => {
    for (const type of ['step', 'test'] as const) {
      const { run, weight } = counting((params) => ({ weights: new EMA(params, { decay: 0.75 }) }));
      for await (const event of run()) {
        if (event.type !== type || event.epoch !== 2) continue;
        if (type === 'test') expect(weight()).not.toBe(4);
        break;
      }
      expect(weight()).toBe(type === 'step' ? 3 : 4);
    }
  });

  test('a state from the middle of a test has the weights of the training, and takes nothing from the test', async () => {
    const { run, weight } = counting((params) => ({ weights: new EMA(params, { decay: 0.75 }) }));
    for await (const event of run()) {
      if (event.type !== 'test') continue;
      const before = weight();
      const state = event.state();
      expect(weight()).toBe(before);
      expect((await state).model['weight']!.data[0]).toBe(2 * event.epoch);
      expect((await state).averaging!.weights.averages[0]!.data[0]).toBe(before);
    }
  });

  test('with restoreBest the best means are put back', async () => {
    const earlyStopping = { patience: 2, restoreBest: true };
    const average = (params: Tensor[]) => ({ weights: new EMA(params, { decay: 0.75 }) });
    const { run, weight } = counting(average, 9, { earlyStopping });
    const events = await collect(run());
    expect(events.at(-1)).toMatchObject({ reason: 'stopped', best: { epoch: 1 } });
    // The loss of the test grows, so the means after two steps are the best: 0.75 · 1 + 0.25 · 2.
    expect(weight()).toBe(1.25);
  });
});

describe('batch norm', () => {
  const make = () => {
    manualSeed(5);
    const norm = new BatchNorm1d(6);
    const first = new Linear(784, 6);
    return { model: new Sequential(new Flatten(), first, norm, new Linear(6, 10)), norm, first };
  };
  const data = () => loader(digits, { batchSize: 40 });

  test('has the statistics that go with the means: those of all batches, by the formula', async () => {
    const { model, norm, first } = make();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const averaging: Averaging = { weights: new SWA(model.parameters()), every: 'epoch' };
    const test = loader(others, { batchSize: 20 });
    const events = await collect(fit(model, data(), { optimizer, epochs: 3, test, averaging }));
    // Plain averages over three batches of the batch means and of the unbiased variances, in double precision.
    using _ = scope();
    const mean = new Float64Array(6);
    const variance = new Float64Array(6);
    for (let batch = 0; batch < 3; batch++) {
      const rows = digits.images.data.slice(batch * 40 * 784, (batch + 1) * 40 * 784);
      const input = tensor({ data: Float32Array.from(rows), shape: [40, 784] });
      const output = noGrad(() => first.forward(input)).dataSync() as Float32Array;
      for (let c = 0; c < 6; c++) {
        const column = Array.from({ length: 40 }, (_, i) => output[i * 6 + c]!);
        const own = column.reduce((sum, value) => sum + value, 0) / 40;
        mean[c]! += own / 3;
        variance[c]! += column.reduce((sum, value) => sum + (value - own) ** 2, 0) / 39 / 3;
      }
    }
    norm.runningMean!.dataSync().forEach((value, c) => {
      expect(Number(value)).toBeCloseTo(mean[c]!, 4);
    });
    norm.runningVariance!.dataSync().forEach((value, c) => {
      expect(Number(value)).toBeCloseTo(variance[c]!, 4);
    });
    // What the last test saw is what is left.
    const { loss } = await evaluate(model, test);
    expect(loss).toBe(scores(events).at(-1));
  });

  test('keeps the statistics of the training for the training, with or without them being renewed', async () => {
    const run = async (renewBatchNorm?: boolean) => {
      const { model, norm } = make();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const averaging = {
        weights: new EMA(model.parameters(), { decay: 0.5 }),
        renewBatchNorm: renewBatchNorm ?? true,
      };
      const test = loader(others, { batchSize: 20 });
      const options = { optimizer, epochs: 2, test, ...(renewBatchNorm !== undefined && { averaging }) };
      const seen: ArrayLike<number | bigint>[] = [];
      for await (const { type } of fit(model, data(), options)) {
        if (type === 'step') seen.push(norm.runningMean!.dataSync());
      }
      return seen;
    };
    const without = await run();
    expect(await run(true)).toEqual(without);
    expect(await run(false)).toEqual(without);
  });

  test('aborted in the last pass over the data, a run keeps the weights of the training, and can go on to the means', async () => {
    const start = (more: object = {}) => {
      const { model } = make();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const averaging: Averaging = { weights: new EMA(model.parameters(), { decay: 0.5 }) };
      return { model, run: () => fit(model, data(), { optimizer, epochs: 2, averaging, ...more }) };
    };
    const unbroken = start();
    await collect(unbroken.run());

    const stop = new AbortController();
    const { model, run } = start({ signal: stop.signal });
    let trained: unknown;
    let state: TrainState | undefined;
    for await (const event of run()) {
      if (event.type === 'epoch' && event.epoch === 2) {
        trained = weights(model);
        stop.abort();
      }
      if (event.type !== 'end') continue;
      expect(event.reason).toBe('aborted');
      state = await event.state();
    }
    expect(weights(model)).toEqual(trained);

    const resumed = start({ state });
    const events = await collect(resumed.run());
    expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(events.at(-1)).toMatchObject({ reason: 'finished' });
    expect(weights(resumed.model)).toEqual(weights(unbroken.model));
  });

  test('an error in the last pass over the data leaves the weights of the training', async () => {
    const { model } = make();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const averaging: Averaging = { weights: new EMA(model.parameters(), { decay: 0.5 }) };
    const batches = data();
    let passes = 0;
    const failing = {
      async *[Symbol.asyncIterator]() {
        if (++passes === 2) throw new Error('the disk is gone');
        yield* batches;
      },
    };
    let trained: unknown;
    const events = fit(model, failing, { optimizer, averaging });
    const train = async () => {
      for await (const { type } of events) if (type === 'epoch') trained = weights(model);
    };
    await expect(train()).rejects.toThrow('the disk is gone');
    expect(weights(model)).toEqual(trained);
    averaging.weights.update();
  });
});

test('nothing is left behind, whatever ends the run', async () => {
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 6), new BatchNorm1d(6), new Linear(6, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const average = new EMA(model.parameters());
  const options = { optimizer, test: loader(others), averaging: { weights: average }, epochs: 2 };
  const { buffers: before } = await settledMemory();
  await collect(fit(model, batches(), options));
  expect(memory().buffers).toBe(before);
  for (const type of ['step', 'test', 'epoch']) {
    for await (const event of fit(model, batches(), options)) if (event.type === type) break;
    expect(memory().buffers).toBe(before);
  }
  const stop = new AbortController();
  for await (const event of fit(model, batches(), { ...options, signal: stop.signal })) {
    if (event.type === 'step' && event.step === 5) stop.abort();
  }
  expect(memory().buffers).toBe(before);
});

test('averages of a part of the parameters leave the others alone', async () => {
  const { model, data, options } = setUp();
  const head = model.parameters().slice(-2);
  await collect(fit(model, data, { ...options, averaging: { weights: new EMA(head) } }));
  const whole = setUp();
  await collect(fit(whole.model, whole.data, whole.options));
  const [a, b] = [weights(model), weights(whole.model)];
  expect(a['1.weight']).toEqual(b['1.weight']);
  expect(a['4.weight']).not.toEqual(b['4.weight']);
});

test('bad input is told in one sentence', () => {
  const model = makeModel();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const good = { weights: new EMA(model.parameters()) };
  const call = (averaging: object) => () => fit(model, batches(), { optimizer, averaging: averaging as Averaging });
  expect(call({})).toThrow('fit: averaging has no weights; pass averaging: { weights: new EMA(model.parameters()) }');
  expect(call({ ...good, every: 'batch' })).toThrow("fit: averaging.every is batch, needs 'step' or 'epoch'");
  expect(call({ ...good, from: 0 })).toThrow('fit: averaging.from is 0, needs the number of an epoch, from 1');
});
