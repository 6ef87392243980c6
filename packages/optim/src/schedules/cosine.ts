// Schedules that fall along a cosine: CosineAnnealingLR, CosineAnnealingWarmRestarts, SWALR.

import { required } from '@dl/autograd';
import { above0, atLeast0, oneOf, oneOrMore, wholeNumber } from '../core/option-checks.js';
import type { OptionsSpec } from '../core/options.js';
import { complete, forEachGroup, LRScheduler, type Scheduled } from './schedule.js';

export interface CosineAnnealingLROptions {
  /** The epoch at which the rate is least. */
  readonly tMax: number;
  /** The least rate. Default 0. */
  readonly etaMin?: number;
}

const cosineAnnealingLRSpec: OptionsSpec<CosineAnnealingLROptions> = {
  defaults: { tMax: required<number>(), etaMin: 0 },
  checks: { tMax: wholeNumber, etaMin: atLeast0 },
};

/**
 * The rate goes along half a cosine from where it was to etaMin in tMax epochs, and back in as many (Loshchilov & Hutter,
 * "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, without the restarts):
 *
 *     etaMin + (lr₀ - etaMin) (1 + cos(π epoch / tMax)) / 2
 *
 * It is computed from the rate before, so that it can be chained with others.
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
    const { tMax, etaMin } = complete('CosineAnnealingLR', options, cosineAnnealingLRSpec);
    super('CosineAnnealingLR', optimizer, ({ epoch, lr, baseLr }) => {
      if (epoch === 0) return lr;
      const wave = (at: number): number => 1 + Math.cos((Math.PI * at) / tMax);
      // At the lowest point the rate says nothing about where it came from.
      if ((epoch - 1 - tMax) % (2 * tMax) === 0) return lr + ((baseLr - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
      return (wave(epoch) / wave(epoch - 1)) * (lr - etaMin) + etaMin;
    });
  }
}

export interface CosineAnnealingWarmRestartsOptions {
  /** The length of the first fall. */
  readonly t0: number;
  /** How much longer each fall is than the one before. Default 1. */
  readonly tMult?: number;
  /** The least rate. Default 0. */
  readonly etaMin?: number;
}

const cosineAnnealingWarmRestartsSpec: OptionsSpec<CosineAnnealingWarmRestartsOptions> = {
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
  constructor(optimizer: Scheduled, options: CosineAnnealingWarmRestartsOptions) {
    const { t0, tMult, etaMin } = complete('CosineAnnealingWarmRestarts', options, cosineAnnealingWarmRestartsSpec);
    super('CosineAnnealingWarmRestarts', optimizer, ({ epoch, baseLr }) => {
      let [length, at] = [t0, epoch];
      while (at >= length) {
        at -= length;
        length *= tMult;
      }
      return etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * at) / length))) / 2;
    });
  }
}

export interface SWALROptions {
  /** The rate in the end, one for all groups or one for each. */
  readonly swaLr: number | readonly number[];
  /** The number of epochs until then. Default 10. */
  readonly annealEpochs?: number;
  /** The way there. Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
}

const sWALRSpec: OptionsSpec<SWALROptions> = {
  defaults: { swaLr: required<number | readonly number[]>(), annealEpochs: 10, annealStrategy: 'cos' },
  checks: { swaLr: oneOrMore(above0), annealEpochs: wholeNumber, annealStrategy: oneOf('cos', 'linear') },
};

/**
 * The rate goes to swaLr and stays there, for the averaging of weights (Izmailov et al., "Averaging Weights Leads to Wider
 * Optima and Better Generalization", 2018):
 *
 *     swaLr · s + lr₀ (1 - s), with s = (1 - cos(π t)) / 2 or t, and t = min(1, epoch / annealEpochs)
 *
 * Make it when averaging begins: it starts from the rate that it finds.
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
    const { swaLr, annealEpochs, annealStrategy } = complete('SWALR', options, sWALRSpec);
    const targets = forEachGroup('SWALR', 'swaLr', swaLr as number | readonly number[], optimizer);
    super('SWALR', optimizer, ({ epoch, lr, index }) => {
      const target = targets[index] ?? targets[0]!;
      const share = (at: number): number => {
        const t = Math.min(1, Math.max(0, at / annealEpochs));
        return annealStrategy === 'linear' ? t : (1 - Math.cos(Math.PI * t)) / 2;
      };
      // What it started from, by what is left of it.
      const former = share(epoch - 1);
      const start = former === 1 ? target : (lr - former * target) / (1 - former);
      return target * share(epoch) + start * (1 - share(epoch));
    });
  }
}
