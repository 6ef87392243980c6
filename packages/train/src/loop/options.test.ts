// The options of learning and stopping: accumulation, clipping, schedules, metrics, early stopping, anomaly mode.

import { GradientError, manualSeed, memory, noGrad, type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Module, Sequential } from '@dl/layers';
import { CosineAnnealingWarmRestarts, ReduceLROnPlateau, SGD } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { batches, collect, Decay, digits, makeModel, others, setUp, weights } from '../../test/setup.js';
import { DivergenceError } from '../core/checks.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { EpochEvent, TrainEvent } from '../events/events.js';
import { Accuracy, F1, MAE, R2, RMSE, TopKAccuracy } from '../metrics/index.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const epochsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is EpochEvent => event.type === 'epoch');

describe('accumulation', () => {
  const run = async (batchSize: number, accumulate: number) => {
    manualSeed(4);
    const model = new Sequential(new Flatten(), new Linear(784, 10));
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const events = await collect(
      fit(model, loader(digits, { batchSize }), { optimizer, accumulate, epochs: 2, lossEvery: 1 }),
    );
    return { events, weights: weights(model) };
  };

  // 120 examples: 50, 50 and 20 at a time, and the last 20 are one batch of 20.
  test('is one large batch, the smaller batch at the end counted by its examples', async () => {
    const [large, small] = [await run(50, 1), await run(25, 2)];
    const told = ({ events }: typeof large) =>
      events.map((event) => [event.type, event.step, 'examples' in event ? event.examples : 0]);
    expect(told(small)).toEqual(told(large));
    for (const [name, values] of Object.entries(large.weights)) {
      const other = small.weights[name]!;
      values.forEach((value, i) => {
        expect(Math.abs(value - other[i]!)).toBeLessThan(1e-6);
      });
    }
    const losses = (events: readonly TrainEvent[]) => epochsOf(events).map(({ train }) => train.loss);
    losses(small.events).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses(large.events)[i]!, 5);
    });
  });

  test('a group of batches of different sizes weighs each by its examples', async () => {
    // 120 by 50, three at a time: one step of 50 + 50 + 20.
    const [large, small] = [await run(120, 1), await run(50, 3)];
    expect(small.events[0]).toMatchObject({ type: 'start', steps: 1 });
    for (const [name, values] of Object.entries(large.weights)) {
      const other = small.weights[name]!;
      values.forEach((value, i) => {
        expect(Math.abs(value - other[i]!)).toBeLessThan(1e-6);
      });
    }
  });
});

describe('clipping', () => {
  test('bounds each step of a run', async () => {
    const model = makeModel();
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const all = () => model.parameters().flatMap((weight) => [...weight.dataSync()]);
    let before = all();
    for await (const { type } of fit(model, batches(), { optimizer, clipGradNorm: 0.01 })) {
      if (type !== 'step') continue;
      const after = all();
      const moved = Math.hypot(...after.map((weight, i) => weight - before[i]!));
      expect(moved).toBeLessThan(0.0101);
      expect(moved).toBeGreaterThan(0.0099);
      before = after;
    }
  });
});

describe('clipping by value', () => {
  test('bounds how far each weight moves, and comes before the norm', async () => {
    const run = async (more: object) => {
      manualSeed(6);
      const model = makeModel();
      const optimizer = new SGD(model.parameters(), { lr: 1 });
      const all = () => model.parameters().flatMap((weight) => [...weight.dataSync()].map(Number));
      const before = all();
      for await (const { type } of fit(model, batches(), { optimizer, ...more })) {
        if (type !== 'step') continue;
        return all().map((weight, i) => weight - before[i]!);
      }
      return [];
    };
    const free = await run({});
    const bounded = await run({ clipGradValue: 0.01 });
    bounded.forEach((moved, i) => {
      expect(moved).toBeCloseTo(Math.min(0.01, Math.max(-0.01, free[i]!)), 6);
    });
    expect(free.filter((moved) => Math.abs(moved) > 0.01).length).toBeGreaterThan(20);
    const both = await run({ clipGradValue: 0.01, clipGradNorm: 0.05 });
    const norm = Math.hypot(...bounded);
    both.forEach((moved, i) => {
      expect(moved).toBeCloseTo((bounded[i]! * 0.05) / norm, 6);
    });
  });
});

