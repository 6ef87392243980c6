// Buffers that begin at odd places, amid garbage: what reads or writes beyond their ends, or counts on where they begin, shows.

import {
  type Backend,
  BackendError,
  type BufferHandle,
  checkCall,
  type DType,
  isBoolean,
  isInteger,
  type TypedArray,
  typedArray,
} from '@dl/autograd';

/** What lies around: no result may depend on it. Of integers it is no index of anything, and exact on every backend. */
export function garbage(dtype: DType, size: number): TypedArray {
  const values = typedArray(dtype, size);
  return values.fill(isBoolean(dtype) ? 1 : isInteger(dtype) ? -1_000_003 : Number.NaN);
}

/** How many elements of garbage lie before and after number `i`: always odd before, so that nothing is where wide loads like it. */
export function margins(i: number): { readonly before: number; readonly after: number } {
  return { before: 1 + 2 * (i % 4), after: 9 };
}

/** Throws unless what lies around a part of `values` is still garbage. */
export function checkAround(values: TypedArray, dtype: DType, before: number, size: number): void {
  const [expected] = garbage(dtype, 1);
  for (let i = 0; i < values.length; i++) {
    if (i === before) i += size;
    if (i < values.length && !Object.is(values[i], expected))
      throw new Error(
        `an element ${i < before ? 'before' : 'after'} a part was changed: ${dtype} ${values[i]} at ${i - before}`,
      );
  }
}

/**
 * Has a backend give out parts of larger buffers only, at odd places, with garbage around them; whoever has changed that is told when
 * the buffer is freed. For tests of a backend that has `part`: they then find kernels that read or write beyond a tensor, or count on
 * where it begins.
 *
 * @returns The same backend.
 * @throws BackendError when the backend cannot start inside a buffer.
 *
 * @example
 * ```ts
 * import { cpu } from '@dl/kernels-cpu';
 * import { conformance, displaced } from '@dl/testing';
 * // In a test file: for (const { name, run } of conformance({ … })) test(name, run);
 * const checks = conformance({ backend: displaced(cpu()), reference: cpu() });
 * await checks[0]?.run();
 * ```
 */
export function displaced<B extends Backend>(backend: B): B {
  checkCall('displaced', arguments, ['backend']);
  if (backend.part === undefined)
    throw new BackendError(
      `displaced: the ${backend.name} backend has no part(); its buffers are used from their beginning`,
    );
  const wholes = new Map<
    BufferHandle,
    { whole: BufferHandle; dtype: DType; before: number; size: number; all: number }
  >();
  const [allocate, free] = [backend.allocate.bind(backend), backend.free.bind(backend)];
  let count = 0;
  backend.allocate = (dtype, size) => {
    const { before, after } = margins(count++);
    const all = before + size + after;
    const whole = allocate(dtype, all);
    backend.write(whole, garbage(dtype, all));
    const part = backend.part!(whole, dtype, before, size);
    wholes.set(part, { whole, dtype, before, size, all });
    return part;
  };
  backend.free = (part) => {
    const { whole, dtype, before, size, all } = wholes.get(part)!;
    wholes.delete(part);
    const values = backend.readSync(whole, dtype, all)!;
    free(whole);
    checkAround(values, dtype, before, size);
  };
  return backend;
}
