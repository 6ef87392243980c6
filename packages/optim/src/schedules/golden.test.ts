// A hundred steps of every schedule, and pairs of them, against PyTorch's: golden/schedules.py made the numbers. And: resume, and bad input.

import { readFileSync } from 'node:fs';
import { type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as optim from '../index.js';

interface Case {
  readonly schedule: string;
  readonly options: Record<string, unknown>;
  readonly lrs: readonly (readonly number[])[];
  readonly momenta?: readonly (readonly number[])[];
}

interface Golden {
  readonly lrs: readonly number[];
  readonly metrics: readonly number[];
  readonly cases: readonly Case[];
  readonly pairs: readonly (Pick<Case, 'schedule' | 'options'> & { readonly lrs: readonly number[] })[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../../golden/schedules.json', import.meta.url), 'utf8'));

beforeAll(() => useBackend(cpu()));

const leaf = (): Tensor => tensor([1], { requiresGrad: true });
const sgd = (): optim.SGD =>
  new optim.SGD(
    golden.lrs.map((lr) => ({ params: [leaf()], lr })),
    { lr: 1, momentum: 0.9 },
  );

type Any = {
  step(metric?: number): void;
  stateDict(): optim.SchedulerState;
  loadStateDict(state: optim.SchedulerState): void;
};

function make(name: string, options: Record<string, unknown>, optimizer: optim.Scheduled): Any {
  const given = (options['schedules'] ?? []) as readonly [string, Record<string, unknown>][];
  const members = given.map(([member, its]) => make(member, its, optimizer) as optim.LRScheduler);
  if (name === 'SequentialLR') return new optim.SequentialLR(optimizer, members, options['milestones'] as number[]);
  if (name === 'ChainedScheduler') return new optim.ChainedScheduler(members);
  if (name === 'LambdaLR') {
    const factors = [(epoch: number) => 0.95 ** epoch, (epoch: number) => 1 / (1 + epoch)];
    return new optim.LambdaLR(optimizer, factors.slice(0, optimizer.paramGroups.length));
  }
  if (name === 'MultiplicativeLR') return new optim.MultiplicativeLR(optimizer, (epoch) => 1 - 0.5 / (epoch + 1));
  const constructors = optim as unknown as Record<string, new (optimizer: optim.Scheduled, options: unknown) => Any>;
  return new constructors[name]!(optimizer, options);
}

/** One step; the figure is for the one that waits for a plateau, an epoch to another. */
const step = (schedule: Any, metric: number): void =>
  schedule instanceof optim.ReduceLROnPlateau ? schedule.step(metric) : schedule.step();

const title = ({ schedule, options }: Pick<Case, 'schedule' | 'options'>): string =>
  `${schedule} ${JSON.stringify(options)}`;

/** PyTorch has none of these; their numbers are below. */
const own: readonly Pick<Case, 'schedule' | 'options'>[] = [
  { schedule: 'WarmupLR', options: { steps: 10 } },
  { schedule: 'WarmupLR', options: { steps: 10, decay: 'inverse-sqrt' } },
  { schedule: 'WarmupLR', options: { steps: 10, decay: 'cosine', totalSteps: 90 } },
  { schedule: 'NoamLR', options: { dModel: 64, warmupSteps: 10 } },
];

test('every schedule of the package is here', () => {
  const exported = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && 'lastLr' in Object.getOwnPropertyDescriptors(value.prototype ?? {}) ? [name] : [],
  );
  const extending = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof optim.LRScheduler ? [name] : [],
  );
  const all = new Set([...exported, ...extending].filter((name) => name !== 'LRScheduler'));
  expect(all.size).toBeGreaterThan(14);
  expect(new Set([...golden.cases, ...own].map(({ schedule }) => schedule))).toEqual(all);
});

describe.each(golden.cases.map((each) => [title(each), each] as const))(
  '%s',
  (_, { schedule: name, options, lrs, momenta }) => {
    test('has the rates of PyTorch', () => {
      const optimizer = sgd();
      const schedule = make(name, options, optimizer);
      const read = (key: 'lr' | 'momentum'): number[] => optimizer.paramGroups.map((group) => group[key]);
      const [ours, oursMomenta] = [[read('lr')], [read('momentum')]];
      for (const metric of golden.metrics) {
        step(schedule, metric);
        ours.push(read('lr'));
        oursMomenta.push(read('momentum'));
      }
      // PyTorch computes rates from rates: what it rounds in a hundred steps adds up, above all near 0.
      assertAllClose(ours, lrs, { rtol: 1e-11, atol: 1e-14 });
      expect(ours).toHaveLength(101);
      if (momenta !== undefined) assertAllClose(oursMomenta, momenta, { rtol: 1e-11, atol: 0 });
    });
  },
);

test.each(golden.pairs.map((each) => [title(each), each] as const))(
  '%s, a pair with the rates of PyTorch',
  (_, { schedule: name, options, lrs }) => {
    const optimizer = new optim.SGD([leaf()], { lr: golden.lrs[0]!, momentum: 0.9 });
    const schedule = make(name, options, optimizer);
    const ours = lrs.map((_, i) => {
      if (i > 0) schedule.step();
      return optimizer.paramGroups[0]!.lr;
    });
    assertAllClose(ours, lrs, { rtol: 1e-12, atol: 1e-16 });
  },
);

describe.each([...golden.cases, ...own].map((each) => [title(each), each] as const))(
  '%s',
  (_, { schedule: name, options }) => {
    test('goes on exactly from a state that was written to a file', () => {
      const [unbroken, resumed] = [sgd(), sgd()];
      const schedule = make(name, options, unbroken);
      for (const metric of golden.metrics.slice(0, 37)) step(schedule, metric);
      const again = make(name, options, resumed);
      const states = JSON.parse(JSON.stringify([schedule.stateDict(), unbroken.stateDict()])) as [
        optim.SchedulerState,
        optim.OptimizerState<optim.StateValues>,
      ];
      again.loadStateDict(states[0]);
      resumed.loadStateDict(states[1]);
      for (const metric of golden.metrics.slice(37)) {
        step(schedule, metric);
        step(again, metric);
        expect(resumed.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual(
          unbroken.paramGroups.map(({ lr, momentum }) => [lr, momentum]),
        );
      }
    });

    test('refuses the state of another, and what is none', () => {
      const schedule = make(name, options, sgd());
      const other = new optim.StepLR(sgd(), { stepSize: 3 });
      const another = name === 'StepLR' ? new optim.ExponentialLR(sgd(), { gamma: 0.9 }) : other;
      expect(() => schedule.loadStateDict(another.stateDict())).toThrow(`${name}: the state is of ${another.name}`);
      expect(() => schedule.loadStateDict(undefined as never)).toThrow(
        `${name}: what loadStateDict got is not a state; it needs what stateDict() gives`,
      );
      expect(() => schedule.loadStateDict({ scheduler: name } as never)).toThrow(
        `${name}: the state has no number for lastEpoch`,
      );
    });
  },
);

test('a warm-up and what follows it', () => {
  const rates = (options: optim.WarmupLROptions, steps: number): number[] => {
    const optimizer = new optim.SGD([leaf()], { lr: 2 });
    const schedule = new optim.WarmupLR(optimizer, options);
    return Array.from({ length: steps }, () => {
      const { lr } = optimizer.paramGroups[0]!;
      schedule.step();
      return lr;
    });
  };
  assertAllClose(rates({ steps: 4 }, 6), [0.5, 1, 1.5, 2, 2, 2], { rtol: 1e-15 });
  // By the formula of the paper: d^-0.5 · min(t^-0.5, t · steps^-1.5), scaled to 2 at its top.
  const paper = Array.from({ length: 30 }, (_, i) => 2 * Math.sqrt(4) * Math.min((i + 1) ** -0.5, (i + 1) * 4 ** -1.5));
  assertAllClose(rates({ steps: 4, decay: 'inverse-sqrt' }, 30), paper, { rtol: 1e-14 });
  assertAllClose(rates({ steps: 2, decay: 'linear', totalSteps: 6 }, 7), [1, 2, 1.5, 1, 0.5, 0, 0], { rtol: 1e-14 });
  const half = Math.SQRT1_2;
  assertAllClose(rates({ steps: 2, decay: 'cosine', totalSteps: 6 }, 6), [1, 2, 1 + half, 1, 1 - half, 0], {
    rtol: 1e-14,
    atol: 1e-15,
  });
});

test("the rate of the transformer's paper", () => {
  const optimizer = new optim.Adam(
    [{ params: [leaf()] }, { params: [leaf()] }].map((group) => ({ ...group, lr: 7 })),
    { betas: [0.9, 0.98], eps: 1e-9 },
  );
  const schedule = new optim.NoamLR(optimizer, { dModel: 512, factor: [1, 2] });
  const rates = Array.from({ length: 16_000 }, () => {
    const [rate, double] = schedule.lastLr;
    expect(double).toBe(2 * rate!);
    schedule.step();
    return rate!;
  });
  // Linear up to step 4,000, where it is 1 / √(512 · 4000); four times as many steps, half the rate.
  assertAllClose(
    [1, 1000, 4000, 16_000].map((step) => rates[step - 1]!),
    [0.25e-3, 0.25, 1, 0.5].map((share) => share * 6.987712429686843e-4),
    { rtol: 1e-12 },
  );
  expect(rates.indexOf(Math.max(...rates))).toBe(3999);
});

test('the momentum of Adam is its first beta', () => {
  const optimizer = new optim.Adam([leaf()], { betas: [0.9, 0.99] });
  const schedule = new optim.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 20 });
  expect(optimizer.paramGroups[0]!.betas).toEqual([0.95, 0.99]);
  for (let i = 0; i < 5; i++) schedule.step();
  // The top of the rate is at step 0.3 · 20 - 1.
  assertAllClose(optimizer.paramGroups[0]!.betas, [0.85, 0.99], { rtol: 1e-12 });
  assertAllClose(schedule.lastLr, [0.1], { rtol: 1e-12 });
});

