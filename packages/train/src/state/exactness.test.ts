// Going on is exact with everything at work: dropout, batch norm, shuffling, accumulation, clipping, schedules, averages and early
// stopping, for every optimiser. The proof is the state at the end, to the last bit, after interruptions at random moments.

import { createHash } from 'node:crypto';
import { Generator, manualSeed, noGrad, type Tensor, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Dropout, Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import * as optim from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import { batches, others, told } from '../../test/setup.js';
import type { AnyOptimizer } from '../core/optimizer.js';
import type { TrainEvent } from '../events/events.js';
import { type FitOptions, fit } from '../loop/fit.js';
import { F1 } from '../metrics/index.js';
import type { TrainState } from './state.js';

beforeAll(async () => {
  await useBackend(cpu());
});

type Learning = Partial<FitOptions<{ images: never; labels: never }>>;
/** `source`: where the order of the batches comes from; by default the generator that dropout draws from as well. */
type Make = (params: Tensor[]) => {
  readonly optimizer: AnyOptimizer;
  readonly learning: Learning;
  readonly source?: Generator;
};

const ema = (params: Tensor[]): Learning => ({ averaging: { weights: new optim.EMA(params, { decay: 0.8 }) } });
const swa = (params: Tensor[]): Learning => ({
  averaging: { weights: new optim.SWA(params), every: 'epoch', from: 2 },
});
const stepwise = { scheduleEvery: 'step' } as const;
const clip = { clipGradNorm: 0.5 };

/** With 8 steps in each of 3 epochs. */
const thorough: Record<string, Make> = {
  'SGD with momentum, one-cycle, EMA': (params) => {
    const optimizer = new optim.SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 });
    const schedule = new optim.OneCycleLR(optimizer, { maxLr: 0.2, totalSteps: 25 });
    return { optimizer, learning: { schedule, ...clip, ...stepwise, ...ema(params) } };
  },
  'Adam with AMSGrad, plateau, SWA, early stopping': (params) => {
    const optimizer = new optim.Adam(params, { lr: 0.01, amsgrad: true });
    const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5, mode: 'max' });
    const earlyStopping = { patience: 3, restoreBest: true };
    return { optimizer, learning: { schedule, ...clip, earlyStopping, monitor: 'f1', ...swa(params) } };
  },
  'AdamW in two groups, warm restarts, EMA each epoch': (params) => {
    const groups = [{ params: params.slice(0, 1), lr: 0.003 }, { params: params.slice(1) }];
    const optimizer = new optim.AdamW(groups, { lr: 0.01 });
    const schedule = new optim.CosineAnnealingWarmRestarts(optimizer, { t0: 5 });
    const averaging = { weights: new optim.EMA(params, { decay: 0.5 }), every: 'epoch' } as const;
    return { optimizer, learning: { schedule, ...clip, ...stepwise, averaging } };
  },
  'centred RMSprop, warm-up and then exponential, clipped by value, an order of its own': (params) => {
    const optimizer = new optim.RMSprop(params, { lr: 0.003, centered: true, momentum: 0.5 });
    const parts = [
      new optim.LinearLR(optimizer, { totalIters: 4 }),
      new optim.ExponentialLR(optimizer, { gamma: 0.9 }),
    ];
    const schedule = new optim.SequentialLR(optimizer, parts, [6]);
    return { optimizer, learning: { schedule, ...stepwise, clipGradValue: 0.01 }, source: new Generator(6) };
  },
  'Lookahead around Adam, EMA': (params) => {
    const optimizer = new optim.Lookahead(new optim.Adam(params, { lr: 0.01 }), { k: 3 });
    return { optimizer, learning: { ...clip, ...ema(params) } };
  },
  'L-BFGS, steps, SWA': (params) => {
    const optimizer = new optim.LBFGS(params, { lineSearch: 'strong-wolfe', maxIter: 3, historySize: 4 });
    const schedule = new optim.StepLR(optimizer, { stepSize: 2 });
    return { optimizer, learning: { schedule, ...swa(params) } };
  },
};

const { Adadelta, Adafactor, Adagrad, Adamax, ASGD, DeltaBarDelta, LAMB, Lion, NAdam, Quickprop, RAdam, Rprop } = optim;
const classes = {
  Adadelta,
  Adafactor,
  Adagrad,
  Adamax,
  ASGD,
  DeltaBarDelta,
  LAMB,
  Lion,
  NAdam,
  Quickprop,
  RAdam,
  Rprop,
};
const brief: Record<string, Make> = {
  ...Object.fromEntries(
    Object.entries(classes).map(([name, Class]): [string, Make] => [
      name,
      (params) => ({ optimizer: new Class(params, { lr: 0.005 }), learning: clip }),
    ]),
  ),
  Muon: (params) => ({ optimizer: new optim.Muon(params.filter(({ rank }) => rank >= 2)), learning: clip }),
  ConjugateGradient: (params) => ({ optimizer: new optim.ConjugateGradient(params, { maxIter: 3 }), learning: {} }),
};

