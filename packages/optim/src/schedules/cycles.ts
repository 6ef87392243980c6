// Schedules that go up and down, with the momentum against them: CyclicLR, OneCycleLR.

import { ArgumentError, checkCall, required } from '@dl/autograd';
import {
  above0,
  atLeast0,
  decay,
  oneOf,
  oneOrMore,
  optional,
  share,
  wholeNumber,
  yesOrNo,
} from '../core/option-checks.js';
import {
  checkMomentum,
  checkScheduled,
  completeSchedule,
  forEachGroup,
  LRScheduler,
  proposeInitialLr,
  type Scheduled,
  type ScheduleOptions,
  type ScheduleSpec,
  scheduleOptions,
  setInitialLr,
} from './schedule.js';

export interface CyclicLROptions extends ScheduleOptions {
  /** The least rate, one for all groups or one for each. */
  readonly baseLr: number | readonly number[];
  /** The largest rate. */
  readonly maxLr: number | readonly number[];
  /** The number of steps upwards. Default 2000. */
  readonly stepSizeUp?: number;
  /** The number of steps downwards. Default stepSizeUp. */
  readonly stepSizeDown?: number | undefined;
  /** Cycles of one height, each half as high as the last, or falling by gamma^step. Default 'triangular'. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** See mode. Default 1. */
  readonly gamma?: number;
  /** Let momentum, or the first beta, go down where the rate goes up. Default true. */
  readonly cycleMomentum?: boolean;
  /** The least momentum. Default 0.8. */
  readonly baseMomentum?: number;
  /** The largest momentum. Default 0.9. */
  readonly maxMomentum?: number;
}

const cyclicLRSpec: ScheduleSpec<CyclicLROptions> = {
  defaults: {
    baseLr: required<number | readonly number[]>(),
    maxLr: required<number | readonly number[]>(),
    stepSizeUp: 2000,
    stepSizeDown: undefined as unknown as number,
    mode: 'triangular',
    gamma: 1,
    cycleMomentum: true,
    baseMomentum: 0.8,
    maxMomentum: 0.9,
  },
  checks: {
    baseLr: oneOrMore(atLeast0),
    maxLr: oneOrMore(above0),
    stepSizeUp: wholeNumber,
    stepSizeDown: optional(wholeNumber),
    mode: oneOf('triangular', 'triangular2', 'exp_range'),
    gamma: atLeast0,
    cycleMomentum: yesOrNo,
    baseMomentum: decay,
    maxMomentum: decay,
  },
};

/**
 * The rate goes up and down along lines between two bounds (Smith, "Cyclical Learning Rates for Training Neural Networks",
 * 2017):
 *
 *     baseLr + (maxLr - baseLr) · rise · height
 *
 * where rise goes from 0 to 1 in stepSizeUp steps and back in stepSizeDown, and height is 1, or halves with each cycle, or
 * is gamma^step. The momentum goes the other way, from maxMomentum to baseMomentum. It is in steps of the optimiser, not in
 * epochs. Where no schedule was made before it, later ones start from baseLr, as in PyTorch.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CyclicLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new CyclicLR(optimizer, { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 10 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.1]
 * ```
 */
