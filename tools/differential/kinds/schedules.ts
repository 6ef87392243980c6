// Learning-rate schedules with random options, alone and in pairs.

import { tensor } from '@dl/autograd';
import * as optim from '@dl/optim';
import { type Kind, plainList } from '../kind.js';
import type { Random } from '../random.js';

type Options = Record<string, unknown>;
type Member = readonly [name: string, options: Options];

interface Case {
  readonly lr: number;
  readonly schedule: string;
  readonly options: Options;
  /** What each step is given: a metric, an epoch, or null for nothing. */
  readonly steps: readonly (number | null)[];
}

const members: Readonly<Record<string, (r: Random) => Options>> = {
  StepLR: (r) => ({ stepSize: r.whole(1, 9), ...r.some({ gamma: () => r.number(0, 1.2) }) }),
  MultiStepLR: (r) => ({
    milestones: r.list(r.whole(0, 4), () => r.whole(1, 25)).sort((a, b) => a - b),
    ...r.some({ gamma: () => r.number(0, 1.2) }),
  }),
  ConstantLR: (r) => r.some({ factor: () => r.number(0.01, 1), totalIters: () => r.whole(1, 30) }),
  LinearLR: (r) =>
    r.some({
      startFactor: () => r.pick([1, r.number(0.01, 1)]),
      endFactor: () => r.pick([0, 1, r.number(0, 1)]),
      totalIters: () => r.whole(1, 30),
    }),
  ExponentialLR: (r) => ({ gamma: r.number(0.5, 1.1) }),
  PolynomialLR: (r) => r.some({ totalIters: () => r.whole(1, 30), power: () => r.pick([1, 2, r.number(0.1, 4)]) }),
  CosineAnnealingLR: (r) => ({ tMax: r.whole(1, 30), ...r.some({ etaMin: () => r.number(0, 0.2) }) }),
  CosineAnnealingWarmRestarts: (r) => ({
    t0: r.whole(1, 12),
    ...r.some({ tMult: () => r.whole(1, 3), etaMin: () => r.number(0, 0.2) }),
  }),
  CyclicLR: (r) => ({
    baseLr: r.number(0, 0.1),
    maxLr: r.number(0.1, 1),
    stepSizeUp: r.whole(1, 12),
    ...r.some({
      stepSizeDown: () => r.whole(1, 12),
      mode: () => r.pick(['triangular', 'triangular2', 'exp_range']),
      gamma: () => r.number(0.8, 1),
      cycleMomentum: () => r.chance(0.5),
      baseMomentum: () => r.number(0.5, 0.8),
      maxMomentum: () => r.number(0.8, 0.99),
    }),
  }),
  OneCycleLR: (r) => ({
    maxLr: r.number(0.1, 2),
    ...(r.chance(0.5) ? { totalSteps: r.whole(30, 50) } : { epochs: r.whole(5, 7), stepsPerEpoch: r.whole(6, 8) }),
    ...r.some({
      pctStart: () => r.pick([0, 1, r.number(0, 1), r.number(0.1, 0.5)]),
      annealStrategy: () => r.pick(['cos', 'linear']),
      cycleMomentum: () => r.chance(0.5),
      baseMomentum: () => r.number(0.5, 0.8),
      maxMomentum: () => r.number(0.8, 0.99),
      divFactor: () => r.number(1, 50),
      finalDivFactor: () => r.number(1, 1e5),
      threePhase: () => r.chance(0.5),
    }),
  }),
  SWALR: (r) => ({
    swaLr: r.number(0.001, 0.5),
    ...r.some({ annealEpochs: () => r.whole(0, 20), annealStrategy: () => r.pick(['cos', 'linear']) }),
  }),
  LambdaLR: (r) => ({ rate: r.number(0, 1) }),
  MultiplicativeLR: (r) => ({ rate: r.number(0, 1) }),
};

const plateau = (r: Random): Options =>
  r.some({
    mode: () => r.pick(['min', 'max']),
    factor: () => r.number(0.1, 0.9),
    patience: () => r.whole(0, 4),
    threshold: () => r.pick([0, r.number(0, 0.2)]),
    thresholdMode: () => r.pick(['rel', 'abs']),
    cooldown: () => r.whole(0, 4),
    minLr: () => r.number(0, 0.1),
    eps: () => r.pick([0, 1e-3]),
  });

/** They say the rate whatever it was. */
const setting = ['LambdaLR', 'CosineAnnealingWarmRestarts', 'CyclicLR', 'OneCycleLR'];
const STEPS = 30;

