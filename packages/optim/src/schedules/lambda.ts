// Schedules by a function: LambdaLR, MultiplicativeLR.

import { ArgumentError, checkCall } from '@dl/autograd';
import {
  completeSchedule,
  forEachGroup,
  LRScheduler,
  noOptions,
  type Scheduled,
  type ScheduleOptions,
  scheduleOptions,
} from './schedule.js';

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
  constructor(optimizer: Scheduled, lrLambda: Factor | readonly Factor[], options: ScheduleOptions = {}) {
    checkCall('LambdaLR', arguments, ['optimizer', 'lrLambda'], scheduleOptions);
    const factors = functions('LambdaLR', lrLambda, optimizer);
    super(
      'LambdaLR',
      optimizer,
      ({ epoch, baseLr, index }) => baseLr * (factors[index] ?? factors[0]!)(epoch),
      completeSchedule('LambdaLR', options, noOptions),
    );
  }
}

/**
 * The rate that each group has, times what a function says for the epoch, as PyTorch's MultiplicativeLR: one for all groups
 * or one for each. In a {@link SequentialLR} it goes on from the rate that stands.
 *
 *     lr ← lr · f(epoch), which is lr₀ · f(1) · f(2) · … · f(epoch)
 *
 * A run that goes on from a state calls the function for all epochs that are over.
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
  constructor(optimizer: Scheduled, lrLambda: Factor | readonly Factor[], options: ScheduleOptions = {}) {
    checkCall('MultiplicativeLR', arguments, ['optimizer', 'lrLambda'], scheduleOptions);
    const factors = functions('MultiplicativeLR', lrLambda, optimizer);
    const products = factors.map(productOf);
    super(
      'MultiplicativeLR',
      optimizer,
      ({ epoch, startLr, index, joined }) => {
        const product = products[index] ?? (products[index] = productOf(factors[0]!));
        return startLr * product(joined, epoch);
      },
      completeSchedule('MultiplicativeLR', options, noOptions),
    );
  }

  override get continues(): boolean {
    return true;
  }
}

/** f(from + 1) · … · f(to), which asks for each epoch once as long as epochs follow each other. */
function productOf(factor: Factor): (from: number, to: number) => number {
  let known: { readonly from: number; readonly to: number; readonly product: number } | undefined;
  return (from, to) => {
    const isBehind = known?.from === from && known.to <= to;
    let product = isBehind ? known!.product : 1;
    for (let epoch = (isBehind ? known!.to : from) + 1; epoch <= to; epoch++) product *= factor(epoch);
    known = { from, to, product };
    return product;
  };
}

function functions(name: string, given: Factor | readonly Factor[], optimizer: Scheduled): Factor[] {
  const all = forEachGroup(name, 'lrLambda', given, optimizer);
  if (all.every((each) => typeof each === 'function')) return all;
  throw new ArgumentError(
    `${name}: lrLambda is no function; it needs one from the epoch to a factor, or one for each group`,
  );
}
