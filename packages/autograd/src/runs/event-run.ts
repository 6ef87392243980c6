// EventRun: work that is events to iterate, or a result to await.

import { ArgumentError } from '../errors.js';
import { expectBegin } from './begun.js';

/** What becomes of the events of a run that is awaited. */
export interface Collector<E, R> {
  /** Called with each event. */
  take(event: E): void;
  /** Called behind the last one; undefined where there is nothing to give. */
  result(): R | undefined;
}

/**
 * Work that begins when it is asked for, in one of two ways: `for await` gives its events one by one, and nothing runs between two of
 * them; `await` does all of it, and gives the result. Awaited again it gives the same result, and does nothing anew. What is gone
 * through keeps nothing of its events, so that memory stays flat, and has no result to await.
 *
 * A function that is `async` and returns a run waits for it, as for any promise: return it inside of an object to hand it on.
 *
 * @throws ArgumentError when a run is iterated twice, or both iterated and awaited.
 *
 * @example
 * ```ts
 * import { EventRun } from '@dl/autograd';
 *
 * async function* counted(to: number): AsyncGenerator<number, void, undefined> {
 *   for (let n = 1; n <= to; n++) yield n;
 * }
 * // Counts; awaited it gives the sum.
 * function count(to: number): EventRun<number, number> {
 *   let sum = 0;
 *   return new EventRun<number, number>('count', counted(to), {
 *     take: (n) => {
 *       sum += n;
 *     },
 *     result: () => sum,
 *   });
 * }
 * console.log(await count(4)); // 10
 * for await (const n of count(2)) console.log(n); // 1, 2
 * ```
 */
export class EventRun<E, R> implements AsyncIterableIterator<E, void, undefined>, Promise<R> {
  readonly [Symbol.toStringTag] = 'EventRun';
  readonly #where: string;
  readonly #events: AsyncGenerator<E, void, undefined>;
  readonly #finisher: Collector<E, R> | (() => Promise<R>);
  readonly #begin: () => void;
  #isIterated = false;
  #isOver = false;
  #result: Promise<R> | undefined;

  /**
   * @param where what was called, for messages
   * @param events does the work
   * @param finisher makes the result of the events; or a function that does the work by itself when the result alone is asked for, without an event for each of many small steps
   */
  constructor(
    where: string,
    events: AsyncGenerator<E, void, undefined>,
    finisher: Collector<E, R> | (() => Promise<R>),
  ) {
    this.#where = where;
    this.#events = events;
    this.#finisher = finisher;
    this.#begin = expectBegin(where);
  }

  [Symbol.asyncIterator](): this {
    this.#iterate();
    if (this.#isOver) {
      throw new ArgumentError(`${this.#where}: this run is over, and has no more events; call ${this.#where} again`);
    }
    return this;
  }

  async next(): Promise<IteratorResult<E, void>> {
    this.#iterate();
    let isDone: boolean | undefined = true;
    try {
      const step = await this.#events.next();
      isDone = step.done;
      return step;
    } finally {
      if (isDone) this.#isOver = true;
    }
  }

  /** Ends the run; a loop that is left calls it. */
  async return(): Promise<IteratorResult<E, void>> {
    this.#iterate();
    this.#isOver = true;
    return this.#events.return();
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<A = R, B = never>(
    onResult?: ((result: R) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#result ??= this.#finish();
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<R | B> {
    return this.then(undefined, onError);
  }

  finally(onEnd?: (() => void) | null): Promise<R> {
    return this.then().finally(onEnd);
  }

  #iterate(): void {
    this.#begin();
    if (this.#result !== undefined) {
      throw new ArgumentError(
        `${this.#where}: this run is awaited, and its events cannot be iterated, too; call ${this.#where} again for them`,
      );
    }
    this.#isIterated = true;
  }

  async #finish(): Promise<R> {
    this.#begin();
    if (this.#isIterated) {
      throw new ArgumentError(
        `${this.#where}: the events of this run are iterated, and nothing of them is kept, so there is no result to await; take the figures in the loop, or await the run in place of it`,
      );
    }
    const finisher = this.#finisher;
    if (typeof finisher === 'function') return finisher();
    for await (const event of this.#events) finisher.take(event);
    const result = finisher.result();
    if (result !== undefined) return result;
    throw new ArgumentError(`${this.#where}: the events ended before the run did, so there is no result`);
  }
}
