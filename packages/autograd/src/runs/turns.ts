// Gives the event loop a turn now and then, so that a page stays alive, Ctrl-C is heard, timers fire and finalisers run
// while a loop awaits nothing but promises that are already settled.

import { checkCall } from '../arguments/check-call.js';

/**
 * Turns of the event loop for a loop that works long: `take` resolves at once while less than `budget` milliseconds have gone by
 * since the last turn, and else in a later macrotask, after what waits has run. The first `take` is a turn.
 *
 * @example
 * ```ts
 * import { Turns } from '@dl/autograd';
 * const turns = new Turns(8);
 * let sum = 0;
 * for (let i = 0; i < 1e4; i++) {
 *   sum += Math.sqrt(i);
 *   await turns.take(); // a page redraws, and hears clicks, every 8 ms
 * }
 * ```
 */
export class Turns {
  readonly #budget: number;
  #last = -Infinity;

  /** @param budget Milliseconds that may go by between two turns. */
  constructor(budget: number) {
    checkCall('Turns', arguments, ['budget']);
    this.#budget = budget;
  }

  /** Whether the budget is used up, for loops whose steps are so short that even an await counts. */
  get isDue(): boolean {
    return performance.now() - this.#last >= this.#budget;
  }

  /** Resolves at once while the budget lasts, else after the other tasks that wait had their turn. */
  async take(): Promise<void> {
    if (!this.isDue) return;
    await nextTask();
    this.#last = performance.now();
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate !== undefined) {
      setImmediate(resolve);
    } else if (typeof MessageChannel === 'function') {
      // Not setTimeout: browsers hold nested timers back for 4 ms.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    } else {
      setTimeout(resolve, 0);
    }
  });
}
