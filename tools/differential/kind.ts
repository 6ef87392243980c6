// What a kind of case is: how one is drawn, how it is run here, and what is known of its disagreements.

import type { Random } from './random.js';

/** Numbers, nested as they may be; what JSON lacks is 'nan', 'inf' or '-inf'. */
export type Numbers = number | string | null | readonly Numbers[];

/**
 * What a case gives by name; or that it was refused, on either side. What is compared with may say by `NAME ±` how far off its own
 * numbers called NAME may be, which is allowed on top of the tolerance; 'inf' where they are worth nothing.
 */
export type Outcome = { readonly [name: string]: Numbers } | { readonly error: string };

/** How near numbers must be: |a - b| ≤ atol + rtol |b|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/**
 * A kind of random case. Its cases are plain JSON. `kinds/NAME.py` has a function of the same name, `def NAME(case)`, that gives the
 * outcome of PyTorch, unless `reference` computes what to compare with here.
 */
export interface Kind<Case = unknown> {
  readonly name: string;
  /** A case, from nothing but the generator: the same number gives the same case for ever. */
  draw(random: Random): Case;
  run(given: Case): Outcome | Promise<Outcome>;
  /** What to compare with, in place of PyTorch. */
  reference?(given: Case): Outcome | Promise<Outcome>;
  tolerance(given: Case): Tolerance;
  /** Why these two may differ: a fault of the reference, or a custom that is documented; undefined where nothing is known. */
  reason?(given: Case, ours: Outcome, theirs: Outcome): string | undefined;
}

/** Numbers as JSON can have them. */
export function plain(value: number): Numbers {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  return value === Number.NEGATIVE_INFINITY ? '-inf' : value;
}

/** The same of a list, such as the data of a tensor. */
export const plainList = (values: ArrayLike<number>): Numbers => Array.from(values, plain);
