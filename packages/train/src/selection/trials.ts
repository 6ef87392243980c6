// The trials of a search: what each is told and gives, what they come to, and the series in which they run.

import { ArgumentError, type Collector, EventRun, type Known, manualSeed, type Platform } from '@dl/autograd';
import type { Goal } from '../metrics/metric.js';
import type { Params, Space } from './choices.js';
import { seedOf } from './seeds.js';

/** What a trial is given besides its parameters. */
export interface TrialContext<State> {
  /** The number of the trial, from 0. */
  readonly trial: number;
  /** A seed of its own; `manualSeed` was called with it. */
  readonly seed: number;
  /** How much the trial may spend in all, such as epochs, what it has spent before included. 1 where nothing was said. */
  readonly budget: number;
  /** What this trial gave with a smaller budget, to go on from. */
  readonly state: State | undefined;
  readonly signal: Platform<'AbortSignal'> | undefined;
}

/** Trains with the given parameters and gives a score, or a score and what to go on from with a larger budget. */
export type TrialRun<S extends Space, State = undefined> = (
  params: Params<S>,
  context: TrialContext<State>,
) => Outcome<State> | Promise<Outcome<State>>;

/** What a trial gives: its score, or that and what it can go on from. */
export type Outcome<State> = number | { readonly score: number; readonly state?: State };

/** A trial that is done. */
export interface Trial<S extends Space> {
  readonly trial: number;
  readonly params: Params<S>;
  readonly seed: number;
  readonly budget: number;
  readonly score: number;
  /** The best trial so far, of those with the largest budget. */
  readonly best: Omit<Trial<S>, 'best'>;
}

/** The result of a search: what it gives when it is awaited. */
export interface SearchResult<S extends Space> {
  /** The best trial, of those with the largest budget. */
  readonly best: Omit<Trial<S>, 'best'>;
  /** All trials, in the order in which they were done. */
  readonly trials: readonly Trial<S>[];
}

/** A search: iterate its trials, or await its {@link SearchResult}. */
export type SearchRun<S extends Space> = EventRun<Trial<S>, SearchResult<S>>;

/** Options of {@link gridSearch}, and of all searches. */
export interface SearchOptions {
  /** Whether a low score is better or a high one. Default 'min'. A score of NaN is worse than any other. */
  readonly goal?: Goal;
  /** Draws the parameters, and seeds each trial. Default 0. */
  readonly seed?: number;
  /** Stops between two trials, with the signal's reason as the error. */
  readonly signal?: Platform<'AbortSignal'>;
  /**
   * Trials of the same search that an earlier call has given, such as lines of JSON that it wrote: they are given again, and not
   * run again. A trial of `successiveHalving` that goes on after one of them has the state that is given here, else it begins
   * anew with the whole budget.
   */
  readonly done?: readonly DoneRun[];
}

export const searchOptions: Known<SearchOptions> = {
  goal: ['min', 'max'],
  seed: 'number',
  signal: 'object',
  done: 'list',
};

/** A trial of an earlier call: what matters of a {@link Trial}, and what it gave to go on from. */
export interface DoneRun {
  readonly trial: number;
  readonly budget: number;
  readonly score: number;
  /** Checked where they are given. */
  readonly params?: unknown;
  readonly seed?: number;
  readonly state?: unknown;
}

export function checkSpace(where: string, space: Space, run: unknown, { goal = 'min' }: SearchOptions): string[] {
  const names = Object.keys(space ?? {});
  if (names.length === 0)
    throw new ArgumentError(`${where}: the space is empty; name what to choose, as in { lr: [0.1, 0.01] }`);
  for (const name of names) {
    const choice = space[name];
    if (typeof choice === 'function' || (Array.isArray(choice) && choice.length > 0)) continue;
    throw new ArgumentError(
      `${where}: '${name}' has nothing to choose from; give a list of values, or a way to draw one`,
    );
  }
  if (typeof run !== 'function') throw new ArgumentError(`${where}: there is no run; pass (params, context) => score`);
  if (goal !== 'min' && goal !== 'max')
    throw new ArgumentError(`${where}: goal is ${goal as string}, needs 'min' or 'max'`);
  return names;
}