describe('schedules', () => {
  test('on a metric: a plateau of the monitored metric lowers the rate', async () => {
    const { model, data, options } = scripted([5, 4, 4, 4, 3, 3]);
    const schedule = new ReduceLROnPlateau(options.optimizer, { patience: 0, factor: 0.5 });
    // The weight counts steps only at rate 1, so the test tells its losses by epoch.
    const losses = [5, 4, 4, 4, 3, 3];
    let epoch = 0;
    const loss = (output: Tensor) => (model.training ? output.mul(-1).sum() : tensor(losses[epoch++]!));
    const rates = epochsOf(await collect(fit(model, data, { ...options, loss, schedule }))).map(({ lr }) => lr);
    // Epochs 3 and 4 bring nothing better than 4, and epoch 6 nothing better than 3.
    expect(rates).toEqual([1, 1, 1, 0.5, 0.25, 0.25]);
    expect(options.optimizer.paramGroups[0]!.lr).toBe(0.125);
  });

  test('one whose step takes an epoch is given no figure for it', async () => {
    const { model, optimizer, data, options } = setUp();
    const { lr } = optimizer.paramGroups[0]!;
    const schedule = new CosineAnnealingWarmRestarts(optimizer, { t0: 3 });
    const rates = epochsOf(await collect(fit(model, data, { ...options, epochs: 5, schedule }))).map(
      (each) => each.lr!,
    );
    // Half a cosine over three epochs, from the start again after them.
    [1, 0.75, 0.25, 1, 0.75].forEach((share, i) => {
      expect(rates[i]! / lr).toBeCloseTo(share, 12);
    });
  });

  test('step once for each step, or for each epoch with its figure', async () => {
    const each = setUp();
    const perStep = new Decay(each.optimizer);
    await collect(fit(each.model, each.data, { ...each.options, epochs: 2, schedule: perStep, scheduleEvery: 'step' }));
    expect(perStep.scores).toEqual(new Array(10).fill(undefined));
    const { model, optimizer, data, options } = setUp();
    const schedule = new Decay(optimizer);
    const epochs = epochsOf(await collect(fit(model, data, { ...options, schedule })));
    expect(schedule.scores).toEqual(epochs.map(({ test }) => test!.loss));
    expect(epochs[0]!.lr).toBe(0.01);
    expect(epochs[1]!.lr).toBeCloseTo(0.009, 12);
    expect(optimizer.paramGroups[0]!.lr).toBeLessThan(epochs[2]!.lr!);
  });
});

