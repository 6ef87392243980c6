// Every schedule, and every pair of them in a sequence and in a chain, beside its closed form, written down here a second time;
// with groups that join later, rates that are changed by hand, and ends at 0. golden.test.ts has PyTorch's numbers.

import { type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as optim from '../index.js';

beforeAll(() => useBackend(cpu()));

const leaf = (): Tensor => tensor([1], { requiresGrad: true });
const sgd = (lr = 0.1): optim.SGD => new optim.SGD([leaf()], { lr, momentum: 0.9 });

/** The rates of the first group at the start and after each of some steps. */
function rates(schedule: optim.Schedule, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    if (i > 0) schedule.step();
    return schedule.lastLr[0]!;
  });
}

/** A schedule, and its rate by its formula at epoch t, from the rate that it starts from and the one before any schedule. */
interface ClosedForm {
  readonly make: (optimizer: optim.Scheduled, options?: optim.ScheduleOptions) => optim.LRScheduler;
  readonly at: (t: number, start: number, base: number) => number;
  /** It says the rate whatever it was. */
  readonly sets?: true;
  /** In a sequence it goes on from the rate that stands, this many epochs further. */
  readonly continues?: 0 | 1;
  /** The rate that it gives groups to begin with. */
  readonly begins?: number;
}

const wave = (t: number, length: number): number => (1 + Math.cos((Math.PI * t) / length)) / 2;
const line = (a: number, b: number, t: number): number => a * (1 - t) + b * t;
const product = (t: number, f: (epoch: number) => number): number => (t === 0 ? 1 : product(t - 1, f) * f(t));
const falling = (epoch: number): number => 1 - 0.5 / (epoch + 1);

const forms: Readonly<Record<string, ClosedForm>> = {
  StepLR: {
    make: (o, more) => new optim.StepLR(o, { stepSize: 3, gamma: 0.5, ...more }),
    at: (t, start) => start * 0.5 ** Math.floor(t / 3),
  },
  MultiStepLR: {
    make: (o, more) => new optim.MultiStepLR(o, { milestones: [2, 2, 9], gamma: 0.3, ...more }),
    at: (t, start) => start * (t < 2 ? 1 : t < 9 ? 0.09 : 0.027),
  },
  ConstantLR: {
    make: (o, more) => new optim.ConstantLR(o, { factor: 0.3, totalIters: 4, ...more }),
    at: (t, start) => (t < 4 ? 0.3 * start : start),
  },
  LinearLR: {
    make: (o, more) => new optim.LinearLR(o, { startFactor: 1, endFactor: 0, totalIters: 7, ...more }),
    at: (t, start) => start * Math.max(0, 1 - t / 7),
  },
  ExponentialLR: {
    make: (o, more) => new optim.ExponentialLR(o, { gamma: 0.8, ...more }),
    at: (t, start) => start * 0.8 ** t,
  },
  PolynomialLR: {
    make: (o, more) => new optim.PolynomialLR(o, { totalIters: 8, power: 1.5, ...more }),
    at: (t, start) => start * Math.max(0, 1 - t / 8) ** 1.5,
  },
  CosineAnnealingLR: {
    make: (o, more) => new optim.CosineAnnealingLR(o, { tMax: 5, etaMin: 0.02, ...more }),
    at: (t, start) => 0.02 + (start - 0.02) * wave(t, 5),
  },
  WarmupLR: {
    make: (o, more) => new optim.WarmupLR(o, { steps: 4, decay: 'linear', totalSteps: 12, ...more }),
    at: (t, start) => start * Math.min((t + 1) / 4, Math.max(0, 11 - t) / 8),
  },
  MultiplicativeLR: {
    make: (o, more) => new optim.MultiplicativeLR(o, falling, more),
    at: (t, start) => start * product(t, falling),
    continues: 0,
  },
  NoamLR: {
    make: (o, more) => new optim.NoamLR(o, { dModel: 16, warmupSteps: 5, factor: 0.8, ...more }),
    at: (t) => (0.8 / Math.sqrt(16)) * Math.min(1 / Math.sqrt(t + 1), (t + 1) / 5 ** 1.5),
    sets: true,
  },
  SWALR: {
    make: (o, more) => new optim.SWALR(o, { swaLr: 0.05, annealEpochs: 6, ...more }),
    at: (t, start) => 0.05 + (start - 0.05) * wave(Math.min(6, t), 6),
    continues: 1,
  },
  LambdaLR: {
    make: (o, more) => new optim.LambdaLR(o, (epoch) => 1 / (1 + epoch), more),
    at: (t, _, base) => base / (1 + t),
    sets: true,
  },
  CosineAnnealingWarmRestarts: {
    make: (o, more) => new optim.CosineAnnealingWarmRestarts(o, { t0: 2, tMult: 2, ...more }),
    // Falls of 2, 4, 8 and 16 epochs.
    at: (t, _, base) =>
      base * (t < 2 ? wave(t, 2) : t < 6 ? wave(t - 2, 4) : t < 14 ? wave(t - 6, 8) : wave(t - 14, 16)),
    sets: true,
  },
  CyclicLR: {
    make: (o, more) => new optim.CyclicLR(o, { baseLr: 0.05, maxLr: 0.4, stepSizeUp: 3, stepSizeDown: 2, ...more }),
    at: (t) => 0.05 + 0.35 * Math.min((t % 5) / 3, (5 - (t % 5)) / 2),
    sets: true,
    begins: 0.05,
  },
  OneCycleLR: {
    make: (o, more) =>
      new optim.OneCycleLR(o, { maxLr: 0.5, epochs: 5, stepsPerEpoch: 8, annealStrategy: 'linear', ...more }),
    at: (t) => (t < 11 ? line(0.02, 0.5, t / 11) : line(0.5, 2e-6, (t - 11) / 28)),
    sets: true,
    begins: 0.02,
  },
};

