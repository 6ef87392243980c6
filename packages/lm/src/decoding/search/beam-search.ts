// beamSearch: the most probable sequences, by the best beginnings of each length.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import { BeamGroup, type BeamRules, type BeamSequence } from './beam-group.js';
import { type Growth, type Lane, type Rows, type SearchOptions, search, searchOptions, together } from './search.js';

/** Options of {@link beamSearch}. */
export interface BeamSearchOptions extends SearchOptions {
  /** How many beginnings grow side by side, in all groups together. Default 4. */
  readonly beams?: number;
  /** How many sequences are given, of each group as many; at most `beams`. Default 1, or as many as there are groups. */
  readonly nBest?: number;
  /** The exponent α of the length penalty, at least 0: 0 ranks by probability, which likes short sequences; 0.6 to 1 are usual. Default 0. */
  readonly lengthPenalty?: number;
  /** Its formula: `wu` is ((5 + length) / 6)^α, `power` is length^α. Default `wu`. */
  readonly lengthFormula?: 'wu' | 'power';
  /**
   * Whether a search ends as soon as so many sequences have ended as there are beams, though a better one might come. Default false: it ends when none can.
   */
  readonly earlyStop?: boolean;
  /** In how many groups the beams are, each of which keeps away from what those before it do. Default 1. */
  readonly groups?: number;
  /** What a group takes off the score of a token for each beam of the groups before it that took this token at the same step. Default 0.5 for several groups. */
  readonly diversityPenalty?: number;
}

const beamSearchOptions: Known<BeamSearchOptions> = {
  ...searchOptions,
  beams: 'number',
  nBest: 'number',
  lengthPenalty: 'number',
  lengthFormula: ['wu', 'power'],
  earlyStop: 'boolean',
  groups: 'number',
  diversityPenalty: 'number',
};

/**
 * The most probable sequences by beam search (Graves, 2012; Sutskever, Vinyals & Le, 2014), a list for each prompt, the best one first, all of them different. At each length the
 * `beams` best beginnings go on. With as many beams as there are sequences the result is the best of all; with one beam, no length penalty and adjustments that are bounded, or none, it is that of
 * `generate` without drawing.
 *
 *     score(y) = ∑ log p(y_t | y before t) / penalty(length of y)
 *     penalty(n) = ((5 + n) / 6)^α   `wu`: Wu et al., "Google's neural machine translation system", 2016
 *                = n^α               `power`
 *
 * The length counts the end token, whose log-probability is in the sum, too. A sequence ends by an end token that comes among the `beams` best ways to go on, or with `maxLength` tokens; of several
 * end tokens the most probable one counts. Of equal scores the one of the better beam comes first, then the smaller token.
 *
 * A search is over when nothing goes on, or when no beam can come among the `nBest` any more: its sum only falls, so that it comes to total / penalty(longest) at most. `earlyStop` ends
 * it sooner, when as many have ended as there are beams.
 *
 * **Adjustments** change the scores that are summed, which are not made to sum to 1 again: with a constraint the result is what is most probable of all that fits. Those that may put a score above 0, such
 * as a positive bias, lack `isBounded`: a search then goes on to the greatest length, also behind the first end that one beam finds, unless `earlyStop` is asked for.
 *
 * **Groups** (Vijayakumar et al., "Diverse beam search", 2016): each has beams / groups of the beams and its own end. They choose one after another at each step, where a group ranks
 * a token by its score less `diversityPenalty` times the number of beams of the groups before it that took it at this step. That penalty decides for this step alone, and is no part of the score. Given are
 * nBest / groups sequences of each group, all different, in the order of their scores.
 *
 * A row of the model for each beam: all prompts go through it together. Fewer than `nBest` are given where there are not as many.
 *
 * @throws ArgumentError for options out of range, for a model that gives NaN or what is no log-probability, and where no token is left that may follow.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { beamSearch } from '@dl/lm';
 *
 * // 0 ends. The best first token is 1, but the best sequence begins with 2.
 * const table = [[0.1, 0.5, 0.4], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]];
 * const model = functionModel(3, ([last = 0]) => table[last]!.map(Math.log), { context: 1 });
 * const [best] = await beamSearch(model, { beams: 3, nBest: 2, end: 0, maxLength: 4 });
 * for (const { tokens, logProbability } of best!) console.log(tokens, Math.exp(logProbability)); // [2] 0.36, [1] 0.2
 * ```
 */
export async function beamSearch<State>(
  model: StepModel<State>,
  options: BeamSearchOptions = {},
): Promise<BeamSequence[][]> {
  checkCall('beamSearch', arguments, ['model'], beamSearchOptions);
  const { groups = 1, beams = 4, nBest = groups, lengthFormula = 'wu', earlyStop = false, adjustments = [] } = options;
  const alpha = checkRange('lengthPenalty', options.lengthPenalty ?? 0);
  const diversityPenalty = checkRange('diversityPenalty', options.diversityPenalty ?? 0.5);
  for (const [name, value] of Object.entries({ beams, groups, nBest })) checkInteger('beamSearch', name, value, 1);
  if (beams % groups !== 0 || nBest % groups !== 0) {
    throw new ArgumentError(
      `beamSearch: beams is ${beams} and nBest ${nBest} for ${groups} groups; needs as many of both for each group`,
    );
  }
  if (nBest > beams) {
    throw new ArgumentError(`beamSearch: nBest is ${nBest} and beams ${beams}; needs at least as many beams`);
  }
  if (options.diversityPenalty !== undefined && groups === 1) {
    throw new ArgumentError('beamSearch: diversityPenalty is for several groups; give groups, such as 2');
  }
  const rules: BeamRules = {
    beams: beams / groups,
    nBest,
    penalty: lengthFormula === 'wu' ? (length) => ((5 + length) / 6) ** alpha : (length) => length ** alpha,
    earlyStop,
    diversityPenalty,
    isBounded: adjustments.every(({ isBounded }) => isBounded === true),
  };
  const lanes = await search('beamSearch', model, options, {
    make: (task) => new BeamLane(Array.from({ length: groups }, () => new BeamGroup(task, rules))),
    drive: together,
  });
  return lanes.map((lane) => lane.found(nBest / groups));
}

/** All groups of beams that search for one sequence. */
class BeamLane implements Lane {
  readonly #groups: readonly BeamGroup[];
  #isBegun = false;

  constructor(groups: readonly BeamGroup[]) {
    this.#groups = groups;
  }

  advance(rows: Rows): Growth[] {
    const taken = new Map<number, number>();
    const growths: Growth[] = [];
    let at = 0;
    for (const group of this.#groups) {
      const { size } = group;
      if (size === 0) continue;
      const first = at;
      for (const { from, token } of group.advance((row) => rows(first + row), taken)) {
        growths.push({ from: first + from, token });
      }
      // They all begin with the one row that there is.
      if (this.#isBegun) at += size;
    }
    this.#isBegun = true;
    return growths;
  }

  /** So many of each group, all different. */
  found(count: number): BeamSequence[] {
    const seen = new Set<string>();
    const all = this.#groups.flatMap(({ found }) => {
      const fresh = found.filter(({ tokens }) => !seen.has(`${tokens}`)).slice(0, count);
      for (const { tokens } of fresh) seen.add(`${tokens}`);
      return fresh;
    });
    return all.sort((a, b) => b.score - a.score);
  }
}

function checkRange(name: string, value: number): number {
  if (!(value >= 0 && value < Infinity)) {
    throw new ArgumentError(`beamSearch: ${name} is ${shown(value)}, needs a finite number of at least 0`);
  }
  return value;
}
