// lidstone and laplace: something is added to each count.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import type { FloorModel } from '../model.js';
import { type ConventionOptions, conventionOptions, saidOf } from './arguments.js';
import { floorModel, ofEachOrder } from './floor.js';

/** Options of {@link lidstone}. */
export interface LidstoneOptions extends ConventionOptions {
  /** What is added to each count: 1 is Laplace's rule, 0.5 that of Jeffreys and Perks, 0 maximum likelihood. */
  readonly gamma: number;
}

const laplaceOptions: Known<ConventionOptions> = conventionOptions;
const lidstoneOptions: Known<LidstoneOptions> = { gamma: 'number', ...conventionOptions };

/**
 * Lidstone's rule (1920): a number is added to the count of each token, whether it came or not.
 *
 *     p(w | h) = (c(h w) + gamma) / (Σ c(h v) + gamma V)      V: how many tokens can be said
 *
 * In a context that never came each token has 1 / V; with a gamma of 0, which is {@link maximumLikelihood}, each has 0 there, as has what never came in others. Simple, and far from good: it gives the more to what never came the more tokens there are.
 *
 * V leaves out begin tokens (of padded counts, or where none came) and padding, which are never said. With `cutoffs`, what was cut off in a context is shared evenly among the tokens that are
 * not in the tree behind it.
 *
 * With `conventions: 'nltk'` the numbers are those of NLTK's `Lidstone` for the same padding (`full` is NLTK's own): V is all of the vocabulary, which has an unknown label
 * in NLTK and has to have one here.
 *
 * @throws ArgumentError for a gamma below 0, when nothing was counted, and for a vocabulary without `unk` under NLTK's conventions.
 *
 * @example
 * ```ts
 * import { lidstone, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 0, 2, 0, 1]);
 * const model = lidstone(counts, { gamma: 0.5 });
 * console.log(model.probability(1, [0]).toFixed(3)); // 0.556, (2 + 0.5) / (3 + 1.5)
 * ```
 */
export function lidstone(counts: NgramCounts, options: LidstoneOptions): FloorModel {
  checkCall('lidstone', arguments, ['counts'], lidstoneOptions);
  return added('lidstone', counts, options?.gamma, options);
}

/**
 * Laplace's rule (1814): each token counts once more than it came. {@link lidstone} with gamma 1.
 *
 *     p(w | h) = (c(h w) + 1) / (Σ c(h v) + V)      V: how many tokens can be said
 *
 * With `conventions: 'nltk'` the numbers are those of NLTK's `Laplace`.
 *
 * @throws ArgumentError as {@link lidstone} does.
 *
 * @example
 * ```ts
 * import { laplace, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 0, 2, 0, 1]);
 * const model = laplace(counts);
 * console.log(model.probability(1, [0])); // 0.5, (2 + 1) / (3 + 3)
 * ```
 */
export function laplace(counts: NgramCounts, options: ConventionOptions = {}): FloorModel {
  checkCall('laplace', arguments, ['counts'], laplaceOptions);
  return added('laplace', counts, 1, options);
}

function added(
  name: 'laplace' | 'lidstone',
  counts: NgramCounts,
  gamma: number,
  options: ConventionOptions,
): FloorModel {
  if (!(Number.isFinite(gamma) && gamma >= 0)) {
    throw new ArgumentError(`${name}: gamma is ${shown(gamma)}, needs a finite number of at least 0, such as 0.1`);
  }
  const said = saidOf(name, counts, options.conventions);
  const weighing = { of: (count: number) => count + gamma, absent: gamma };
  return floorModel(counts, said, options.cutoffs, ofEachOrder(counts, weighing), {
    smoothing: name === 'laplace' ? 'Laplace' : 'Lidstone',
    unseen: gamma === 0 ? -Infinity : -Math.log(said.size),
    details: { gamma, unseenContexts: gamma === 0 ? 'probability 0 for every token' : 'each token alike' },
  });
}
