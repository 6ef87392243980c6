// ReduceLROnPlateau: a lower rate when a metric stops getting better.

import { ArgumentError, checkCall } from '@dl/autograd';
import { atLeast0, oneOf, oneOrMore, wholeFrom0 } from '../core/option-checks.js';
import type { OptionsSpec } from '../core/options.js';
import { checkScheduled, checkState, complete, forEachGroup, type Scheduled, type SchedulerState } from './schedule.js';

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** How many epochs without progress are let pass. Default 10. */
  readonly patience?: number;
  /** How much better counts as better. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best or a difference from it. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** How many epochs do not count after a fall. Default 0. */
  readonly cooldown?: number;
  /** The least rate, one for all groups or one for each. Default 0. */
  readonly minLr?: number | readonly number[];
  /** Smaller changes of a rate are not made. Default 1e-8. */
  readonly eps?: number;
}

const spec: OptionsSpec<ReduceLROnPlateauOptions> = {
  defaults: {
    mode: 'min',
    factor: 0.1,
    patience: 10,
    threshold: 1e-4,
    thresholdMode: 'rel',
    cooldown: 0,
    minLr: 0,
    eps: 1e-8,
  },
  checks: {
    mode: oneOf('min', 'max'),
    factor: {
      needs: 'a number above 0 and below 1',
      test: (value) => typeof value === 'number' && value > 0 && value < 1,
    },
    patience: wholeFrom0,
    threshold: atLeast0,
    thresholdMode: oneOf('rel', 'abs'),
    cooldown: wholeFrom0,
    minLr: oneOrMore(atLeast0),
    eps: atLeast0,
  },
};

/**
 * Multiplies the rates by a factor when a metric has not got better for more than `patience` epochs, as PyTorch's
 * ReduceLROnPlateau:
 *
 *     lr ← max(factor · lr, minLr)
 *
 * Better is a metric below best - threshold · |best|, or below best - threshold with 'abs'; above the same with + for 'max'.
 * (PyTorch's best · (1 ∓ threshold) is the same for metrics above 0; below 0 it takes worse ones for better.)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReduceLROnPlateau, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
 * const schedule = new ReduceLROnPlateau(optimizer, { patience: 1 });
 * for (const loss of [1, 0.5, 0.6, 0.7]) schedule.step(loss);
 * console.log(schedule.lastLr); // [0.01]
 * ```
 */
export class ReduceLROnPlateau {
  readonly name = 'ReduceLROnPlateau';
  readonly #optimizer: Scheduled;
  readonly #options: ReturnType<typeof complete<ReduceLROnPlateauOptions>>;
  readonly #minLrs: readonly number[];
  lastEpoch = 0;
  /** The best metric so far; undefined before the first. */
  best: number | undefined;
  #badEpochs = 0;
  #coolingEpochs = 0;

  constructor(optimizer: Scheduled, options: ReduceLROnPlateauOptions = {}) {
    checkCall('ReduceLROnPlateau', arguments, ['optimizer'], spec.checks);
    checkScheduled('ReduceLROnPlateau', optimizer);
    this.#options = complete('ReduceLROnPlateau', options, spec);
    this.#optimizer = optimizer;
    const { minLr } = this.#options as { readonly minLr: number | readonly number[] };
    this.#minLrs = forEachGroup('ReduceLROnPlateau', 'minLr', minLr, optimizer);
  }

  get lastLr(): readonly number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Takes the metric of an epoch. NaN counts as no progress. */
  step(metric: number): void {
    if (typeof metric !== 'number') {
      throw new ArgumentError(
        'ReduceLROnPlateau: step() needs the metric of the epoch as a number, such as loss.item()',
      );
    }
    const { patience, cooldown } = this.#options;
    this.lastEpoch++;
    if (this.#isBetter(metric)) {
      this.best = metric;
      this.#badEpochs = 0;
    } else {
      this.#badEpochs++;
    }
    if (this.#coolingEpochs > 0) {
      this.#coolingEpochs--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs <= patience) return;
    this.#reduce();
    this.#coolingEpochs = cooldown;
    this.#badEpochs = 0;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const { best } = this;
    const sign = mode === 'min' ? -1 : 1;
    if (best === undefined) return !Number.isNaN(metric) && metric !== -sign * Number.POSITIVE_INFINITY;
    // A share of the size of the best: below 0, more than the best is nearer to 0.
    const bound = best + sign * threshold * (thresholdMode === 'rel' ? Math.abs(best) : 1);
    return mode === 'min' ? metric < bound : metric > bound;
  }

  #reduce(): void {
    const { factor, eps } = this.#options;
    this.#optimizer.paramGroups.forEach((group, i) => {
      const next = Math.max(group.lr * factor, this.#minLrs[i] ?? this.#minLrs[0]!);
      if (group.lr - next > eps) group.lr = next;
    });
  }

  stateDict(): SchedulerState {
    const { name: scheduler, lastEpoch, best = null } = this;
    return { scheduler, lastEpoch, best, badEpochs: this.#badEpochs, coolingEpochs: this.#coolingEpochs };
  }

  /** Goes on from a state; the rates come with the state of the optimiser. */
  loadStateDict(state: SchedulerState): void {
    checkState(this.name, state);
    const { best, badEpochs, coolingEpochs } = state as SchedulerState & Record<string, number | null>;
    this.lastEpoch = state.lastEpoch;
    this.best = best ?? undefined;
    this.#badEpochs = Number(badEpochs);
    this.#coolingEpochs = Number(coolingEpochs);
  }
}
