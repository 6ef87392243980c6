// Schedules that multiply the rate now and then: StepLR, MultiStepLR, ExponentialLR, PolynomialLR.

import { checkCall, required } from '@dl/autograd';
import { atLeast0, wholeNumber, wholeNumbers } from '../core/option-checks.js';
import {
  completeSchedule,
  LRScheduler,
  type Scheduled,
  type ScheduleOptions,
  type ScheduleSpec,
  scheduleOptions,
} from './schedule.js';

export interface StepLROptions extends ScheduleOptions {
  /** The number of epochs between two falls. */
  readonly stepSize: number;
  /** What the rate is multiplied by. Default 0.1. */
  readonly gamma?: number;
}

const stepLRSpec: ScheduleSpec<StepLROptions> = {
  defaults: { stepSize: required<number>(), gamma: 0.1 },
  checks: { stepSize: wholeNumber, gamma: atLeast0 },
};

/**
 * The rate is multiplied by gamma every stepSize epochs, as PyTorch's StepLR:
 *
 *     lr₀ · gamma^⌊epoch / stepSize⌋
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SGD, StepLR } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new StepLR(optimizer, { stepSize: 5 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.001]
 * ```
 */
export class StepLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: StepLROptions) {
    checkCall('StepLR', arguments, ['optimizer'], { ...stepLRSpec.checks, ...scheduleOptions });
    const { stepSize, gamma, lastEpoch } = completeSchedule('StepLR', options, stepLRSpec);
    super('StepLR', optimizer, ({ epoch, startLr }) => startLr * gamma ** Math.floor(epoch / stepSize), { lastEpoch });
  }
}

export interface MultiStepLROptions extends ScheduleOptions {
  /** The epochs at which the rate falls; one may come several times. */
  readonly milestones: readonly number[];
  /** What the rate is multiplied by. Default 0.1. */
  readonly gamma?: number;
}

const multiStepLRSpec: ScheduleSpec<MultiStepLROptions> = {
  defaults: { milestones: required<readonly number[]>(), gamma: 0.1 },
  checks: { milestones: wholeNumbers, gamma: atLeast0 },
};

/**
 * The rate is multiplied by gamma at each milestone, as for the first residual networks (He et al., "Deep Residual Learning
 * for Image Recognition", 2016):
 *
 *     lr₀ · gamma^(the number of milestones up to epoch)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MultiStepLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new MultiStepLR(optimizer, { milestones: [3, 8] });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.001]
 * ```
 */
export class MultiStepLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: MultiStepLROptions) {
    checkCall('MultiStepLR', arguments, ['optimizer'], { ...multiStepLRSpec.checks, ...scheduleOptions });
    const { milestones, gamma, lastEpoch } = completeSchedule('MultiStepLR', options, multiStepLRSpec);
    const falls = (epoch: number): number => milestones.filter((each) => each <= epoch).length;
    super('MultiStepLR', optimizer, ({ epoch, startLr }) => startLr * gamma ** falls(epoch), { lastEpoch });
  }
}

export interface ExponentialLROptions extends ScheduleOptions {
  /** What the rate is multiplied by. */
  readonly gamma: number;
}

const exponentialLRSpec: ScheduleSpec<ExponentialLROptions> = {
  defaults: { gamma: required<number>() },
  checks: { gamma: atLeast0 },
};

/**
 * The rate is multiplied by gamma after every epoch, as PyTorch's ExponentialLR:
 *
 *     lr₀ · gamma^epoch
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ExponentialLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new ExponentialLR(optimizer, { gamma: 0.9 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.0349], nearly
 * ```
 */
export class ExponentialLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: ExponentialLROptions) {
    checkCall('ExponentialLR', arguments, ['optimizer'], { ...exponentialLRSpec.checks, ...scheduleOptions });
    const { gamma, lastEpoch } = completeSchedule('ExponentialLR', options, exponentialLRSpec);
    super('ExponentialLR', optimizer, ({ epoch, startLr }) => startLr * gamma ** epoch, { lastEpoch });
  }
}

export interface PolynomialLROptions extends ScheduleOptions {
  /** The epoch at which the rate is 0. Default 5. */
  readonly totalIters?: number;
  /** The power of the polynomial. Default 1. */
  readonly power?: number;
}

const polynomialLRSpec: ScheduleSpec<PolynomialLROptions> = {
  defaults: { totalIters: 5, power: 1 },
  checks: { totalIters: wholeNumber, power: atLeast0 },
};

/**
 * The rate falls to 0, along a line or a power of it (Liu, Rabinovich & Berg, "ParseNet: Looking Wider to See Better", 2015):
 *
 *     lr₀ · (1 - min(epoch, totalIters) / totalIters)^power
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { PolynomialLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new PolynomialLR(optimizer, { totalIters: 20, power: 2 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.025], nearly
 * ```
 */
export class PolynomialLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: PolynomialLROptions = {}) {
    checkCall('PolynomialLR', arguments, ['optimizer'], { ...polynomialLRSpec.checks, ...scheduleOptions });
    const { totalIters, power, lastEpoch } = completeSchedule('PolynomialLR', options, polynomialLRSpec);
    const left = (epoch: number): number => 1 - Math.min(epoch, totalIters) / totalIters;
    super('PolynomialLR', optimizer, ({ epoch, startLr }) => startLr * left(epoch) ** power, { lastEpoch });
  }
}
