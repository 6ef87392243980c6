// Search for hyper-parameters: grid, random, and successive halving, over seeded runs.

import { ArgumentError, checkCall, Generator, type Known, manualSeed, type Platform, shown } from '@dl/autograd';
import { type Collector, EventRun } from './event-run.js';
import type { Goal } from './metrics/metric.js';
import { seedOf } from './seeds.js';

/** Values to choose from, or a way to draw one: {@link uniform}, {@link logUniform}, {@link integer} or your own. */
export type Choice<T = unknown> = readonly T[] | ((generator: Generator) => T);

/** What to choose, by name. */
export type Space = Readonly<Record<string, Choice>>;

/** One choice from a space. */
export type Params<S extends Space> = {
  readonly [K in keyof S]: S[K] extends readonly (infer T)[]
    ? T
    : S[K] extends (generator: Generator) => infer T
      ? T
      : never;
};

/** What a run is told besides its parameters. */
export interface TrialContext<State> {
  /** The number of the trial, from 0. */
  readonly trial: number;
  /** A seed of its own; `manualSeed` was called with it. */
  readonly seed: number;
  /** How much the trial may spend in all, such as epochs, what it has spent before included. 1 where nothing was said. */
  readonly budget: number;
  /** What the run of this trial with a smaller budget gave, to go on from. */
  readonly state: State | undefined;
  readonly signal: Platform<'AbortSignal'> | undefined;
}

/** Trains with the given parameters and gives a score, or a score and what to go on from with a larger budget. */
export type TrialRun<S extends Space, State = undefined> = (
  params: Params<S>,
  context: TrialContext<State>,
) => Outcome<State> | Promise<Outcome<State>>;

/** What a run gives: its score, or that and what it can go on from. */
export type Outcome<State> = number | { readonly score: number; readonly state?: State };

/** A run that is done. */
export interface Trial<S extends Space> {
  readonly trial: number;
  readonly params: Params<S>;
  readonly seed: number;
  readonly budget: number;
  readonly score: number;
  /** The best run so far, of those with the largest budget. */
  readonly best: Omit<Trial<S>, 'best'>;
}

/** What a search has come to: what it gives when it is awaited. */
export interface SearchResult<S extends Space> {
  /** The best run, of those with the largest budget. */
  readonly best: Omit<Trial<S>, 'best'>;
  /** All runs, in the order in which they were done. */
  readonly trials: readonly Trial<S>[];
}

/** A search: go through its trials, or await its {@link SearchResult}. */
export type SearchRun<S extends Space> = EventRun<Trial<S>, SearchResult<S>>;

/** Options of {@link gridSearch}, and of all searches. */
export interface SearchOptions {
  /** Whether a low score is better or a high one. Default 'min'. A score of NaN is worse than any other. */
  readonly goal?: Goal;
  /** Draws the parameters, and seeds each run. Default 0. */
  readonly seed?: number;
  /** Stops between two runs, with the signal's reason as the error. */
  readonly signal?: Platform<'AbortSignal'>;
  /**
   * Runs of the same search that an earlier call has told of, such as lines of JSON that it wrote: they are told again, and not
   * done again. A trial of `successiveHalving` that goes on after one of them has the state that is given here, else it begins
   * anew with the whole budget.
   */
  readonly done?: readonly DoneRun[];
}

const searchOptions: Known<SearchOptions> = { goal: ['min', 'max'], seed: 'number', signal: 'object', done: 'list' };

/** A run of an earlier call: what matters of a {@link Trial}, and what its run gave to go on from. */
export interface DoneRun {
  readonly trial: number;
  readonly budget: number;
  readonly score: number;
  /** Checked where they are given. */
  readonly params?: unknown;
  readonly seed?: number;
  readonly state?: unknown;
}

/** Options of {@link randomSearch}. */
export interface RandomSearchOptions extends SearchOptions {
  /** How many choices to try. */
  readonly trials: number;
}

const randomSearchOptions: Known<RandomSearchOptions> = { trials: 'number', ...searchOptions };

/** Options of {@link successiveHalving}. */
export interface HalvingOptions extends RandomSearchOptions {
  /** What each trial may spend in the first round. Default 1. */
  readonly minBudget?: number;
  /** What those of the last round may have spent in all. */
  readonly maxBudget: number;
  /** Of so many trials one goes on, with so many times the budget. Default 3. */
  readonly factor?: number;
}

const halvingOptions: Known<HalvingOptions> = {
  minBudget: 'number',
  maxBudget: 'number',
  factor: 'number',
  ...randomSearchOptions,
};

