// What all searches share: prompts in batches, the rows of one decoding, the end of a sequence, what was found.

import { ArgumentError, checkInteger, type Known, type Platform, shown, Turns } from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';
import { Adjusted, type Adjustment, checkAdjustments } from '../adjustment.js';
import { checkSignal } from '../signal.js';
import { trouble } from '../trouble.js';

/** What every search takes. */
export interface SearchOptions {
  /** How many sequences are searched for, each by itself. Default 1, or as many as there are prompts, or as the source of the model has. */
  readonly batch?: number;
  /** What they begin with, of any lengths. Default: nothing. */
  readonly prompts?: readonly ArrayLike<number>[];
  /** The token that ends a sequence, or several of which each does. Default: none. */
  readonly end?: number | readonly number[];
  /** The largest number of tokens, those of the prompt and the one that ends it not counted. Default 100. A model that has an end, `maxTokens`, may end before. */
  readonly maxLength?: number;
  /** Changes to the scores of each step, in this order. Default: none. */
  readonly adjustments?: readonly Adjustment[];
  /** Stops the search, which throws the signal's reason: before its end a search has nothing to give. */
  readonly signal?: Platform<'AbortSignal'>;
}

export const searchOptions: Known<SearchOptions> = {
  batch: 'number',
  prompts: 'list',
  end: 'number or list',
  maxLength: 'number',
  adjustments: 'list',
  signal: 'object',
};

/** A sequence that was found. */
export interface FoundSequence {
  /** The tokens behind the prompt, without the one that ended it. */
  readonly tokens: readonly number[];
  /** The token that ended it; undefined where it ended for its length. */
  readonly end: number | undefined;
  /** The logarithm of the probability of each token, and last that of the end where there is one. */
  readonly logProbabilities: Float64Array;
  /** Their sum. */
  readonly logProbability: number;
}

/** A sequence as a chain, of which several share their beginnings. */
export class Path {
  readonly parent: Path | undefined;
  readonly token: number;
  readonly logProbability: number;
  readonly length: number;

  constructor(parent: Path | undefined, token: number, logProbability: number) {
    this.parent = parent;
    this.token = token;
    this.logProbability = logProbability;
    this.length = parent === undefined ? 0 : parent.length + 1;
  }

  /** The sequence as it ends here: by this token, or where there is none for its length. */
  found(end?: number, endLogProbability = 0): FoundSequence {
    const { length } = this;
    const tokens = new Array<number>(length);
    const logProbabilities = new Float64Array(end === undefined ? length : length + 1);
    if (end !== undefined) logProbabilities[length] = endLogProbability;
    for (let path: Path = this; path.parent !== undefined; path = path.parent) {
      tokens[path.length - 1] = path.token;
      logProbabilities[path.length - 1] = path.logProbability;
    }
    return { tokens, end, logProbabilities, logProbability: logProbabilities.reduce((sum, each) => sum + each, 0) };
  }
}

/** Where sequences begin. */
export const root = (): Path => new Path(undefined, -1, 0);

/** One sequence that is searched for, and where it may end. */
export interface Task {
  readonly name: string;
  /** Its number in the batch. */
  readonly row: number;
  readonly prompt: readonly number[];
  readonly ends: readonly number[];
  /** How many tokens it may have. */
  readonly limit: number;
  readonly adjustments: readonly Adjustment[];
  readonly vocabularySize: number;
}

/** What may follow one sequence. */
export interface Following {
  /** The logarithms of the probabilities that the model gives. Not to be changed. */
  readonly model: Float64Array;
  /** The same after all adjustments. */
  readonly adjusted: Float64Array;
}

/** What follows in the given row of those that the search has. */
export type Rows = (row: number) => Float64Array;

/** What grows: one of the rows that a search has, by a token. */
export interface Growth {
  readonly from: number;
  readonly token: number;
}

/** The search for one sequence, which holds some rows of a decoding, at first one. */
export interface Lane {
  /** Sees what may follow in each of its rows, and says which it goes on with. None: it is done. */
  advance(rows: Rows): readonly Growth[];
}

/** How searches grow together. */
type Drive<L> = (
  decoding: Decoding<unknown>,
  tasks: readonly Task[],
  lanes: readonly L[],
  turn: () => Promise<void>,
) => Promise<void>;

