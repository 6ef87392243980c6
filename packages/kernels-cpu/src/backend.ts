// The CPU backend: buffers in one memory, kernels in WebAssembly where that can run and in TypeScript.

import {
  type AnyOp,
  ArgumentError,
  Backend,
  BackendError,
  type BufferHandle,
  checkCall,
  checkKernels,
  type DType,
  halfBits,
  halfValues,
  isHalf,
  type Kernel,
  type KernelEntry,
  type Known,
  needRange,
  shown,
  type TypedArray,
} from '@dl/autograd';
import { bufferOf, type CpuBuffer } from './buffer.js';
import type { Heap } from './heap.js';
import type { CpuHost } from './host.js';
import { MAX_BYTES, MOST_THREADS } from './limits.js';
import type { WasmEngine } from './wasm/engine.js';
import { compile, findBuild } from './wasm/load.js';
import { wasmMemory } from './wasm/memory.js';
import { type WasmEngineName, wasmEngineNames } from './wasm/names.js';
import { availableThreads, whyNoThreads } from './wasm/threads/available.js';

export interface CpuOptions {
  /**
   * `wasm` for the fast kernels, in the best build that can run (or the one that is named in full), `typescript` for the
   * readable ones. Default: `wasm` where it can run, else `typescript`, with the reason in `info().details`.
   */
  readonly engine?: 'wasm' | WasmEngineName | 'typescript';
  /**
   * How many threads the WebAssembly kernels run on, this one counted; results are the same for any number. Default: as
   * many as the machine has cores, and 1 where they cannot share memory, with the reason in `info().details`. In a page that
   * takes cross-origin isolation.
   */
  readonly threads?: number;
  /** @internal Split even the smallest work, which takes longer: for tests. */
  readonly splitAll?: boolean;
  /** The most memory that tensors may take, in bytes. Default and upper limit: 4 GiB. */
  readonly maxBytes?: number;
  /**
   * Kernels of your own, for ops of your own or in place of those here; `info().engine` tells of them. `cpuBuffer(tensor.handle)` gives
   * them the values. A function is called at the start, with the backend as they may see it: the kernels that they replace, and the memory.
   */
  readonly kernels?: Iterable<KernelEntry> | ((host: CpuHost) => Iterable<KernelEntry>);
}

type Loaded = typeof import('./start.js');

const cpuOptions: Known<CpuOptions> = {
  engine: ['wasm', 'wasm relaxed-simd', 'wasm simd', 'typescript'],
  threads: 'number',
  splitAll: 'boolean',
  maxBytes: 'number',
  kernels: 'list or object or function',
};

type EngineOption = CpuOptions['engine'];
const engineOptions: readonly EngineOption[] = [undefined, 'wasm', ...wasmEngineNames, 'typescript'];

export class CpuBackend extends Backend {
  readonly name = 'cpu';
  /** From the start on, which loads them. The op of one that is taken out runs by other ops. */
  override kernels: Map<AnyOp, Kernel> = notLoaded();
  readonly #own: readonly KernelEntry[];
  readonly #maxBytes: number;
  readonly #wanted: EngineOption;
  readonly #wantedThreads: number | undefined;
  readonly #splitAll: boolean;
  readonly #makeOwn: ((host: CpuHost) => Iterable<KernelEntry>) | undefined;
  #engine: string;
  /** From the start on, when it is known which engine is to see it. */
  #heap: Heap | undefined;
  #wasm: WasmEngine | undefined;
  /** Why WebAssembly does not run, where it was not unwanted. */
  #whyTypescript: string | undefined;
  /** Why it runs on one thread, where more were wanted. */
  #whyOneThread: string | undefined;