function begin(make: Make, seed: number) {
  manualSeed(seed);
  const model = new Sequential(
    new Flatten(),
    new Linear(784, 9),
    new BatchNorm1d(9),
    new Tanh(),
    new Dropout(0.3),
    new Linear(9, 10),
  );
  const { optimizer, learning, source } = make(model.parameters());
  const own = source && { generator: source };
  const options = {
    optimizer,
    epochs: 3,
    test: loader(others, { batchSize: 20, ...own }),
    // 15 batches: the last step of an epoch has one alone.
    accumulate: 2,
    metrics: { f1: new F1() },
    lossEvery: 3,
    ...(learning as object),
  };
  const run = (state?: TrainState) =>
    fit(model, batches({ batchSize: 8, ...own }), {
      ...options,
      ...(state && { state }),
    });
  return { model, run };
}

/** Events, and the bytes of the state at the last of them, without how long anything took. */
async function follow(events: AsyncIterable<TrainEvent>, look: (event: TrainEvent, i: number) => unknown = () => {}) {
  const all: TrainEvent[] = [];
  let last: Uint8Array | undefined;
  for await (const event of events) {
    await look(event, all.push(event) - 1);
    if (event.type !== 'end') continue;
    const state = await event.state();
    last = packState({ ...state, position: { ...state.position, seconds: 0 } });
  }
  return { events: all.map(told), last: createHash('sha256').update(last!).digest('hex') };
}

async function prove(make: Make, pick: (events: readonly string[]) => ReadonlySet<number>) {
  const whole = await follow(begin(make, 3).run());
  const types = whole.events.map((event) => (event as TrainEvent).type);
  const moments = pick(types);
  const saved = new Map<number, Uint8Array>();
  const watched = await follow(begin(make, 3).run(), async (event, i) => {
    if (moments.has(i)) saved.set(i, packState(await event.state()));
  });
  // Looking changes nothing.
  expect(watched).toEqual(whole);
  for (const [i, bytes] of saved) {
    // A program that starts anew has other weights, and other random numbers behind it.
    const { model, run } = begin(make, 77);
    for (const weight of [...model.parameters(), ...model.buffers()]) noGrad(() => weight.assign(weight.mul(0)));
    const rest = await follow(run(unpackState<TrainState>(bytes)));
    expect(rest.last).toBe(whole.last);
    // A test that was interrupted is repeated as a whole.
    const lasting = (events: readonly object[]) =>
      events.filter((event) => types[i] !== 'test' || (event as TrainEvent).type !== 'test');
    expect(lasting(rest.events.slice(1))).toEqual(lasting(whole.events.slice(i + 1)));
  }
  return saved.size;
}

function some(random: Generator, from: readonly number[], count: number): number[] {
  return Array.from(random.permutation(from.length).slice(0, count), (k) => from[k]!);
}

const indices = (types: readonly string[], wanted: (type: string) => boolean) =>
  types.flatMap((type, i) => (wanted(type) ? [i] : []));

test.each(Object.entries(thorough))('%s: 20 steps at random, 4 tests and an end of an epoch', async (name, make) => {
  const random = new Generator(name.length);
  const count = await prove(make, (types) => {
    const steps = some(
      random,
      indices(types, (type) => type === 'step'),
      20,
    );
    const tests = some(
      random,
      indices(types, (type) => type === 'test'),
      4,
    );
    const epochs = some(
      random,
      indices(types, (type) => type === 'epoch'),
      1,
    );
    return new Set([...steps, ...tests, ...epochs]);
  });
  expect(count).toBe(25);
});

test.each(Object.entries(brief))('%s: 3 steps at random', async (name, make) => {
  const random = new Generator(name.length);
  expect(
    await prove(
      make,
      (types) =>
        new Set(
          some(
            random,
            indices(types, (type) => type === 'step'),
            3,
          ),
        ),
    ),
  ).toBe(3);
});

// LevenbergMarquardt takes a matrix of all parameters: closure.test.ts has it on a small model. SparseAdam takes gradients of rows alone, which
// this model has not; that it goes on exactly from a state is shown with all others in @dl/optim.
const elsewhere = ['LevenbergMarquardt', 'SparseAdam'];

test('every optimiser of @dl/optim is here, but two', () => {
  const isOptimizer = (value: unknown): boolean =>
    typeof value === 'function' &&
    (value.prototype instanceof optim.OptimizerBase || value === optim.Lookahead) &&
    ![optim.Optimizer, optim.ClosureOptimizer, optim.ElementwiseOptimizer, optim.PerParameterOptimizer].includes(
      value as never,
    );
  const names = Object.entries(optim).flatMap(([name, value]) => (isOptimizer(value) ? [name] : []));
  const tried = ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Lookahead', 'LBFGS', ...Object.keys(brief)];
  expect([...tried, ...elsewhere].sort()).toEqual(names.sort());
});
