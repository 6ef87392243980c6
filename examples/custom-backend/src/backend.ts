// Stage 1: a backend whose buffers are plain JavaScript arrays, without a single kernel. Every op runs on it already:
// from other ops, and in the end on the fallback backend.

import {
  Backend,
  type BufferHandle,
  type DType,
  type KernelEntry,
  needRange,
  type TypedArray,
  type TypedArrayOf,
  typedArray,
} from '@dl/autograd';

/** What a handle of this backend is. @dl passes it round and never looks inside. */
export class PlainBuffer {
  readonly dtype: DType;
  values: number[];

  constructor(dtype: DType, values: number[]) {
    this.dtype = dtype;
    this.values = values;
  }
}

/** The buffer behind a handle. Whoever comes with that of another backend is told so. */
export function bufferOf(handle: BufferHandle): PlainBuffer {
  if (!(handle instanceof PlainBuffer)) {
    throw new TypeError('arrays: this is a buffer of another backend; move its tensor with tensor.to(backend)');
  }
  return handle;
}

export class ArrayBackend extends Backend {
  override readonly name: string = 'arrays';
  /** What really runs: said in full, and asserted in the tests. */
  readonly engine = 'plain arrays';
  #live = 0;

  constructor(kernels: Iterable<KernelEntry> = []) {
    super(kernels);
  }

  override allocate(dtype: DType, size: number): BufferHandle {
    this.#live++;
    return new PlainBuffer(dtype, new Array<number>(size).fill(0));
  }

  /** The garbage collector does the rest; stage 3 has more to do. */
  override free(_handle: BufferHandle): void {
    this.#live--;
  }

  /** Shown by `info()`. The suite asks for `liveBuffers`, to see whether what it made is freed. */
  override details(): Readonly<Record<string, number>> {
    return { liveBuffers: this.#live };
  }

  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    const buffer = bufferOf(handle);
    needRange('arrays: write', start, values.length, buffer.values.length);
    for (let i = 0; i < values.length; i++) buffer.values[start + i] = values[i]!;
  }

  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    return this.readSync(handle, dtype, size, start);
  }

  /** The device can be waited for, so ops can fall back: the other backend gets the values, and their results come back. */
  override readSync(handle: BufferHandle, dtype: DType, size: number, start = 0): TypedArray {
    const { values } = bufferOf(handle);
    needRange('arrays: read', start, size, values.length);
    const copy: TypedArrayOf[DType] = typedArray(dtype, size);
    copy.set(values.slice(start, start + size));
    return copy;
  }
}