const STEPS = 16;
const MILESTONE = 6;
const bound = { rtol: 1e-12, atol: 1e-16 };
const epochs = Array.from({ length: STEPS + 1 }, (_, t) => t);
const named = Object.entries(forms);
const pairs = named.flatMap(([a, first]) => named.map(([b, second]) => [a, b, first, second] as const));

test('all schedules are here that know their rate for each epoch', () => {
  const all = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof optim.LRScheduler ? [name] : [],
  );
  const composed = ['SequentialLR', 'ChainedScheduler'];
  expect(Object.keys(forms).sort()).toEqual(all.filter((name) => !composed.includes(name)).sort());
});

describe.each(named)('%s', (_, { make, at, sets, continues }) => {
  test('alone', () => {
    const optimizer = sgd();
    const ours = rates(make(optimizer), STEPS);
    const formula = epochs.map((t) => at(t, 0.1, 0.1));
    assertAllClose(ours, formula, bound);
  });

  test('from an epoch that is over', () => {
    const schedule = make(sgd(), { lastEpoch: 3 });
    const formula = epochs.slice(4, 10).map((t) => at(t, 0.1, 0.1));
    assertAllClose(rates(schedule, 5), formula, bound);
    expect(schedule.lastEpoch).toBe(9);
    expect(() => make(sgd(), { lastEpoch: -2 })).toThrow('lastEpoch is -2, needs a whole number of at least -1');
  });

  test('of a group that joins later, from the rate that it came with', () => {
    const optimizer = sgd();
    const schedule = make(optimizer);
    for (let i = 0; i < 3; i++) schedule.step();
    optimizer.addParamGroup({ params: [leaf()], lr: 0.6 });
    for (let t = 4; t <= STEPS; t++) {
      schedule.step();
      // A factor for each step is one of the steps that it has seen.
      const formula = continues === 0 ? (0.6 * at(t, 1, 1)) / at(3, 1, 1) : at(t, 0.6, 0.6);
      assertAllClose(schedule.lastLr, [at(t, 0.1, 0.1), formula], bound);
    }
  });

  test('of a rate that is changed by hand', () => {
    const optimizer = sgd();
    const schedule = make(optimizer);
    for (let i = 0; i < 2; i++) schedule.step();
    optimizer.paramGroups[0]!.lr /= 4;
    for (let t = 3; t <= STEPS; t++) {
      schedule.step();
      assertAllClose(schedule.lastLr, [sets ? at(t, 0.1, 0.1) : at(t, 0.025, 0.1)], bound);
    }
    optimizer.paramGroups[0]!.lr = 0;
    schedule.step();
    // Of those that do not come to 0 by themselves.
    if (!sets && at(STEPS + 1, 0, 0) === 0) expect(schedule.lastLr).toEqual([0]);
  });

  test('in an optimiser that goes on after each step', () => {
    const optimizer = sgd();
    const schedule = make(optimizer);
    for (let i = 0; i < STEPS; i++) {
      optimizer.paramGroups[0]!.params[0]!.sum().backward();
      optimizer.step();
      schedule.step();
    }
    optimizer.step();
  });
});