interface Kind<L> {
  readonly make: (task: Task) => L;
  readonly drive: Drive<L>;
  /** Whether each token that is chosen is given to the model, the last one, too. */
  readonly readsAll?: boolean;
}

/** All searches share them: a program with several gives no more of them than with one. */
const turns = /* @__PURE__ */ new Turns(16);

/** Searches for all sequences of a batch at once. Gives the searches when they are done, one for each. */
export async function search<State, L>(
  name: string,
  model: StepModel<State>,
  options: SearchOptions,
  { make, drive, readsAll = false }: Kind<L>,
): Promise<L[]> {
  const { prompts, maxLength = 100, adjustments = [], signal } = options;
  checkInteger(name, 'maxLength', maxLength, 0);
  checkAdjustments(name, adjustments);
  const batch = options.batch ?? prompts?.length;
  if (prompts !== undefined && prompts.length !== batch) {
    throw new ArgumentError(`${name}: got ${prompts.length} prompts for a batch of ${batch}; needs one for each`);
  }
  checkSignal(name, signal);
  const check = (): void => {
    if (signal?.aborted) throw signal.reason;
  };
  check();
  const turn = async (): Promise<void> => {
    if (turns.isDue) await turns.take();
    check();
  };
  const begun = (): Decoding<unknown> =>
    new Decoding(model as StepModel<unknown>, { ...(batch !== undefined && { batch }), representation: readsAll });
  const decoding = begun();
  try {
    const { vocabularySize } = decoding;
    const ends = endsOf(name, options.end, vocabularySize);
    const most = model.maxTokens === undefined ? Infinity : model.maxTokens + (readsAll ? 0 : 1);
    const tasks = Array.from({ length: decoding.batch }, (_, row): Task => {
      const prompt = promptOf(name, prompts === undefined ? [] : prompts[row], row, vocabularySize, model.maxTokens);
      const limit = Math.min(maxLength, most - prompt.length);
      return { name, row, prompt, ends, limit, adjustments, vocabularySize };
    });
    const lanes = tasks.map(make);
    const run = async (own: Decoding<unknown>, some: readonly Task[]): Promise<void> => {
      if (some.length < tasks.length) own.select(some.map(({ row }) => row));
      await drive(
        own,
        some,
        some.map(({ row }) => lanes[row]!),
        turn,
      );
    };
    const open = tasks.filter(({ limit }) => limit > 0);
    const [without, prompted] = [0, 1].map((least) =>
      open.filter(({ prompt }) => Math.min(prompt.length, 1) === least),
    );
    if (without!.length > 0 && prompted!.length > 0) {
      // A model may read prompts in place of what it begins with: those that have one go by themselves.
      const others = begun();
      try {
        await run(others, without!);
      } finally {
        others.dispose();
      }
      await run(decoding, prompted!);
    } else if (open.length > 0) await run(decoding, open);
    return lanes;
  } finally {
    decoding.dispose();
  }
}

/** Grows all searches step by step, in one decoding, until each is done. */
export const together: Drive<Lane> = async (decoding, tasks, lanes, turn) => {
  const shortest = tasks.reduce((least, { prompt }) => Math.min(least, prompt.length), Infinity);
  decoding.read(tasks.map(({ prompt }) => prompt.slice(0, shortest)));
  const size = decoding.vocabularySize;
  let live = lanes.map((lane, i) => ({ lane, task: tasks[i]!, at: i }));
  for (let given = shortest; ; given++) {
    await turn();
    const scores = await decoding.logProbabilities();
    const grown: number[] = [];
    const tokens: number[] = [];
    live = live.flatMap(({ lane, task, at }) => {
      // What is left of a longer prompt stands in place of what would be chosen.
      const said = task.prompt[given];
      const growths =
        said === undefined ? lane.advance((row) => rowOf(task, scores, at + row, size)) : [{ from: 0, token: said }];
      if (growths.length === 0) return [];
      const next = { lane, task, at: grown.length };
      for (const { from, token } of growths) {
        grown.push(at + from);
        tokens.push(token);
      }
      return [next];
    });
    if (grown.length === 0) return;
    if (grown.length !== decoding.batch || grown.some((row, i) => row !== i)) decoding.select(grown);
    decoding.step(tokens);
  }
};

