// Schedules by a function: LambdaLR, MultiplicativeLR.

import { ArgumentError } from '@dl/autograd';
import { forEachGroup, LRScheduler, type Scheduled } from './schedule.js';

/** The factor of a rate, by the epoch. */
export type Factor = (epoch: number) => number;

/**
 * The rate that each group began with, times what a function says for the epoch, as PyTorch's LambdaLR: one for all groups
 * or one for each.
 *
 *     lr₀ · f(epoch)
 *
 * @throws ArgumentError for something else than functions, or another number of them than of groups.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LambdaLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
 * const schedule = new LambdaLR(optimizer, (epoch) => 1 / (1 + epoch));
 * schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.05]
 * ```
 */
export class LambdaLR extends LRScheduler {
  constructor(optimizer: Scheduled, lrLambda: Factor | readonly Factor[]) {
    const factors = functions('LambdaLR', lrLambda, optimizer);
    super('LambdaLR', optimizer, ({ epoch, baseLr, index }) => baseLr * (factors[index] ?? factors[0]!)(epoch));
  }
}

/**
 * The rate that each group has, times what a function says for the epoch, as PyTorch's MultiplicativeLR: one for all groups
 * or one for each.
 *
 *     lr ← lr · f(epoch)
 *
 * @throws ArgumentError for something else than functions, or another number of them than of groups.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MultiplicativeLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
 * const schedule = new MultiplicativeLR(optimizer, () => 0.5);
 * schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.05]
 * ```
 */
export class MultiplicativeLR extends LRScheduler {
  constructor(optimizer: Scheduled, lrLambda: Factor | readonly Factor[]) {
    const factors = functions('MultiplicativeLR', lrLambda, optimizer);
    super('MultiplicativeLR', optimizer, ({ epoch, lr, index }) =>
      epoch === 0 ? lr : lr * (factors[index] ?? factors[0]!)(epoch),
    );
  }
}

function functions(name: string, given: Factor | readonly Factor[], optimizer: Scheduled): Factor[] {
  const all = forEachGroup(name, 'lrLambda', given, optimizer);
  if (all.every((each) => typeof each === 'function')) return all;
  throw new ArgumentError(
    `${name}: lrLambda is no function; it needs one from the epoch to a factor, or one for each group`,
  );
}
