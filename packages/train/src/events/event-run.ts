// What fit, the searches, and the observers of a run give: events to iterate, or the result to await.

import { ArgumentError } from '@dl/autograd';
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
  #isIterated = false;
  #isOver = false;
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
    for await (const event of this.#events) this.#collector.take(event);
    const result = this.#collector.result();
    if (result !== undefined) return result;
    throw new ArgumentError(`${this.#where}: the events ended before the run did, so there is no result`);
  }
}