/** What may follow a sequence, by the model and after all adjustments. */
export function following(task: Task, model: Float64Array, adjusting: Adjusted | undefined, length: number): Following {
  if (adjusting === undefined) return { model, adjusted: model };
  const adjusted = model.slice();
  adjusting.apply(adjusted);
  if (adjusted.some((score) => !(score < Infinity))) throw troubleOf(task, model, adjusting, length);
  return { model, adjusted };
}

/** The adjustments of a sequence behind its prompt; undefined where there are none. */
export function adjustingOf({ adjustments, prompt }: Task): Adjusted | undefined {
  return adjustments.length === 0 ? undefined : new Adjusted(adjustments, prompt);
}

/**
 * The adjustments behind one more token of each growth. The last growth of a row takes those of the row over; only others need copies.
 *
 * @param adjusting those of the rows
 * @param dice what may follow in each row
 */
export function adjustedBehind(
  growths: readonly Growth[],
  adjusting: readonly (Adjusted | undefined)[],
  dice: readonly { readonly adjusted: Float64Array }[],
): (Adjusted | undefined)[] {
  const last = new Map(growths.map(({ from }, i) => [from, i]));
  const sums = new Map<number, number>();
  return growths.map(({ from, token }, i) => {
    const own = adjusting[from];
    if (own === undefined) return undefined;
    const { adjusted } = dice[from]!;
    let sum = sums.get(from);
    if (sum === undefined) sums.set(from, (sum = logSumExp(adjusted)));
    const next = last.get(from) === i ? own : own.branch();
    next.next(token, adjusted[token]! - sum);
    return next;
  });
}

/** log ∑ exp of scores. -Infinity where all are. */
export function logSumExp(scores: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > most) most = scores[i]!;
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp(scores[i]! - most);
  return most + Math.log(sum);
}

/** What is wrong where no token can follow a sequence. */
export function troubleOf(
  { name, row }: Task,
  model: Float64Array,
  adjusting: Adjusted | undefined,
  length: number,
): Error {
  return trouble(name, `at token ${length + 1} of sequence ${row}`, model, adjusting);
}

/** A row of log-probabilities, checked. */
export function rowOf({ name }: Task, scores: ArrayLike<number>, row: number, size: number): Float64Array {
  const some = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const score = scores[row * size + i]!;
    // Rounding may take a logarithm a little above that of 1.
    if (!(score <= 1e-3)) {
      throw new ArgumentError(
        `${name}: the model gives ${score} as log-probability of token ${i}, needs at most 0; logSoftmax makes log-probabilities of logits`,
      );
    }
    some[i] = score;
  }
  return some;
}

function endsOf(name: string, end: SearchOptions['end'], size: number): number[] {
  const ends = end === undefined ? [] : typeof end === 'number' ? [end] : Array.from(end);
  const bad = ends.find((token) => !(Number.isInteger(token) && token >= 0 && token < size));
  if (bad !== undefined || ends.length !== new Set(ends).size) {
    throw new ArgumentError(
      `${name}: end is ${shown(end)}, needs a token from 0 to ${size - 1}, or several different ones; leave it out if none ends a sequence`,
    );
  }
  return ends;
}

function promptOf(
  name: string,
  given: ArrayLike<number> | null | undefined,
  row: number,
  size: number,
  most: number | undefined,
): number[] {
  if (typeof given !== 'object' || typeof given?.length !== 'number') {
    throw new ArgumentError(`${name}: prompt ${row} is ${shown(given)}, needs a list of token numbers`);
  }
  const prompt = Array.from(given);
  const bad = prompt.find((token) => !(Number.isInteger(token) && token >= 0 && token < size));
  if (bad !== undefined) {
    throw new ArgumentError(`${name}: prompt ${row} has token ${shown(bad)}, which is outside 0 … ${size - 1}`);
  }
  if (most !== undefined && prompt.length > most) {
    throw new ArgumentError(
      `${name}: prompt ${row} has ${prompt.length} tokens, but the model takes at most ${most}; cut the prompt, or make the model for longer sequences`,
    );
  }
  return prompt;
}
