// Schedules of schedules: SequentialLR, one after the other, and ChainedScheduler, all at once.

import { ArgumentError } from '@dl/autograd';
import {
  checkState,
  initialLr,
  type LRScheduler,
  type Schedule,
  type Scheduled,
  type SchedulerState,
} from './schedule.js';

/**
 * One schedule after the other: schedule i + 1 begins at milestone i, from the rates before any schedule.
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
export class SequentialLR implements Schedule {
  readonly name = 'SequentialLR';
  readonly #optimizer: Scheduled;
  readonly #schedules: readonly LRScheduler[];
  readonly #milestones: readonly number[];
  lastEpoch = 0;

  constructor(optimizer: Scheduled, schedules: readonly LRScheduler[], milestones: readonly number[]) {
    checkMembers('SequentialLR', schedules, optimizer);
    const isRising = milestones.every((each, i) => Number.isSafeInteger(each) && each > (milestones[i - 1] ?? 0));
    if (milestones.length !== schedules.length - 1 || !isRising) {
      throw new ArgumentError(
        `SequentialLR: milestones are [${milestones.join(', ')}] for ${schedules.length} schedules; needs ${schedules.length - 1} whole numbers that rise`,
      );
    }
    this.#optimizer = optimizer;
    this.#schedules = schedules;
    this.#milestones = milestones;
    // Each of them has set its first rate when it was made.
    for (const group of optimizer.paramGroups) group.lr = initialLr(group);
    for (const schedule of schedules) schedule.lastEpoch--;
    schedules[0]!.step();
  }

  get lastLr(): readonly number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr);
  }

  step(): void {
    this.lastEpoch++;
    const before = this.#milestones.filter((each) => each <= this.lastEpoch);
    const schedule = this.#schedules[before.length]!;
    if (before.at(-1) === this.lastEpoch) schedule.restart();
    else schedule.step();
  }

  stateDict(): SchedulerState {
    const schedules = this.#schedules.map((each) => each.stateDict());
    return { scheduler: this.name, lastEpoch: this.lastEpoch, schedules };
  }

  loadStateDict(state: SchedulerState): void {
    loadMembers(this.name, state, this.#schedules);
    this.lastEpoch = state.lastEpoch;
  }
}

/**
 * Several schedules at once: each changes the rate that the one before has set, so that factors multiply.
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
export class ChainedScheduler implements Schedule {
  readonly name = 'ChainedScheduler';
  readonly #schedules: readonly LRScheduler[];
  lastEpoch = 0;

  constructor(schedules: readonly LRScheduler[]) {
    checkMembers('ChainedScheduler', schedules, schedules[0]?.optimizer);
    this.#schedules = schedules;
  }

  get lastLr(): readonly number[] {
    return this.#schedules[0]!.lastLr;
  }

  step(): void {
    this.lastEpoch++;
    for (const schedule of this.#schedules) schedule.step();
  }

  stateDict(): SchedulerState {
    const schedules = this.#schedules.map((each) => each.stateDict());
    return { scheduler: this.name, lastEpoch: this.lastEpoch, schedules };
  }

  loadStateDict(state: SchedulerState): void {
    loadMembers(this.name, state, this.#schedules);
    this.lastEpoch = state.lastEpoch;
  }
}

function checkMembers(name: string, schedules: readonly LRScheduler[], optimizer: Scheduled | undefined): void {
  if (!Array.isArray(schedules) || schedules.length === 0) throw new ArgumentError(`${name}: got no schedules`);
  schedules.forEach((schedule, i) => {
    if (schedule.optimizer !== optimizer) {
      throw new ArgumentError(`${name}: schedule ${i} is of another optimiser; all must be of one`);
    }
  });
}

function loadMembers(name: string, state: SchedulerState, schedules: readonly LRScheduler[]): void {
  checkState(name, state);
  const states = state['schedules'] as readonly SchedulerState[] | undefined;
  if (states?.length !== schedules.length) {
    throw new ArgumentError(
      `${name}: the state has ${states?.length ?? 'no'} schedules, and there are ${schedules.length}`,
    );
  }
  schedules.forEach((schedule, i) => {
    schedule.loadStateDict(states[i]!);
  });
}
