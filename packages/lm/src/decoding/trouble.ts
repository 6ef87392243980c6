// What to say when scores make no die: whose fault it is, of the model or of an adjustment.

import { ArgumentError } from '@dl/autograd';
import type { Adjusted } from './adjustment.js';
import { firstOfLargest } from './weights.js';

/**
 * The error for scores from which no token can be chosen, found by making the adjustments once more, one by one.
 *
 * @param where what was called
 * @param moment when it was: `at step 3 of sequence 0`
 * @param scores those of the model
 */
export function trouble(where: string, moment: string, scores: Float64Array, adjusted: Adjusted | undefined): Error {
  const error = (what: string): Error => new ArgumentError(`${where}: ${what}, ${moment}`);
  const nan = scores.findIndex(Number.isNaN);
  if (nan >= 0) return error(`the model gives NaN as log-probability of token ${nan}`);
  const most = scores[firstOfLargest(scores, 0, scores.length)];
  if (most === undefined || Math.abs(most) === Infinity) {
    return error(
      `the largest log-probability that the model gives is ${most}, needs a finite one, so that there is a token to say`,
    );
  }
  const now = scores.slice();
  const removers: string[] = [];
  let left = count(now);
  let found: Error | undefined;
  adjusted?.applyEach(now, ({ name }) => {
    if (found) return;
    const bad = now.findIndex((score) => !(score < Infinity));
    if (bad >= 0) {
      found = error(`${name} makes the score of token ${bad} ${now[bad]}, needs a finite number or -Infinity`);
      return;
    }
    const remain = count(now);
    if (remain < left) removers.push(name);
    left = remain;
    if (left === 0) {
      found = error(
        `nothing is left to choose from: ${removers.join(', then ')} took all tokens out; loosen one of them`,
      );
    }
  });
  return found ?? error('the scores of the tokens are no numbers to choose by');
}

/** How many tokens are not out. */
export function count(scores: Float64Array): number {
  let left = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > -Infinity) left++;
  return left;
}
