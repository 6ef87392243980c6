// Stupid back-off: relative frequencies, a fixed factor for each token of the context that is given up, and no care for sums.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { NgramCounts } from '../counts.js';
import { infoOf } from '../model.js';
import { StupidBackoffModel } from '../stupid-backoff-model.js';
import { type ConventionOptions, conventionOptions, saidOf } from './arguments.js';
import { contextSums } from './context-sums.js';
import { placesIn } from './interpolated.js';

/** Options of {@link stupidBackoff}. */
export interface StupidBackoffOptions extends ConventionOptions {
  /** The factor, above 0 and at most 1. Default 0.4, as in the source. */
  readonly alpha?: number;
}

const stupidBackoffOptions: Known<StupidBackoffOptions> = { alpha: 'number', ...conventionOptions };

/**
 * Stupid back-off: relative frequencies of what came, and otherwise a fixed factor of what the shorter context gives. Quick, and good with very much text, but its
 * scores are no probabilities: they do not sum to 1, `info.isDistribution` is false, and a perplexity of them means nothing beside another model's.
 *
 *     S(w | h) = c(h w) / c(h ·)                               where h w came
 *              = alpha · S(w | h without its first token)      otherwise
 *     S(w)     = c(w) / N,   alpha / V where w never came
 *
 * c(h ·) is how often some token came behind h, N how many tokens there are and V how many a model says. A context that never came costs its factor, too.
 *
 * With `conventions: 'nltk'` it is NLTK's StupidBackoff: a token that never came has the score 0, and a begin token one above 0.
 *
 * @throws ArgumentError for an alpha that is not above 0 and at most 1, and where nothing was counted.
 *
 * Source: Brants et al., Large language models in machine translation, 2007.
 *
 * @example
 * ```ts
 * import { NgramCounts, stupidBackoff } from '@dl/lm';
 * const model = stupidBackoff(new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(model.probability(1, [0]), model.probability(0, [0]).toFixed(2)); // 1 0.16
 * ```
 */
export function stupidBackoff(counts: NgramCounts, options: StupidBackoffOptions = {}): StupidBackoffModel {
  checkCall('stupidBackoff', arguments, ['counts'], stupidBackoffOptions);
  const { alpha = 0.4, cutoffs = [], conventions } = options;
  const said = saidOf('stupidBackoff', counts, conventions);
  if (!(alpha > 0 && alpha <= 1)) {
    throw new ArgumentError(`stupidBackoff: alpha is ${shown(alpha)}, needs a number above 0 and at most 1`);
  }
  const { isSilent, size } = said;
  const full = counts.trie();
  const { trie, counts: often } = cutoffs.length === 0 ? full : counts.trie(cutoffs);
  const places = placesIn(full.trie, trie);
  // Without begin tokens behind begin tokens.
  const { whole } = contextSums(full, said);
  const unknown = conventions === 'nltk' ? 0 : alpha / size;
  const logProbabilities = new Float64Array(trie.size);
  for (let context = 0; context < trie.contexts; context++) {
    const end = trie.children[context + 1]!;
    const total = whole[places[context]!]!;
    for (let child = trie.children[context]!; child < end; child++) {
      const count = often[child]!;
      const share = isSilent[trie.words[child]!] === 1 ? 0 : count > 0 ? count / total : unknown;
      logProbabilities[child] = Math.log(share);
    }
  }
  const info = infoOf(counts, 'stupid back-off', { alpha, unknown }, false);
  return new StupidBackoffModel(trie, { logProbabilities, alpha }, info);
}
