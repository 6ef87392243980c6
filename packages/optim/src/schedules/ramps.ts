// Schedules for the first epochs: ConstantLR, LinearLR, WarmupLR, NoamLR.

import { ArgumentError, checkCall, required, shown } from '@dl/autograd';
import { above0, aboveShare, oneOf, oneOrMore, orInfinity, share, wholeNumber } from '../core/option-checks.js';
import {
  checkScheduled,
  completeSchedule,
  forEachGroup,
  LRScheduler,
  type Scheduled,
  type ScheduleOptions,
  type ScheduleSpec,
  scheduleOptions,
} from './schedule.js';

export interface ConstantLROptions extends ScheduleOptions {
  /** What the rate is multiplied by at first. Default 1/3. */
  readonly factor?: number;
  /** The epoch from which the rate is whole. Default 5. */
  readonly totalIters?: number;
}

const constantLRSpec: ScheduleSpec<ConstantLROptions> = {
  defaults: { factor: 1 / 3, totalIters: 5 },
  checks: { factor: aboveShare, totalIters: wholeNumber },
};

/**
 * The rate is multiplied by a factor until an epoch: a warm-up in one step (Goyal et al., "Accurate, Large Minibatch SGD: Training
 * ImageNet in 1 Hour", 2017).
 *
 *     lr₀ · factor where epoch < totalIters, then lr₀
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConstantLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new ConstantLR(optimizer, { factor: 0.5, totalIters: 4 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.1]
 * ```
 */
export class ConstantLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: ConstantLROptions = {}) {
    checkCall('ConstantLR', arguments, ['optimizer'], { ...constantLRSpec.checks, ...scheduleOptions });
    const { factor, totalIters, lastEpoch } = completeSchedule('ConstantLR', options, constantLRSpec);
    super('ConstantLR', optimizer, ({ epoch, startLr }) => (epoch < totalIters ? startLr * factor : startLr), {
      lastEpoch,
    });
  }
}

export interface LinearLROptions extends ScheduleOptions {
  /** What the rate is multiplied by at first. Default 1/3. */
  readonly startFactor?: number;
  /** What it is multiplied by at the end. Default 1. */
  readonly endFactor?: number;
  /** The epoch of the end. Default 5. */
  readonly totalIters?: number;
}

const linearLRSpec: ScheduleSpec<LinearLROptions> = {
  defaults: { startFactor: 1 / 3, endFactor: 1, totalIters: 5 },
  checks: { startFactor: aboveShare, endFactor: share, totalIters: wholeNumber },
};

/**
 * The factor of the rate goes along a line: a warm-up where it rises (Goyal et al., "Accurate, Large Minibatch SGD: Training
 * ImageNet in 1 Hour", 2017).
 *
 *     lr₀ · (startFactor + (endFactor - startFactor) · min(epoch, totalIters) / totalIters)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LinearLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 20 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.055], nearly
 * ```
 */
export class LinearLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: LinearLROptions = {}) {
    checkCall('LinearLR', arguments, ['optimizer'], { ...linearLRSpec.checks, ...scheduleOptions });
    const { startFactor, endFactor, totalIters, lastEpoch } = completeSchedule('LinearLR', options, linearLRSpec);
    const factor = (epoch: number): number =>
      epoch < totalIters ? startFactor + ((endFactor - startFactor) * epoch) / totalIters : endFactor;
    super('LinearLR', optimizer, ({ epoch, startLr }) => startLr * factor(epoch), { lastEpoch });
  }
}

export interface WarmupLROptions extends ScheduleOptions {
  /** The number of steps in which the rate rises. */
  readonly steps: number;
  /** What follows. Default 'constant'. */
  readonly decay?: 'constant' | 'inverse-sqrt' | 'linear' | 'cosine';
  /** The step at which the rate is 0, for 'linear' and 'cosine'. Default Infinity. */
  readonly totalSteps?: number;
}

const warmupLRSpec: ScheduleSpec<WarmupLROptions> = {
  defaults: { steps: required<number>(), decay: 'constant', totalSteps: Number.POSITIVE_INFINITY },
  checks: {
    steps: wholeNumber,
    decay: oneOf('constant', 'inverse-sqrt', 'linear', 'cosine'),
    totalSteps: orInfinity(wholeNumber),
  },
};

