// Batches without an end in rounds, each of which `fit` takes for an epoch: so long is trained between two evaluations, however long a pass over the text is.

import { ArgumentError } from '@dl/autograd';
import type { Batch, Batches } from '@dl/train';

/** A loader of @dl/data: batches of one pass after the other, that go on in the middle of one. */
export interface Loaded extends AsyncIterable<Batch> {
  state: object;
}

/** Whether a round is over, with so many of its batches and so many of all rounds done. */
export type IsOver = (ofRound: number, all: number) => boolean;

/** Where rounds stand: plain values. */
interface RoundsState {
  /** Of the batches beneath. */
  readonly batches: object;
  /** How many batches rounds had that are over, and how many the one under way. */
  readonly before: number;
  readonly done: number;
}

export class Rounds implements Batches<Batch> {
  /** Batches of a round, where that is known before. */
  readonly length?: number;
  readonly #loaded: Loaded;
  readonly #begin: () => IsOver;
  #batches: AsyncIterator<Batch> | undefined;
  #before = 0;
  #done = 0;
  #isResuming = false;
  #tokens = 0;

  /** @param begin called when a round begins, or goes on */
  constructor(loaded: Loaded, begin: () => IsOver, length?: number) {
    this.#loaded = loaded;
    this.#begin = begin;
    if (length !== undefined) this.length = length;
  }

  /** How many numbers the first array of the last batch had: of the tokens. */
  get tokens(): number {
    return this.#tokens;
  }

  get state(): object {
    const state: RoundsState = { batches: this.#loaded.state, before: this.#before, done: this.#done };
    return state;
  }

  set state(state: object) {
    const { batches, before, done } = state as Partial<RoundsState>;
    if (typeof batches !== 'object' || batches === null || !isCount(before) || !isCount(done)) {
      throw new ArgumentError(
        'trainNetwork: the state does not say where its batches stand; pass what event.state() gave',
      );
    }
    this.#loaded.state = batches;
    this.#batches = undefined;
    this.#before = before;
    this.#done = done;
    this.#isResuming = done > 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    if (!this.#isResuming) this.#done = 0;
    this.#isResuming = false;
    const isOver = this.#begin();
    while (this.#done === 0 || !isOver(this.#done, this.#before + this.#done)) {
      const batch = await this.#next();
      this.#done++;
      this.#tokens = Object.values(batch)[0]!.data.length;
      yield batch;
    }
    this.#before += this.#done;
    this.#done = 0;
  }

  /** Stops what is prepared ahead. */
  async close(): Promise<void> {
    await this.#batches?.return?.();
    this.#batches = undefined;
  }

  async #next(): Promise<Batch> {
    for (let tries = 0; tries < 2; tries++) {
      this.#batches ??= this.#loaded[Symbol.asyncIterator]();
      const { done, value } = await this.#batches.next();
      if (!done) return value as Batch;
      this.#batches = undefined;
    }
    throw new ArgumentError('trainNetwork: the text has no batches; give more of it');
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
