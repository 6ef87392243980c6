// The threads of one engine: workers that share the heap, and the main thread, which takes its part.

import {
  AWAITED,
  Board,
  BY_WORKERS,
  CLOSED,
  DONE,
  FAILED,
  HEADER_BYTES,
  type Kernel,
  MOST_ARGUMENTS,
  PART_TIME,
  PUT_ASIDE,
  SLEEPING,
  TICKET,
} from './board.js';
import { Pause } from './pause.js';
import { startWorker } from './start-worker.js';
import type { WorkerData } from './worker.js';

// Room for the calls of one job, counted in numbers. What does not fit is done by the main thread alone.
const CALLS = 1 << 16;
// Between the kernels of a training step lie microseconds, between steps perhaps a millisecond.
const PATIENCE = 1;

// Some tens of microseconds.
const LOOKS = 5000;

// A task that is drawn is being done. To wait much longer than a task takes means that the thread which has it was put aside.
const MOST_PARTS_LATE = 1.5;
const MOST_LATE = 0.3;
// What the system takes away at a time, in milliseconds, is more than this.
const TAKEN = 1;

/** A page may not put its main thread to sleep. */
function maySleep(): boolean {
  return typeof document === 'undefined';
}

/** Tells the workers of an engine that was collected that no more work will come. */
const orphans = /* @__PURE__ */ new FinalizationRegistry<Int32Array>(closeBoard);

export class ThreadPool<E extends object> {
  readonly #board: Board;
  /** Looks like the kernels, but writes their calls down. */
  readonly #written: E;
  #job = 0;
  /** Where the next call is written down, or -1 when there is no room left. */
  #at = 0;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, exports: E) {
    const buffer = new SharedArrayBuffer(HEADER_BYTES + 8 * CALLS);
    this.#board = new Board(buffer, Object.values(exports) as Kernel[]);
    this.#written = this.#writer(Object.keys(exports)) as E;
    orphans.register(this, this.#board.header);
    this.data = { module, memory, board: buffer, patience: PATIENCE };
  }

  readonly data: WorkerData;

  /** While it is on, work is better done by the main thread alone. */
  readonly pause = new Pause();

  /** Starts a worker. It joins when it is ready; until then, and if it fails, the others do its work. */
  start(): Promise<void> {
    return startWorker(this.data);
  }

  /** Does the tasks of a job: the first by calls to `direct`, here; the rest by whoever is free. */
  run(tasks: number, direct: E, body: (run: E, task: number) => void): void {
    const { header } = this.#board;
    this.#at = 0;
    let hanging = 0;
    for (let task = 1; task < tasks; task++) {
      const start = this.#at;
      body(this.#written, task);
      if (this.#at >= 0) {
        this.#board.setPart(hanging++, start);
      } else {
        this.#at = start;
        body(direct, task);
      }
    }
    this.#board.setPart(hanging, this.#at);
    Atomics.store(header, FAILED, 0);
    Atomics.store(header, DONE, 0);
    this.#job = (this.#job + 1) & 0xffff;
    Atomics.store(header, TICKET, (this.#job << 16) | (hanging << 8));
    if (Atomics.load(header, SLEEPING) > 0) Atomics.notify(header, TICKET, hanging);
    const start = performance.now();
    let own = 0;
    try {
      body(direct, 0);
      own = performance.now() - start;
    } finally {
      this.#board.drain(false);
      this.#await(hanging, MOST_LATE + MOST_PARTS_LATE * own);
    }
    // The same the other way round: tasks are of one size.
    const theirs = Atomics.exchange(header, PART_TIME, 0) / 1000;
    if (theirs > 0 && own > TAKEN + (1 + MOST_PARTS_LATE) * theirs) this.pause.begin(performance.now());
    if (Atomics.load(header, FAILED) !== 0) {
      throw new Error('cpu: a WebAssembly kernel stopped in a worker; this is a defect of @dl/kernels-cpu');
    }
  }

  /** Until others have done what they have drawn, which is soon unless the system gave their processor to someone else. */
  #await(tasks: number, most: number): void {
    const { header } = this.#board;
    const isPutAside = Atomics.load(header, PUT_ASIDE) === 1;
    if (isPutAside) Atomics.store(header, PUT_ASIDE, 0);
    let looks = 0;
    while (looks < LOOKS && Atomics.load(header, DONE) < tasks) looks++;
    if (looks < LOOKS && !isPutAside) return;
    const start = performance.now();
    if (maySleep()) {
      Atomics.store(header, AWAITED, 1);
      for (let done = 0; (done = Atomics.load(header, DONE)) < tasks; ) Atomics.wait(header, DONE, done);
      Atomics.store(header, AWAITED, 0);
    } else {
      while (Atomics.load(header, DONE) < tasks);
    }
    const now = performance.now();
    if (isPutAside || now - start > most) this.pause.begin(now);
  }

  #writer(names: readonly string[]): object {
    const { calls } = this.#board;
    const room = CALLS - MOST_ARGUMENTS;
    const write = (kernel: number, args: ArrayLike<number>): void => {
      let at = this.#at;
      if (at < 0) return;
      const count = args.length;
      calls[at++] = kernel;
      calls[at++] = count;
      for (let i = 0; i < count; i++) calls[at++] = args[i]!;
      this.#at = at + 2 < room ? at : -1;
    };
    return Object.fromEntries(
      names.map((name, kernel) => [
        name,
        function (): void {
          // The array of rest parameters would be garbage on every call.
          write(kernel, arguments as unknown as ArrayLike<number>);
        },
      ]),
    );
  }

  /** How many tasks were not done by the main thread. */
  get doneByWorkers(): number {
    return Atomics.load(this.#board.header, BY_WORKERS);
  }

  close(): void {
    closeBoard(this.#board.header);
  }
}

function closeBoard(header: Int32Array): void {
  Atomics.store(header, CLOSED, 1);
  // A ticket with no tasks: those who wait look up.
  Atomics.add(header, TICKET, 1 << 16);
  Atomics.notify(header, TICKET);
}