/**
 * A linear warm-up and what follows it. With t = epoch + 1 the rate is multiplied by t / steps up to t = steps; afterwards by 1,
 * by √(steps / t) (Vaswani et al., "Attention Is All You Need", 2017, section 5.3), or by a line or half a cosine from 1 to 0 at
 * totalSteps.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SGD, WarmupLR } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new WarmupLR(optimizer, { steps: 4, decay: 'linear', totalSteps: 20 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.05625]: 9 of the 16 steps are left
 * ```
 */
export class WarmupLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: WarmupLROptions) {
    checkCall('WarmupLR', arguments, ['optimizer'], { ...warmupLRSpec.checks, ...scheduleOptions });
    const { steps, decay, totalSteps, lastEpoch } = completeSchedule('WarmupLR', options, warmupLRSpec);
    const isDecaying = decay === 'linear' || decay === 'cosine';
    if (isDecaying && !(totalSteps > steps && totalSteps < Number.POSITIVE_INFINITY)) {
      throw new ArgumentError(
        `WarmupLR: totalSteps is ${shown(totalSteps)}, needs a number above steps, ${steps}, for '${decay}'`,
      );
    }
    const factor = (t: number): number => {
      if (t <= steps) return t / steps;
      if (decay === 'constant') return 1;
      if (decay === 'inverse-sqrt') return Math.sqrt(steps / t);
      const left = Math.max(0, totalSteps - t) / (totalSteps - steps);
      return decay === 'linear' ? left : (1 - Math.cos(Math.PI * left)) / 2;
    };
    super('WarmupLR', optimizer, ({ epoch, startLr }) => startLr * factor(epoch + 1), { lastEpoch });
  }
}

export interface NoamLROptions extends ScheduleOptions {
  /** The width of the model. */
  readonly dModel: number;
  /** The number of steps in which the rate rises. Default 4000. */
  readonly warmupSteps?: number;
  /** What the rate is multiplied by, one for all groups or one for each. Default 1. */
  readonly factor?: number | readonly number[];
}

const noamLRSpec: ScheduleSpec<NoamLROptions> = {
  defaults: { dModel: required<number>(), warmupSteps: 4000, factor: 1 },
  checks: { dModel: wholeNumber, warmupSteps: wholeNumber, factor: oneOrMore(above0) },
};

/**
 * The rate of transformers (Vaswani et al., "Attention Is All You Need", 2017, section 5.3): it rises along a line and falls with the root of the
 * steps, and is the lower the wider the model is. With t = epoch + 1, the number of the step that comes next:
 *
 *     factor · dModel^-0.5 · min(t^-0.5, t · warmupSteps^-1.5)
 *
 * The top, factor / √(dModel · warmupSteps), is at t = warmupSteps. It sets the rate whatever it was, and is in steps of the optimiser, not in epochs.
 * {@link WarmupLR} with `decay: 'inverse-sqrt'` is the same curve with the optimiser's rate as its top.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adam, NoamLR } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new Adam([tensor([1], { requiresGrad: true })], { betas: [0.9, 0.98], eps: 1e-9 });
 * const schedule = new NoamLR(optimizer, { dModel: 512 });
 * for (let step = 0; step < 10; step++) schedule.step(); // after each step of the optimiser
 * console.log(schedule.lastLr); // [0.00000192…] = 11 / √512 / 4000^1.5
 * ```
 */
export class NoamLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: NoamLROptions) {
    checkCall('NoamLR', arguments, ['optimizer'], { ...noamLRSpec.checks, ...scheduleOptions });
    const { dModel, warmupSteps, factor, lastEpoch } = completeSchedule('NoamLR', options, noamLRSpec);
    checkScheduled('NoamLR', optimizer);
    const factors = forEachGroup('NoamLR', 'factor', factor as number | readonly number[], optimizer);
    const rate = (t: number): number => Math.min(t ** -0.5, t * warmupSteps ** -1.5) / Math.sqrt(dModel);
    super('NoamLR', optimizer, ({ epoch, index }) => (factors[index] ?? factors[0]!) * rate(epoch + 1), { lastEpoch });
  }
}
