// The CPU backend: buffers in one WebAssembly memory, kernels in TypeScript.

import { ArgumentError, Backend, type BufferHandle, type DType, type TypedArray } from '@dl/autograd';
import { type CpuBuffer, cpuBuffer, Heap, MAX_BYTES } from './heap.js';
import { typescriptKernels } from './typescript/index.js';

export interface CpuOptions {
  /** The most memory that tensors may take, in bytes. Default and upper limit: 4 GiB. */
  readonly maxBytes?: number;
}

export class CpuBackend extends Backend {
  readonly name = 'cpu';
  readonly engine = 'typescript';
  readonly #heap: Heap;

  constructor({ maxBytes = MAX_BYTES }: CpuOptions = {}) {
    super(typescriptKernels());
    if (!(maxBytes >= 2 ** 17 && maxBytes <= MAX_BYTES)) {
      throw new ArgumentError(`cpu: maxBytes is ${maxBytes}, needs ${2 ** 17} (128 KiB) to ${MAX_BYTES} (4 GiB)`);
    }
    this.#heap = new Heap(maxBytes);
  }

  override allocate(dtype: DType, size: number): CpuBuffer {
    return this.#heap.allocate(dtype, size);
  }

  override free(handle: BufferHandle): void {
    this.#heap.free(cpuBuffer(handle));
  }

  override write(handle: BufferHandle, values: TypedArray): void {
    cpuBuffer(handle).values.set(values);
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

  override details(): Readonly<Record<string, number>> {
    const { used, reserved } = this.#heap.statistics;
    return { usedBytes: used, reservedBytes: reserved, maxBytes: this.#heap.maxBytes };
  }
}

/**
 * The CPU backend, for `useBackend`. It needs no start and runs wherever WebAssembly does.
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
