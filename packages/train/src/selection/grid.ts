// Grid search: every combination of the values.

import { ArgumentError, checkCall } from '@dl/autograd';
import type { Params } from './choices.js';
import {
  checkSpace,
  type SearchOptions,
  type SearchRun,
  Series,
  searchOptions,
  searchRun,
  type Trial,
  type TrialRun,
} from './trials.js';

/**
 * Tries every combination of the values, the last name changing fastest.
 *
 * @throws ArgumentError for a space that is no lists of values.
 *
 * @example
 * ```ts
 * import { gridSearch } from '@dl/train';
 * const trials = gridSearch({ x: [0, 1, 2], y: [0, 5] }, ({ x, y }) => (x - 1) ** 2 + y);
 * for await (const { trial, best } of trials) if (trial === 5) console.log(best.params); // { x: 1, y: 0 }
 * ```
 */
export function gridSearch<const S extends Readonly<Record<string, readonly unknown[]>>>(
  space: S,
  run: TrialRun<S>,
  options: SearchOptions = {},
): SearchRun<S> {
  checkCall('gridSearch', arguments, ['space', 'run'], searchOptions);
  return searchRun('gridSearch', overGrid(space, run, options));
}

async function* overGrid<S extends Readonly<Record<string, readonly unknown[]>>>(
  space: S,
  run: TrialRun<S>,
  options: SearchOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  const names = checkSpace('gridSearch', space, run, options);
  const drawn = names.find((name) => !Array.isArray(space[name]));
  if (drawn !== undefined) {
    throw new ArgumentError(`gridSearch: '${drawn}' is no list of values; list some, or use randomSearch`);
  }
  let all: Record<string, unknown>[] = [{}];
  for (const name of names) all = all.flatMap((chosen) => space[name]!.map((value) => ({ ...chosen, [name]: value })));
  const series = new Series('gridSearch', run, options);
  for (const [trial, params] of all.entries()) yield series.run({ trial, params: params as Params<S> }, 1);
}
