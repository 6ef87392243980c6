// Random search: so many choices, drawn.

import { ArgumentError, checkCall, Generator, type Known, shown } from '@dl/autograd';
import type { Params, Space } from './choices.js';
import { seedOf } from './seeds.js';
import {
  checkSpace,
  type Drawn,
  type SearchOptions,
  type SearchRun,
  Series,
  searchOptions,
  searchRun,
  type Trial,
  type TrialRun,
} from './trials.js';

/** Options of {@link randomSearch}. */
export interface RandomSearchOptions extends SearchOptions {
  /** How many choices to try. */
  readonly trials: number;
}

export const randomSearchOptions: Known<RandomSearchOptions> = { trials: 'number', ...searchOptions };

/**
 * Tries random choices, which finds good values of the few parameters that matter sooner than a grid does (Bergstra & Bengio,
 * "Random search for hyper-parameter optimization", 2012).
 *
 * @throws ArgumentError for a space or options that cannot be.
 *
 * @example
 * ```ts
 * import { logUniform, randomSearch } from '@dl/train';
 * const trials = randomSearch({ lr: logUniform(1e-4, 1), units: [16, 32] }, ({ lr }) => Math.abs(Math.log10(lr) + 2), {
 *   trials: 20,
 * });
 * let found = 0;
 * for await (const { best } of trials) found = best.params.lr;
 * console.log(found); // near 0.01
 * ```
 */
export function randomSearch<const S extends Space>(
  space: S,
  run: TrialRun<S>,
  options: RandomSearchOptions,
): SearchRun<S> {
  checkCall('randomSearch', arguments, ['space', 'run'], randomSearchOptions);
  return searchRun('randomSearch', atRandom(space, run, options));
}

async function* atRandom<S extends Space>(
  space: S,
  run: TrialRun<S>,
  options: RandomSearchOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  checkSpace('randomSearch', space, run, options);
  const drawn = draw('randomSearch', space, options);
  const series = new Series('randomSearch', run, options);
  for (const one of drawn) yield series.run(one, 1);
}

export function draw<S extends Space>(where: string, space: S, { trials, seed = 0 }: RandomSearchOptions): Drawn<S>[] {
  if (!Number.isSafeInteger(trials) || trials < 1) {
    throw new ArgumentError(`${where}: trials is ${shown(trials)}, needs a whole number of at least 1`);
  }
  const generator = new Generator(seedOf(seed, 0));
  return Array.from({ length: trials }, (_, trial) => {
    const chosen = Object.entries(space).map(([name, choice]) => [
      name,
      typeof choice === 'function' ? choice(generator) : choice[generator.integer(0, choice.length)],
    ]);
    return { trial, params: Object.fromEntries(chosen) as Params<S> };
  });
}
