// EarlyStopping: says when a metric has not got better for too long.

import { ArgumentError, checkCall } from '@dl/autograd';
import { atLeast0, oneOf, orInfinity, wholeNumber } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { complete } from './schedule.js';

export interface EarlyStoppingOptions {
  /** How many metrics in a row without progress are too many. Infinity never stops. Default 10. */
  readonly patience?: number;
  /** Only a change for the better by more than this is progress. Default 0. */
  readonly minDelta?: number;
  /** Whether the metric is to fall or to rise. Default 'min'. */
  readonly mode?: 'min' | 'max';
}

/** What it needs to go on exactly from where it was; plain values. */
export interface EarlyStoppingState {
  /** What the next metric has to beat; null before the first. */
  readonly best: number | null;
  readonly bestEpoch: number;
  readonly epoch: number;
}

const spec: OptionsSpec<EarlyStoppingOptions> = {
  defaults: { patience: 10, minDelta: 0, mode: 'min' },
  checks: { patience: orInfinity(wholeNumber), minDelta: atLeast0, mode: oneOf('min', 'max') },
};

/**
 * Watches a metric of data that is not trained on, and says when to stop: after `patience` metrics in a row that are no
 * progress, which is sign · (metric - best) > minDelta (Prechelt, "Early Stopping – But When?", 1998, the criterion UP).
 * NaN is no progress. `fit` of @dl/train stops by it.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { EarlyStopping } from '@dl/optim';
 * const stopping = new EarlyStopping({ patience: 2 });
 * const losses = [1, 0.5, 0.6, 0.7, 0.4];
 * const end = losses.findIndex((loss) => stopping.update(loss));
 * console.log(end, stopping.best, stopping.bestEpoch); // 3 0.5 1
 * ```
 */
export class EarlyStopping {
  readonly #options: GroupOptions<EarlyStoppingOptions>;
  /** The best metric so far; undefined before the first. */
  best: number | undefined;
  /** When it came, counted from 0; -1 before the first. */
  bestEpoch = -1;
  #epoch = -1;

  constructor(options: EarlyStoppingOptions = {}) {
    checkCall('EarlyStopping', arguments, [], spec.checks);
    this.#options = complete('EarlyStopping', options, spec);
  }

  /** Takes a metric, and returns whether to stop. */
  update(metric: number): boolean {
    const { mode, minDelta } = this.#options;
    this.#epoch++;
    const sign = mode === 'min' ? -1 : 1;
    if (this.best === undefined ? !Number.isNaN(metric) : sign * (metric - this.best) > minDelta) {
      this.best = metric;
      this.bestEpoch = this.#epoch;
    }
    return this.isOver;
  }

  /** Whether patience has run out. */
  get isOver(): boolean {
    return this.#epoch - this.bestEpoch >= this.#options.patience;
  }

  stateDict(): EarlyStoppingState {
    return { best: this.best ?? null, bestEpoch: this.bestEpoch, epoch: this.#epoch };
  }

  /**
   * Goes on from a state.
   *
   * @throws ArgumentError for something else.
   */
  loadStateDict({ best, bestEpoch, epoch }: EarlyStoppingState): void {
    if (
      !(best === null || typeof best === 'number') ||
      !Number.isSafeInteger(bestEpoch) ||
      !Number.isSafeInteger(epoch)
    ) {
      throw new ArgumentError(
        'EarlyStopping: what loadStateDict got is not a state; it needs what stateDict() gives, { best, bestEpoch, epoch }',
      );
    }
    this.best = best ?? undefined;
    this.bestEpoch = bestEpoch;
    this.#epoch = epoch;
  }
}
