// Gives the event loop a turn now and then, so that a page stays alive and Ctrl-C is heard while a model trains.

export class Turns {
  readonly #budget: number;
  #last = performance.now();

  /** @param budget milliseconds of work between two turns */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Resolves at once while the budget lasts, else after the other tasks that wait had their turn. */
  async take(): Promise<void> {
    if (performance.now() - this.#last < this.#budget) return;
    await nextTask();
    this.#last = performance.now();
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate, and hold nested timers back for 4 ms; a message is not held back.
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