describe('metrics', () => {
  test('are told with each test, and are those of all its examples', async () => {
    const { model, data, options } = setUp();
    const metrics = { right: new Accuracy(), f1: new F1(), top3: new TopKAccuracy(3) };
    const epochs = epochsOf(await collect(fit(model, data, { ...options, metrics })));
    for (const { test: tested } of epochs) expect(tested!.metrics!['right']).toBe(tested!.accuracy);
    const last = epochs.at(-1)!.test!;
    expect(last.metrics!['top3']).toBeGreaterThan(last.accuracy!);
    const whole = await evaluate(model, loader(others, { batchSize: 50 }), { metrics: { f1: new F1() } });
    expect(whole.metrics).toEqual({ f1: last.metrics!['f1'] });
  });

  test('of a regression compare with the array that target names, and leave nothing behind', async () => {
    class Twice extends Module {
      forward(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    const model = new Twice();
    const points = {
      x: { data: Float32Array.of(1, 2, 3), shape: [3, 1] },
      y: { data: Float32Array.of(1, 5, 6), shape: [3] },
    };
    const { bytes: before } = await settledMemory();
    const result = await evaluate(model, loader(points, { batchSize: 2 }), {
      forward: ({ x }) => model.forward(x),
      loss: (output, { y }) => output.reshape([-1]).sub(y).square().mean(),
      metrics: { mae: new MAE(), rmse: new RMSE(), r2: new R2() },
      target: 'y',
    });
    // Errors 1, -1, 0; targets about 4: 9 + 1 + 4.
    expect(result.metrics!['mae']).toBeCloseTo(2 / 3, 12);
    expect(result.metrics!['rmse']).toBeCloseTo(Math.sqrt(2 / 3), 12);
    expect(result.metrics!['r2']).toBeCloseTo(1 - 2 / 14, 12);
    expect(memory().bytes).toBe(before);
  });

  test('a target that is not there is told', async () => {
    const metrics = { f1: new F1() };
    await expect(evaluate(makeModel(), loader(digits), { metrics, target: 'truth' as never })).rejects.toThrow(
      "evaluate: the metrics need the array 'truth', but the batches have images, labels; name one with the option 'target'",
    );
    await expect(evaluate(makeModel(), loader(digits), { metrics: { f1: {} as never } })).rejects.toThrow(
      'evaluate: metrics.f1 is no metric; pass an object with update, compute and reset, such as new Accuracy()',
    );
  });
});

/** A model of one weight whose test loss is what a list says, epoch by epoch: the weight counts the steps. */
function scripted(losses: readonly number[]) {
  class Count extends Module {
    readonly weight = new Linear(1, 1, { bias: false });
    forward(x: Tensor): Tensor {
      return this.weight.forward(x);
    }
  }
  const model = new Count();
  noGrad(() => model.weight.weight.assign(tensor([[0]])));
  const data = loader({ x: { data: Float32Array.of(1), shape: [1, 1] } });
  const optimizer = new SGD(model.parameters(), { lr: 1 });
  const options = {
    optimizer,
    epochs: losses.length,
    test: data,
    forward: ({ x }: { x: Tensor }) => model.forward(x),
    loss: (output: Tensor) => {
      // In training the gradient is -1, so that each step adds 1; in a test the loss is that of the epoch.
      if (model.training) return output.mul(-1).sum();
      return tensor(losses[Math.round(output.item()) - 1]!);
    },
  };
  return { model, data, options, weight: () => model.weight.weight.item() };
}

describe('early stopping', () => {
  test('waits as long as its patience, and knows the best epoch', async () => {
    const { model, data, options, weight } = scripted([5, 3, 4, 3.5, 3.2, 1]);
    const events = await collect(fit(model, data, { ...options, earlyStopping: { patience: 3 } }));
    const epochs = epochsOf(events);
    expect(epochs.map(({ isBest }) => isBest)).toEqual([true, true, false, false, false]);
    expect(epochs.map(({ score }) => score)).toEqual([5, 3, 4, 3.5, expect.closeTo(3.2, 6)]);
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'stopped', best: { epoch: 2, score: 3 } });
    expect(weight()).toBe(5);
  });

  test('improvements below minDelta do not count, but may be the best', async () => {
    const { model, data, options } = scripted([5, 4.9, 4.8, 4.7, 1]);
    const events = await collect(fit(model, data, { ...options, earlyStopping: { patience: 2, minDelta: 0.25 } }));
    // 4.7 is better than 5 by 0.3, but patience has run out with 4.8.
    expect(epochsOf(events)).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ best: { epoch: 3, score: expect.closeTo(4.8, 6) } });
  });

  test('ends a run that has no last epoch, with the best weights', async () => {
    const { model, data, options, weight } = scripted([5, 3, 4, 3.5, 3.2, 1]);
    const earlyStopping = { patience: 2, restoreBest: true };
    const result = await fit(model, data, { ...options, epochs: Number.POSITIVE_INFINITY, earlyStopping });
    expect(result).toMatchObject({ reason: 'stopped', best: { epoch: 2, score: 3 } });
    expect(result.history).toHaveLength(4);
    expect(weight()).toBe(2);
  });

  test.each([
    ['stops', [5, 3, 4, 4, 2], 'stopped', 2],
    ['finishes', [5, 3, 4], 'finished', 2],
  ] as const)('the best weights are put back when it %s', async (_, losses, reason, best) => {
    const { model, data, options, weight } = scripted(losses);
    const earlyStopping = { patience: 2, restoreBest: true };
    const events = await collect(fit(model, data, { ...options, earlyStopping }));
    expect(events.at(-1)).toMatchObject({ reason });
    expect(weight()).toBe(best);
  });

  test('an aborted run keeps its weights, and a state from the end of patience stays stopped', async () => {
    const { model, data, options, weight } = scripted([1, 2, 3, 4, 5]);
    const stop = new AbortController();
    const earlyStopping = { patience: 2, restoreBest: true };
    let state: Awaited<ReturnType<TrainEvent['state']>> | undefined;
    for await (const event of fit(model, data, { ...options, earlyStopping, signal: stop.signal })) {
      if (event.type === 'epoch' && event.epoch === 2) stop.abort();
    }
    expect(weight()).toBe(2);
    const again = scripted([1, 2, 3, 4, 5]);
    for await (const event of fit(again.model, again.data, { ...again.options, earlyStopping })) {
      if (event.type === 'epoch') state = await event.state();
    }
    const third = scripted([1, 2, 3, 4, 5]);
    const rest = await collect(fit(third.model, third.data, { ...third.options, earlyStopping, state: state! }));
    expect(rest.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(rest.at(-1)).toMatchObject({ reason: 'stopped', best: { epoch: 1 } });
    expect(third.weight()).toBe(1);
  });

  test('monitors what the option names, in the direction that it gets better', async () => {
    const { model, data, options } = setUp();
    const metrics = { f1: new F1() };
    const events = await collect(fit(model, data, { ...options, metrics, monitor: 'f1', epochs: 4 }));
    const epochs = epochsOf(events);
    let best = Number.NEGATIVE_INFINITY;
    for (const { score, isBest, test: tested } of epochs) {
      expect(score).toBe(tested!.metrics!['f1']);
      expect(isBest).toBe(score > best);
      best = Math.max(best, score);
    }
  });

  test('a metric that is called accuracy is monitored instead of the share of right answers', async () => {
    const { model, data, options } = setUp();
    const metrics = { accuracy: new TopKAccuracy(5) };
    const epochs = epochsOf(await collect(fit(model, data, { ...options, metrics, monitor: 'accuracy' })));
    for (const { score, test: tested } of epochs) expect(score).toBe(tested!.metrics!['accuracy']);
    expect(epochs[0]!.score).toBeGreaterThan(epochs[0]!.test!.accuracy!);
  });

  test('without a test it monitors the training', async () => {
    const { model, data, options } = setUp();
    const { optimizer } = options;
    const epochs = epochsOf(await collect(fit(model, data, { optimizer, monitor: 'accuracy' })));
    expect(epochs[0]!.score).toBe(epochs[0]!.train.accuracy);
    const { model: line, data: x, options: other } = scripted([1, 2]);
    await expect(collect(fit(line, x, { ...other, monitor: 'accuracy' }))).rejects.toThrow(
      "fit: monitor is 'accuracy', but an epoch has loss; name one of these",
    );
  });
});