function draw(r: Random): Case {
  const lr = r.number(0.01, 1);
  const steps = r.list<number | null>(r.whole(3, STEPS), () => null);
  const member = (): Member => {
    const name = r.pick(Object.keys(members));
    return [name, members[name]!(r)];
  };
  const way = r.whole(0, 9);
  if (way === 0) {
    const sign = r.pick([1, 1, -1]);
    const metrics = steps.map((_, i) => sign * r.number(0.1, 1 + 2 / (i + 1)));
    return { lr, schedule: 'ReduceLROnPlateau', options: plateau(r), steps: metrics };
  }
  if (way === 1) {
    const epochs = steps.map(() => (r.chance(0.8) ? r.number(0, 40) : null));
    return {
      lr,
      schedule: 'CosineAnnealingWarmRestarts',
      options: members['CosineAnnealingWarmRestarts']!(r),
      steps: epochs,
    };
  }
  if (way <= 3) {
    return {
      lr,
      schedule: 'SequentialLR',
      options: { schedules: [member(), member()], milestones: [r.whole(1, 20)] },
      steps,
    };
  }
  if (way <= 5) return { lr, schedule: 'ChainedScheduler', options: { schedules: [member(), member()] }, steps };
  const [schedule, options] = member();
  return { lr, schedule, options, steps };
}

type Any = { step(given?: number): void };

function make(name: string, options: Options, optimizer: optim.SGD): Any {
  const given = (options['schedules'] ?? []) as readonly Member[];
  const made = given.map(([member, its]) => make(member, its, optimizer)) as unknown as optim.LRScheduler[];
  const rate = options['rate'] as number;
  if (name === 'SequentialLR') return new optim.SequentialLR(optimizer, made, options['milestones'] as number[]);
  if (name === 'ChainedScheduler') return new optim.ChainedScheduler(made);
  if (name === 'LambdaLR') return new optim.LambdaLR(optimizer, (epoch) => 1 / (1 + rate * epoch));
  if (name === 'MultiplicativeLR') return new optim.MultiplicativeLR(optimizer, (epoch) => 1 - rate / (1 + epoch));
  const constructors = optim as unknown as Record<string, new (optimizer: optim.SGD, options: Options) => Any>;
  return new constructors[name]!(optimizer, options);
}

export const schedules: Kind<Case> = {
  name: 'schedules',
  draw,
  run({ lr, schedule: name, options, steps }) {
    const optimizer = new optim.SGD([tensor([0], { requiresGrad: true })], { lr, momentum: 0.9 });
    const schedule = make(name, options, optimizer);
    const group = optimizer.paramGroups[0]!;
    const [lrs, momenta] = [[group.lr], [group.momentum]];
    for (const step of steps) {
      schedule.step(step ?? undefined);
      lrs.push(group.lr);
      momenta.push(group.momentum);
    }
    return { lrs: plainList(lrs), momenta: plainList(momenta) };
  },
  // PyTorch computes rates from rates, and comes to 0 nearly.
  tolerance: () => ({ rtol: 1e-9, atol: 1e-14 }),
  reason({ schedule, options, steps }, _, theirs) {
    const given = (options['schedules'] ?? [[schedule, options]]) as readonly Member[];
    const names = given.map(([name]) => name);
    if ('error' in theirs && String(theirs['error']).startsWith('ZeroDivisionError')) {
      return 'PyTorch 1.13 divides by 0: a phase of OneCycleLR without steps, or an end at 0 on the way to 0';
    }
    if (names.includes('OneCycleLR')) {
      const its = given[names.indexOf('OneCycleLR')]![1];
      const total =
        (its['totalSteps'] as number | undefined) ?? (its['epochs'] as number) * (its['stepsPerEpoch'] as number);
      if (steps.length >= total) return 'PyTorch 1.13 goes on along the curve of OneCycleLR one step after its end';
    }
    if (schedule === 'ReduceLROnPlateau' && steps.some((step) => (step ?? 0) < 0)) {
      return 'PyTorch 1.13 takes a worse metric below 0 for better';
    }
    if (schedule === 'ChainedScheduler' && names.length > 1) {
      if (setting.includes(names[0]!) && !setting.includes(names[1]!)) {
        return 'PyTorch 1.13 loses the factor of a schedule after one that sets the rate';
      }
      if (
        given.some(([name, its]) => name === 'SWALR' || (name === 'CosineAnnealingLR' && isMoved(its, steps.length)))
      ) {
        return 'PyTorch 1.13 moves the lowest rate of a cosine, or the rate of SWALR, by what is chained with it';
      }
      if (names[1] === 'CyclicLR') return "PyTorch 1.13 begins CyclicLR with another's rate where that was made before";
    }
    if (names.length > 1 && names[0] === names[1]) {
      return 'PyTorch 1.13 keeps the bounds of OneCycleLR and SWALR in the group, where a second one overwrites them';
    }
    if (names[0] === 'CosineAnnealingLR' && names[1] === 'OneCycleLR') {
      return 'PyTorch 1.13 comes up from the lowest point of a cosine to another rate than it began with';
    }
    return undefined;
  },
};

/** Whether a cosine has a lowest rate that is no factor, or comes up again. */
const isMoved = ({ etaMin = 0, tMax }: Options, steps: number): boolean =>
  (etaMin as number) > 0 || steps >= (tMax as number);