test.each(pairs)('%s, then %s', (_a, _b, first, second) => {
  const optimizer = sgd();
  const [a, b] = [first.make(optimizer), second.make(optimizer)];
  const schedule = new optim.SequentialLR(optimizer, [a, b], [MILESTONE]);
  // The rate before any schedule: OneCycleLR sets it, CyclicLR where no schedule was made before.
  const base = first.begins ?? 0.1;
  const start = second.begins === 0.02 ? 0.02 : base;
  const formula = epochs.map((t) => {
    if (t < MILESTONE) return first.at(t, start, 0.1);
    if (second.continues === undefined) return second.at(t - MILESTONE, start, base);
    return second.at(t - MILESTONE + second.continues, first.at(MILESTONE - 1, start, 0.1), base);
  });
  assertAllClose(rates(schedule, STEPS), formula, bound);
});

test.each(pairs)('%s times %s', (_a, _b, first, second) => {
  const optimizer = sgd();
  const schedule = new optim.ChainedScheduler([first.make(optimizer), second.make(optimizer)]);
  const base = first.begins ?? 0.1;
  const formula = epochs.map((t) => second.at(t, first.at(t, 0.1, 0.1), base));
  assertAllClose(rates(schedule, STEPS), formula, bound);
});

test('a chain may be made of schedules in another order, and of those that are no longer at the start', () => {
  const optimizer = sgd(0.8);
  rates(new optim.ExponentialLR(optimizer, { gamma: 0.5 }), 3);
  const second = new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
  const first = new optim.ExponentialLR(optimizer, { gamma: 0.9 });
  const chain = new optim.ChainedScheduler([first, second]);
  assertAllClose(rates(chain, 3), [0.05, 0.045, 0.081, 0.0729], bound);
});

test('schedules that are stepped one after the other multiply, as in a chain', () => {
  const optimizer = sgd(1);
  const all = [
    new optim.ConstantLR(optimizer, { factor: 0.1, totalIters: 2 }),
    new optim.CosineAnnealingLR(optimizer, { tMax: 4 }),
    new optim.StepLR(optimizer, { stepSize: 3, gamma: 0.5 }),
  ];
  for (let t = 1; t <= 9; t++) {
    for (const each of all) each.step();
    const factors = [t < 2 ? 0.1 : 1, wave(t, 4), 0.5 ** Math.floor(t / 3)];
    assertAllClose(
      optimizer.paramGroups[0]!.lr,
      factors.reduce((a, b) => a * b),
      { rtol: 1e-12, atol: 1e-16 },
    );
  }
});

test('a sequence may change with the first epoch, and with each one', () => {
  const optimizer = sgd();
  const members = ['LinearLR', 'ExponentialLR', 'StepLR'].map((name) => forms[name]!);
  const schedule = new optim.SequentialLR(
    optimizer,
    members.map(({ make }) => make(optimizer)),
    [1, 2],
  );
  const formula = epochs.map((t) => members[Math.min(t, 2)]!.at(Math.max(0, t - 2), 0.1, 0.1));
  assertAllClose(rates(schedule, STEPS), formula, bound);
  for (const milestones of [[0, 2], [2, 2], [3, 2], [1.5, 2], [1]]) {
    expect(
      () =>
        new optim.SequentialLR(
          optimizer,
          members.map(({ make }) => make(optimizer)),
          milestones,
        ),
    ).toThrow(
      `SequentialLR: milestones are [${milestones.join(', ')}] for 3 schedules; needs 2 whole numbers that rise`,
    );
  }
});