/**
 * A number between `low` and `high`, each as likely.
 *
 * @throws ArgumentError unless `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { uniform } from '@dl/train';
 * console.log(uniform(0, 0.5)(new Generator(1))); // the dropout of one trial
 * ```
 */
export function uniform(low: number, high: number): (generator: Generator) => number {
  checkCall('uniform', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('uniform', low, high, Number.NEGATIVE_INFINITY);
  return (generator) => generator.uniform(low, high);
}

/**
 * A number between `low` and `high`, each order of magnitude as likely: for learning rates and penalties.
 *
 * @throws ArgumentError unless both are above 0 and `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { logUniform } from '@dl/train';
 * console.log(logUniform(1e-4, 1e-1)(new Generator(1))); // the learning rate of one trial
 * ```
 */
export function logUniform(low: number, high: number): (generator: Generator) => number {
  checkCall('logUniform', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('logUniform', low, high, 0);
  return (generator) => Math.exp(generator.uniform(Math.log(low), Math.log(high)));
}

/**
 * A whole number from `low` to `high`, both included.
 *
 * @throws ArgumentError unless both are whole and `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { integer } from '@dl/train';
 * console.log(integer(1, 4)(new Generator(1))); // the number of layers of one trial
 * ```
 */
export function integer(low: number, high: number): (generator: Generator) => number {
  checkCall('integer', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('integer', low, high, Number.NEGATIVE_INFINITY);
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new ArgumentError(`integer: got ${low} to ${high}, needs whole numbers`);
  }
  return (generator) => generator.integer(low, high + 1);
}

/**
 * Tries every combination of the values, the last name changing fastest.
 *
 * @throws ArgumentError for a space that is no lists of values.
 *
 * @example
 * ```ts
 * import { gridSearch } from '@dl/train';
 * const trials = gridSearch({ x: [0, 1, 2], y: [0, 5] }, ({ x, y }) => (x - 1) ** 2 + y);
 * for await (const { trial, best } of trials) if (trial === 5) console.log(best.params); // { x: 1, y: 0 }
 * ```
 */
export function gridSearch<const S extends Readonly<Record<string, readonly unknown[]>>>(
  space: S,
  run: TrialRun<S>,
  options: SearchOptions = {},
): SearchRun<S> {
  checkCall('gridSearch', arguments, ['space', 'run'], searchOptions);
  return new EventRun('gridSearch', overGrid(space, run, options), new Trials<S>());
}

async function* overGrid<S extends Readonly<Record<string, readonly unknown[]>>>(
  space: S,
  run: TrialRun<S>,
  options: SearchOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  const names = checkSpace('gridSearch', space, run, options);
  const drawn = names.find((name) => !Array.isArray(space[name]));
  if (drawn !== undefined) {
    throw new ArgumentError(`gridSearch: '${drawn}' is no list of values; list some, or use randomSearch`);
  }
  let all: Record<string, unknown>[] = [{}];
  for (const name of names) all = all.flatMap((chosen) => space[name]!.map((value) => ({ ...chosen, [name]: value })));
  const series = new Series('gridSearch', run, options);
  for (const [trial, params] of all.entries()) yield series.run({ trial, params: params as Params<S> }, 1);
}

/**
 * Tries random choices, which finds good values of the few parameters that matter sooner than a grid does (Bergstra & Bengio,
 * "Random search for hyper-parameter optimization", 2012).
 *
 * @throws ArgumentError for a space or options that cannot be.
 *
 * @example
 * ```ts
 * import { logUniform, randomSearch } from '@dl/train';
 * const trials = randomSearch({ lr: logUniform(1e-4, 1), units: [16, 32] }, ({ lr }) => Math.abs(Math.log10(lr) + 2), {
 *   trials: 20,
 * });
 * let found = 0;
 * for await (const { best } of trials) found = best.params.lr;
 * console.log(found); // near 0.01
 * ```
 */
export function randomSearch<const S extends Space>(
  space: S,
  run: TrialRun<S>,
  options: RandomSearchOptions,
): SearchRun<S> {
  checkCall('randomSearch', arguments, ['space', 'run'], randomSearchOptions);
  return new EventRun('randomSearch', atRandom(space, run, options), new Trials<S>());
}

async function* atRandom<S extends Space>(
  space: S,
  run: TrialRun<S>,
  options: RandomSearchOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  checkSpace('randomSearch', space, run, options);
  const drawn = draw('randomSearch', space, options);
  const series = new Series('randomSearch', run, options);
  for (const one of drawn) yield series.run(one, 1);
}

/**
 * Successive halving (Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", 2016): tries
 * many random choices with a small budget, goes on with the best third (`factor`) and three times the budget, and so on until
 * the largest budget. A run may give back a state, such as that of `fit`, and is given it again when it goes on.
 *
 * @throws ArgumentError for a space or options that cannot be.
 *
 * @example
 * ```ts
 * import { successiveHalving, uniform } from '@dl/train';
 * // Stands for a training: the score comes nearer to x² the longer it runs.
 * const trials = successiveHalving({ x: uniform(-1, 1) }, ({ x }, { budget }) => x * x + 1 / budget, {
 *   trials: 9,
 *   maxBudget: 9,
 * });
 * const budgets: number[] = [];
 * for await (const { budget } of trials) budgets.push(budget);
 * console.log(budgets.join(' ')); // 1 1 1 1 1 1 1 1 1 3 3 3 9
 * ```
 */
export function successiveHalving<const S extends Space, State = undefined>(
  space: S,
  run: TrialRun<S, State>,
  options: HalvingOptions,
): SearchRun<S> {
  checkCall('successiveHalving', arguments, ['space', 'run'], halvingOptions);
  return new EventRun('successiveHalving', byHalves(space, run, options), new Trials<S>());
}

async function* byHalves<S extends Space, State>(
  space: S,
  run: TrialRun<S, State>,
  options: HalvingOptions,
): AsyncGenerator<Trial<S>, void, undefined> {
  const where = 'successiveHalving';
  checkSpace(where, space, run, options);
  const { minBudget = 1, maxBudget, factor = 3, goal = 'min' } = options;
  if (!(factor > 1)) throw new ArgumentError(`${where}: factor is ${shown(factor)}, needs a number above 1`);
  if (!(minBudget > 0) || !(maxBudget >= minBudget)) {
    throw new ArgumentError(
      `${where}: the budget goes from ${minBudget} to ${maxBudget}, needs numbers above 0, the larger one last`,
    );
  }
  let left = draw(where, space, options);
  const series = new Series(where, run, options);
  for (let budget = minBudget; ; budget = Math.min(budget * factor, maxBudget)) {
    const done: Trial<S>[] = [];
    for (const one of left) {
      const trial = await series.run(one, budget);
      done.push(trial);
      yield trial;
    }
    if (budget >= maxBudget) return;
    const kept = done
      .sort((a, b) => compare(a.score, b.score, goal))
      .slice(0, Math.max(1, Math.floor(done.length / factor)));
    const numbers = new Set(kept.map(({ trial }) => trial));
    series.forget(numbers);
    left = left.filter(({ trial }) => numbers.has(trial));
  }
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

interface Drawn<S extends Space> {
  readonly trial: number;
  readonly params: Params<S>;
}

/** Runs trials one after the other, and knows the best one and what each can go on from. */
class Series<S extends Space, State> {
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

  /** What an earlier call has told of a run. */
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
    // JSON has null for what is no number.
    return { score: score ?? Number.NaN, state: state as State };
  }

  /** Lets go of the states of all trials but some. */
  forget(kept: ReadonlySet<number>): void {
    for (const trial of this.#states.keys()) if (!kept.has(trial)) this.#states.delete(trial);
  }
}

const placeOf = ({ trial, budget }: { readonly trial: number; readonly budget: number }): string =>
  `${trial}/${budget}`;

/** Below 0 when `a` is better. */
function compare(a: number, b: number, goal: Goal): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return goal === 'min' ? a - b : b - a;
}

function draw<S extends Space>(where: string, space: S, { trials, seed = 0 }: RandomSearchOptions): Drawn<S>[] {
  if (!Number.isSafeInteger(trials) || trials < 1) {
    throw new ArgumentError(`${where}: trials is ${shown(trials)}, needs a whole number of at least 1`);
  }
  const generator = new Generator(seedOf(seed, 0));
  return Array.from({ length: trials }, (_, trial) => {
    const chosen = Object.entries(space).map(([name, choice]) => [
      name,
      typeof choice === 'function' ? choice(generator) : choice[generator.integer(0, choice.length)],
    ]);
    return { trial, params: Object.fromEntries(chosen) as Params<S> };
  });
}

function checkSpace(where: string, space: Space, run: unknown, { goal = 'min' }: SearchOptions): string[] {
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

function checkRange(where: string, low: number, high: number, above: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low > above && low < high) return;
  const floor = above === 0 ? ' above 0' : '';
  throw new ArgumentError(`${where}: got ${low} to ${high}, needs two numbers${floor}, the larger one last`);
}
