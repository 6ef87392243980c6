// Search: which parameters are tried, in which order, with which seeds, and which are found best.

import { defaultGenerator, Generator, manualSeed, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { collect, setUp } from '../../test/setup.js';
import { fit } from '../loop/fit.js';
import type { TrainState } from '../state/state.js';
import { integer, logUniform, uniform } from './choices.js';
import { gridSearch } from './grid.js';
import { successiveHalving } from './halving.js';
import { randomSearch } from './random.js';
import type { DoneRun, Trial } from './trials.js';

async function all<T>(trials: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const trial of trials) found.push(trial);
  return found;
}

test('a grid is every combination, and the best is known at each', async () => {
  const space = { lr: [0.1, 0.01], units: [8, 16, 32] };
  const trials = await all(gridSearch(space, ({ lr, units }) => lr * 100 + Math.abs(units - 16)));
  expect(trials.map(({ params }) => params)).toEqual(
    space.lr.flatMap((lr) => space.units.map((units) => ({ lr, units }))),
  );
  expect(trials.map(({ score }) => score)).toEqual([18, 10, 26, 9, 1, 17]);
  expect(trials.map(({ best }) => best.score)).toEqual([18, 10, 10, 9, 1, 1]);
  const highest = await all(gridSearch(space, ({ units }) => units, { goal: 'max' }));
  expect(highest.at(-1)!.best.params).toEqual({ lr: 0.1, units: 32 });
});

test('a score of NaN is never the best, but for the first', async () => {
  const scores = [Number.NaN, 3, Number.NaN, 1];
  const trials = await all(gridSearch({ i: [0, 1, 2, 3] }, ({ i }) => scores[i]!));
  expect(trials.map(({ best }) => best.score)).toEqual([Number.NaN, 3, 3, 1]);
});

test('random choices stay in their range, and spread as they say', async () => {
  const space = { a: uniform(-2, 6), b: logUniform(1e-4, 1), c: integer(3, 5), d: ['x', 'y'] as const };
  const trials = await all(randomSearch(space, () => 0, { trials: 400, seed: 3 }));
  const params = trials.map((trial) => trial.params);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  // Four standard errors: 8 / √12 / √400 = 0.115; 4 / √12 / 20 = 0.058; a class of three has 133 ± 9.4.
  expect(Math.abs(mean(params.map(({ a }) => a)) - 2)).toBeLessThan(0.47);
  expect(Math.abs(mean(params.map(({ b }) => Math.log10(b))) + 2)).toBeLessThan(0.24);
  for (const value of [3, 4, 5]) {
    expect(Math.abs(params.filter(({ c }) => c === value).length - 400 / 3)).toBeLessThan(38);
  }
  expect(params.every(({ a, b }) => a >= -2 && a <= 6 && b >= 1e-4 && b <= 1)).toBe(true);
  expect(new Set(params.map(({ d }) => d))).toEqual(new Set(['x', 'y']));
});

test('runs are seeded: the same search gives the same numbers, whatever came before', async () => {
  const search = (seed: number) =>
    all(randomSearch({ a: uniform(0, 1) }, ({ a }) => a + defaultGenerator().uniform(), { trials: 5, seed }));
  manualSeed(1);
  const first = await search(4);
  manualSeed(2);
  expect(await search(4)).toEqual(first);
  expect(new Set(first.map(({ seed }) => seed)).size).toBe(5);
  expect(await search(5)).not.toEqual(first);
});

test('halving keeps the best third and gives it three times the budget', async () => {
  const trials = await all(
    successiveHalving({ x: uniform(0, 1) }, ({ x }, { budget }) => x + 1 / budget, { trials: 10, maxBudget: 12 }),
  );
  const of = (budget: number) => trials.filter((trial) => trial.budget === budget);
  expect([1, 3, 9, 12].map((budget) => of(budget).length)).toEqual([10, 3, 1, 1]);
  const order = [...of(1)].sort((a, b) => a.score - b.score).map(({ trial }) => trial);
  expect(
    of(3)
      .map(({ trial }) => trial)
      .sort(),
  ).toEqual(order.slice(0, 3).sort());
  const last = trials.at(-1)!;
  expect([last.trial, last.best.trial]).toEqual([order[0], order[0]]);
  expect(last.seed).toBe(of(1).find(({ trial }) => trial === last.trial)!.seed);
});

test('the best is one of the largest budget, though a smaller one scored better', async () => {
  const trials = await all(successiveHalving({ x: [1, 2, 3] }, (_, { budget }) => budget, { trials: 3, maxBudget: 3 }));
  expect(trials.at(-1)!.best).toMatchObject({ budget: 3, score: 3 });
});

test('a run that goes on from its state equals one that had the whole budget at once', async () => {
  await useBackend(cpu());
  const train = async (lr: number, epochs: number, state?: TrainState) => {
    const { model, optimizer, data, options } = setUp();
    for (const group of optimizer.paramGroups) group.lr = lr;
    const events = await collect(fit(model, data, { ...options, epochs, ...(state && { state }) }));
    const { loss } = events.findLast((event) => event.type === 'epoch')!.test!;
    return { score: loss, state: await events.at(-1)!.state() };
  };
  const trials: Trial<{ lr: readonly number[] }>[] = await all(
    successiveHalving(
      { lr: [0.1, 0.01, 0.0001] },
      ({ lr }, { budget, state }: { budget: number; state: TrainState | undefined }) => train(lr, budget, state),
      { trials: 4, factor: 2, maxBudget: 4 },
    ),
  );
  expect(trials.map(({ budget }) => budget)).toEqual([1, 1, 1, 1, 2, 2, 4]);
  const { params, score } = trials.at(-1)!;
  expect((await train(params.lr, 4)).score).toBe(score);
});

