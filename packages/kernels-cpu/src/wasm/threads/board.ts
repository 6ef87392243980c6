// The board on which work hangs for all threads: calls of kernels, by task, and a ticket from which tasks are drawn.
// It is memory that threads share, apart from the heap; this file runs in the main thread and in each worker.

import { MOST_THREADS } from '../../limits.js';

/** A kernel, as the board sees it: numbers in, its result is not looked at. */
export type Kernel = (...args: number[]) => unknown;

// Words of the header.
/** Which job hangs here, into how many tasks it is split, and which is the next to be drawn: 16, 8 and 8 bits. */
export const TICKET = 0;
export const DONE = 1;
export const SLEEPING = 2;
export const FAILED = 3;
export const CLOSED = 4;
/** How many tasks workers have done since the start, to see that they take part. */
export const BY_WORKERS = 5;
/** 1 while the main thread sleeps until the last task is done. */
export const AWAITED = 6;
/** 1 when a worker saw that it was put aside while it looked for work: other programs want its processor. */
export const PUT_ASIDE = 7;
/** How long a worker took for its last task, in microseconds. */
export const PART_TIME = 8;
/** From here on, where each task's calls begin, counted in numbers; and where the last one ends. */
const PARTS = 9;
const HEADER_WORDS = PARTS + MOST_THREADS + 1;
/** The most arguments that a kernel has. */
export const MOST_ARGUMENTS = 24;
/** A call takes its kernel, the number of its arguments, and them. */
const CALL = 2;

export const HEADER_BYTES = 4 * HEADER_WORDS + ((4 * HEADER_WORDS) % 8);

export class Board {
  readonly header: Int32Array;
  readonly calls: Float64Array;
  readonly #kernels: readonly Kernel[];

  constructor(buffer: SharedArrayBuffer, kernels: readonly Kernel[]) {
    this.header = new Int32Array(buffer, 0, HEADER_WORDS);
    this.calls = new Float64Array(buffer, HEADER_BYTES);
    this.#kernels = kernels;
  }

  setPart(task: number, start: number): void {
    this.header[PARTS + task] = start;
  }

  /** Draws tasks and does them until none is left. Returns the ticket that said so. */
  drain(isWorker: boolean): number {
    const { header } = this;
    for (;;) {
      const ticket = Atomics.load(header, TICKET);
      const next = ticket & 255;
      if (next >= ((ticket >>> 8) & 255)) return ticket;
      // Another thread may have drawn it meanwhile; whoever changes the ticket has the task.
      if (Atomics.compareExchange(header, TICKET, ticket, ticket + 1) !== ticket) continue;
      const start = isWorker ? performance.now() : 0;
      try {
        this.#do(header[PARTS + next]!, header[PARTS + next + 1]!);
      } catch {
        Atomics.store(header, FAILED, 1);
      }
      if (isWorker) {
        Atomics.store(header, PART_TIME, Math.ceil(1000 * (performance.now() - start)));
        Atomics.add(header, BY_WORKERS, 1);
      }
      Atomics.add(header, DONE, 1);
      if (Atomics.load(header, AWAITED) === 1) Atomics.notify(header, DONE);
    }
  }

  #do(start: number, end: number): void {
    const c = this.calls;
    for (let at = start; at < end; at += CALL + c[at + 1]!) {
      const f = this.#kernels[c[at]!]!;
      const a = at + CALL;
      // One call for any number of arguments: WebAssembly does not look at those that are too many.
      // biome-ignore format: as a table
      f(
        c[a]!, c[a + 1]!, c[a + 2]!, c[a + 3]!, c[a + 4]!, c[a + 5]!, c[a + 6]!, c[a + 7]!,
        c[a + 8]!, c[a + 9]!, c[a + 10]!, c[a + 11]!, c[a + 12]!, c[a + 13]!, c[a + 14]!, c[a + 15]!,
        c[a + 16]!, c[a + 17]!, c[a + 18]!, c[a + 19]!, c[a + 20]!, c[a + 21]!, c[a + 22]!, c[a + 23]!,
      );
    }
  }
}
