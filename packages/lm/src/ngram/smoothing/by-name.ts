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

/** The smoothings that have a name. */
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

/** As each is by default. A function for each, so that only counts are handed on. */
export const smoothings: Readonly<Record<SmoothingName, (counts: NgramCounts) => NgramModel>> = {
  maximumLikelihood: (counts) => maximumLikelihood(counts),
  laplace: (counts) => laplace(counts),
  lidstone: (counts) => lidstone(counts),
  goodTuring: (counts) => goodTuring(counts),
  jelinekMercer: (counts) => jelinekMercer(counts),
  katz: (counts) => katz(counts),
  absoluteDiscounting: (counts) => absoluteDiscounting(counts),
  wittenBell: (counts) => wittenBell(counts),
  kneserNey: (counts) => kneserNey(counts),
  modifiedKneserNey: (counts) => modifiedKneserNey(counts),
  stupidBackoff: (counts) => stupidBackoff(counts),
};
