// Checks that the toy data share.

import { ArgumentError, shown } from '@dl/autograd';

/** Refuses what is not a whole number of at least 1. */
export function checkCount(what: string, name: string, count: number, least = 1): void {
  if (!Number.isSafeInteger(count) || count < least) {
    throw new ArgumentError(`${what}: ${name} is ${shown(count)}, needs a whole number of at least ${least}`);
  }
}

/** Refuses noise that is negative, or NaN. */
export function checkNoise(what: string, noise: number): void {
  if (!(noise >= 0 && noise < Infinity)) {
    throw new ArgumentError(`${what}: noise is ${shown(noise)}, needs a standard deviation of at least 0`);
  }
}