test('sequences and chains are members of each other, and go on from a state', () => {
  const make = (lr: number): [optim.SGD, optim.SequentialLR] => {
    const optimizer = sgd(lr);
    const factors = [forms['ConstantLR']!, forms['ExponentialLR']!].map((form) => form.make(optimizer));
    const chain = new optim.ChainedScheduler(factors);
    const sequence = new optim.SequentialLR(
      optimizer,
      [forms['MultiplicativeLR']!.make(optimizer), forms['LambdaLR']!.make(optimizer)],
      [3],
    );
    return [optimizer, new optim.SequentialLR(optimizer, [chain, sequence, forms['StepLR']!.make(optimizer)], [5, 11])];
  };
  const [optimizer, schedule] = make(0.1);
  const chained = (t: number): number => (t < 4 ? 0.3 : 1) * 0.8 ** t * 0.1;
  const formula = epochs.map((t) => {
    if (t < 5) return chained(t);
    if (t < 8) return chained(4) * product(t - 5, falling);
    return t < 11 ? 0.1 / (1 + t - 8) : 0.1 * 0.5 ** Math.floor((t - 11) / 3);
  });
  assertAllClose(rates(schedule, STEPS), formula, bound);
  for (const at of [2, 6, 9, 13]) {
    const [, unbroken] = make(0.1);
    const [other, resumed] = make(7);
    for (let t = 0; t < at; t++) unbroken.step();
    resumed.loadStateDict(JSON.parse(JSON.stringify(unbroken.stateDict())));
    other.paramGroups[0]!.lr = unbroken.lastLr[0]!;
    expect(rates(resumed, STEPS - at)).toEqual(rates(unbroken, STEPS - at));
  }
  const state = schedule.stateDict();
  const broken = { ...state, schedules: (state['schedules'] as optim.SchedulerState[]).toReversed() };
  expect(() => schedule.loadStateDict(broken)).toThrow('ChainedScheduler: the state is of StepLR');
  expect(schedule.stateDict()).toEqual(state);
  expect(optimizer.paramGroups[0]!.lr).toBe(schedule.lastLr[0]);
});

test('an end at 0 is 0, whatever the setting', () => {
  const ends = (make: (o: optim.Scheduled) => optim.Schedule, at: number): number[] =>
    rates(make(sgd(0.3)), at + 3).slice(at);
  for (let i = 1; i <= 60; i++) {
    const start = ((i * 37) % 61) / 61;
    for (const make of [
      (o: optim.Scheduled) => new optim.LinearLR(o, { startFactor: start, endFactor: 0, totalIters: i }),
      (o: optim.Scheduled) => new optim.PolynomialLR(o, { totalIters: i, power: start * 3 + 0.1 }),
      (o: optim.Scheduled) => new optim.WarmupLR(o, { steps: 1, decay: 'linear', totalSteps: i + 1 }),
      (o: optim.Scheduled) => new optim.WarmupLR(o, { steps: 1, decay: 'cosine', totalSteps: i + 1 }),
      (o: optim.Scheduled) => new optim.SWALR(o, { swaLr: 0, annealEpochs: i }),
    ]) {
      expect(ends(make, i)).toEqual([0, 0, 0, 0]);
    }
    expect(ends((o) => new optim.CosineAnnealingLR(o, { tMax: i }), i)[0]).toBe(0);
    expect(ends((o) => new optim.LinearLR(o, { startFactor: start, endFactor: 0.7, totalIters: i }), i)[0]).toBe(
      0.3 * 0.7,
    );
  }
});

test("a rate below 0 names the schedule of one's own, and changes nothing", () => {
  const optimizer = new optim.SGD([{ params: [leaf()] }, { params: [leaf()] }], { lr: 0.5 });
  const schedule = new optim.LambdaLR(optimizer, [(epoch) => 1 - epoch / 4, (epoch) => 1 - epoch / 2]);
  for (let i = 0; i < 2; i++) schedule.step();
  expect(schedule.lastLr).toEqual([0.25, 0]);
  expect(() => schedule.step()).toThrow(
    'LambdaLR: the rate of group 1 would be -0.25 at epoch 3, needs a number of at least 0; no rate was changed',
  );
  expect([...schedule.lastLr, schedule.lastEpoch]).toEqual([0.25, 0, 2]);
  const chain = new optim.ChainedScheduler([new optim.MultiplicativeLR(sgd(), () => Number.NaN)]);
  expect(() => chain.step()).toThrow('ChainedScheduler: the rate of group 0 would be NaN at epoch 1');
});

