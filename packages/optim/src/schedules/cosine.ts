// Schedules that fall along a cosine: CosineAnnealingLR, CosineAnnealingWarmRestarts, SWALR.

import { ArgumentError, checkCall, required } from '@dl/autograd';
import { atLeast0, oneOf, oneOrMore, wholeFrom0, wholeNumber } from '../core/option-checks.js';
import {
  completeSchedule,
  forEachGroup,
  LRScheduler,
  type Scheduled,
  type ScheduleOptions,
  type ScheduleSpec,
  scheduleOptions,
} from './schedule.js';

export interface CosineAnnealingLROptions extends ScheduleOptions {
  /** The epoch at which the rate is least. */
  readonly tMax: number;
  /** The least rate. Default 0. */
  readonly etaMin?: number;
}

const cosineAnnealingLRSpec: ScheduleSpec<CosineAnnealingLROptions> = {
  defaults: { tMax: required<number>(), etaMin: 0 },
  checks: { tMax: wholeNumber, etaMin: atLeast0 },
};

/**
 * The rate goes along half a cosine from where it was to etaMin in tMax epochs, and back in as many (Loshchilov & Hutter,
 * "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, without the restarts):
 *
 *     etaMin + (lr₀ - etaMin) (1 + cos(π epoch / tMax)) / 2
 *
 * In a chain lr₀ is what the schedule before gives.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CosineAnnealingLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new CosineAnnealingLR(optimizer, { tMax: 20 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.05], nearly
 * ```
 */
export class CosineAnnealingLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: CosineAnnealingLROptions) {
    checkCall('CosineAnnealingLR', arguments, ['optimizer'], { ...cosineAnnealingLRSpec.checks, ...scheduleOptions });
    const { tMax, etaMin, lastEpoch } = completeSchedule('CosineAnnealingLR', options, cosineAnnealingLRSpec);
    super(
      'CosineAnnealingLR',
      optimizer,
      ({ epoch, startLr }) =>
        etaMin + ((startLr - etaMin) * (1 + Math.cos((Math.PI * (epoch % (2 * tMax))) / tMax))) / 2,
      { lastEpoch },
    );
  }
}

export interface CosineAnnealingWarmRestartsOptions extends ScheduleOptions {
  /** The length of the first fall. */
  readonly t0: number;
  /** How much longer each fall is than the one before. Default 1. */
  readonly tMult?: number;
  /** The least rate. Default 0. */
  readonly etaMin?: number;
}

const cosineAnnealingWarmRestartsSpec: ScheduleSpec<CosineAnnealingWarmRestartsOptions> = {
  defaults: { t0: required<number>(), tMult: 1, etaMin: 0 },
  checks: { t0: wholeNumber, tMult: wholeNumber, etaMin: atLeast0 },
};

/**
 * As {@link CosineAnnealingLR}, but at the end of each fall the rate jumps back to where it began (Loshchilov & Hutter, "SGDR:
 * Stochastic Gradient Descent with Warm Restarts", 2017):
 *
 *     etaMin + (lr₀ - etaMin) (1 + cos(π t / T)) / 2, with t epochs since the last jump and T to the next
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CosineAnnealingWarmRestarts, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new CosineAnnealingWarmRestarts(optimizer, { t0: 10 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.1]
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  /** `step` takes an epoch, where others are given the figure that a run watches. */
  readonly stepTakes = 'epoch';

  constructor(optimizer: Scheduled, options: CosineAnnealingWarmRestartsOptions) {
    checkCall('CosineAnnealingWarmRestarts', arguments, ['optimizer'], {
      ...cosineAnnealingWarmRestartsSpec.checks,
      ...scheduleOptions,
    });
    const { t0, tMult, etaMin, lastEpoch } = completeSchedule(
      'CosineAnnealingWarmRestarts',
      options,
      cosineAnnealingWarmRestartsSpec,
    );
    super(
      'CosineAnnealingWarmRestarts',
      optimizer,
      ({ epoch, baseLr }) => {
        let [length, at] = tMult === 1 ? [t0, epoch % t0] : [t0, epoch];
        while (at >= length) {
          at -= length;
          length *= tMult;
        }
        return etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * at) / length))) / 2;
      },
      { lastEpoch },
    );
  }

  /**
   * Goes on to the next epoch; or to an epoch that is given, which may be a fraction: `step(epoch + i / steps)` after each step of
   * the optimiser. `lastEpoch` is then that fraction.
   *
   * @throws ArgumentError for an epoch that is no number of at least 0.
   */
  override step(epoch: number = this.lastEpoch + 1): void {
    if (!(epoch >= 0 && epoch < Number.POSITIVE_INFINITY)) {
      throw new ArgumentError(`${this.name}: step() got the epoch ${epoch}, needs a number of at least 0, or none`);
    }
    this.moveTo(epoch);
  }
}

export interface SWALROptions extends ScheduleOptions {
  /** The rate in the end, one for all groups or one for each. */
  readonly swaLr: number | readonly number[];
  /** The number of epochs until then. Default 10. */
  readonly annealEpochs?: number;
  /** The way there. Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
}

const sWALRSpec: ScheduleSpec<SWALROptions> = {
  defaults: { swaLr: required<number | readonly number[]>(), annealEpochs: 10, annealStrategy: 'cos' },
  checks: { swaLr: oneOrMore(atLeast0), annealEpochs: wholeFrom0, annealStrategy: oneOf('cos', 'linear') },
};

/**
 * The rate goes to swaLr and stays there, for the averaging of weights (Izmailov et al., "Averaging Weights Leads to Wider
 * Optima and Better Generalization", 2018):
 *
 *     swaLr · s + lr₀ (1 - s), with s = (1 - cos(π t)) / 2 or t, and t = min(1, epoch / annealEpochs)
 *
 * Make it when averaging begins: it starts from the rate that it finds. In a {@link SequentialLR} it goes on from the rate that
 * stands, and its first step is the one at the milestone, as in PyTorch.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SGD, SWALR } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 });
 * const schedule = new SWALR(optimizer, { swaLr: 0.02 });
 * for (let epoch = 0; epoch < 10; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.02]
 * ```
 */
export class SWALR extends LRScheduler {
  constructor(optimizer: Scheduled, options: SWALROptions) {
    checkCall('SWALR', arguments, ['optimizer'], { ...sWALRSpec.checks, ...scheduleOptions });
    const { swaLr, annealEpochs, annealStrategy, lastEpoch } = completeSchedule('SWALR', options, sWALRSpec);
    const targets = forEachGroup('SWALR', 'swaLr', swaLr as number | readonly number[], optimizer);
    const share = (t: number): number => (annealStrategy === 'linear' ? t : (1 - Math.cos(Math.PI * t)) / 2);
    super(
      'SWALR',
      optimizer,
      ({ epoch, startLr, index, isContinued }) => {
        const target = targets[index] ?? targets[0]!;
        const steps = isContinued ? epoch + 1 : epoch;
        const done = steps < annealEpochs ? share(steps / annealEpochs) : 1;
        return target * done + startLr * (1 - done);
      },
      { lastEpoch },
    );
  }

  override get continues(): boolean {
    return true;
  }
}
