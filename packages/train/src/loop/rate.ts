// How many examples a second: over the last second or so, so that it neither jumps nor lags.

const WINDOW_MS = 1000;

export class Rate {
  #start = performance.now();
  #count = 0;
  #settled: number | undefined;

  /** Counts examples, and gives the rate. */
  add(examples: number): number {
    this.#count += examples;
    const elapsed = performance.now() - this.#start;
    const now = elapsed > 0 ? (1000 * this.#count) / elapsed : 0;
    if (elapsed >= WINDOW_MS) {
      this.#settled = now;
      this.#start += elapsed;
      this.#count = 0;
    }
    return this.#settled ?? now;
  }

  /** Leaves out the time since the last count: something else was done. */
  pause(): void {
    this.#start = performance.now();
    this.#count = 0;
  }
}
