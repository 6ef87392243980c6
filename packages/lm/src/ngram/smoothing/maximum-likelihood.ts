// maximumLikelihood: counts divided by their sum.

import { checkCall, type Known } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import type { FloorModel } from '../model.js';
import { type ConventionOptions, conventionOptions, saidOf } from './arguments.js';
import { floorModel, ofEachOrder } from './floor.js';

const known: Known<ConventionOptions> = conventionOptions;

/**
 * Maximum likelihood, the model under which the counted text is most probable: each token as often as it came in its context.
 *
 *     p(w | h) = c(h w) / Σ c(h v)      the sum over all tokens v
 *
 * Nothing is smoothed. What never came in a context has probability 0 there, so that a text with one new n-gram has perplexity Infinity. In a context that never came
 * all counts are 0, and so is the answer for every token, as in NLTK: there, and only there, the probabilities do not sum to 1. `info.details.unseenContexts` says so.
 *
 * With `cutoffs`, what was cut off in a context is shared evenly among the tokens that came at all and are not in the tree behind it.
 *
 * With `conventions: 'nltk'` the numbers are those of NLTK's `MLE` for the same padding (`full` is NLTK's own). It differs in begin tokens alone: there
 * they are counted among what comes next.
 *
 * @throws ArgumentError for what is no {@link NgramCounts}, and when nothing was counted.
 *
 * @example
 * ```ts
 * import { maximumLikelihood, NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 0, 2, 0, 1]);
 * const model = maximumLikelihood(counts);
 * console.log(model.probability(1, [0]).toFixed(3)); // 0.667: after 0 came 1, 2, 1
 * ```
 */
export function maximumLikelihood(counts: NgramCounts, options: ConventionOptions = {}): FloorModel {
  checkCall('maximumLikelihood', arguments, ['counts'], known);
  const said = saidOf('maximumLikelihood', counts, options.conventions);
  const weighing = { of: (count: number) => count, absent: 0 };
  return floorModel(counts, said, options.cutoffs, ofEachOrder(counts, weighing), {
    smoothing: 'maximum likelihood',
    unseen: -Infinity,
    details: { unseenContexts: 'probability 0 for every token' },
  });
}
