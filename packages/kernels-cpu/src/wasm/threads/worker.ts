// What a worker does: it looks at the board, for a while without rest, then asleep until it is woken. The build inlines
// this file as text, because a file of its own would have to be found again by every bundler.

import { Board, CLOSED, type Kernel, PUT_ASIDE, SLEEPING, TICKET } from './board.js';

export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly board: SharedArrayBuffer;
  /** How long to look without rest for the next work, in milliseconds. */
  readonly patience: number;
}

// Between two looks at the clock lie some microseconds, unless another program had the processor meanwhile.
const PUT_ASIDE_FOR = 0.3;

function work({ module, memory, board: buffer, patience }: WorkerData): void {
  const abort = (): never => {
    throw new Error('a WebAssembly kernel stopped');
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const kernels = Object.values(exports) as Kernel[];
  const board = new Board(buffer, kernels);
  const { header } = board;
  while (Atomics.load(header, CLOSED) === 0) {
    const ticket = board.drain(true);
    // A step brings one kernel after the other, and to be woken takes longer than most of them.
    let now = performance.now();
    const until = now + patience;
    for (let looks = 1; Atomics.load(header, TICKET) === ticket; looks++) {
      if ((looks & 127) !== 0) continue;
      const before = now;
      now = performance.now();
      if (now - before > PUT_ASIDE_FOR) Atomics.store(header, PUT_ASIDE, 1);
      if (now >= until) break;
    }
    if (Atomics.load(header, TICKET) !== ticket) continue;
    Atomics.add(header, SLEEPING, 1);
    Atomics.wait(header, TICKET, ticket);
    Atomics.sub(header, SLEEPING, 1);
  }
}

const { process } = globalThis as {
  process?: { getBuiltinModule?(id: 'node:worker_threads'): { workerData: WorkerData } | undefined };
};
const node = process?.getBuiltinModule?.('node:worker_threads');

if (node !== undefined) {
  work(node.workerData);
} else {
  addEventListener('message', ({ data }: MessageEvent<WorkerData>): void => {
    postMessage('ready');
    work(data);
    close();
  });
}
