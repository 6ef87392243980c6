// Growth: sequences that grow together, token by token, until each has ended.

import { ArgumentError, type Generator, type Platform, Turns } from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';
import { Adjusted, type Adjustment } from './adjustment.js';
import { dieText } from './explain.js';
import { trouble } from './trouble.js';
import { fallOn, firstOfLargest, isDie, weigh } from './weights.js';

/**
 * Why a sequence ended: by a token that ends it, because it was as long as it may be, because it was stopped (by the option `stop`), or because the signal was
 * aborted.
 */
export type EndReason = 'end' | 'length' | 'stop' | 'aborted';

/** Who is told what grows. */
export interface Listener {
  /** A token was chosen: its logarithm of probability as the model has it, and on the die that was thrown. */
  token(row: number, token: number, logProbability: number, dieLogProbability: number): void;
  /** A sequence has ended, with the token that ended it where one did. */
  end(row: number, reason: EndReason, by?: EndToken): void;
}

/** The token that ended a sequence. */
export interface EndToken {
  readonly token: number;
  readonly logProbability: number;
  readonly dieLogProbability: number;
}

/** What is to grow, and how. */
export interface Plan<State> {
  readonly where: string;
  readonly model: StepModel<State>;
  readonly prompts: readonly (readonly number[])[];
  readonly ends: readonly number[];
  readonly maxLength: number;
  readonly adjustments: readonly Adjustment[];
  /** What draws for each sequence; undefined where the best token is taken. */
  readonly streams: readonly Generator[] | undefined;
  readonly signal: Platform<'AbortSignal', { readonly aborted: boolean }> | undefined;
  /** Asked behind each token. */
  readonly stop: ((token: number, row: number) => boolean) | undefined;
  /** Prints the die of each token. */
  readonly print: ((die: string) => void) | undefined;
  readonly textOf: ((token: number) => string) | undefined;
}

interface Row {
  readonly number: number;
  readonly prompt: readonly number[];
  /** How much of the prompt the model was given. */
  read: number;
  /** How many tokens were chosen. */
  length: number;
  readonly adjusted: Adjusted | undefined;
  /** The last tokens, where dice are printed. */
  last: readonly number[];
  readonly stream: Generator | undefined;
}

/** So many tokens are printed of what stands before a die. */
const LAST = 8;

/** All runs share them: a program with several gives no more of them than with one. */
const turns = /* @__PURE__ */ new Turns(16);

export class Growth<State> {
  readonly #plan: Plan<State>;
  readonly #listener: Listener;
  readonly #ends: ReadonlySet<number>;
  /** Those that wait. A model may read prompts in place of what it begins with, so that those without one go by themselves. */
  readonly #groups: Row[][];
  #live: Row[] = [];
  #decoding: Decoding<State> | undefined;
  /** How many tokens each of the live ones was given, and those that each is given next. */
  #given = 0;
  #next: number[] | undefined;
  readonly #weights: Float64Array;
  readonly #scores: Float64Array;
  #dieLogProbability = 0;

  constructor(plan: Plan<State>, listener: Listener) {
    const { model, prompts, ends, adjustments, streams, print } = plan;
    this.#plan = plan;
    this.#listener = listener;
    this.#ends = new Set(ends);
    const isRemembered = adjustments.length > 0 || print !== undefined;
    const rows = prompts.map((prompt, number): Row => {
      const adjusted = isRemembered ? new Adjusted(adjustments, prompt) : undefined;
      const last = print === undefined ? [] : prompt.slice(-LAST);
      return { number, prompt, read: 0, length: 0, adjusted, last, stream: streams?.[number] };
    });
    const [without, prompted] = [
      rows.filter((row) => row.prompt.length === 0),
      rows.filter((row) => row.prompt.length > 0),
    ];
    this.#groups = [without, prompted].filter((group) => group.length > 0);
    this.#weights = new Float64Array(streams === undefined ? 0 : model.vocabularySize);
    this.#scores = new Float64Array(isRemembered ? model.vocabularySize : 0);
  }

