// The one memory in which all tensors of a CPU backend live, and typed-array views of its parts.

import {
  BackendError,
  bytesPerElement,
  checkCall,
  type DType,
  MemoryError,
  needRange,
  type TypedArray,
} from '@dl/autograd';
import { Allocator, type AllocatorStatistics, type Block } from './allocator.js';
import { type GrowingMemory, PAGE, PlainMemory } from './plain-memory.js';

// The memory doubles, in steps of at least and at most so much: few growths, and a high-water mark that stays.
const LEAST_GROWTH = 16 * 2 ** 20;
const MOST_GROWTH = 256 * 2 ** 20;
/** The most that a WebAssembly memory with 32-bit addresses can hold. */
export const MAX_BYTES = 4 * 2 ** 30;

/** What lies in the heap: halves as their bits, in a Uint16Array. */
export type CpuValues = TypedArray | Uint16Array;

/** A tensor's place in the heap. */
export class CpuBuffer {
  readonly heap: Heap;
  readonly block: Block;
  readonly dtype: DType;
  readonly size: number;
  /** The address of the first element: where the block starts, except for a part. */
  readonly pointer: number;
  readonly #isPart: boolean;
  #view: CpuValues | undefined;

  constructor(heap: Heap, block: Block, dtype: DType, size: number, partAt?: number) {
    this.heap = heap;
    this.block = block;
    this.dtype = dtype;
    this.size = size;
    this.pointer = partAt ?? block.start;
    this.#isPart = partAt !== undefined;
  }

  /** `size` elements from `start` on, as a buffer that lives no longer than this one. */
  part(dtype: DType, start: number, size: number): CpuBuffer {
    needRange('cpu: part', start, size, this.size);
    return new CpuBuffer(this.heap, this.block, dtype, size, this.pointer + start * bytesPerElement(dtype));
  }

  /** The values in place, of `float16` and `bfloat16` the bits. Growth of the memory makes former views useless, so never keep one across an allocation. */
  get values(): CpuValues {
    const { buffer } = this.heap;
    if (this.#view?.buffer === buffer) return this.#view;
    if (buffer === released) {
      throw new BackendError('cpu: the backend of this buffer was stopped, and its memory is gone');
    }
    const view = new views[this.dtype](buffer, this.pointer, this.size);
    // A part is not told when the memory goes, and must not hold it then.
    if (!this.#isPart) this.#view = view;
    return view;
  }

  /** Lets go of the memory. */
  forget(): void {
    this.#view = undefined;
  }
}

/** A handle of this backend; throws for another's. */
export function cpuBuffer(handle: object): CpuBuffer {
  checkCall('cpuBuffer', arguments, ['handle']);
  if (!(handle instanceof CpuBuffer))
    throw new BackendError('cpu: got a buffer of another backend; move the tensor with tensor.to(backend)');
  return handle;
}

/** What a heap has that was released. */
const released = new ArrayBuffer(0);

const views: { readonly [D in DType]: new (buffer: ArrayBufferLike, start: number, size: number) => CpuValues } = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
};

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
