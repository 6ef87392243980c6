// The smoothings that are compared.

import {
  absoluteDiscounting,
  goodTuring,
  jelinekMercer,
  katz,
  kneserNey,
  laplace,
  lidstone,
  maximumLikelihood,
  modifiedKneserNey,
  type NgramCounts,
  type NgramModel,
  stupidBackoff,
  wittenBell,
} from '@dl/lm';

/** Counts of all that may be learned from, and the same in two parts: most of it counted, and the rest as tokens. */
export interface Learned {
  readonly counts: NgramCounts;
  readonly most: NgramCounts;
  readonly rest: readonly ArrayLike<number>[];
}

/** By the names that the table has, the simplest first. */
export const smoothings: Readonly<Record<string, (learned: Learned) => NgramModel>> = {
  'maximum likelihood': ({ counts }) => maximumLikelihood(counts),
  Laplace: ({ counts }) => laplace(counts),
  'Lidstone 0.01': ({ counts }) => lidstone(counts, { gamma: 0.01 }),
  'Good–Turing': ({ counts }) => goodTuring(counts),
  // Its weights are found by text that is not counted.
  'Jelinek–Mercer': ({ most, rest }) => jelinekMercer(most, { heldOut: rest, buckets: 20 }),
  Katz: ({ counts }) => katz(counts),
  'absolute discounting': ({ counts }) => absoluteDiscounting(counts),
  'Witten–Bell': ({ counts }) => wittenBell(counts),
  'Kneser–Ney': ({ counts }) => kneserNey(counts),
  'modified Kneser–Ney': ({ counts }) => modifiedKneserNey(counts),
  // No distribution: what it gives sums to more or less than 1, so its figures are not to be compared with others.
  'stupid back-off*': ({ counts }) => stupidBackoff(counts),
};
