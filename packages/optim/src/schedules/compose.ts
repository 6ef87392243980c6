// Schedules of schedules: SequentialLR, one after the other, and ChainedScheduler, all at once.

import { ArgumentError, checkCall, isInstance } from '@dl/autograd';
import {
  checkScheduled,
  checkState,
  completeSchedule,
  initialLr,
  LRScheduler,
  noOptions,
  type Position,
  type Rates,
  type Rule,
  type Scheduled,
  type ScheduleOptions,
  type SchedulerState,
  scheduleOptions,
} from './schedule.js';

/** A schedule that is made of others: it asks their rules, and has their states in its own. */
class ComposedScheduler extends LRScheduler {
  readonly #schedules: readonly LRScheduler[];

  constructor(name: string, schedules: readonly LRScheduler[], rule: Rule, options: ScheduleOptions) {
    super(name, schedules[0]!.optimizer, rule, options);
    this.#schedules = schedules;
  }

  override get continues(): boolean {
    return this.#schedules[0]!.continues;
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedules: this.#schedules.map((each) => each.stateDict()) };
  }

  override loadStateDict(state: SchedulerState): void {
    checkState(this.name, state);
    const states = state['schedules'] as readonly SchedulerState[] | undefined;
    if (!Array.isArray(states) || states.length !== this.#schedules.length) {
      const given = Array.isArray(states) ? states.length : 'no';
      throw new ArgumentError(
        `${this.name}: the state has ${given} schedules, and there are ${this.#schedules.length}`,
      );
    }
    const former = this.#schedules.map((each) => each.stateDict());
    try {
      this.#schedules.forEach((schedule, i) => {
        schedule.loadStateDict(states[i]!);
      });
      super.loadStateDict(state);
    } catch (error) {
      this.#schedules.forEach((schedule, i) => {
        schedule.loadStateDict(former[i]!);
      });
      throw error;
    }
  }
}

/**
 * One schedule after the other: schedule i + 1 begins at milestone i with its epoch 0, from the rates before any schedule;
 * {@link MultiplicativeLR} and {@link SWALR} go on from the rate that stands. Its members may be sequences and chains themselves.
 * They give it their rules, and are not stepped.
 *
 * @throws ArgumentError for schedules of another optimiser, or milestones that are not one fewer and rising.
 *
 * @example
 * A warm-up, then a cosine.
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CosineAnnealingLR, LinearLR, SequentialLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 * const schedule = new SequentialLR(optimizer, [warmUp, new CosineAnnealingLR(optimizer, { tMax: 95 })], [5]);
 * for (let epoch = 0; epoch < 5; epoch++) schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.1]
 * ```
 */
export class SequentialLR extends ComposedScheduler {
  constructor(
    optimizer: Scheduled,
    schedules: readonly LRScheduler[],
    milestones: readonly number[],
    options: ScheduleOptions = {},
  ) {
    checkCall('SequentialLR', arguments, ['optimizer', 'schedules', 'milestones'], scheduleOptions);
    checkScheduled('SequentialLR', optimizer);
    checkMembers('SequentialLR', schedules, optimizer);
    const { length } = schedules;
    const isRising =
      Array.isArray(milestones) &&
      milestones.every((each, i) => Number.isSafeInteger(each) && each > (milestones[i - 1] ?? 0));
    if (!isRising || milestones.length !== length - 1) {
      const given = Array.isArray(milestones) ? `[${milestones.join(', ')}]` : String(milestones);
      throw new ArgumentError(
        `SequentialLR: milestones are ${given} for ${length} schedules; needs ${length - 1} whole numbers that rise`,
      );
    }
    const complete = completeSchedule('SequentialLR', options, noOptions);
    // Each of them has set its first rate when it was made.
    for (const group of optimizer.paramGroups) group.lr = initialLr(group);
    const rule = (position: Position): Rates => {
      const { epoch, joined } = position;
      const number = milestones.filter((each) => each <= epoch).length;
      const schedule = schedules[number]!;
      if (number === 0) return schedule.ratesAt(position);
      const begin = milestones[number - 1]!;
      return schedule.ratesAt({
        ...position,
        epoch: epoch - begin,
        joined: Math.max(0, joined - begin),
        // The last rate of the schedule before.
        startLr: schedule.continues ? rule({ ...position, epoch: begin - 1 }).lr : position.startLr,
        isContinued: true,
      });
    };
    super('SequentialLR', schedules, rule, complete);
  }
}

/**
 * Several schedules at once: each starts from the rate that the one before gives for the same epoch, so that factors multiply:
 *
 *     lr(epoch) = ruleₙ(epoch, … rule₂(epoch, rule₁(epoch, lr₀)))
 *
 * Those that say the rate whatever it was, {@link LambdaLR}, {@link CosineAnnealingWarmRestarts}, {@link CyclicLR},
 * {@link OneCycleLR} and {@link NoamLR}, come first in a chain: they take the place of what is before them, as in PyTorch. Where PyTorch computes
 * rates from the last ones, what comes after such a schedule, and all after the lowest point of a cosine, loses its factor; here
 * the formula holds. Its members may be sequences and chains themselves. They give it their rules, and are not stepped.
 *
 * @throws ArgumentError for no schedules, or schedules of different optimisers.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ChainedScheduler, ConstantLR, ExponentialLR, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const slow = new ConstantLR(optimizer, { factor: 0.1, totalIters: 2 });
 * const schedule = new ChainedScheduler([slow, new ExponentialLR(optimizer, { gamma: 0.9 })]);
 * schedule.step(); // after each epoch of training
 * console.log(schedule.lastLr); // [0.09]
 * ```
 */
export class ChainedScheduler extends ComposedScheduler {
  constructor(schedules: readonly LRScheduler[], options: ScheduleOptions = {}) {
    checkCall('ChainedScheduler', arguments, ['schedules'], scheduleOptions);
    checkMembers('ChainedScheduler', schedules, (schedules as readonly LRScheduler[] | undefined)?.[0]?.optimizer);
    const complete = completeSchedule('ChainedScheduler', options, noOptions);
    const { optimizer } = schedules[0]!;
    // Each of them has set its first rate when it was made.
    LRScheduler.foundByFirst(schedules).forEach((lr, i) => {
      optimizer.paramGroups[i]!.lr = lr;
    });
    const rule = (position: Position): Rates => {
      let lr = position.startLr;
      let momentum: number | undefined;
      for (const schedule of schedules) {
        const rates = schedule.ratesAt({ ...position, startLr: lr });
        lr = rates.lr;
        momentum = rates.momentum ?? momentum;
      }
      return momentum === undefined ? { lr } : { lr, momentum };
    };
    super('ChainedScheduler', schedules, rule, complete);
  }
}

function checkMembers(name: string, schedules: readonly LRScheduler[], optimizer: Scheduled | undefined): void {
  if (!Array.isArray(schedules) || schedules.length === 0) throw new ArgumentError(`${name}: got no schedules`);
  schedules.forEach((schedule, i) => {
    if (!isInstance(schedule, LRScheduler, name, `schedule ${i}`)) {
      const what = (schedule as { readonly name?: string } | undefined)?.name ?? 'none';
      throw new ArgumentError(
        `${name}: schedule ${i} is ${what}, needs one that knows its rate for each epoch; step ReduceLROnPlateau and schedules of your own beside it`,
      );
    }
    if (schedule.optimizer !== optimizer) {
      throw new ArgumentError(`${name}: schedule ${i} is of another optimiser; all must be of one`);
    }
  });
}