export class CyclicLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: CyclicLROptions) {
    checkCall('CyclicLR', arguments, ['optimizer'], { ...cyclicLRSpec.checks, ...scheduleOptions });
    const {
      baseLr,
      maxLr,
      stepSizeUp,
      stepSizeDown,
      mode,
      gamma,
      cycleMomentum,
      baseMomentum,
      maxMomentum,
      lastEpoch,
    } = completeSchedule('CyclicLR', options, cyclicLRSpec);
    if (cycleMomentum) checkMomentum('CyclicLR', optimizer);
    const lows = forEachGroup('CyclicLR', 'baseLr', baseLr as number | readonly number[], optimizer);
    const highs = forEachGroup('CyclicLR', 'maxLr', maxLr as number | readonly number[], optimizer);
    checkScheduled('CyclicLR', optimizer);
    optimizer.paramGroups.forEach((group, i) => {
      proposeInitialLr(group, lows[i]!);
    });
    const down = (stepSizeDown as number | undefined) ?? stepSizeUp;
    const length = stepSizeUp + down;
    super(
      'CyclicLR',
      optimizer,
      ({ epoch, index }) => {
        const at = epoch % length;
        const height = at <= stepSizeUp ? at / stepSizeUp : (length - at) / down;
        const scale = { triangular: 1, triangular2: 0.5 ** Math.floor(epoch / length), exp_range: gamma ** epoch }[
          mode
        ];
        const [low, high] = [lows[index] ?? lows[0]!, highs[index] ?? highs[0]!];
        const lr = low + (high - low) * height * scale;
        return cycleMomentum ? { lr, momentum: maxMomentum - (maxMomentum - baseMomentum) * height * scale } : { lr };
      },
      { lastEpoch },
    );
  }
}

export interface OneCycleLROptions extends ScheduleOptions {
  /** The largest rate, one for all groups or one for each. */
  readonly maxLr: number | readonly number[];
  /** The number of steps in all; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number | undefined;
  /** The number of epochs, in place of totalSteps. */
  readonly epochs?: number | undefined;
  /** The number of steps in each epoch, in place of totalSteps. */
  readonly stepsPerEpoch?: number | undefined;
  /** The share of the steps in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** The way up and down. Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** Let momentum, or the first beta, go down where the rate goes up. Default true. */
  readonly cycleMomentum?: boolean;
  /** The least momentum. Default 0.85. */
  readonly baseMomentum?: number;
  /** The largest momentum. Default 0.95. */
  readonly maxMomentum?: number;
  /** The rate begins with maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** It ends with that over finalDivFactor. Default 10,000. */
  readonly finalDivFactor?: number;
  /** Go down as slowly as up, to where it began, and then to the end. Default false. */
  readonly threePhase?: boolean;
}

const oneCycleLRSpec: ScheduleSpec<OneCycleLROptions> = {
  defaults: {
    maxLr: required<number | readonly number[]>(),
    // Those that may be undefined are there for the list of names.
    totalSteps: undefined as unknown as number,
    epochs: undefined as unknown as number,
    stepsPerEpoch: undefined as unknown as number,
    pctStart: 0.3,
    annealStrategy: 'cos',
    cycleMomentum: true,
    baseMomentum: 0.85,
    maxMomentum: 0.95,
    divFactor: 25,
    finalDivFactor: 1e4,
    threePhase: false,
  },
  checks: {
    maxLr: oneOrMore(above0),
    totalSteps: optional(wholeNumber),
    epochs: optional(wholeNumber),
    stepsPerEpoch: optional(wholeNumber),
    pctStart: share,
    annealStrategy: oneOf('cos', 'linear'),
    cycleMomentum: yesOrNo,
    baseMomentum: decay,
    maxMomentum: decay,
    divFactor: above0,
    finalDivFactor: above0,
    threePhase: yesOrNo,
  },
};

/**
 * One rise of the rate and one long fall, far below where it began (Smith & Topin, "Super-Convergence: Very Fast Training of
 * Neural Networks Using Large Learning Rates", 2018):
 *
 *     maxLr / divFactor  →  maxLr  →  maxLr / divFactor / finalDivFactor
 *
 * with the top at step pctStart · totalSteps - 1, along cosines or lines; with `threePhase` the fall goes back to
 * maxLr / divFactor first. The momentum goes the other way. It is in steps of the optimiser, not in epochs, and has
 * `totalSteps` of them, or `epochs` · `stepsPerEpoch`. A rise or a fall of no step is left out (PyTorch divides by 0 there), and one step
 * after the end the rate is that of the end (PyTorch 1.13 goes on along the curve, on a line to below 0).
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { OneCycleLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 40 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.0981], nearly: one step before the top
 * ```
 */
