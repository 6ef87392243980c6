// Every smoothing by its name, for those who choose one by a word.

import type { NgramCounts } from '../counts.js';
import type { NgramModel } from '../model.js';
import { absoluteDiscounting } from './absolute-discounting.js';
import { goodTuring } from './good-turing.js';
import { jelinekMercer } from './jelinek-mercer.js';
import { katz } from './katz.js';
import { kneserNey, modifiedKneserNey } from './kneser-ney.js';
import { laplace, lidstone } from './lidstone.js';
import { maximumLikelihood } from './maximum-likelihood.js';
import { stupidBackoff } from './stupid-backoff.js';
import { wittenBell } from './witten-bell.js';

/** The smoothings that have a name: their functions' names. */
export type SmoothingName =
  | 'maximumLikelihood'
  | 'laplace'
  | 'lidstone'
  | 'goodTuring'
  | 'jelinekMercer'
  | 'katz'
  | 'absoluteDiscounting'
  | 'wittenBell'
  | 'kneserNey'
  | 'modifiedKneserNey'
  | 'stupidBackoff';

/** A smoothing as it is by default. */
export interface NamedSmoothing {
  /** Whether it finds its weights by text that is not counted. */
  readonly holdsOut?: boolean;
  make(counts: NgramCounts, heldOut: readonly ArrayLike<number>[]): NgramModel;
}

/** What `lidstone` adds where nothing is said. */
const GAMMA = 0.1;

export const smoothings: Readonly<Record<SmoothingName, NamedSmoothing>> = {
  maximumLikelihood: { make: (counts) => maximumLikelihood(counts) },
  laplace: { make: (counts) => laplace(counts) },
  lidstone: { make: (counts) => lidstone(counts, { gamma: GAMMA }) },
  goodTuring: { make: (counts) => goodTuring(counts) },
  jelinekMercer: { holdsOut: true, make: (counts, heldOut) => jelinekMercer(counts, { heldOut }) },
  katz: { make: (counts) => katz(counts) },
  absoluteDiscounting: { make: (counts) => absoluteDiscounting(counts) },
  wittenBell: { make: (counts) => wittenBell(counts) },
  kneserNey: { make: (counts) => kneserNey(counts) },
  modifiedKneserNey: { make: (counts) => modifiedKneserNey(counts) },
  stupidBackoff: { make: (counts) => stupidBackoff(counts) },
};
