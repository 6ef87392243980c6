// The WebAssembly kernels of one backend: an instance on its heap, and the scratch space that they need.

import type { KernelTensor } from '@dl/autograd';
import { bufferOf, type CpuBuffer } from '../buffer.js';
import type { Heap } from '../heap.js';
import type { WasmExports } from './exports.js';
import { ThreadPool } from './threads/pool.js';

/** What a piece of scratch is for: those in use together have names of their own. */
export type ScratchName =
  | 'gemm'
  | 'tables'
  | 'image'
  | 'weights'
  | 'columns'
  | 'partial'
  | 'partial2'
  | 'chunks'
  | 'shares'
  | 'channels'
  | 'labels'
  | 'program'
  | 'elements'
  | 'plan';

/** The fewest elements that are worth a thread: of kernels that wait for memory, and of those that compute. */
export const CHEAP = 65536;
export const COSTLY = 8192;

export class WasmEngine {
  readonly wasm: WasmExports;
  /** How many threads share the work: the main one, and workers that start with the first work to share. */
  readonly threads: number;
  readonly #heap: Heap;
  readonly #scratch = new Map<ScratchName, CpuBuffer>();
  readonly #pool: ThreadPool<WasmExports> | undefined;
  readonly #splitAll: boolean;
  readonly #left = new Map<string, number>();
  #areStarted = false;

  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    heap: Heap,
    { threads, splitAll }: { threads: number; splitAll: boolean },
  ) {
    this.#heap = heap;
    const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
    this.wasm = instance.exports as unknown as WasmExports;
    this.threads = threads;
    this.#splitAll = splitAll;
    if (threads > 1) this.#pool = new ThreadPool(module, memory, this.wasm);
  }

  /** Starts the workers; resolves when all of them look for work, and rejects with the reason when one cannot. */
  async startWorkers(): Promise<void> {
    if (this.#areStarted || this.#pool === undefined) return;
    this.#areStarted = true;
    await Promise.all(Array.from({ length: this.threads - 1 }, () => this.#pool?.start()));
  }

  /**
   * Into how many tasks work is split that has `count` independent units: at most one for each thread, each of at least
   * `grain` units, so that handing it over costs less than it saves.
   */
  tasks(count: number, grain: number): number {
    if (this.#splitAll) return Math.max(1, Math.min(this.threads, count));
    if (count < 2 * grain || this.#pool === undefined || this.#pool.pause.isOn) return 1;
    return Math.min(this.threads, Math.floor(count / grain));
  }

  /**
   * Calls `body` for each task of `count` units: what it calls of `wasm` is done by the threads, side by side, before this
   * returns. Split over outputs only, and results are the same for any number of threads. Scratch is for each task its own.
   */
  split(
    count: number,
    tasks: number,
    body: (wasm: WasmExports, first: number, end: number, task: number) => void,
  ): void {
    if (tasks === 1 || this.#pool === undefined) {
      if (count > 0) body(this.wasm, 0, count, 0);
      return;
    }
    // A worker that cannot start leaves its work to the others, and numbers are the same.
    if (!this.#areStarted) this.startWorkers().catch(() => undefined);
    this.#pool.run(tasks, this.wasm, (wasm, task) => {
      body(wasm, Math.floor((count * task) / tasks), Math.floor((count * (task + 1)) / tasks), task);
    });
  }

  /** The address of at least so many bytes of any content. It grows, stays, and counts as used memory of the heap. */
  scratch(name: ScratchName, bytes: number): number {
    const held = this.#scratch.get(name);
    if (held !== undefined && held.size * 4 >= bytes) return held.pointer;
    if (held !== undefined) {
      this.#scratch.delete(name);
      this.#heap.free(held);
    }
    const buffer = this.#heap.allocate('float32', Math.ceil(bytes / 4));
    this.#scratch.set(name, buffer);
    return buffer.pointer;
  }

  /** Calls `body` with the address of so many bytes of any content, which are free afterwards: for what grows with the tensors. */
  withRoom(bytes: number, body: (pointer: number) => void): void {
    const buffer = this.#heap.allocate('float32', Math.ceil(bytes / 4));
    try {
      body(buffer.pointer);
    } finally {
      this.#heap.free(buffer);
    }
  }

  /** Writes numbers into scratch. Returns their address. */
  writeScratch(name: ScratchName, numbers: readonly number[]): number {
    const pointer = this.scratch(name, 4 * numbers.length);
    (this.#scratch.get(name)!.values as Float32Array).set(numbers);
    return pointer;
  }

  /** Writes down, in double precision, what a call is about. Returns its address. */
  writePlan(numbers: readonly number[]): number {
    const pointer = this.scratch('plan', 8 * numbers.length);
    this.#plan.set(numbers);
    return pointer;
  }

  /** A number of the plan that was written last, which kernels may have changed. */
  planAt(place: number): number {
    return this.#plan[place]!;
  }

  get #plan(): Float64Array {
    const { pointer, size } = this.#scratch.get('plan')!;
    return new Float64Array(this.#heap.buffer, pointer, Math.floor(size / 2));
  }

  /** How often each kernel has left its work to TypeScript, by the op's name. */
  get left(): ReadonlyMap<string, number> {
    return this.#left;
  }

  noteLeft(op: string): void {
    this.#left.set(op, (this.#left.get(op) ?? 0) + 1);
  }

  /** Lets the workers go. */
  close(): void {
    this.#pool?.close();
  }

  get scratchBytes(): number {
    let bytes = 0;
    for (const { size } of this.#scratch.values()) bytes += size * 4;
    return bytes;
  }
}

function abort(): never {
  throw new Error('cpu: a WebAssembly kernel stopped; this is a defect of @dl/kernels-cpu');
}

/** The address of a tensor's first element. */
export function pointerOf({ handle }: KernelTensor): number {
  return bufferOf(handle).pointer;
}

/** Where an optional tensor begins; 0 is nowhere. */
export function pointerOr0(tensor: KernelTensor | undefined): number {
  return tensor === undefined ? 0 : pointerOf(tensor);
}