export interface Drawn<S extends Space> {
  readonly trial: number;
  readonly params: Params<S>;
}

/** Runs trials one after the other, and knows the best one and what each can go on from. */
export class Series<S extends Space, State> {
  readonly #where: string;
  readonly #run: TrialRun<S, State>;
  readonly #options: SearchOptions;
  readonly #states = new Map<number, State | undefined>();
  readonly #done: ReadonlyMap<string, DoneRun>;
  #best: Omit<Trial<S>, 'best'> | undefined;

  constructor(where: string, run: TrialRun<S, State>, options: SearchOptions) {
    this.#where = where;
    this.#run = run;
    this.#options = options;
    const { done = [] } = options;
    this.#done = new Map(done.map((each) => [placeOf(each), each]));
  }

  async run({ trial, params }: Drawn<S>, budget: number): Promise<Trial<S>> {
    const { goal = 'min', seed: base = 0 } = this.#options;
    const seed = seedOf(base, trial + 1);
    const { score, state } =
      this.#known({ trial, params, seed, budget }) ?? (await this.#try({ trial, params }, seed, budget));
    this.#states.set(trial, state);
    const done = { trial, params, seed, budget, score };
    const best = this.#best;
    const isFirst = best === undefined || budget > best.budget;
    if (isFirst || compare(score, best.score, goal) < 0) this.#best = done;
    return { ...done, best: this.#best ?? done };
  }

  async #try({ trial, params }: Drawn<S>, seed: number, budget: number): Promise<{ score: number; state?: State }> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    manualSeed(seed);
    const outcome = await this.#run(params, { trial, seed, budget, state: this.#states.get(trial), signal });
    const given = typeof outcome === 'object' && outcome !== null ? outcome : { score: outcome };
    if (typeof given.score !== 'number') {
      throw new ArgumentError(
        `${this.#where}: trial ${trial} gave ${String(given.score)}, needs a number as its score`,
      );
    }
    return given;
  }

  /** What an earlier call has given of a trial. */
  #known(now: Omit<Trial<S>, 'best' | 'score'>): { score: number; state?: State } | undefined {
    const known = this.#done.get(placeOf(now));
    if (known === undefined) return undefined;
    const { score, params = now.params, seed = now.seed, state } = known;
    if (typeof score !== 'number' && score !== null) {
      throw new ArgumentError(
        `${this.#where}: trial ${now.trial} of done has no score; give what the search told of it`,
      );
    }
    if (seed !== now.seed || JSON.stringify(params) !== JSON.stringify(now.params)) {
      throw new ArgumentError(
        `${this.#where}: trial ${now.trial} of done is of another search; give the space, the seed and the options of that one`,
      );
    }
    // JSON has null for NaN.
    return { score: score ?? Number.NaN, state: state as State };
  }

  /** Lets go of the states of all trials but some. */
  forget(kept: ReadonlySet<number>): void {
    for (const trial of this.#states.keys()) if (!kept.has(trial)) this.#states.delete(trial);
  }
}

/** A search of these trials. */
export function searchRun<S extends Space>(
  where: string,
  trials: AsyncGenerator<Trial<S>, void, undefined>,
): SearchRun<S> {
  return new EventRun(where, trials, new Trials<S>());
}

class Trials<S extends Space> implements Collector<Trial<S>, SearchResult<S>> {
  readonly #trials: Trial<S>[] = [];

  take(trial: Trial<S>): void {
    this.#trials.push(trial);
  }

  result(): SearchResult<S> | undefined {
    const best = this.#trials.at(-1)?.best;
    return best && { best, trials: this.#trials };
  }
}

const placeOf = ({ trial, budget }: { readonly trial: number; readonly budget: number }): string =>
  `${trial}/${budget}`;

/** Below 0 when `a` is better. */
export function compare(a: number, b: number, goal: Goal): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return goal === 'min' ? a - b : b - a;
}
