// A tensor's place in the memory of a CPU backend: what kernels are given of it.

import { BackendError, bytesPerElement, checkCall, type DType, needRange, type TypedArray } from '@dl/autograd';
import type { Block } from './allocator.js';
import type { Heap } from './heap.js';

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

  /**
   * The values in place, of `float16` and `bfloat16` the bits. Growth of the memory makes former views useless, so never keep one
   * across an allocation.
   */
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
  return bufferOf(handle);
}

/** {@link cpuBuffer} for kernels, which ask for each of their tensors. */
export function bufferOf(handle: object): CpuBuffer {
  if (!(handle instanceof CpuBuffer))
    throw new BackendError('cpu: got a buffer of another backend; move the tensor with tensor.to(backend)');
  return handle;
}

/** What a heap has that was released. */
export const released = new ArrayBuffer(0);

const views: { readonly [D in DType]: new (buffer: ArrayBufferLike, start: number, size: number) => CpuValues } = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
};
