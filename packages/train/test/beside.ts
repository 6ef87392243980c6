// A training in which dropout and shuffling draw random numbers, and what may run beside it, in Node and in a browser.

import { Generator, keep, manualSeed, rand, withGenerator } from '@dl/autograd';
import { loader } from '@dl/data';
import { BatchNorm1d, Dropout, Linear, Sequential, Tanh } from '@dl/layers';
import { Adam, SGD } from '@dl/optim';
import { expect, test } from 'vitest';
import { evaluate } from '../src/evaluate/evaluate.js';
import { fit } from '../src/loop/fit.js';

/** Lets other tasks go on. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

export const points = (count: number, seed: number) => {
  const generator = new Generator(seed);
  const rows = Float32Array.from({ length: 4 * count }, () => generator.uniform(-1, 1));
  const labels = Int32Array.from({ length: count }, (_, i) => Number(rows[4 * i]! * rows[4 * i + 1]! > 0));
  return { images: { data: rows, shape: [count, 4] }, labels: { data: labels, shape: [count] } };
};

/** A model in which training and evaluation differ, and random numbers are drawn. */
export function network(seed: number): Sequential {
  return withGenerator(
    new Generator(seed),
    () => new Sequential(new Linear(4, 16), new BatchNorm1d(16), new Tanh(), new Dropout(0.2), new Linear(16, 2)),
  );
}

/** The losses of a training, in which dropout and shuffling draw from the default generator. */
export async function losses(seed: number, epochs: number, isDone?: () => boolean): Promise<number[]> {
  const model = network(seed);
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const found: number[] = [];
  const data = loader(points(64, seed), { batchSize: 16, shuffle: true });
  for await (const event of fit(model, data, { optimizer, epochs })) {
    if (event.type !== 'epoch') continue;
    found.push(event.train.loss);
    await pause();
    if (isDone?.() === true) break;
  }
  optimizer.dispose();
  model.dispose();
  return found;
}

/** @param apart whether a task can have a generator of its own */
export function besideTests(apart: boolean): void {
  test('evaluate and fit of two models at once are what they are one after the other', async () => {
    const model = network(11);
    const data = loader(points(64, 12), { batchSize: 8 });
    const expected = await evaluate(model, data);
    manualSeed(4);
    const alone = await losses(13, 6);

    manualSeed(4);
    let isTraining = true;
    const evaluations: (typeof expected)[] = [];
    const modes: boolean[] = [];
    let turns = 0;
    const evaluating = async (): Promise<void> => {
      while (isTraining) {
        const run = evaluate(model, data, { yieldEvery: 0 });
        for await (const event of run) {
          if (event.type === 'end') evaluations.push(event.result);
          else if (isTraining) turns++;
        }
        modes.push(...model.namedModules().map(([, { training }]) => training));
        await pause();
      }
    };
    const task = evaluating();
    const beside = await losses(13, 6);
    isTraining = false;
    await task;
    expect(beside).toEqual(alone);
    expect(evaluations.length).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(1);
    for (const evaluation of evaluations) expect(evaluation).toEqual(expected);
    expect(modes).not.toContain(false);
    model.dispose();
  });

  test.runIf(apart)('two trainings at once, each with a generator of its own', async () => {
    const own = (seed: number): Promise<number[]> => withGenerator(new Generator(seed), () => losses(seed, 4));
    const alone = [await own(21), await own(22)];
    expect(await Promise.all([own(21), own(22)])).toEqual(alone);
  });

  test('the same model is trained and evaluated at once', async () => {
    const model = network(31);
    const optimizer = new SGD(model.parameters(), { lr: 0.05 });
    const held = keep(rand([2]));
    const evaluation = evaluate(model, loader(points(64, 32), { batchSize: 4 }), { yieldEvery: 0 });
    const [{ examples }] = await Promise.all([
      evaluation,
      (async () => {
        for await (const _ of fit(model, loader(points(64, 33), { batchSize: 8 }), { optimizer, epochs: 2 })) {
          expect(model.training).toBe(true);
        }
      })(),
    ]);
    expect([examples, model.training, held.isFreed]).toEqual([64, true, false]);
    held.dispose();
  });
}
