// What fit, a search, and what watches a run give: events to go through, or the result to await.

import { ArgumentError } from '@dl/autograd';
import { expectBegin } from './begun.js';

/** What becomes of the events of a run. */
export interface Collector<E, R> {
  /** Called with each event, before it is told. */
  take(event: E): void;
  /** Called behind the last one; undefined where there is nothing to give. */
  result(): R | undefined;
}

/**
 * Work that begins when it is asked for: `for await` gives its events one by one, and nothing runs between two of them; `await` does
 * all that is left, and gives the result. It is one run: awaited again, or after its events, it gives the same result and does nothing
 * anew. Leaving the loop ends it, and then there is no result.
 *
 * A function that is `async` and returns a run waits for it, as for any promise: return it inside of an object to hand it on.
 *
 * @throws ArgumentError when a run that is over is gone through again, or when one that was left is awaited.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { Adam } from '@dl/optim';
 * import { fit } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 * const { history } = await fit(model, loader(drawnDigits(100)), { optimizer, epochs: 2 });
 * console.log(history.length, history.at(-1)?.train.loss); // 2, and the loss of the second epoch
 * ```
 */
export class EventRun<E, R> implements AsyncIterableIterator<E, void, undefined>, Promise<R> {
  readonly [Symbol.toStringTag] = 'EventRun';
  readonly #where: string;
  readonly #events: AsyncGenerator<E, void, undefined>;
  readonly #collector: Collector<E, R>;
  readonly #begin: () => void;
  #isOver = false;
  #isLeft = false;
  #error: { readonly thrown: unknown } | undefined;
  #result: Promise<R> | undefined;

  /**
   * @param where what was called, for messages
   * @param events does the work
   * @param collector makes the result of the events
   */
  constructor(where: string, events: AsyncGenerator<E, void, undefined>, collector: Collector<E, R>) {
    this.#where = where;
    this.#events = events;
    this.#collector = collector;
    this.#begin = expectBegin(where);
  }

  [Symbol.asyncIterator](): this {
    if (this.#isOver) {
      throw new ArgumentError(`${this.#where}: this run is over, and has no more events; call ${this.#where} again`);
    }
    this.#begin();
    return this;
  }

  async next(): Promise<IteratorResult<E, void>> {
    this.#begin();
    try {
      const step = await this.#events.next();
      if (step.done) this.#isOver = true;
      else this.#collector.take(step.value);
      return step;
    } catch (thrown) {
      this.#isOver = true;
      this.#error = { thrown };
      throw thrown;
    }
  }

  /** Ends the run; a loop that is left calls it. */
  async return(): Promise<IteratorResult<E, void>> {
    this.#begin();
    if (!this.#isOver) this.#isLeft = true;
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

  async #finish(): Promise<R> {
    if (this.#error !== undefined) throw this.#error.thrown;
    while (!(await this.next()).done);
    const result = this.#isLeft ? undefined : this.#collector.result();
    if (result !== undefined) return result;
    throw new ArgumentError(
      `${this.#where}: the run was left before its end, so there is no result; call ${this.#where} again, and await it or go through all of it`,
    );
  }
}
