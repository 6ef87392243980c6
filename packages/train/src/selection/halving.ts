// Successive halving: many choices with a small budget, the best of them with a larger one.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { Space } from './choices.js';
import { draw, type RandomSearchOptions, randomSearchOptions } from './random.js';
import { checkSpace, compare, type SearchRun, Series, searchRun, type Trial, type TrialRun } from './trials.js';

/** Options of {@link successiveHalving}. */
export interface HalvingOptions extends RandomSearchOptions {
  /** What each trial may spend in the first round. Default 1. */
  readonly minBudget?: number;
  /** What those of the last round may have spent in all. */
  readonly maxBudget: number;
  /** Of so many trials one goes on, with so many times the budget. Default 3. */
  readonly factor?: number;
}

const halvingOptions: Known<HalvingOptions> = {
  minBudget: 'number',
  maxBudget: 'number',
  factor: 'number',
  ...randomSearchOptions,
};

/**
 * Successive halving (Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016): tries
 * many random choices with a small budget, goes on with the best third (`factor`) and three times the budget, and so on until
 * the largest budget. A trial may give back a state, such as that of `fit`, and is given it again when it goes on.
 *
 * @throws ArgumentError for a space or options that cannot be.
 *
 * @example
 * ```ts
 * import { successiveHalving, uniform } from '@dl/train';
 * // Stands for a training: the score comes nearer to x² the longer it runs.
 * const trials = successiveHalving({ x: uniform(-1, 1) }, ({ x }, { budget }) => x * x + 1 / budget, {
 *   trials: 9,
 *   maxBudget: 9,
 * });
 * const budgets: number[] = [];
 * for await (const { budget } of trials) budgets.push(budget);
 * console.log(budgets.join(' ')); // 1 1 1 1 1 1 1 1 1 3 3 3 9
 * ```
 */
export function successiveHalving<const S extends Space, State = undefined>(
  space: S,
  run: TrialRun<S, State>,
  options: HalvingOptions,
): SearchRun<S> {
  checkCall('successiveHalving', arguments, ['space', 'run'], halvingOptions);
  return searchRun('successiveHalving', byHalves(space, run, options));
}

async function* byHalves<S extends Space, State>(
  space: S,
  run: TrialRun<S, State>,
  options: HalvingOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  const where = 'successiveHalving';
  checkSpace(where, space, run, options);
  const { minBudget = 1, maxBudget, factor = 3, goal = 'min' } = options;
  if (!(factor > 1)) throw new ArgumentError(`${where}: factor is ${shown(factor)}, needs a number above 1`);
  if (!(minBudget > 0) || !(maxBudget >= minBudget)) {
    throw new ArgumentError(
      `${where}: the budget goes from ${minBudget} to ${maxBudget}, needs numbers above 0, the larger one last`,
    );
  }
  let left = draw(where, space, options);
  const series = new Series(where, run, options);
  for (let budget = minBudget; ; budget = Math.min(budget * factor, maxBudget)) {
    const done: Trial<S>[] = [];
    for (const one of left) {
      const trial = await series.run(one, budget);
      done.push(trial);
      yield trial;
    }
    if (budget >= maxBudget) return;
    const kept = done
      .sort((a, b) => compare(a.score, b.score, goal))
      .slice(0, Math.max(1, Math.floor(done.length / factor)));
    const numbers = new Set(kept.map(({ trial }) => trial));
    series.forget(numbers);
    left = left.filter(({ trial }) => numbers.has(trial));
  }
}
