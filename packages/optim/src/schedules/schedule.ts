// LRScheduler: what all schedules share: they count epochs and set the learning rate of each group.

import { ArgumentError, type Copy, checkCall, copyMark, type Known } from '@dl/autograd';
import { ownCopy } from '../copy.js';
import { type Check, checkOptions, type GroupOptions, type OptionsSpec } from '../core/options.js';

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
  /**
   * The rate that the schedule starts from: the one that it found when it was made, in a chain the rate that the schedule before
   * gives. A rate that others change by a factor, by hand or with a schedule of their own, changes it by the same.
   */
  readonly startLr: number;
  /** The rate that the group had before any schedule, as it was when this one was made. */
  readonly baseLr: number;
  /** The number of the group. */
  readonly index: number;
  /** The epoch at which the group joined: 0 for those that were there at the start. */
  readonly joined: number;
  /** Whether it begins in the middle of a sequence: startLr is the rate that stood there, if it {@link LRScheduler.continues}. */
  readonly isContinued: boolean;
}

/** A rate, and the momentum if that changes too. */
export interface Rates {
  readonly lr: number;
  readonly momentum?: number;
}

/** The rate of a group for an epoch, and the momentum if that changes too. */
export type Rule = (position: Position) => number | Rates;

// The rate of each group before any schedule: several schedules of one optimiser start from the same.
const initialLrs = new WeakMap<object, number>();
// The rate of each group that a schedule has set last.
const scheduledLrs = new WeakMap<object, number>();
let count = 0;

/** The rate that a group had before any schedule. */
export function initialLr(group: { readonly lr: number }): number {
  if (!initialLrs.has(group)) initialLrs.set(group, group.lr);
  return initialLrs.get(group)!;
}

/** Gives a group another rate to begin with. */
export function setInitialLr(group: object, lr: number): void {
  initialLrs.set(group, lr);
}

/** Gives a group the rate to begin with, unless a schedule has set that before. */
export function proposeInitialLr(group: object, lr: number): void {
  if (!initialLrs.has(group)) initialLrs.set(group, lr);
}

/** What a schedule knows of a group. */
interface Place {
  startLr: number;
  readonly baseLr: number;
  readonly joined: number;
  /** The rate that it has set last, or would have if another had not brought it to 0. */
  lr: number;
}