export class OneCycleLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: OneCycleLROptions) {
    checkCall('OneCycleLR', arguments, ['optimizer'], { ...oneCycleLRSpec.checks, ...scheduleOptions });
    const {
      maxLr,
      pctStart,
      annealStrategy,
      cycleMomentum,
      baseMomentum,
      maxMomentum,
      divFactor,
      finalDivFactor,
      threePhase,
      lastEpoch,
      ...length
    } = completeSchedule('OneCycleLR', options, oneCycleLRSpec);
    const totalSteps = stepsIn(length);
    if (cycleMomentum) checkMomentum('OneCycleLR', optimizer);
    const tops = forEachGroup('OneCycleLR', 'maxLr', maxLr as number | readonly number[], optimizer);
    checkScheduled('OneCycleLR', optimizer);
    optimizer.paramGroups.forEach((group, i) => {
      setInitialLr(group, tops[i]! / divFactor);
    });
    const phases = phasesOf(pctStart, totalSteps, threePhase);
    super(
      'OneCycleLR',
      optimizer,
      ({ epoch, index }) => {
        if (epoch > totalSteps) {
          throw new ArgumentError(
            `OneCycleLR: step() was called ${epoch} times, and the schedule has ${totalSteps} steps`,
          );
        }
        const top = tops[index] ?? tops[0]!;
        const first = top / divFactor;
        const rates = { first, top, last: first / finalDivFactor };
        const { begin, end, from, to } = phases.find((phase) => epoch <= phase.end) ?? phases.at(-1)!;
        // After the last step it stays where it is.
        const t = Math.min(1, (epoch - begin) / (end - begin));
        const between = (a: number, b: number): number => {
          if (t === 1) return b;
          return annealStrategy === 'cos' ? b + ((a - b) / 2) * (Math.cos(Math.PI * t) + 1) : (b - a) * t + a;
        };
        const lr = between(rates[from], rates[to]);
        const momentumAt = (place: 'first' | 'top' | 'last'): number => (place === 'top' ? baseMomentum : maxMomentum);
        return cycleMomentum ? { lr, momentum: between(momentumAt(from), momentumAt(to)) } : { lr };
      },
      { lastEpoch },
    );
  }
}

interface Phase {
  readonly begin: number;
  readonly end: number;
  readonly from: 'first' | 'top' | 'last';
  readonly to: 'first' | 'top' | 'last';
}

/** The phases that have a length; where the rise or the fall has none, the rate begins or stays at the top. */
function phasesOf(pctStart: number, totalSteps: number, threePhase: boolean): readonly Phase[] {
  const [rise, last] = [pctStart * totalSteps - 1, totalSteps - 1];
  const up: Phase = { begin: 0, end: rise, from: 'first', to: 'top' };
  const down: readonly Phase[] = threePhase
    ? [
        { begin: rise, end: 2 * rise, from: 'top', to: 'first' },
        { begin: 2 * rise, end: last, from: 'first', to: 'last' },
      ]
    : [{ begin: rise, end: last, from: 'top', to: 'last' }];
  return [up, ...down].filter(({ begin, end }) => end > begin);
}

type Length = Pick<OneCycleLROptions, 'totalSteps' | 'epochs' | 'stepsPerEpoch'>;

function stepsIn({ totalSteps, epochs, stepsPerEpoch }: Length): number {
  const product = epochs === undefined || stepsPerEpoch === undefined ? undefined : epochs * stepsPerEpoch;
  const steps = totalSteps ?? product;
  if (steps === undefined || (product ?? steps) !== steps) {
    throw new ArgumentError(
      `OneCycleLR: totalSteps is ${totalSteps}, epochs ${epochs} and stepsPerEpoch ${stepsPerEpoch}; give totalSteps, or both of the others`,
    );
  }
  return steps;
}
