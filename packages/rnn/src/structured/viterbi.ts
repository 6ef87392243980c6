// The best sequence of tags (Viterbi, 1967): the forward algorithm with the largest in the place of the sum.

import { ArgumentError } from '@dl/autograd';

/** The best tags of a sequence, and their score: the logarithm of what a {@link CRF} divides by Z. */
export interface TagPath {
  readonly tags: readonly number[];
  readonly score: number;
}

/** The scores of a chain, each list row by row. */
export interface ChainScores {
  readonly numTags: number;
  /** [steps, tags] */
  readonly emissions: ArrayLike<number>;
  /** [from, to] */
  readonly transitions: ArrayLike<number>;
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}

/**
 * The best path through a chain; of several that are as good, one whose last tag is the first of them.
 *
 * @throws ArgumentError for NaN, and where no path is allowed.
 */
export function bestPath({ numTags, emissions, transitions, start, end }: ChainScores, row: number): TagPath {
  const steps = emissions.length / numTags;
  for (let i = 0; i < emissions.length; i++) {
    if (Number.isNaN(emissions[i])) {
      const [step, tag] = [Math.floor(i / numTags), i % numTags];
      throw new ArgumentError(
        `CRF: the score of tag ${tag} at step ${step} of sequence ${row} is NaN, which is not the best of anything`,
      );
    }
  }
  let best = Array.from({ length: numTags }, (_, tag) => start[tag]! + emissions[tag]!);
  /** Where the best path to each tag comes from, a row for each step but the first. */
  const origins: Int32Array[] = [];
  for (let step = 1; step < steps; step++) {
    const from = new Int32Array(numTags);
    best = best.map((_, to) => {
      let top = -Infinity;
      for (let tag = 0; tag < numTags; tag++) {
        const score = best[tag]! + transitions[tag * numTags + to]!;
        if (score > top) [top, from[to]] = [score, tag];
      }
      return top + emissions[step * numTags + to]!;
    });
    origins.push(from);
  }
  let [score, last] = [-Infinity, 0];
  for (let tag = 0; tag < numTags; tag++) {
    const whole = best[tag]! + end[tag]!;
    if (whole > score) [score, last] = [whole, tag];
  }
  if (score === -Infinity) {
    throw new ArgumentError(
      `CRF: no path of ${steps} steps is allowed for sequence ${row}; allow more, or leave the sequence out`,
    );
  }
  const tags = [last];
  for (const from of origins.reverse()) tags.push(from[tags.at(-1)!]!);
  return { tags: tags.reverse(), score };
}
