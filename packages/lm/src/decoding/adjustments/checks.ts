// What adjustments refuse.

import { ArgumentError, IndexError, shown } from '@dl/autograd';

/** Refuses a number that is not in a range, which `needs` says in words. */
export function need(isGood: boolean, where: string, name: string, value: unknown, needs: string): void {
  if (!isGood) throw new ArgumentError(`${where}: ${name} is ${shown(value)}, needs ${needs}`);
}

/** Refuses what is no number of a token, of whatever vocabulary. */
export function needTokenNumber(where: string, token: unknown): void {
  if (!(Number.isInteger(token) && (token as number) >= 0)) {
    throw new ArgumentError(`${where}: got ${shown(token)} as a token, needs a whole number of at least 0`);
  }
}

/** Refuses a token that the vocabulary has not. */
export function needToken(where: string, token: number, size: number): void {
  if (token >= size) throw new IndexError(`${where}: token ${token} is outside 0 … ${size - 1}`);
}