  constructor(options: CpuOptions = {}) {
    const { engine, threads, splitAll = false, maxBytes = MAX_BYTES, kernels = [] } = options;
    super([]);
    if (!(maxBytes >= 2 ** 17 && maxBytes <= MAX_BYTES)) {
      throw new ArgumentError(
        `cpu: maxBytes is ${shown(maxBytes)}, needs ${2 ** 17} (128 KiB) to ${MAX_BYTES} (4 GiB)`,
      );
    }
    if (!engineOptions.includes(engine)) {
      throw new ArgumentError(
        `cpu: engine is '${String(engine)}', needs 'wasm', ${wasmEngineNames.map((name) => `'${name}'`).join(', ')} or 'typescript'`,
      );
    }
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
      throw new ArgumentError(`cpu: threads is ${shown(threads)}, needs a whole number from 1 to ${MOST_THREADS}`);
    }
    if (threads !== undefined && threads > 1 && engine === 'typescript') {
      throw new ArgumentError(
        `cpu: threads is ${threads}, but the engine 'typescript' runs on one; leave out threads, or choose 'wasm'`,
      );
    }
    this.#makeOwn = typeof kernels === 'function' ? kernels : undefined;
    this.#own = typeof kernels === 'function' ? [] : checkKernels('cpu', kernels);
    this.ownKernels = this.#own;
    this.#maxBytes = maxBytes;
    this.#wanted = engine;
    this.#wantedThreads = threads;
    this.#splitAll = splitAll;
    this.#engine = engine === 'typescript' ? engine : 'not started';
  }

  /** What runs: `wasm relaxed-simd, 2 threads`, `wasm simd`, `typescript`; before `useBackend` has chosen, `not started`. */
  override get engine(): string {
    return this.#engine;
  }

  override async start(): Promise<void> {
    const loading = import('./start.js');
    const wasm = this.#wanted === 'typescript' ? [] : await this.#startWasm(loading);
    const { Heap, hostOf, typescriptKernels } = await loading;
    if (this.#wasm === undefined) {
      this.#heap = new Heap(this.#maxBytes);
      this.#engine = 'typescript';
    }
    this.#checkWanted();
    const kernels = new Map<AnyOp, Kernel>();
    const take = (entries: readonly KernelEntry[]): void => {
      for (const { op, run } of entries) kernels.set(op, run);
    };
    take([...typescriptKernels(), ...wasm, ...this.#own]);
    if (this.#makeOwn !== undefined) {
      // Made for the engine that runs.
      const own = checkKernels('cpu', this.#makeOwn(hostOf(this.#heap!, kernels)));
      this.ownKernels = own;
      take(own);
    }
    if (!this.isStopped) this.kernels = kernels;
  }

  /** The kernels of WebAssembly, or none and the reason. */
  async #startWasm(loading: Promise<Loaded>): Promise<readonly KernelEntry[]> {
    this.#whyTypescript = undefined;
    try {
      return await this.#runWasm(loading);
    } catch (error) {
      this.#whyTypescript = `WebAssembly did not start: ${messageOf(error)}`;
      return [];
    }
  }

  /** Runs the best build that is allowed; notes or throws the reason when there is none. */
  async #runWasm(loading: Promise<Loaded>): Promise<readonly KernelEntry[]> {
    if (typeof WebAssembly === 'undefined') {
      this.#whyTypescript = 'there is no WebAssembly here';
      return [];
    }
    const name = findBuild(
      wasmEngineNames.filter((each) => each === this.#wanted || !this.#wanted?.startsWith('wasm ')),
    );
    if (name === undefined) {
      this.#whyTypescript = `this machine's WebAssembly has no ${this.#wanted === 'wasm relaxed-simd' ? 'relaxed SIMD' : 'SIMD'}`;
      return [];
    }
    const wishes = this.#wantedThreads ?? Math.min(availableThreads(), MOST_THREADS);
    if (wishes > 1) this.#whyOneThread = whyNoThreads();
    const memory = wasmMemory(this.#maxBytes, wishes > 1 && this.#whyOneThread === undefined);
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    if (wishes > 1 && !isShared) this.#whyOneThread ??= 'there is no room for a shared memory';
    const [{ Heap, WasmEngine, wasmKernels }, module] = await Promise.all([loading, compile({ name, isShared })]);
    this.#heap = new Heap(this.#maxBytes, memory);
    const make = (threads: number): WasmEngine =>
      new WasmEngine(module, memory, this.#heap!, { threads, splitAll: this.#splitAll });
    this.#wasm = make(isShared ? wishes : 1);
    // A page could not wait for its workers later.
    if (typeof document !== 'undefined') {
      try {
        await this.#wasm.startWorkers();
      } catch (error) {
        this.#whyOneThread = `workers did not start: ${messageOf(error)}`;
        this.#wasm = make(1);
      }
    }
    const { threads } = this.#wasm;
    this.#engine = threads === 1 ? name : `${name}, ${threads} threads`;
    return wasmKernels(this.#wasm);
  }

  /** What was asked for by name has to be what runs. */
  #checkWanted(): void {
    if (this.#wasm === undefined && this.#wanted !== undefined && this.#wanted !== 'typescript') {
      throw new BackendError(
        `cpu: the engine '${this.#wanted}' cannot run: ${this.#whyTypescript}; leave engine out to use the best that can`,
      );
    }
    if (this.#wantedThreads !== undefined && this.#wantedThreads > (this.#wasm?.threads ?? 1)) {
      throw new BackendError(
        `cpu: ${this.#wantedThreads} threads cannot run: ${this.#whyOneThread ?? this.#whyTypescript}; leave threads out to use as many as can`,
      );
    }
  }

  protected override release(): void {
    this.#wasm?.close();
    this.#wasm = undefined;
    this.#heap?.release();
  }

  override allocate(dtype: DType, size: number): CpuBuffer {
    if (this.#heap === undefined) throw new BackendError('cpu: the backend is not started; await useBackend(…) first');
    return this.#heap.allocate(dtype, size);
  }

  override free(handle: BufferHandle): void {
    const buffer = bufferOf(handle);
    buffer.heap.free(buffer);
  }

  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    const { size, values: to, dtype } = bufferOf(handle);
    needRange('cpu: write', start, values.length, size);
    const stored = isHalf(dtype) ? halfBits(values, dtype) : values;
    // Scalar operands are written all the time, and setting up a copy takes longer than one assignment.
    if (values.length === 1) to[start] = stored[0]!;
    else to.set(stored, start);
  }

  override fill(handle: BufferHandle, value: number, _dtype: DType, size: number, start = 0): void {
    const buffer = bufferOf(handle);
    needRange('cpu: fill', start, size, buffer.size);
    const { dtype } = buffer;
    buffer.values.fill(isHalf(dtype) ? halfBits([value], dtype)[0]! : value, start, start + size);
  }

  override copy(from: BufferHandle, to: BufferHandle, _dtype: DType, size: number, fromStart = 0, toStart = 0): void {
    const [source, target] = [bufferOf(from), bufferOf(to)];
    needRange('cpu: copy', fromStart, size, source.size);
    needRange('cpu: copy', toStart, size, target.size);
    const all = source.values;
    target.values.set(size === all.length ? all : all.subarray(fromStart, fromStart + size), toStart);
  }

  override readSync(handle: BufferHandle, _dtype: DType, size: number, start = 0): TypedArray {
    const buffer = bufferOf(handle);
    needRange('cpu: read', start, size, buffer.size);
    const { dtype } = buffer;
    const values = buffer.values.slice(start, start + size);
    return isHalf(dtype) ? halfValues(values, dtype) : (values as TypedArray);
  }

  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    return this.readSync(handle, dtype, size, start);
  }

  /** All dtypes. */
  override supports(): boolean {
    return true;
  }

  override part(handle: BufferHandle, dtype: DType, start: number, size: number): CpuBuffer {
    return bufferOf(handle).part(dtype, start, size);
  }

  override details(): Readonly<Record<string, number | string>> {
    const { used, reserved, blocks } = this.#heap?.statistics ?? { used: 0, reserved: 0, blocks: 0 };
    // What ops keep of the numbers that they were given is nobody's tensor.
    let constantBytes = 0;
    const left = [...(this.#wasm?.left ?? [])];
    for (const handle of this.constants?.handles() ?? []) constantBytes += bufferOf(handle).block.size;
    return {
      liveBuffers: blocks,
      usedBytes: used - constantBytes,
      reservedBytes: reserved,
      maxBytes: this.#maxBytes,
      ...(constantBytes > 0 && { constantBytes }),
      ...(this.#wasm !== undefined && { scratchBytes: this.#wasm.scratchBytes }),
      ...(left.length > 0 && { leftToTypescript: left.map(([op, times]) => `${op} ${times}`).join(', ') }),
      ...(this.#whyTypescript !== undefined && { whyTypescript: this.#whyTypescript }),
      ...(this.#whyOneThread !== undefined && { whyOneThread: this.#whyOneThread }),
    };
  }
}

function notLoaded(): Map<AnyOp, Kernel> {
  const fail = (): never => {
    throw new BackendError('cpu: the kernels are known once the backend has started; await useBackend(…) first');
  };
  return Object.assign(new Map<AnyOp, Kernel>(), { get: fail, has: fail, set: fail, delete: fail, keys: fail });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The CPU backend, for `useBackend`. It runs everywhere; it is ready when `await useBackend(…)` has returned, since only then
 * is it known which kernels run, and those of WebAssembly are loaded.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(tensor([1, 2, 3]).sum().item()); // 6
 * ```
 */
export function cpu(options: CpuOptions = {}): CpuBackend {
  checkCall('cpu', arguments, [], cpuOptions);
  return new CpuBackend(options);
}
