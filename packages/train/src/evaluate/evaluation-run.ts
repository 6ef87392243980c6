// What evaluate gives: the result to await, or the events on the way to it.

import { expectBegin } from '@dl/autograd';

/** Comes after each batch. */
export interface EvaluateTestEvent {
  readonly type: 'test';
  /** Batches tested so far, and how many there are, where the loader knows. */
  readonly testStep: number;
  readonly testSteps?: number;
  /** Examples tested so far. */
  readonly examples: number;
}

/** Comes last. */
export interface EvaluateEndEvent<E> {
  readonly type: 'end';
  readonly result: E;
}

/** What an evaluation tells when it is iterated; its `type` says which. */
export type EvaluateEvent<E> = EvaluateTestEvent | EvaluateEndEvent<E>;

/**
 * An evaluation that begins when it is awaited or iterated: `await` gives its result, `for await` its events, the last of
 * which has the result. Awaited again, or after its events, it gives the same result without a second pass over the data; gone
 * through again it makes one. Leaving the loop stops it.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { evaluate } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * for await (const event of evaluate(model, loader(drawnDigits(100), { batchSize: 25 }))) {
 *   if (event.type === 'test') console.log(`${event.testStep} of ${event.testSteps}`);
 *   else console.log(event.result.accuracy);
 * }
 * ```
 */
export class EvaluationRun<E> implements Promise<E>, AsyncIterable<EvaluateEvent<E>> {
  readonly [Symbol.toStringTag] = 'EvaluationRun';
  readonly #begin: () => AsyncGenerator<EvaluateTestEvent, E, undefined>;
  readonly #hasBegun = expectBegin('evaluate');
  #result: Promise<E> | undefined;

  /** @param begin starts the evaluation */
  constructor(begin: () => AsyncGenerator<EvaluateTestEvent, E, undefined>) {
    this.#begin = () => {
      this.#hasBegun();
      return begin();
    };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EvaluateEvent<E>, void, undefined> {
    const result = yield* this.#begin();
    this.#result = Promise.resolve(result);
    yield { type: 'end', result };
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<A = E, B = never>(
    onResult?: ((result: E) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#result ??= finish(this.#begin());
    return this.#result.then(onResult, onError);
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<E | B> {
    return this.then(undefined, onError);
  }

  finally(onEnd?: (() => void) | null): Promise<E> {
    return this.then().finally(onEnd);
  }
}

async function finish<E>(events: AsyncGenerator<unknown, E, undefined>): Promise<E> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
  }
}