describe('OneCycleLR', () => {
  const oneCycle = (options: optim.OneCycleLROptions, steps: number): number[] =>
    rates(new optim.OneCycleLR(sgd(1), options), steps);

  test('a rise or a fall of no step is left out', () => {
    // By lines: from the top in nine steps; up in three steps, and at the top to the end.
    const annealStrategy = 'linear';
    assertAllClose(
      oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 0.1, annealStrategy }, 9),
      epochs.slice(0, 10).map((t) => line(1, 4e-6, t / 9)),
      { rtol: 1e-12 },
    );
    assertAllClose(oneCycle({ maxLr: 1, totalSteps: 4, pctStart: 1, annealStrategy }, 4), [0.04, 0.36, 0.68, 1, 1], {
      rtol: 1e-12,
    });
    assertAllClose(oneCycle({ maxLr: 1, totalSteps: 1 }, 1), [4e-6, 4e-6], { rtol: 1e-12 });
    assertAllClose(
      oneCycle({ maxLr: 1, totalSteps: 10, pctStart: 0.1, threePhase: true, annealStrategy }, 9),
      epochs.slice(0, 10).map((t) => line(0.04, 4e-6, t / 9)),
      { rtol: 1e-12 },
    );
  });

  test.each(['cos', 'linear'] as const)('stays at its end, along %s', (annealStrategy) => {
    const ours = oneCycle({ maxLr: 1, totalSteps: 12, annealStrategy, finalDivFactor: 1e9 }, 12);
    assertAllClose(ours.slice(-2), [4e-11, 4e-11], { rtol: 1e-12 });
  });

  test('has as many steps as epochs and steps in them say', () => {
    expect(oneCycle({ maxLr: 1, epochs: 3, stepsPerEpoch: 5 }, 15)).toEqual(oneCycle({ maxLr: 1, totalSteps: 15 }, 15));
    expect(() => oneCycle({ maxLr: 1, epochs: 3 }, 0)).toThrow(
      'OneCycleLR: totalSteps is undefined, epochs 3 and stepsPerEpoch undefined; give totalSteps, or both of the others',
    );
    expect(() => oneCycle({ maxLr: 1, totalSteps: 14, epochs: 3, stepsPerEpoch: 5 }, 0)).toThrow(
      'OneCycleLR: totalSteps is 14, epochs 3 and stepsPerEpoch 5; give totalSteps, or both of the others',
    );
  });
});

test('CosineAnnealingWarmRestarts goes to an epoch, which may be a fraction', () => {
  const schedule = new optim.CosineAnnealingWarmRestarts(sgd(), { t0: 2, tMult: 3, etaMin: 0.01 });
  const at = (t: number, length: number): number => 0.01 + 0.09 * wave(t, length);
  for (const [epoch, formula] of [
    [0.25, at(0.25, 2)],
    [1.75, at(1.75, 2)],
    [undefined, at(0.75, 6)],
    [7.5, at(5.5, 6)],
    [8, at(0, 18)],
    [0.5, at(0.5, 2)],
  ] as const) {
    schedule.step(epoch);
    assertAllClose(schedule.lastLr, [formula], bound);
  }
  expect(schedule.lastEpoch).toBe(0.5);
  expect(() => schedule.step(-1)).toThrow(
    'CosineAnnealingWarmRestarts: step() got the epoch -1, needs a number of at least 0, or none',
  );
});

describe('ReduceLROnPlateau', () => {
  const plateau = (options: optim.ReduceLROnPlateauOptions, metrics: readonly number[]): number[] => {
    const optimizer = sgd(1);
    const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5, ...options });
    return metrics.map((metric) => {
      schedule.step(metric);
      return optimizer.paramGroups[0]!.lr;
    });
  };

  test('a metric below 0 is better by a share of its size', () => {
    expect(plateau({ mode: 'max' }, [-1, -1.00005, -1.00009, -1.0001])).toEqual([1, 0.5, 0.25, 0.125]);
    expect(plateau({ mode: 'min' }, [-1, -0.99995, -1.00005, -1.0002])).toEqual([1, 0.5, 0.25, 0.25]);
    expect(plateau({ mode: 'max', threshold: 0.1 }, [-1, -0.95, -0.89, -0.81, -0.8])).toEqual([
      1, 0.5, 0.5, 0.25, 0.25,
    ]);
    expect(plateau({ mode: 'max', threshold: 0.1 }, [0, -1, 0, 1e-9])).toEqual([1, 0.5, 0.25, 0.25]);
  });

  test('is no member of others', () => {
    const optimizer = sgd();
    const schedules = [new optim.StepLR(optimizer, { stepSize: 1 }), new optim.ReduceLROnPlateau(optimizer)] as never;
    expect(() => new optim.ChainedScheduler(schedules)).toThrow(
      'ChainedScheduler: schedule 1 is ReduceLROnPlateau, needs one that knows its rate for each epoch; step ReduceLROnPlateau and schedules of your own beside it',
    );
  });
});