test('a group that joins later, in a run that goes on, too', () => {
  const [early, optimizer] = [leaf(), new optim.SGD([leaf()], { lr: 1 })];
  const schedule = new optim.StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
  schedule.step();
  optimizer.addParamGroup({ params: [leaf()], lr: 0.1 });
  expect(schedule.lastLr).toEqual([0.5, 0.1]);
  schedule.step();
  // By the formula for epoch 2, from what each came with.
  assertAllClose(schedule.lastLr, [0.25, 0.025], { rtol: 1e-12 });
  const again = new optim.SGD([{ params: [early] }, { params: [leaf()] }], { lr: 7 });
  const resumed = new optim.StepLR(again, { stepSize: 1, gamma: 0.5 });
  resumed.loadStateDict(schedule.stateDict());
  again.loadStateDict(optimizer.stateDict());
  for (const each of [schedule, resumed]) each.step();
  assertAllClose(resumed.lastLr, [0.125, 0.0125], { rtol: 1e-12 });
  expect(resumed.stateDict()).toEqual(schedule.stateDict());
});

describe('says what does not fit:', () => {
  const { StepLR, CyclicLR, LambdaLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, ChainedScheduler } =
    optim;

  test.each<[string, () => unknown, string]>([
    [
      'no optimiser',
      () => new StepLR({} as never, { stepSize: 1 }),
      'StepLR: the first argument has no groups with a learning rate; give it an optimiser',
    ],
    [
      'no step size',
      () => new StepLR(sgd(), {} as never),
      'StepLR: stepSize is undefined, needs a whole number of at least 1',
    ],
    [
      'a step size of 0',
      () => new StepLR(sgd(), { stepSize: 0 }),
      'StepLR: stepSize is 0, needs a whole number of at least 1',
    ],
    [
      'an unknown option',
      () => new StepLR(sgd(), { stepSize: 1, step: 2 } as never),
      'StepLR: there is no option step; it has stepSize, gamma',
    ],
    [
      'milestones',
      () => new MultiStepLR(sgd(), { milestones: [1.5] }),
      'MultiStepLR: milestones is [1.5], needs an array of whole numbers of at least 1',
    ],
    [
      'a factor',
      () => new optim.LinearLR(sgd(), { startFactor: 0 }),
      'LinearLR: startFactor is 0, needs a number above 0 and up to 1',
    ],
    [
      'rates for groups',
      () => new CyclicLR(sgd(), { baseLr: [0.1], maxLr: 1 }),
      'CyclicLR: baseLr has 1 values and the optimiser has 2 groups; give one for each or one for all',
    ],
    [
      'a negative rate',
      () => new CyclicLR(sgd(), { baseLr: 0.1, maxLr: -1 }),
      'CyclicLR: maxLr is -1, needs a number above 0, or an array of such',
    ],
    [
      'no momentum',
      () => new CyclicLR(new optim.Adagrad([leaf()]), { baseLr: 0.1, maxLr: 1 }),
      'CyclicLR: the optimiser has no momentum to cycle; pass cycleMomentum: false',
    ],
    [
      'a mode',
      () => new CyclicLR(sgd(), { baseLr: 0.1, maxLr: 1, mode: 'square' as never }),
      "CyclicLR: mode is 'square', needs 'triangular' or 'triangular2' or 'exp_range'",
    ],
    [
      'too many steps',
      () => {
        const schedule = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 4 });
        for (let i = 0; i < 6; i++) schedule.step();
      },
      'OneCycleLR: step() was called 5 times, and the schedule has 4 steps',
    ],
    ['no function', () => new LambdaLR(sgd(), 0.9 as never), 'LambdaLR: lrLambda is no function'],
    [
      'the plateau without metric',
      () => new ReduceLROnPlateau(sgd()).step(undefined as never),
      'ReduceLROnPlateau: step() needs the metric of the epoch as a number',
    ],
    [
      'a warm-up without end',
      () => new optim.WarmupLR(sgd(), { steps: 4, decay: 'cosine' }),
      "WarmupLR: totalSteps is Infinity, needs a number above steps, 4, for 'cosine'",
    ],
    [
      'a width that is none',
      () => new optim.NoamLR(sgd(), { dModel: 0 }),
      'NoamLR: dModel is 0, needs a whole number of at least 1',
    ],
    [
      'factors for groups',
      () => new optim.NoamLR(sgd(), { dModel: 8, factor: [1, 2, 3] }),
      'NoamLR: factor has 3 values and the optimiser has 2 groups; give one for each or one for all',
    ],
    [
      'milestones of a sequence',
      () => {
        const optimizer = sgd();
        const make = () => new StepLR(optimizer, { stepSize: 1 });
        new SequentialLR(optimizer, [make(), make()], []);
      },
      'SequentialLR: milestones are [] for 2 schedules; needs 1 whole numbers that rise',
    ],
    [
      'schedules of two optimisers',
      () => new ChainedScheduler([new StepLR(sgd(), { stepSize: 1 }), new StepLR(sgd(), { stepSize: 1 })]),
      'ChainedScheduler: schedule 1 is of another optimiser; all must be of one',
    ],
    [
      'the state of another schedule',
      () =>
        new StepLR(sgd(), { stepSize: 1 }).loadStateDict(new optim.ExponentialLR(sgd(), { gamma: 0.5 }).stateDict()),
      'StepLR: the state is of ExponentialLR',
    ],
    [
      'the state of other groups',
      () =>
        new StepLR(sgd(), { stepSize: 1 }).loadStateDict(
          new StepLR(new optim.Adam([leaf()]), { stepSize: 1 }).stateDict(),
        ),
      'StepLR: the state has 1 groups and the optimiser has 2',
    ],
    [
      'no state',
      () => new StepLR(sgd(), { stepSize: 1 }).loadStateDict({} as never),
      'StepLR: what loadStateDict got is not a state; it needs what stateDict() gives',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
