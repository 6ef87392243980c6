// Stage 1: a backend whose buffers are plain JavaScript arrays, without a single kernel. Every op runs on it already:
// from other ops, and in the end on the backend that stands by.

import {
  Backend,
  type BufferHandle,
  type DType,
  type KernelEntry,
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

  override write(handle: BufferHandle, values: TypedArray): void {
    bufferOf(handle).values = Array.from(values);
  }

  override async read(handle: BufferHandle): Promise<TypedArray> {
    return this.readSync(handle);
  }

  /** The device can be waited for, so ops can fall back: the other backend gets the values, and their results come back. */
  override readSync(handle: BufferHandle): TypedArray {
    const { dtype, values } = bufferOf(handle);
    const copy: TypedArrayOf[DType] = typedArray(dtype, values.length);
    copy.set(values);
    return copy;
  }
}
