// The CPU backend: buffers in one WebAssembly memory, kernels in WebAssembly where it can run them and in TypeScript.

import {
  type AnyOp,
  ArgumentError,
  Backend,
  BackendError,
  type BufferHandle,
  checkCall,
  type DType,
  type Kernel,
  type KernelEntry,
  type Known,
  shown,
  type TypedArray,
} from '@dl/autograd';
import { type CpuBuffer, cpuBuffer, Heap, MAX_BYTES } from './heap.js';
import { typescriptKernels } from './typescript/index.js';
import { WasmEngine } from './wasm/engine.js';
import { wasmKernels } from './wasm/index.js';
import {
  type Build,
  compile,
  compileSync,
  findBuild,
  isPage,
  type WasmEngineName,
  wasmEngineNames,
} from './wasm/load.js';
import { MOST_THREADS } from './wasm/threads/pool.js';
import { availableThreads, whyNoThreads } from './wasm/threads/start-worker.js';

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
  /** Kernels of your own, for ops of your own or in place of those here. `cpuBuffer(tensor.handle)` gives them the values. */
  readonly kernels?: Iterable<KernelEntry>;
}

const cpuOptions: Known<CpuOptions> = {
  engine: ['wasm', 'wasm relaxed-simd', 'wasm simd', 'typescript'],
  threads: 'number',
  splitAll: 'boolean',
  maxBytes: 'number',
  kernels: 'list or object',
};

type EngineOption = CpuOptions['engine'];
const engineOptions: readonly EngineOption[] = [undefined, 'wasm', ...wasmEngineNames, 'typescript'];

export class CpuBackend extends Backend {
  readonly name = 'cpu';
  override readonly kernels: Map<AnyOp, Kernel>;
  readonly #heap: Heap;
  readonly #wanted: EngineOption;
  readonly #wantedThreads: number | undefined;
  readonly #splitAll: boolean;
  readonly #own: readonly KernelEntry[];
  /** How many threads there are to be. */
  #threads: number;
  #build: WasmEngineName | undefined;
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
    this.#own = [...kernels];
    this.kernels = new Map([...typescriptKernels(), ...this.#own].map(({ op, run }) => [op, run]));
    this.#wanted = engine;
    this.#wantedThreads = threads;
    this.#splitAll = splitAll;
    const wishes = engine === 'typescript' ? 1 : (threads ?? Math.min(availableThreads(), MOST_THREADS));
    if (wishes > 1) this.#whyOneThread = whyNoThreads();
    this.#heap = new Heap(maxBytes, wishes > 1 && this.#whyOneThread === undefined);
    if (wishes > 1 && !this.#heap.isShared) this.#whyOneThread ??= 'there is no room for a shared memory';
    this.#threads = this.#heap.isShared ? wishes : 1;
    if (engine !== 'typescript' && !isPage()) this.#tryWasm((build) => this.#use(build, compileSync(build)));
  }

  /**
   * What runs: `wasm relaxed-simd, 2 threads`, `wasm simd`, `typescript`. Before `useBackend` in a page, where WebAssembly is
   * compiled in the background, `typescript`.
   */
  override get engine(): string {
    if (this.#wasm === undefined) return 'typescript';
    return this.#wasm.threads === 1 ? this.#build! : `${this.#build}, ${this.#wasm.threads} threads`;
  }

  override start(): void | Promise<void> {
    if (this.#wanted === 'typescript') return undefined;
    if (!isPage()) return this.#checkWanted();
    return this.#startInPage();
  }

  async #startInPage(): Promise<void> {
    if (this.#wasm === undefined) {
      await this.#tryWasm(async (build) => {
        const module = await compile(build);
        this.#use(build, module);
        try {
          await this.#wasm!.startWorkers();
        } catch (error) {
          this.#whyOneThread = `workers did not start: ${messageOf(error)}`;
          this.#threads = 1;
          this.#use(build, module);
        }
      });
    }
    this.#checkWanted();
  }

  /** Runs `use` with the best build that is allowed; without one, or when it fails, the reason is kept. */
  #tryWasm(use: (build: Build) => void | Promise<void>): void | Promise<void> {
    const allowed = wasmEngineNames.filter((name) => name === this.#wanted || !this.#wanted?.startsWith('wasm '));
    const name = findBuild(allowed);
    if (name === undefined) {
      this.#whyTypescript = `this machine's WebAssembly has no ${this.#wanted === 'wasm relaxed-simd' ? 'relaxed SIMD' : 'SIMD'}`;
      return undefined;
    }
    const failed = (error: unknown): void => {
      this.#whyTypescript = `WebAssembly did not start: ${messageOf(error)}`;
    };
    try {
      return use({ name, isShared: this.#heap.isShared })?.catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #use({ name }: Build, module: WebAssembly.Module): void {
    this.#wasm = new WasmEngine(module, this.#heap, { threads: this.#threads, splitAll: this.#splitAll });
    for (const { op, run } of [...wasmKernels(this.#wasm), ...this.#own]) this.kernels.set(op, run);
    this.#build = name;
  }

  /** What was asked for by name has to be what runs. */
  #checkWanted(): void {
    if (this.#wasm === undefined && this.#wanted !== undefined) {
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

  override allocate(dtype: DType, size: number): CpuBuffer {
    return this.#heap.allocate(dtype, size);
  }

  override free(handle: BufferHandle): void {
    this.#heap.free(cpuBuffer(handle));
  }

  override write(handle: BufferHandle, values: TypedArray): void {
    const to = cpuBuffer(handle).values;
    // Numbers beside tensors are written all the time, and setting up a copy takes longer than one assignment.
    if (values.length === 1) to[0] = values[0]!;
    else to.set(values);
  }

  override fill(handle: BufferHandle, value: number): void {
    cpuBuffer(handle).values.fill(value);
  }

  override copy(from: BufferHandle, to: BufferHandle): void {
    cpuBuffer(to).values.set(cpuBuffer(from).values);
  }

  override readSync(handle: BufferHandle): TypedArray {
    return cpuBuffer(handle).values.slice();
  }

  override async read(handle: BufferHandle): Promise<TypedArray> {
    return this.readSync(handle);
  }

  override details(): Readonly<Record<string, number | string>> {
    const { used, reserved } = this.#heap.statistics;
    // What ops keep of the numbers that they were given is nobody's tensor.
    let constantBytes = 0;
    for (const handle of this.constants?.handles() ?? []) constantBytes += cpuBuffer(handle).block.size;
    return {
      usedBytes: used - constantBytes,
      reservedBytes: reserved,
      maxBytes: this.#heap.maxBytes,
      ...(constantBytes > 0 && { constantBytes }),
      ...(this.#wasm !== undefined && { scratchBytes: this.#wasm.scratchBytes }),
      ...(this.#whyTypescript !== undefined && { whyTypescript: this.#whyTypescript }),
      ...(this.#whyOneThread !== undefined && { whyOneThread: this.#whyOneThread }),
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The CPU backend, for `useBackend`. It runs wherever WebAssembly does; in Node it is ready at once, in a page as soon as
 * `await useBackend(…)` has returned.
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