describe('anomaly mode', () => {
  test('stops at the op that makes NaN, with the step', async () => {
    class Root extends Module {
      readonly linear = new Linear(784, 10);
      forward(x: Tensor): Tensor {
        const y = this.linear.forward(x.reshape([-1, 784]));
        return this.training ? y.sub(100).log() : y;
      }
    }
    const model = new Root();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const run = collect(fit(model, batches(), { optimizer, anomaly: true }));
    await expect(run).rejects.toThrow(
      /^fit: at step 1 of epoch 1 log made NaN at index 0 from finite inputs \(x \[25, 10\]\)/,
    );
    await expect(run).rejects.toBeInstanceOf(DivergenceError);
    await expect(run).rejects.toMatchObject({ epoch: 1, step: 1, cause: expect.any(GradientError) });
  });

  test('stops in the backward pass, and in the update, too', async () => {
    const model = makeModel();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    // The root has no slope at 0.
    const loss = (output: Tensor) => output.square().mul(0).sqrt().mean();
    await expect(collect(fit(model, batches(), { optimizer, loss, anomaly: true }))).rejects.toThrow(
      /^fit: at step 1 of epoch 1 div made -?Infinity .* in the gradient of sqrt called at /,
    );
    const far = new SGD(model.parameters(), { lr: 3e38 });
    const steep = (output: Tensor) => output.square().sum();
    const run = collect(fit(model, batches(), { optimizer: far, loss: steep, anomaly: true, lossEvery: 1 }));
    await expect(run).rejects.toThrow(/^fit: at step [12] of epoch 1 \w+ made -?(Infinity|NaN) /);
    await expect(run).rejects.toBeInstanceOf(DivergenceError);
  });

  test('changes no number of a run that is well', async () => {
    const [a, b] = [setUp(), setUp()];
    manualSeed(1);
    await collect(fit(a.model, a.data, { ...a.options, epochs: 1 }));
    manualSeed(1);
    await collect(fit(b.model, b.data, { ...b.options, epochs: 1, anomaly: true }));
    expect(weights(b.model)).toEqual(weights(a.model));
  });
});

const shared = new F1();

describe('bad input', () => {
  test.each([
    [{ schedule: {} }, 'fit: the schedule has no step(); pass a schedule of @dl/optim'],
    [{ scheduleEvery: 'batch' }, "fit: scheduleEvery is 'batch', needs 'step' or 'epoch'"],
    [{ accumulate: 0 }, 'fit: accumulate is 0, needs a whole number of batches of at least 1'],
    [{ clipGradNorm: -1 }, 'fit: clipGradNorm is -1, needs a number above 0'],
    [{ clipGradValue: 0 }, 'fit: clipGradValue is 0, needs a number above 0'],
    [
      { metrics: { a: 1 } },
      'fit: metrics.a is no metric; pass an object with update, compute and reset, such as new Accuracy()',
    ],
    [{ metrics: { loss: new F1() } }, 'fit: metrics.loss has the name of the loss itself; give it another'],
    [
      { metrics: { a: shared, b: shared } },
      'fit: metrics.a and metrics.b are one object, which would count each batch twice; make one for each',
    ],
    [{ metrics: { f1: new F1() } }, 'fit: metrics are measured on test data, and there are none; pass the option test'],
    [{ monitor: 'f1' }, "fit: monitor is 'f1', needs one of loss, accuracy"],
    [
      { earlyStopping: { patience: 0 } },
      'fit: earlyStopping.patience is 0, needs a whole number of epochs of at least 1, or Infinity',
    ],
    [
      { earlyStopping: { patience: 1, minDelta: -1 } },
      'fit: earlyStopping.minDelta is -1, needs a number of at least 0',
    ],
  ])('%j is told at the call', (options, message) => {
    const { model, data, optimizer } = setUp();
    expect(() => fit(model, data, { optimizer, ...(options as object) })).toThrow(message);
  });
});
