// Checkpoints: what is saved when, and that a run goes on from it exactly.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { collect, setUp, weights } from '../../test/setup.js';
import type { EpochEvent } from '../events/events.js';
import { fit } from '../loop/fit.js';
import { checkpoints } from './checkpoints.js';
import type { TrainState } from './state.js';

beforeAll(async () => {
  await useBackend(cpu());
});

function store() {
  const saved: Partial<Record<'last' | 'best', TrainState>> = {};
  const log: string[] = [];
  const save = async (state: TrainState, name: 'last' | 'best'): Promise<void> => {
    saved[name] = state;
    log.push(`${name} ${state.position.totalSteps}`);
  };
  return { saved, log, save };
}

test('last after each epoch and so many steps, best when it is', async () => {
  const { model, data, options } = setUp();
  const { saved, log, save } = store();
  const events = await collect(checkpoints(fit(model, data, { ...options, monitor: 'accuracy' }), { save, every: 4 }));
  const epochs = events.filter((event): event is EpochEvent => event.type === 'epoch');
  const expected: string[] = [];
  for (let step = 1; step <= 15; step++) {
    if (step % 4 === 0) expected.push(`last ${step}`);
    if (step % 5 !== 0) continue;
    if (epochs[step / 5 - 1]!.isBest) expected.push(`best ${step}`);
    expected.push(`last ${step}`);
  }
  expect(log).toEqual(expected);
  expect(saved.best!.watch.best!.score).toBe(Math.max(...epochs.map(({ score }) => score)));
});

test('an aborted run saves where it stands, and goes on from there to the same weights', async () => {
  const whole = setUp();
  await collect(fit(whole.model, whole.data, whole.options));
  const { model, data, options } = setUp();
  const { saved, log, save } = store();
  const stop = new AbortController();
  for await (const event of checkpoints(fit(model, data, { ...options, signal: stop.signal }), { save })) {
    if (event.type === 'step' && event.totalSteps === 8) stop.abort();
  }
  expect(log.at(-1)).toBe('last 8');
  const again = setUp();
  await collect(fit(again.model, again.data, { ...again.options, state: saved.last! }));
  expect(weights(again.model)).toEqual(weights(whole.model));
});

test('bad input is told in one sentence', async () => {
  const { model, data, options } = setUp();
  const run = (given: object) => collect(checkpoints(fit(model, data, options), given as never));
  await expect(run({})).rejects.toThrow('checkpoints: there is no way to save; pass save: (state, name) => …');
  await expect(run({ save: () => {}, every: 0.5 })).rejects.toThrow(
    'checkpoints: every is 0.5, needs a whole number of steps of at least 1',
  );
});
