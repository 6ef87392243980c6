// How often a decoder in training is given the true token before, as a function of the step of training.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';

/** Gives the probability of teacher forcing at a step of training, counted from 0. */
export type ForcingSchedule = (step: number) => number;

/** Options of {@link linearForcing}. */
export interface LinearForcingOptions {
  /** After how many steps it ends to fall. */
  readonly steps: number;
  /** What it begins with. Default 1. */
  readonly start?: number;
  /** What it falls to. Default 0. */
  readonly end?: number;
}

const linearForcingOptions: Known<LinearForcingOptions> = { steps: 'number', start: 'number', end: 'number' };

/**
 * Always the same probability, 1 for a teacher who never lets go.
 *
 * @throws ArgumentError outside 0 … 1.
 *
 * @example
 * ```ts
 * import { constantForcing } from '@dl/rnn';
 * const schedule = constantForcing(0.5);
 * console.log(schedule(0), schedule(1000)); // 0.5 0.5
 * ```
 */
export function constantForcing(probability: number): ForcingSchedule {
  checkCall('constantForcing', arguments, ['probability']);
  checkForcing('constantForcing', 'probability', probability);
  return () => probability;
}

/**
 * A probability that falls in a straight line, max(end, start - (start - end) · step / steps) (Bengio et al., "Scheduled sampling for sequence
 * prediction with recurrent neural networks", 2015).
 *
 * @throws ArgumentError for probabilities outside 0 … 1, an end above the start, and no steps.
 *
 * @example
 * ```ts
 * import { linearForcing } from '@dl/rnn';
 * const schedule = linearForcing({ steps: 1000, end: 0.2 });
 * console.log(schedule(0), schedule(500), schedule(2000)); // 1 0.6 0.2
 * ```
 */
export function linearForcing(options: LinearForcingOptions): ForcingSchedule {
  checkCall('linearForcing', arguments, [], linearForcingOptions);
  const { steps, start = 1, end = 0 } = options ?? {};
  if (!(steps > 0)) throw new ArgumentError(`linearForcing: steps is ${shown(steps)}, needs a number above 0`);
  checkForcing('linearForcing', 'start', start);
  checkForcing('linearForcing', 'end', end);
  if (end > start) throw new ArgumentError(`linearForcing: end is ${end}, above start, ${start}; a probability falls`);
  return (step) => Math.max(end, start - ((start - end) * step) / steps);
}

/**
 * A probability that falls by the same factor at each step, factor^step (Bengio et al., 2015).
 *
 * @throws ArgumentError for a factor outside 0 … 1.
 *
 * @example
 * ```ts
 * import { exponentialForcing } from '@dl/rnn';
 * const schedule = exponentialForcing(0.999);
 * console.log(schedule(0), schedule(1000)); // 1 0.3676…
 * ```
 */
export function exponentialForcing(factor: number): ForcingSchedule {
  checkCall('exponentialForcing', arguments, ['factor']);
  checkForcing('exponentialForcing', 'factor', factor);
  return (step) => factor ** step;
}

/**
 * A probability that stays high, falls, and stays low, k / (k + e^(step / k)): half way down after k · log k steps (Bengio et al., 2015).
 *
 * @throws ArgumentError for a k below 1.
 *
 * @example
 * ```ts
 * import { inverseSigmoidForcing } from '@dl/rnn';
 * const schedule = inverseSigmoidForcing(100);
 * console.log(schedule(0), schedule(460)); // 0.990… 0.501…
 * ```
 */
export function inverseSigmoidForcing(k: number): ForcingSchedule {
  checkCall('inverseSigmoidForcing', arguments, ['k']);
  if (!(k >= 1 && k < Infinity)) {
    throw new ArgumentError(`inverseSigmoidForcing: k is ${shown(k)}, needs a finite number of at least 1`);
  }
  return (step) => k / (k + Math.exp(step / k));
}

/** Throws unless it is a probability. */
export function checkForcing(use: string, name: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${use}: ${name} is ${shown(p)}, needs a probability from 0 to 1`);
}
