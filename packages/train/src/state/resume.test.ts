// Going on from a state: as if the run had never stopped, to the last bit.

import { Generator, manualSeed, noGrad, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { batches, collect, Decay, setUp, told, weights } from '../../test/setup.js';
import type { TrainEvent } from '../events/events.js';
import { fit } from '../loop/fit.js';
import { F1, TopKAccuracy } from '../metrics/index.js';
import type { TrainState } from './state.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** Stops at the event for which `isThere` is true, and goes on with everything made anew. */
async function interrupted(isThere: (event: TrainEvent) => boolean) {
  const first = setUp();
  let state: TrainState | undefined;
  const before: TrainEvent[] = [];
  for await (const event of fit(first.model, first.data, { ...first.options, lossEvery: 2 })) {
    before.push(event);
    if (!isThere(event)) continue;
    state = await event.state();
    break;
  }
  // A program that starts anew has other random numbers behind it, and other weights.
  const second = setUp();
  manualSeed(77);
  second.model.parameters().forEach((weight) => {
    noGrad(() => weight.assign(weight.mul(0)));
  });
  const after = await collect(fit(second.model, second.data, { ...second.options, lossEvery: 2, state: state! }));
  return {
    events: [...before.map(told), ...after.slice(1).map(told)],
    weights: weights(second.model),
    start: after[0]!,
  };
}

async function unbroken() {
  const { model, data, options } = setUp();
  const events = await collect(fit(model, data, { ...options, lossEvery: 2 }));
  return { events: events.map(told), weights: weights(model) };
}

const random = new Generator(5);
const moments = [
  ...Array.from({ length: 8 }, () => random.integer(1, 16)).map(
    (step) => [`step ${step}`, (event: TrainEvent) => event.type === 'step' && event.totalSteps === step] as const,
  ),
  ['the last step of an epoch', (event: TrainEvent) => event.type === 'step' && event.totalSteps === 5] as const,
  ['the start', ({ type }: TrainEvent) => type === 'start'] as const,
  ['the end of an epoch', (event: TrainEvent) => event.type === 'epoch' && event.epoch === 2] as const,
];

test.each(moments)('after %s it goes on as if it had never stopped', async (_, isThere) => {
  const whole = await unbroken();
  const parts = await interrupted(isThere);
  expect(parts.events).toEqual(whole.events);
  expect(parts.weights).toEqual(whole.weights);
});

describe('with everything that a run can remember', () => {
  const begin = (scheduleEvery: 'step' | 'epoch') => {
    const { model, optimizer, options } = setUp();
    const data = batches({ batchSize: 8 });
    const schedule = new Decay(optimizer);
    const metrics = { f1: new F1(), top3: new TopKAccuracy(3) };
    // 15 batches: the last step of an epoch has one alone.
    const learning = {
      accumulate: 2,
      clipGradNorm: 0.5,
      schedule,
      scheduleEvery,
      metrics,
      monitor: 'f1',
      lossEvery: 3,
    };
    const earlyStopping = { patience: 2, minDelta: 0.05, restoreBest: true };
    return {
      model,
      events: fit(model, data, { ...options, ...learning, epochs: 8, earlyStopping }),
      again: { data, options, learning, earlyStopping },
    };
  };
  const lasting = (events: readonly TrainEvent[]) => events.filter(({ type }) => type !== 'test').map(told);
  const whole = (every: 'step' | 'epoch') => {
    const { model, events } = begin(every);
    return collect(events).then((all) => ({ all, weights: weights(model) }));
  };
  const points = new Generator(11);

  test.each(Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 'step' : 'epoch', points.uniform(0, 1)] as const))(
    'a schedule of each %s, stopped at %f of the events',
    async (every, where) => {
      const { all, weights: expected } = await whole(every);
      // There is something to remember: the last epoch is not the best one.
      expect(all.findLast((event) => event.type === 'epoch')).toMatchObject({ isBest: false });
      // The end is no interruption.
      const at = Math.floor(where * (all.length - 1));
      const before: TrainEvent[] = [];
      let state: TrainState | undefined;
      for await (const event of begin(every).events) {
        before.push(event);
        if (before.length <= at) continue;
        // Through text and back, as it would be stored.
        state = unpackState<TrainState>(packState(await event.state()));
        break;
      }
      const { model, again } = begin(every);
      manualSeed(99);
      for (const weight of model.parameters()) noGrad(() => weight.assign(weight.mul(0)));
      const options = {
        ...again.options,
        ...again.learning,
        earlyStopping: again.earlyStopping,
        epochs: 8,
        state: state!,
      };
      const after = await collect(fit(model, again.data, options));
      expect(lasting([...before, ...after.slice(1)])).toEqual(lasting(all));
      expect(weights(model)).toEqual(expected);
    },
  );
});

test('in the middle of a test it repeats the test', async () => {
  const whole = await unbroken();
  const parts = await interrupted((event) => event.type === 'test' && event.epoch === 2 && event.testStep === 2);
  expect(parts.start).toMatchObject({ epoch: 2, step: 5 });
  expect(parts.events.filter((event) => !('testStep' in event))).toEqual(
    whole.events.filter((event) => !('testStep' in event)),
  );
  expect(parts.weights).toEqual(whole.weights);
});

test('a run that is over has nothing left to do, and more epochs go on', async () => {
  const { model, data, options } = setUp();
  let state: TrainState | undefined;
  for await (const event of fit(model, data, { ...options, epochs: 1 }))
    if (event.type === 'end') state = await event.state();
  const nothing = await collect(fit(model, data, { ...options, epochs: 1, state: state! }));
  expect(nothing.map(({ type }) => type)).toEqual(['start', 'end']);
  const more = await collect(fit(model, data, { ...options, epochs: 2, state: state! }));
  expect(more.filter(({ type }) => type === 'step')).toHaveLength(5);
});

test('a state that does not fit changes nothing', async () => {
  const { model, data, options } = setUp();
  let state: TrainState | undefined;
  for await (const event of fit(model, data, options)) {
    if (event.type !== 'step') continue;
    state = await event.state();
    break;
  }
  const before = weights(model);
  const wrong: [TrainState, string][] = [
    [{} as TrainState, 'fit: the state is none that fit can go on from; pass what event.state() gave'],
    [{ ...state!, model: {} }, 'loadStateDict: nothing was loaded. Missing from the state: 1.weight'],
    [{ ...state!, optimizer: { ...state!.optimizer, optimizer: 'SGD' } as TrainState['optimizer'] }, 'SGD'],
    [
      { ...state!, sources: { ...state!.sources, data: null } },
      'fit: the state is from the middle of an epoch, and these data cannot go on in the middle; pass a loader of @dl/data',
    ],
    [
      { ...state!, schedule: {} },
      'fit: the state is of a run with a schedule, and this one is without; give the options of that run',
    ],
    [
      { ...state!, averaging: { weights: {}, epoch: 0, buffers: null } as never },
      'fit: the state is of a run with averaging, and this one is without; give the options of that run',
    ],
    [{ ...state!, model: { ...state!.model, '1.bias': { ...state!.model['1.bias']!, shape: [3, 4] } } }, '1.bias'],
    [
      { ...state!, position: { ...state!.position, epoch: 5 } },
      'fit: the state is from epoch 6, but epochs is 3; ask for more epochs',
    ],
  ];
  for (const [bad, message] of wrong) {
    const run = async () => collect(fit(model, data, { ...options, state: bad }));
    await expect(run()).rejects.toThrow(message);
    expect(weights(model)).toEqual(before);
  }
});
