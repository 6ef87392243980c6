// The CPU backend: buffers in one WebAssembly memory, kernels in WebAssembly where it can run them and in TypeScript.

import {
  type AnyOp,
  ArgumentError,
  Backend,
  BackendError,
  type BufferHandle,
  type DType,
  type Kernel,
  type KernelEntry,
  type TypedArray,
} from '@dl/autograd';
import { type CpuBuffer, cpuBuffer, Heap, MAX_BYTES } from './heap.js';
import { typescriptKernels } from './typescript/index.js';
import { WasmEngine } from './wasm/engine.js';
import { wasmKernels } from './wasm/index.js';
import { compile, compileSync, findBuild, isPage, type WasmEngineName, wasmEngineNames } from './wasm/load.js';

export interface CpuOptions {
  /**
   * `wasm` for the fast kernels, in the best build that can run (or the one that is named in full), `typescript` for the
   * readable ones. Default: `wasm` where it can run, else `typescript`, with the reason in `info().details`.
   */
  readonly engine?: 'wasm' | WasmEngineName | 'typescript';
  /** The most memory that tensors may take, in bytes. Default and upper limit: 4 GiB. */
  readonly maxBytes?: number;
  /** Kernels of your own, for ops of your own or in place of those here. `cpuBuffer(tensor.handle)` gives them the values. */
  readonly kernels?: Iterable<KernelEntry>;
}

type EngineOption = CpuOptions['engine'];
const engineOptions: readonly EngineOption[] = [undefined, 'wasm', ...wasmEngineNames, 'typescript'];

export class CpuBackend extends Backend {
  readonly name = 'cpu';
  override readonly kernels: Map<AnyOp, Kernel>;
  readonly #heap: Heap;
  readonly #wanted: EngineOption;
  readonly #own: readonly KernelEntry[];
  #engine: WasmEngineName | 'typescript' = 'typescript';
  #wasm: WasmEngine | undefined;
  /** Why WebAssembly does not run, where it was not unwanted. */
  #reason: string | undefined;

  constructor({ engine, maxBytes = MAX_BYTES, kernels = [] }: CpuOptions = {}) {
    super([]);
    if (!(maxBytes >= 2 ** 17 && maxBytes <= MAX_BYTES)) {
      throw new ArgumentError(`cpu: maxBytes is ${maxBytes}, needs ${2 ** 17} (128 KiB) to ${MAX_BYTES} (4 GiB)`);
    }
    if (!engineOptions.includes(engine)) {
      throw new ArgumentError(
        `cpu: engine is '${String(engine)}', needs 'wasm', ${wasmEngineNames.map((name) => `'${name}'`).join(', ')} or 'typescript'`,
      );
    }
    this.#own = [...kernels];
    this.kernels = new Map([...typescriptKernels(), ...this.#own].map(({ op, run }) => [op, run]));
    this.#heap = new Heap(maxBytes);
    this.#wanted = engine;
    if (engine !== 'typescript' && !isPage()) this.#tryWasm((build) => this.#use(build, compileSync(build)));
  }

  /** What runs: before `useBackend` in a page, where WebAssembly is compiled in the background, `typescript`. */
  override get engine(): WasmEngineName | 'typescript' {
    return this.#engine;
  }

  override start(): void | Promise<void> {
    if (this.#wanted === 'typescript' || this.#wasm !== undefined) return undefined;
    if (!isPage()) return this.#checkWanted();
    return this.#startInPage();
  }

  async #startInPage(): Promise<void> {
    await this.#tryWasm(async (build) => this.#use(build, await compile(build)));
    this.#checkWanted();
  }

  /** Runs `use` with the best build that is allowed; without one, or when it fails, the reason is kept. */
  #tryWasm(use: (build: WasmEngineName) => void | Promise<void>): void | Promise<void> {
    const allowed = wasmEngineNames.filter((name) => name === this.#wanted || !this.#wanted?.startsWith('wasm '));
    const build = findBuild(allowed);
    if (build === undefined) {
      this.#reason = `this machine's WebAssembly has no ${this.#wanted === 'wasm relaxed-simd' ? 'relaxed SIMD' : 'SIMD'}`;
      return undefined;
    }
    const failed = (error: unknown): void => {
      this.#reason = `WebAssembly did not start: ${error instanceof Error ? error.message : String(error)}`;
    };
    try {
      return use(build)?.catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #use(build: WasmEngineName, module: WebAssembly.Module): void {
    this.#wasm = new WasmEngine(module, this.#heap);
    for (const { op, run } of [...wasmKernels(this.#wasm), ...this.#own]) this.kernels.set(op, run);
    this.#engine = build;
  }

  #checkWanted(): void {
    if (this.#wasm !== undefined || this.#wanted === undefined) return;
    throw new BackendError(
      `cpu: the engine '${this.#wanted}' cannot run: ${this.#reason}; leave engine out to use the best that can`,
    );
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
      ...(this.#reason !== undefined && { whyTypescript: this.#reason }),
    };
  }
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
  return new CpuBackend(options);
}