/**
 * Base of schedules: each is a rule, a closed form that says for any epoch the rate of a group, from the rate that it starts from.
 * Making a schedule sets the rates of epoch 0; call `step()` after each epoch, or after each step of the optimiser where a
 * schedule is in steps.
 *
 * A group that joins later has the rate that the rule says for the epoch, from the rate that it came with. A rate that is changed in
 * between, by hand or by another schedule, stays changed by that factor where the rule uses `startLr`; a rule that uses `baseLr` alone sets it
 * anew.
 *
 * @throws ArgumentError from `step()` for a rate that is below 0 or no finite number; no rate is changed then.
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
 *     super('Halving', optimizer, ({ epoch, startLr }) => startLr / 2 ** epoch);
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
  readonly #rule: Rule;
  readonly #number = count++;
  #lastEpoch: number;
  #places: Place[] = [];

  /** The rates become those of the epoch behind `lastEpoch`, which is over; default -1. */
  constructor(name: string, optimizer: Scheduled, rule: Rule, options: ScheduleOptions = {}) {
    checkCall('LRScheduler', arguments, ['name', 'optimizer', 'rule'], scheduleOptions);
    const { lastEpoch = -1 } = options;
    checkScheduled(name, optimizer);
    this.name = name;
    this.optimizer = optimizer;
    this.#rule = rule;
    this.#lastEpoch = lastEpoch;
    this.moveTo(lastEpoch + 1);
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  /** How many steps were made. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  get lastLr(): readonly number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Whether, in the middle of a sequence, it goes on from the rate that stands there, and not from the one at the start. */
  get continues(): boolean {
    return false;
  }

  /** Goes on to the next epoch. */
  step(): void {
    this.moveTo(this.#lastEpoch + 1);
  }

  /** What the rule says, for schedules that are made of others; `baseLr` is that of groups that this one does not know. */
  ratesAt(position: Position): Rates {
    const rates = this.#rule({ ...position, baseLr: this.#places[position.index]?.baseLr ?? position.baseLr });
    return typeof rates === 'number' ? { lr: rates } : rates;
  }

  /** Sets the rates of an epoch. */
  protected moveTo(epoch: number): void {
    const groups = this.optimizer.paramGroups;
    const places = groups.map((group, i) => this.#places[i] ?? this.#join(group));
    const next = groups.map((group, index) => {
      const place = places[index]!;
      const isHidden = hidesChanges(group, place.lr);
      const startLr = isHidden ? place.startLr : place.startLr * changeOf(group, place.lr);
      const position = { ...place, startLr, epoch, index, isContinued: false };
      const own = this.ratesAt(position);
      const rates = isHidden ? this.ratesAt({ ...position, startLr: 0 }) : own;
      checkRate(this.name, rates.lr, epoch, index);
      return { startLr, own, rates };
    });
    this.#places = places;
    this.#lastEpoch = epoch;
    groups.forEach((group, i) => {
      const { startLr, own, rates } = next[i]!;
      Object.assign(places[i]!, { startLr, lr: own.lr });
      group.lr = rates.lr;
      scheduledLrs.set(group, rates.lr);
      if (rates.momentum !== undefined) setMomentum(group, rates.momentum);
    });
  }

  #join(group: { readonly lr: number }): Place {
    const { lr } = group;
    // Those of the first time were there at the start, whatever its number.
    const joined = this.#places.length === 0 ? 0 : this.#lastEpoch;
    return { startLr: lr, baseLr: initialLr(group), joined, lr };
  }

  /** The rates that the first of some schedules found when it was made: those before any of them. */
  static foundByFirst(schedules: readonly LRScheduler[]): readonly number[] {
    const first = schedules.reduce((first, each) => (each.#number < first.#number ? each : first));
    return first.#places.map(({ startLr }) => startLr);
  }

  stateDict(): SchedulerState {
    const { name: scheduler, lastEpoch } = this;
    const places = this.optimizer.paramGroups.map((group, i) => this.#places[i] ?? this.#join(group));
    return { scheduler, lastEpoch, groups: places.map((place) => ({ ...place })) };
  }

  /**
   * Goes on from a state. The schedule must have been made with the same options; rates come with the state of the
   * optimiser, which is to be loaded after schedules are made.
   *
   * @throws ArgumentError for a state of another schedule or another number of groups; nothing is changed then.
   */
  loadStateDict(state: SchedulerState): void {
    checkState(this.name, state);
    const { groups } = state;
    const { length } = this.optimizer.paramGroups;
    if (!Array.isArray(groups) || groups.length !== length) {
      throw new ArgumentError(
        `${this.name}: the state has ${Array.isArray(groups) ? groups.length : 'no'} groups and the optimiser has ${length}`,
      );
    }
    this.#places = groups.map((group, i) => placeOf(this.name, group, i));
    this.#lastEpoch = state.lastEpoch;
  }
}

/** What all schedules take. */
export interface ScheduleOptions {
  /**
   * The number of the last epoch that is over, to go on without a state: the rates become those of the epoch after it, from the rates
   * that the groups have, which must be those of the start. Default -1, the beginning.
   */
  readonly lastEpoch?: number;
}

export const scheduleOptions: Known<ScheduleOptions> = { lastEpoch: 'number' };

/** Whether another schedule has brought the rate to 0, at which nothing is to be seen of what others do. */
function hidesChanges(group: { readonly lr: number }, former: number): boolean {
  return group.lr === 0 && former !== 0 && scheduledLrs.get(group) === 0;
}

/** By which factor a rate was changed since a schedule set it. */
function changeOf(group: { readonly lr: number }, former: number): number {
  return group.lr === former || former === 0 ? 1 : group.lr / former;
}

function checkRate(name: string, lr: number, epoch: number, index: number): void {
  if (typeof lr === 'number' && lr >= 0 && lr < Number.POSITIVE_INFINITY) return;
  throw new ArgumentError(
    `${name}: the rate of group ${index} would be ${lr} at epoch ${epoch}, needs a number of at least 0; no rate was changed`,
  );
}

const placeNames = ['startLr', 'baseLr', 'joined', 'lr'] as const;

function placeOf(name: string, given: unknown, i: number): Place {
  const values = (given ?? {}) as Record<(typeof placeNames)[number], unknown>;
  for (const key of placeNames) {
    if (Number.isFinite(values[key])) continue;
    throw new ArgumentError(`${name}: the state has no number for ${key} of group ${i}`);
  }
  const { startLr, baseLr, joined, lr } = values as Readonly<Place>;
  return { startLr, baseLr, joined, lr };
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

/** The options of a schedule, besides those that all have. */
export type ScheduleSpec<O extends ScheduleOptions> = OptionsSpec<Omit<O, keyof ScheduleOptions>>;

/** Of a schedule that has no options of its own. */
export const noOptions: ScheduleSpec<ScheduleOptions> = { defaults: {}, checks: {} };

/** The same for a schedule that takes what all take. */
export function completeSchedule<O extends ScheduleOptions>(
  name: string,
  options: O,
  { defaults, checks }: ScheduleSpec<O>,
): GroupOptions<O> & Required<ScheduleOptions> {
  const spec = { defaults: { lastEpoch: -1, ...defaults }, checks: { ...checks, lastEpoch: lastEpochCheck } };
  return complete(name, options, spec as unknown as OptionsSpec<O>) as GroupOptions<O> & Required<ScheduleOptions>;
}

const lastEpochCheck: Check = {
  needs: 'a whole number of at least -1',
  test: (value) => Number.isSafeInteger(value) && (value as number) >= -1,
};

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
