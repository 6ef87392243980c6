// Runs to await or to iterate: each function that gives one does the same work both ways, once, and says so where it cannot.

import { manualSeed, type Tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type CheckpointOptions,
  checkpoints,
  evaluate,
  fit,
  gridSearch,
  logCsv,
  logJsonLines,
  randomSearch,
  successiveHalving,
  type TrainRun,
} from '../index.js';
import { progress } from '../terminal.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);
const points = { x: { data: x, shape: [8, 1] }, y: { data: x.map((v) => 3 * v), shape: [8, 1] } };

/** A line to be fitted, whose steps are counted. */
function line() {
  manualSeed(1);
  const model = new Linear(1, 1);
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const step = vi.spyOn(optimizer, 'step');
  const data = loader(points, { batchSize: 2 });
  const run = (): TrainRun =>
    fit(model, data, {
      optimizer,
      epochs: 3,
      test: data,
      forward: (batch) => model.forward(batch.x),
      loss: (output, batch) => output.sub(batch.y).square().mean(),
    });
  return { model, steps: () => step.mock.calls.length, run };
}

const sink = { write: () => true };
const save: CheckpointOptions = { save: () => undefined };
const quiet = { stream: { write: () => true } };

/** Whatever gives a training run. */
const trainers: readonly [string, (run: TrainRun) => TrainRun][] = [
  ['fit', (run) => run],
  ['logCsv', (run) => logCsv(run, sink)],
  ['logJsonLines', (run) => logJsonLines(run, sink)],
  ['checkpoints', (run) => checkpoints(run, save)],
  ['progress', (run) => progress(run, quiet)],
  ['one in another', (run) => progress(checkpoints(logCsv(run, sink), save), quiet)],
];

describe.each(trainers)('%s', (_name, around) => {
  test('awaited, trains as much as a loop over the events does, and gives the same figures', async () => {
    const [awaited, looped] = [line(), line()];
    const result = await around(awaited.run());
    const epochs: object[] = [];
    for await (const event of around(looped.run())) {
      if (event.type === 'epoch') epochs.push({ epoch: event.epoch, loss: event.train.loss, test: event.test?.loss });
    }
    expect(awaited.steps()).toBe(12);
    expect(looped.steps()).toBe(12);
    expect(result.history.map(({ epoch, train, test }) => ({ epoch, loss: train.loss, test: test?.loss }))).toEqual(
      epochs,
    );
    expect(result).toMatchObject({ reason: 'finished', best: { epoch: 3 } });
    expect(awaited.model.weight.item()).toBe(looped.model.weight.item());
    expect(awaited.model.weight.item()).toBeGreaterThan(1);
  });

  test('does nothing before, and nothing twice', async () => {
    const { steps, run } = line();
    const made = around(run());
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(steps()).toBe(0);
    const results = await Promise.all([made, made]);
    expect(results[1]).toBe(results[0]);
    expect(await made).toBe(results[0]);
    expect(steps()).toBe(12);
  });

  test('is iterated or awaited, once: the other is told, and is no silent empty loop', async () => {
    const { steps, run } = line();
    const looped = around(run());
    for await (const event of looped) if (event.type === 'step') break;
    const loop = async (made: TrainRun) => {
      for await (const _ of made);
    };
    await expect(loop(looped)).rejects.toThrow('this run is over, and has no more events; call');
    await expect(looped).rejects.toThrow(
      'the events of this run are iterated, and nothing of them is kept, so there is no result to await; take the figures in the loop',
    );
    expect(steps()).toBe(1);
    const awaited = around(run());
    const result = awaited.then();
    await expect(loop(awaited)).rejects.toThrow('this run is awaited, and its events cannot be iterated, too; call');
    await expect(awaited.next()).rejects.toThrow('this run is awaited');
    expect((await result).history).toHaveLength(3);
    expect(steps()).toBe(13);
  });

  test('gives its error to whoever awaits it, or iterates it', async () => {
    const failing = (): TrainRun => {
      const model = new Linear(1, 1);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const forward = (): Tensor => {
        throw new RangeError('as planned');
      };
      return around(fit(model, loader(points), { optimizer, forward, loss: (output) => output.mean() }));
    };
    await expect(failing()).rejects.toThrow('as planned');
    expect(await failing().catch((error) => (error as Error).message)).toBe('as planned');
    const made = failing();
    await made.next();
    await expect(made.next()).rejects.toThrow('as planned');
    expect(
      await failing()
        .finally(() => {})
        .catch(() => 'caught'),
    ).toBe('caught');
  });
});

describe.each([
  ['gridSearch', (score: (a: number) => number) => gridSearch({ a: [3, 1, 2] }, ({ a }) => score(a))],
  [
    'randomSearch',
    (score: (a: number) => number) => randomSearch({ a: [3, 1, 2] }, ({ a }) => score(a), { trials: 5 }),
  ],
  [
    'successiveHalving',
    (score: (a: number) => number) =>
      successiveHalving({ a: [3, 1, 2] }, ({ a }) => score(a), { trials: 5, maxBudget: 3, seed: 1 }),
  ],
] as const)('%s', (_name, search) => {
  test('awaited, gives all trials, and the best one that the last of them tells', async () => {
    let runs = 0;
    const result = await search((a) => {
      runs++;
      return a;
    });
    const told = [];
    for await (const trial of search((a) => a)) told.push(trial);
    expect(runs).toBe(told.length);
    expect(runs).toBeGreaterThan(2);
    expect(result.trials).toEqual(told);
    expect(result.best).toEqual(told.at(-1)!.best);
  });

  test('rejects with the error of a trial', async () => {
    await expect(search(() => Number('no number') as never as number)).resolves.toBeDefined();
    await expect(search(() => undefined as never)).rejects.toThrow('needs a number as its score');
  });
});

test('a run that nobody awaits or iterates is warned of, once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.useFakeTimers();
  try {
    const { steps, run, model } = line();
    const begun = run();
    await begun.next();
    vi.advanceTimersByTime(2000);
    expect(warn).not.toHaveBeenCalled();
    run();
    evaluate(model, loader(points), { forward: ({ x: each }) => model.forward(each), loss: (output) => output.mean() });
    vi.advanceTimersByTime(2000);
    expect(warn.mock.calls).toEqual([
      [
        'fit: nothing is done before the run is awaited or iterated, and for a second it was neither; ' +
          'write await fit(…), or for await (const event of fit(…)) { … }',
      ],
    ]);
    expect(steps()).toBe(0);
    await begun.return();
  } finally {
    vi.useRealTimers();
    warn.mockRestore();
  }
});
