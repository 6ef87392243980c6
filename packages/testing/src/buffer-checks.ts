// What a backend does with buffers alone: some of the elements are written, filled, copied and read, and no others.

import {
  type Backend,
  type BufferHandle,
  type DType,
  dtypes,
  IndexError,
  isBoolean,
  isHalf,
  type TypedArray,
  typedArray,
} from '@dl/autograd';

/** Numbers that the dtype holds, and of which neighbours differ. */
function numbers(dtype: DType, size: number, from: number): TypedArray {
  const values = typedArray(dtype, size);
  const most = isHalf(dtype) ? 251 : 1e6;
  for (let i = 0; i < size; i++) values[i] = isBoolean(dtype) ? ((from + i * i) % 3) & 1 : (from + i) % most;
  return values;
}

/** The checks by name; the backend has to be started. */
export function bufferChecks(backend: Backend): Readonly<Record<string, () => Promise<void>>> {
  return {
    'buffers: some elements are read, written, filled and copied': async () => {
      for (const dtype of dtypes) if (backend.supports(dtype)) await checkRanges(backend, dtype);
    },
    'buffers: elements that are not there are refused': async () => {
      for (const size of [1, 10]) await checkBounds(backend, size);
    },
  };
}

async function checkRanges(backend: Backend, dtype: DType): Promise<void> {
  // Beyond one row of a texture, and within one; starts and ends inside of four and at their edges.
  for (const size of [1, 13, 600]) {
    const made: BufferHandle[] = [];
    const make = (values: TypedArray): BufferHandle => {
      const handle = backend.allocate(dtype, values.length);
      made.push(handle);
      backend.write(handle, values);
      return handle;
    };
    try {
      const values = numbers(dtype, size, 1);
      const handle = make(values);
      const other = make(numbers(dtype, 2 * size, 7));
      const compare = async (what: string, start = 0, length = size): Promise<void> => {
        const expected = values.slice(start, start + length);
        const read = await backend.read(handle, dtype, length, start);
        same(`${dtype} ${what}, read from ${start}`, read, expected);
        const now = backend.readSync(handle, dtype, length, start);
        if (now !== undefined) same(`${dtype} ${what}, readSync from ${start}`, now, expected);
      };
      for (const start of [0, 1, 3, 4, 6, size >> 1, size - 1]) {
        if (start >= size) continue;
        for (const length of new Set([0, 1, Math.min(5, size - start), size - start])) {
          await compare('as it was made', start, length);
          const some = numbers(dtype, length, 100 + start);
          backend.write(handle, some, start);
          values.set(some, start);
          await compare(`after ${length} were written to ${start}`);
          backend.fill(handle, 1, dtype, length, start);
          values.fill(1, start, start + length);
          await compare(`after ${length} from ${start} were filled`);
          backend.copy(other, handle, dtype, length, start + 1, start);
          values.set(numbers(dtype, 2 * size, 7).subarray(start + 1, start + 1 + length), start);
          await compare(`after ${length} were copied to ${start}`);
        }
      }
      same(`${dtype}: what was copied from`, await backend.read(other, dtype, 2 * size), numbers(dtype, 2 * size, 7));
      if (backend.part !== undefined) {
        const part = backend.part(other, dtype, 1, size);
        same(`${dtype} part`, await backend.read(part, dtype, size), numbers(dtype, 2 * size, 7).slice(1, 1 + size));
        const inner = backend.part(part, dtype, size - 1, 1);
        same(
          `${dtype} part of a part`,
          await backend.read(inner, dtype, 1),
          numbers(dtype, 2 * size, 7).slice(size, size + 1),
        );
      }
    } finally {
      for (const each of made) backend.free(each);
    }
  }
}

async function checkBounds(backend: Backend, size: number): Promise<void> {
  const [handle, other] = [backend.allocate('float32', size), backend.allocate('float32', size)];
  backend.write(handle, new Float32Array(size));
  backend.write(other, new Float32Array(size));
  try {
    for (const [start, length] of [
      [0, size + 1],
      [size, 1],
      [-1, 1],
      [0.5, 0],
      [0, -1],
      [Number.NaN, 0],
    ] as const) {
      const calls: Record<string, () => unknown> = {
        read: () => backend.read(handle, 'float32', length, start),
        readSync: () => backend.readSync(handle, 'float32', length, start),
        'copy from': () => backend.copy(handle, other, 'float32', length, start, 0),
        'copy to': () => backend.copy(handle, other, 'float32', length, 0, start),
        ...(length >= 0 && {
          write: () => backend.write(handle, new Float32Array(length), start),
          fill: () => backend.fill(handle, 1, 'float32', length, start),
        }),
        ...(backend.part !== undefined && { part: () => backend.part!(handle, 'float32', start, length) }),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await Promise.resolve()
          .then(call)
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        // What cannot be waited for gives undefined, whatever is asked.
        if (name === 'readSync' && error === undefined && backend.readSync(handle, 'float32', 1) === undefined)
          continue;
        if (!(error instanceof IndexError))
          throw new Error(
            `${name} of ${length} from ${start} of ${size}: got ${error ?? 'no error'}, expected an IndexError`,
          );
      }
    }
  } finally {
    backend.free(handle);
    backend.free(other);
  }
}

function same(what: string, actual: TypedArray, expected: TypedArray): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: got ${actual.length} elements, expected ${expected.length}`);
  if (actual.constructor !== expected.constructor)
    throw new Error(`${what}: got a ${actual.constructor.name}, expected a ${expected.constructor.name}`);
  const i = actual.findIndex((value, i) => value !== expected[i]);
  if (i >= 0) throw new Error(`${what}: got ${actual[i]} at ${i}, expected ${expected[i]}`);
}