  /** Lets each of the live sequences grow by a token, at once where the model is on the host: a wait costs more than many a model. False when all have ended. */
  step(): boolean | Promise<boolean> {
    if (this.#live.length === 0 && !this.#open()) return false;
    // Programs that wait for an abort, a timer or a page have their turn, however fast the model is.
    return turns.isDue ? turns.take().then(() => this.#go()) : this.#go();
  }

  #go(): boolean | Promise<boolean> {
    if (this.#plan.signal?.aborted) {
      for (const row of [...this.#live, ...this.#groups.flat()]) this.#listener.end(row.number, 'aborted');
      this.#groups.length = 0;
      this.#live = [];
      return false;
    }
    const decoding = this.#decoding!;
    if (this.#next !== undefined) {
      decoding.step(this.#next);
      this.#given++;
      this.#next = undefined;
    }
    this.#readPrompts(decoding);
    const onHost = decoding.hostLogProbabilities;
    if (onHost !== undefined) return this.#grow(decoding, onHost);
    return decoding.logProbabilities().then((scores) => this.#grow(decoding, scores));
  }

  #grow(decoding: Decoding<State>, scores: ArrayLike<number>): boolean {
    const { model } = this.#plan;
    const size = decoding.vocabularySize;
    const live = this.#live;
    const goOn: Row[] = [];
    const places: number[] = [];
    const tokens: number[] = [];
    for (let at = 0; at < live.length; at++) {
      const row = live[at]!;
      // What is left of a longer prompt stands in place of what would be chosen.
      const token = row.read < row.prompt.length ? row.prompt[row.read++]! : this.#chosen(row, scores, at * size, size);
      if (token < 0) continue;
      goOn.push(row);
      places.push(at);
      tokens.push(token);
    }
    if (this.#given === model.maxTokens) {
      // A model that has come to its end has said all that it can.
      for (const { number } of goOn) this.#listener.end(number, 'length');
      goOn.length = 0;
    }
    this.#live = goOn;
    if (goOn.length === 0) return this.#groups.length > 0;
    if (goOn.length < live.length) decoding.select(places);
    this.#next = tokens;
    return true;
  }

  /** Frees the states. */
  dispose(): void {
    this.#decoding?.dispose();
    this.#decoding = undefined;
  }

  /** Begins the next group. False when there is none. */
  #open(): boolean {
    this.dispose();
    const { model, prompts, maxLength } = this.#plan;
    const group = this.#groups.shift();
    if (group === undefined) return false;
    const decoding = new Decoding(model, { batch: prompts.length });
    this.#decoding = decoding;
    if (maxLength === 0) {
      for (const { number } of group) this.#listener.end(number, 'length');
      return this.#open();
    }
    if (group.length < prompts.length) decoding.select(group.map(({ number }) => number));
    this.#live = group;
    this.#given = 0;
    this.#next = undefined;
    return true;
  }

  /** Reads what all live sequences have left of their prompts at least, in one pass where the model has that. */
  #readPrompts(decoding: Decoding<State>): void {
    let owed = Infinity;
    for (const { prompt, read } of this.#live) owed = Math.min(owed, prompt.length - read);
    if (owed === 0) return;
    decoding.read(
      this.#live.map((row) => {
        const from = row.read;
        row.read += owed;
        return row.prompt.slice(from, row.read);
      }),
    );
    this.#given += owed;
  }

  /** Chooses a token of a sequence, and tells of it. -1 when the sequence has ended. */
  #chosen(row: Row, scores: ArrayLike<number>, at: number, size: number): number {
    const { adjusted, number } = row;
    const token = this.#choose(row, scores, at, size);
    if (token < 0) throw this.#trouble(row, scores, at, size);
    const { maxLength, stop, print } = this.#plan;
    const logProbability = scores[at + token]!;
    const dieLogProbability = this.#dieLogProbability;
    if (print) this.#print(print, row, token, scores, at, size);
    if (this.#ends.has(token)) {
      this.#listener.end(number, 'end', { token, logProbability, dieLogProbability });
      return -1;
    }
    row.length++;
    if (print) row.last = [...row.last, token].slice(-LAST);
    adjusted?.next(token, dieLogProbability);
    this.#listener.token(number, token, logProbability, dieLogProbability);
    const isStopped = stop?.(token, number) === true;
    if (!isStopped && row.length < maxLength) return token;
    this.#listener.end(number, isStopped ? 'stop' : 'length');
    return -1;
  }

  /** The token, -1 where none can be chosen. */
  #choose({ adjusted, stream }: Row, given: ArrayLike<number>, at: number, size: number): number {
    let scores = given;
    let from = at;
    if (adjusted !== undefined && this.#plan.adjustments.length > 0) {
      if (!this.#copy(given, at, size)) return -1;
      scores = this.#scores;
      from = 0;
      adjusted.apply(this.#scores);
    }
    if (stream === undefined) {
      this.#dieLogProbability = 0;
      const best = firstOfLargest(scores, from, size);
      return best >= 0 && Math.abs(scores[from + best]!) < Infinity ? best : -1;
    }
    const sum = weigh(scores, from, size, this.#weights);
    if (!isDie(sum)) return -1;
    const token = fallOn(this.#weights, size, sum, stream.uniform53());
    this.#dieLogProbability = Math.log(this.#weights[token]! / sum);
    return token;
  }

  /** Copies the scores of the model. False where one is NaN or Infinity, which adjustments may hide. */
  #copy(given: ArrayLike<number>, at: number, size: number): boolean {
    const scores = this.#scores;
    let isGood = true;
    for (let i = 0; i < size; i++) {
      const score = given[at + i]!;
      scores[i] = score;
      if (!(score < Infinity)) isGood = false;
    }
    return isGood;
  }

  #trouble(row: Row, given: ArrayLike<number>, at: number, size: number): Error {
    const scores = Float64Array.from({ length: size }, (_, i) => given[at + i]!);
    return trouble(this.#plan.where, this.#momentOf(row), scores, row.adjusted);
  }

  #momentOf({ number, length }: Row): string {
    const { prompts } = this.#plan;
    return `at token ${length + 1}${prompts.length > 1 ? ` of sequence ${number}` : ''}`;
  }

  #print(
    print: (die: string) => void,
    row: Row,
    token: number,
    given: ArrayLike<number>,
    at: number,
    size: number,
  ): void {
    const { textOf, prompts } = this.#plan;
    const scores = Float64Array.from({ length: size }, (_, i) => given[at + i]!);
    const { prompt, last } = row;
    const behind = textOf === undefined ? last.join(' ') : JSON.stringify(last.map(textOf).join(''));
    const place = `token ${row.length + 1}${prompts.length > 1 ? ` of sequence ${row.number}` : ''}`;
    const heading =
      last.length === 0 ? place : `${place}, behind ${last.length < prompt.length + row.length ? '… ' : ''}${behind}`;
    const how = row.stream === undefined ? 'the best' : 'thrown';
    print(dieText({ heading, scores, adjusted: row.adjusted, chosen: { token, how }, textOf }));
  }
}

/** Refuses a prompt that is longer than the model can be given. */
export function checkPrompts(
  where: string,
  prompts: readonly ArrayLike<number>[],
  maxTokens: number | undefined,
): void {
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  if (maxTokens !== undefined && longest > maxTokens) {
    throw new ArgumentError(
      `${where}: a prompt has ${longest} tokens, but the model takes at most ${maxTokens}; cut the prompt, or make the model for longer sequences`,
    );
  }
}
