// What smoothings ask of their arguments, and which tokens they give a probability.

import { ArgumentError, shown } from '@dl/autograd';
import { NgramCounts } from '../counts.js';

/** Options of every smoothing. */
export interface SmoothingOptions {
  /**
   * How often an n-gram of each order must have come to stand in the model: `[1, 1, 2]` leaves out trigrams, and longer ones, that came once. The last number
   * goes for all higher orders; tokens alone always stay. Default: all stay.
   */
  readonly cutoffs?: readonly number[];
}

/** Options of smoothings that NLTK has, too. */
export interface ConventionOptions extends SmoothingOptions {
  /** `nltk`: the numbers of NLTK, which says begin tokens as it says all others. */
  readonly conventions?: 'nltk';
}

export const smoothingOptions = { cutoffs: 'numbers' } as const;
export const conventionOptions = { cutoffs: 'numbers', conventions: ['nltk'] } as const;

/** Tokens that are given a probability. */
export interface Said {
  /** 1 for each token that no model says. */
  readonly isSilent: Uint8Array;
  /** How many are said. */
  readonly size: number;
}

/** Checks what was counted, and gives the tokens that are said. */
export function saidOf(name: string, counts: NgramCounts, conventions?: 'nltk'): Said {
  if (!(counts instanceof NgramCounts)) {
    throw new ArgumentError(`${name}: counts is ${shown(counts)}, needs NgramCounts to which a text was added`);
  }
  const { vocabulary, vocabularySize } = counts;
  if (conventions === 'nltk' && vocabulary !== undefined && vocabulary.unk === undefined) {
    throw new ArgumentError(
      `${name}: the vocabulary has no unk, but NLTK counts an unknown label in every vocabulary; make it with unk, such as '<UNK>'`,
    );
  }
  const silent = conventions === 'nltk' ? [] : counts.silent;
  const isSilent = new Uint8Array(vocabularySize);
  for (const token of silent) isSilent[token] = 1;
  const size = vocabularySize - silent.length;
  if (size === 0) {
    throw new ArgumentError(
      `${name}: all tokens of the vocabulary are begin or padding, needs at least one that is said`,
    );
  }
  return { isSilent, size };
}