describe('a search that goes on', () => {
  const searches = (run: (...args: never[]) => unknown, done: readonly DoneRun[] = []) => ({
    grid: gridSearch({ x: [3, 1, 2], y: [0, 5] }, run as never, { done }),
    random: randomSearch({ x: uniform(0, 1), y: integer(0, 9) }, run as never, { trials: 6, seed: 2, done }),
    halving: successiveHalving({ x: uniform(0, 1), y: integer(0, 9) }, run as never, { trials: 9, maxBudget: 9, done }),
  });
  const names = ['grid', 'random', 'halving'] as const;
  const told = (trials: unknown[]) => JSON.parse(JSON.stringify(trials)) as DoneRun[];

  test.each(names.flatMap((name) => [0, 1, 3, 5].map((after) => [name, after] as const)))(
    '%s after %i runs tells what one that never stopped tells, and does no run twice',
    async (name, after) => {
      let runs = 0;
      const score = ({ x, y }: { x: number; y: number }, { budget }: { budget: number }) => {
        runs++;
        return x + y / 10 + 1 / budget + defaultGenerator().uniform() / 100;
      };
      const whole = await all<unknown>(searches(score)[name]);
      const count = runs;
      runs = 0;
      const done = told(whole.slice(0, after));
      const again = await all<unknown>(searches(score, done)[name]);
      expect(told(again)).toEqual(told(whole));
      expect(runs).toBe(count - after);
    },
  );

  test('hands a trial the state that is given with its run, and knows a score of NaN from JSON', async () => {
    const seen: unknown[] = [];
    const run = (_: unknown, { trial, state }: { trial: number; state: unknown }) => {
      seen.push([trial, state]);
      return { score: trial, state: `state of ${trial}` };
    };
    const options = { trials: 3, maxBudget: 3 };
    const trials = successiveHalving({ x: [1] }, run as never, {
      ...options,
      done: [0, 1, 2].map((trial) => ({
        trial,
        budget: 1,
        score: trial === 0 ? (null as never) : trial,
        state: `saved ${trial}`,
      })),
    });
    await all(trials);
    expect(seen).toEqual([[1, 'saved 1']]);
  });

  test('refuses runs of another search', async () => {
    const done = told(await all(searches(() => 1).random));
    await expect(all(randomSearch({ x: uniform(0, 2) }, () => 1, { trials: 6, seed: 2, done }))).rejects.toThrow(
      'randomSearch: trial 0 of done is of another search; give the space, the seed and the options of that one',
    );
    await expect(all(gridSearch({ x: [1] }, () => 1, { done: [{ trial: 0, budget: 1 } as never] }))).rejects.toThrow(
      'gridSearch: trial 0 of done has no score; give what the search told of it',
    );
  });
});

test('a signal stops it between two runs', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  const run = async () => {
    const trials = gridSearch({ a: [1, 2, 3] }, ({ a }) => a, { signal: stop.signal });
    for await (const { params } of trials) {
      seen.push(params.a);
      if (params.a === 2) stop.abort(new Error('enough'));
    }
  };
  await expect(run()).rejects.toThrow('enough');
  expect(seen).toEqual([1, 2]);
});

const next = (trials: AsyncIterable<unknown>) => all(trials);

test.each([
  [
    () => next(gridSearch({}, () => 0)),
    'gridSearch: the space is empty; name what to choose, as in { lr: [0.1, 0.01] }',
  ],
  [
    () => next(gridSearch({ a: [] }, () => 0)),
    "gridSearch: 'a' has nothing to choose from; give a list of values, or a way to draw one",
  ],
  [
    () => next(gridSearch({ a: uniform(0, 1) as never }, () => 0)),
    "gridSearch: 'a' is no list of values; list some, or use randomSearch",
  ],
  [() => next(gridSearch({ a: [1] }, 3 as never)), 'gridSearch: there is no run; pass (params, context) => score'],
  [
    async () => next(gridSearch({ a: [1] }, () => 0, { goal: 'low' as never })),
    "gridSearch: goal is 'low', needs 'min' or 'max'",
  ],
  [
    () => next(gridSearch({ a: [1] }, () => null as never)),
    'gridSearch: trial 0 gave null, needs a number as its score',
  ],
  [
    () => next(randomSearch({ a: [1] }, () => 0, { trials: 0 })),
    'randomSearch: trials is 0, needs a whole number of at least 1',
  ],
  [
    () => next(successiveHalving({ a: [1] }, () => 0, { trials: 2, maxBudget: 4, factor: 1 })),
    'successiveHalving: factor is 1, needs a number above 1',
  ],
  [
    () => next(successiveHalving({ a: [1] }, () => 0, { trials: 2, minBudget: 5, maxBudget: 4 })),
    'successiveHalving: the budget goes from 5 to 4, needs numbers above 0, the larger one last',
  ],
])('bad input %#', async (call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('ranges that are none', () => {
  expect(() => uniform(1, 1)).toThrow('uniform: got 1 to 1, needs two numbers, the larger one last');
  expect(() => logUniform(0, 1)).toThrow('logUniform: got 0 to 1, needs two numbers above 0, the larger one last');
  expect(() => integer(0.5, 2)).toThrow('integer: got 0.5 to 2, needs whole numbers');
  expect(integer(2, 3)(new Generator(1))).toBeGreaterThanOrEqual(2);
});
