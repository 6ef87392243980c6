// When to leave the workers asleep: while other programs want the processors, too.

// In milliseconds. The first pause is about as long as a collection of garbage, for which the engine's own threads take a
// processor; under a lasting load, trying again costs a few per cent of the longest one.
const SHORTEST = 5;
const LONGEST = 200;
/** It takes the system some tens of milliseconds to put a thread aside again. */
const CALM = 300;

/**
 * A thread that looks for work holds a processor, and one that lost it in the middle of a task holds up all others: beside a
 * busy program two threads are slower than one. So whoever sees that a thread was put aside says so, and no work is
 * shared for a while; for twice as long each time that it is seen again at once.
 */
export class Pause {
  #until = 0;
  #next = SHORTEST;

  /** A thread was put aside. */
  begin(now: number): void {
    if (now < this.#until) return;
    // After a while in which all went well, this is another matter.
    if (now - this.#until > CALM) this.#next = SHORTEST;
    this.#until = now + this.#next;
    this.#next = Math.min(2 * this.#next, LONGEST);
  }

  /** Whether work is to be done alone. */
  get isOn(): boolean {
    return this.#until !== 0 && performance.now() < this.#until;
  }
}
