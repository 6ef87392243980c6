// LRScheduler: what all schedules share: they count epochs and set the learning rate of each group.

import { ArgumentError } from '@dl/autograd';
import { checkOptions, type GroupOptions, type OptionsSpec } from '../core/options.js';

/** What a schedule needs of an optimiser: groups with a learning rate. */
export interface Scheduled {
  readonly name?: string;
  readonly paramGroups: readonly { lr: number }[];
}

/** What a schedule needs to go on exactly from where it was; the rates themselves are in the state of the optimiser. */
export interface SchedulerState {
  /** Which schedule it is of. */
  readonly scheduler: string;
  readonly lastEpoch: number;
  readonly [name: string]: unknown;
}

/** Anything that sets learning rates when it is told that an epoch, or a step, is over. */
export interface Schedule {
  /** The rates that it has set last, one for each group. */
  readonly lastLr: readonly number[];
  step(): void;
  stateDict(): SchedulerState;
  loadStateDict(state: SchedulerState): void;
}

/** Where a schedule stands with a group. */
export interface Position {
  /** How many steps were made: 0 at the start. */
  readonly epoch: number;
  /** The rate that the group has now. */
  readonly lr: number;
  /** The rate that the group had before any schedule. */
  readonly baseLr: number;
  /** The number of the group. */
  readonly index: number;
}

/** The rate of a group for an epoch, and the momentum if that changes too. */
export type Rule = (position: Position) => number | { readonly lr: number; readonly momentum: number };

// The rate of each group before any schedule: several schedules of one optimiser start from the same.
const initialLrs = new WeakMap<object, number>();

/** The rate that a group had before any schedule. */
export function initialLr(group: { readonly lr: number }): number {
  if (!initialLrs.has(group)) initialLrs.set(group, group.lr);
  return initialLrs.get(group)!;
}

/** Gives a group another rate to begin with. */
export function setInitialLr(group: object, lr: number): void {
  initialLrs.set(group, lr);
}

/**
 * Base of schedules: each is a rule that says, for an epoch, the rate of a group from the one that it has or from the one
 * that it began with. Making a schedule sets the rates of epoch 0; call `step()` after each epoch, or after each step of the
 * optimiser where a schedule is in steps.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LRScheduler, type Scheduled, SGD } from '@dl/optim';
 * await useBackend(cpu());
 *
 * class Halving extends LRScheduler {
 *   constructor(optimizer: Scheduled) {
 *     super('Halving', optimizer, ({ epoch, baseLr }) => baseLr / 2 ** epoch);
 *   }
 * }
 *
 * const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
 * const schedule = new Halving(optimizer);
 * schedule.step();
 * console.log(schedule.lastLr); // [0.05]
 * ```
 */
export class LRScheduler implements Schedule {
  readonly name: string;
  readonly optimizer: Scheduled;
  /** How many steps were made. */
  lastEpoch = -1;
  #baseLrs: readonly number[];
  readonly #rule: Rule;

  constructor(name: string, optimizer: Scheduled, rule: Rule) {
    checkScheduled(name, optimizer);
    this.name = name;
    this.optimizer = optimizer;
    this.#rule = rule;
    this.#baseLrs = optimizer.paramGroups.map(initialLr);
    this.step();
  }

  get lastLr(): readonly number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Goes on to the next epoch. */
  step(): void {
    this.lastEpoch++;
    this.#apply((lr) => lr);
  }

  /** Begins anew at epoch 0, from the rates before any schedule. */
  restart(): void {
    this.lastEpoch = 0;
    this.#apply((_, baseLr) => baseLr);
  }

  #apply(from: (lr: number, baseLr: number) => number): void {
    const baseLrs = this.#allBaseLrs();
    this.optimizer.paramGroups.forEach((group, index) => {
      const baseLr = baseLrs[index]!;
      const next = this.#rule({ epoch: this.lastEpoch, lr: from(group.lr, baseLr), baseLr, index });
      group.lr = typeof next === 'number' ? next : next.lr;
      if (typeof next === 'object') setMomentum(group, next.momentum);
    });
  }

  /** Groups that joined later have what they came with. */
  #allBaseLrs(): number[] {
    return this.optimizer.paramGroups.map((group, index) => this.#baseLrs[index] ?? initialLr(group));
  }

  stateDict(): SchedulerState {
    return { scheduler: this.name, lastEpoch: this.lastEpoch, baseLrs: this.#allBaseLrs() };
  }

  /**
   * Goes on from a state. The schedule must have been made with the same options; rates come with the state of the
   * optimiser, which is to be loaded after schedules are made.
   *
   * @throws ArgumentError for a state of another schedule or another number of groups.
   */
  loadStateDict(state: SchedulerState): void {
    checkState(this.name, state);
    const baseLrs = state['baseLrs'];
    const { length } = this.optimizer.paramGroups;
    if (!Array.isArray(baseLrs) || baseLrs.length !== length) {
      throw new ArgumentError(
        `${this.name}: the state has ${Array.isArray(baseLrs) ? baseLrs.length : 'no'} groups and the optimiser has ${length}`,
      );
    }
    this.#baseLrs = baseLrs.map(Number);
    this.lastEpoch = state.lastEpoch;
  }
}

/** Throws unless the state is of this schedule. */
export function checkState(name: string, state: SchedulerState): void {
  if (typeof state !== 'object' || state === null || typeof state.scheduler !== 'string') {
    throw new ArgumentError(`${name}: what loadStateDict got is not a state; it needs what stateDict() gives`);
  }
  if (state.scheduler !== name) throw new ArgumentError(`${name}: the state is of ${state.scheduler}`);
  if (!Number.isFinite(state.lastEpoch)) throw new ArgumentError(`${name}: the state has no number for lastEpoch`);
}

/** Throws unless it has groups with a learning rate. */
export function checkScheduled(name: string, optimizer: unknown): void {
  const groups = (optimizer as Scheduled | undefined)?.paramGroups;
  if (!Array.isArray(groups) || !groups.every((group) => typeof group?.lr === 'number')) {
    throw new ArgumentError(`${name}: the first argument has no groups with a learning rate; give it an optimiser`);
  }
}

/** The options with their defaults; throws for one that is unknown or not what it must be. */
export function complete<O extends object>(name: string, options: O, spec: OptionsSpec<O>): GroupOptions<O> {
  const all = { ...spec.defaults, ...options } as GroupOptions<O>;
  checkOptions(name, all, spec);
  return all;
}

/** One value for each group, from one for all or a list. */
export function forEachGroup<T>(
  name: string,
  option: string,
  value: T | readonly T[],
  { paramGroups }: Scheduled,
): T[] {
  if (!Array.isArray(value)) return paramGroups.map(() => value as T);
  if (value.length !== paramGroups.length) {
    throw new ArgumentError(
      `${name}: ${option} has ${value.length} values and the optimiser has ${paramGroups.length} groups; give one for each or one for all`,
    );
  }
  return [...value];
}

/** Throws unless the optimiser has a momentum, as such or as the first of its betas. */
export function checkMomentum(name: string, { paramGroups }: Scheduled): void {
  if (paramGroups.every((group) => 'momentum' in group || 'betas' in group)) return;
  throw new ArgumentError(`${name}: the optimiser has no momentum to cycle; pass cycleMomentum: false`);
}

function setMomentum(group: object, momentum: number): void {
  if ('betas' in group) group.betas = [momentum, ...(group.betas as readonly number[]).slice(1)];
  else (group as { momentum: number }).momentum = momentum;
}
