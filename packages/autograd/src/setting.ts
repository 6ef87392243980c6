// A setting that holds while a body runs, such as the gradient mode.

/** A value in force, within the one before it. */
interface Held<T> {
  value: T;
  readonly outer: Held<T> | undefined;
  isEnded: boolean;
}

/**
 * What holds is the value of the newest body that has not ended. Bodies that wait may overlap and end in any order; when
 * all have ended, the first value holds again.
 */
export class Setting<T> {
  #held: Held<T>;

  constructor(value: T) {
    this.#held = { value, outer: undefined, isEnded: false };
  }

  get value(): T {
    return this.#held.value;
  }

  /** Changes it for as long as what holds now would have. */
  set value(value: T) {
    this.#held.value = value;
  }

  /** Runs `body` with another value; for an asynchronous body until its promise settles. */
  during<R>(value: T, body: () => R): R {
    const held: Held<T> = { value, outer: this.#held, isEnded: false };
    this.#held = held;
    let result: R;
    try {
      result = body();
    } catch (error) {
      this.#end(held);
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => this.#end(held)) as R;
    this.#end(held);
    return result;
  }

  #end(held: Held<T>): void {
    held.isEnded = true;
    while (this.#held.isEnded) this.#held = this.#held.outer!;
  }
}
