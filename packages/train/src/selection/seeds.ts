// Seeds for runs that must not depend on each other.

import { Generator } from '@dl/autograd';

/** The seed of run `index` of a series: a function of both numbers alone. */
export function seedOf(seed: number, index: number): number {
  return new Generator(seed).fork(index).integer(0, Number.MAX_SAFE_INTEGER);
}
