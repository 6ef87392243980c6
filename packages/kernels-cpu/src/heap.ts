// The one memory in which all tensors of a CPU backend live.

import { bytesPerElement, type DType, MemoryError } from '@dl/autograd';
import { Allocator, type AllocatorStatistics, type Block } from './allocator.js';
import { CpuBuffer, released } from './buffer.js';
import { PAGE } from './limits.js';
import { type GrowingMemory, PlainMemory } from './plain-memory.js';

// The memory doubles, in steps of at least and at most so much: few growths, and a high-water mark that stays.
const LEAST_GROWTH = 16 * 2 ** 20;
const MOST_GROWTH = 256 * 2 ** 20;

export class Heap {
  readonly maxBytes: number;
  #memory: GrowingMemory;
  readonly #allocator: Allocator;
  #buffer: ArrayBufferLike;

  /** @param memory of one page; WebAssembly kernels import one of theirs. */
  constructor(maxBytes: number, memory: GrowingMemory = new PlainMemory()) {
    this.maxBytes = maxBytes;
    this.#memory = memory;
    this.#buffer = memory.buffer;
    // The first page stays empty, so that no tensor has address 0.
    this.#allocator = new Allocator(PAGE, (bytes) => this.#grow(bytes));
  }

  get buffer(): ArrayBufferLike {
    return this.#buffer;
  }

  get statistics(): AllocatorStatistics {
    return this.#allocator.statistics;
  }

  allocate(dtype: DType, size: number): CpuBuffer {
    const bytes = size * bytesPerElement(dtype);
    if (bytes > this.maxBytes) throw this.#outOfMemory(bytes);
    const block = this.#blockFor(bytes);
    // A step that repeats gets the same blocks for the same tensors, and then needs no new views of them.
    const { tag } = block;
    if (tag instanceof CpuBuffer && tag.dtype === dtype && tag.size === size) return tag;
    const buffer = new CpuBuffer(this, block, dtype, size);
    block.tag = buffer;
    return buffer;
  }

  #blockFor(bytes: number): Block {
    try {
      return this.#allocator.allocate(bytes);
    } catch (cause) {
      throw this.#outOfMemory(bytes, cause);
    }
  }

  free(buffer: CpuBuffer): void {
    this.#allocator.free(buffer.block);
  }

  /** Lets go of the memory, whoever holds tensors in it still. */
  release(): void {
    for (const block of this.#allocator.blocks()) if (block.tag instanceof CpuBuffer) block.tag.forget();
    this.#buffer = released;
    this.#memory = { buffer: released, grow: () => 0 };
  }

  #grow(bytes: number): number {
    const held = this.#buffer.byteLength;
    const room = this.maxBytes - held;
    const step = Math.min(Math.max(held, LEAST_GROWTH), MOST_GROWTH);
    const needed = Math.ceil(bytes / PAGE);
    const generous = Math.max(needed, Math.min(Math.ceil(step / PAGE), Math.floor(room / PAGE)));
    for (const pages of needed * PAGE > room ? [] : [generous, needed]) {
      try {
        this.#memory.grow(pages);
        this.#buffer = this.#memory.buffer;
        return pages * PAGE;
      } catch {
        // The generous step may be more than the system gives; the needed one may not be.
      }
    }
    throw new RangeError(`the memory cannot grow by ${bytes} bytes`);
  }

  #outOfMemory(bytes: number, cause?: unknown): MemoryError {
    const { used } = this.statistics;
    return new MemoryError(
      `out of memory: the cpu backend has no ${megabytes(bytes)} in one piece; ${megabytes(used)} of at most ${megabytes(this.maxBytes)} are in use.`,
      { cause },
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
