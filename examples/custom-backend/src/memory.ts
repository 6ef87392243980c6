// Stage 3: memory of its own. Every buffer is counted, what was freed is used again, and there is a limit.

import { type BufferHandle, bytesPerElement, type DType, type KernelEntry, MemoryError } from '@dl/autograd';
import { ArrayBackend, bufferOf, PlainBuffer } from './backend.js';

export class CountingBackend extends ArrayBackend {
  override readonly name = 'counting arrays';
  readonly #maxBytes: number;
  readonly #live = new Set<BufferHandle>();
  /** Arrays that were freed, by length. */
  readonly #free = new Map<number, number[][]>();
  #usedBytes = 0;

  constructor(kernels: Iterable<KernelEntry>, { maxBytes = 2 ** 28 }: { readonly maxBytes?: number } = {}) {
    super(kernels);
    this.#maxBytes = maxBytes;
  }

  /** The dispatcher adds which op asked, and which ops hold the rest. */
  override allocate(dtype: DType, size: number): BufferHandle {
    const bytes = size * bytesPerElement(dtype);
    if (this.#usedBytes + bytes > this.#maxBytes) {
      throw new MemoryError(
        `out of memory: ${bytes} bytes wanted, ${this.#usedBytes} of ${this.#maxBytes} are in use; free tensors, or raise maxBytes.`,
      );
    }
    this.#usedBytes += bytes;
    const buffer = new PlainBuffer(dtype, this.#free.get(size)?.pop() ?? new Array<number>(size).fill(0));
    this.#live.add(buffer);
    return buffer;
  }

  /** Called exactly once for each buffer, by a scope, a `dispose()` or a finaliser; a second time would be a mistake of ours. */
  override free(handle: BufferHandle): void {
    if (!this.#live.delete(handle)) throw new MemoryError('arrays: a buffer was freed that is not in use');
    const { dtype, values } = bufferOf(handle);
    this.#usedBytes -= values.length * bytesPerElement(dtype);
    const alike = this.#free.get(values.length);
    if (alike === undefined) this.#free.set(values.length, [values]);
    else alike.push(values);
  }

  /** Shown by `info()`. */
  override details(): Readonly<Record<string, number>> {
    return { liveBuffers: this.#live.size, usedBytes: this.#usedBytes, maxBytes: this.#maxBytes };
  }
}
