// Witten–Bell: what is new behind a context is as likely as something new was in the past.

import { checkCall, type Known } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import type { BackoffModel } from '../model.js';
import { type ConventionOptions, conventionOptions, saidOf } from './arguments.js';
import { interpolated } from './interpolated.js';

const wittenBellOptions: Known<ConventionOptions> = conventionOptions;

/**
 * Witten–Bell smoothing, interpolated: each token that came behind a context for the first time was something new, and so often something new is expected there.
 *
 *     p(w | h) = (c(h w) + N(h ·) · p(w | h without its first token)) / (c(h ·) + N(h ·))
 *
 * c(h ·) is how often some token came behind h, N(h ·) how many different ones. The order 1 is interpolated with the uniform distribution over all tokens that a model
 * says, so that a token that never came has the probability `info.details.unknown` without a context.
 *
 * With `conventions: 'nltk'` it is NLTK's WittenBellInterpolated: tokens alone have their relative frequency, so that one that never came has probability 0, and a
 * begin token one above 0.
 *
 * @throws ArgumentError where nothing was counted.
 *
 * Source: Witten and Bell, The zero-frequency problem, 1991, method C; Chen and Goodman 1998, section 2.6.
 *
 * @example
 * ```ts
 * import { NgramCounts, wittenBell } from '@dl/lm';
 * const model = wittenBell(new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(model.probability(1, [0]).toFixed(3)); // (2 + (2 + 3 / 4) / 8) / 3 = 0.781
 * ```
 */
export function wittenBell(counts: NgramCounts, options: ConventionOptions = {}): BackoffModel {
  checkCall('wittenBell', arguments, ['counts'], wittenBellOptions);
  const { cutoffs, conventions } = options;
  const isNltk = conventions === 'nltk';
  return interpolated(counts, saidOf('wittenBell', counts, conventions), cutoffs, (counted) => ({
    smoothing: 'Witten-Bell',
    counts: counted.counts,
    given: () => 0,
    added: (order) => (isNltk && order === 1 ? 0 : 1),
    details: {},
  }));
}
