// Splitting loops over elements, and over the lines along an axis, for the threads.

import type { Shape } from '@dl/autograd';
import type { WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';

// Parts begin at multiples of so many elements, so that no two write to one cache line.
const BLOCK = 64;

/** Calls `body` for parts of `n` elements, of at least `grain` each, with where a part starts and how many it has. */
export function splitElements(
  engine: WasmEngine,
  n: number,
  grain: number,
  body: (run: WasmExports, first: number, count: number) => void,
): void {
  const parts = engine.parts(n, grain);
  if (parts === 1) {
    body(engine.run, 0, n);
    return;
  }
  engine.split(Math.ceil(n / BLOCK), parts, (run, first, end) => {
    body(run, first * BLOCK, Math.min(end * BLOCK, n) - first * BLOCK);
  });
}

/** A tensor seen from one axis, as [outer, length, inner]. */
export type Sizes = { readonly outer: number; readonly length: number; readonly inner: number };

/** Calls `body` for parts of the planes, or of the columns where those are too few: planes and columns from first to end. */
export function splitLines(
  engine: WasmEngine,
  { outer, length, inner }: Sizes,
  grain: number,
  body: (run: WasmExports, plane: number, planes: number, column: number, end: number, part: number) => void,
): void {
  const parts = engine.parts(outer * length * inner, grain);
  if (outer >= parts || inner < 16 * parts) {
    engine.split(outer, Math.min(parts, outer), (run, first, end, part) => {
      body(run, first, end - first, 0, inner, part);
    });
  } else {
    engine.split(Math.ceil(inner / 16), parts, (run, first, end, part) => {
      body(run, 0, outer, 16 * first, Math.min(16 * end, inner), part);
    });
  }
}

/**
 * A few long rows are reduced in chunks of this many elements, the last one shorter: one length for any number of threads, so
 * that results are the same.
 */
export const CHUNK = 65536;

/** Whether rows are so few and so long. */
export function isInChunks({ outer, length, inner }: Sizes): boolean {
  return inner === 1 && outer <= 4 && length >= 2 * CHUNK;
}

/** Calls `body` for parts of the chunks of a row: the first chunk, where it starts, and the number of elements. */
export function splitChunks(
  engine: WasmEngine,
  length: number,
  body: (run: WasmExports, chunk: number, first: number, n: number) => void,
): void {
  const count = Math.ceil(length / CHUNK);
  engine.split(count, engine.parts(count, 1), (run, chunk, end) => {
    const first = chunk * CHUNK;
    body(run, chunk, first, Math.min(length, end * CHUNK) - first);
  });
}

/** Extremes of rows that lie behind each other. */
export type ExtremeRows = WasmExports['maxRows'];

/** The extreme of each chunk of n elements. */
export function extremesOfChunks(rows: ExtremeRows, x: number, to: number, n: number): void {
  const whole = Math.floor(n / CHUNK);
  rows(x, to, whole, CHUNK);
  const rest = n % CHUNK;
  if (rest > 0) rows(x + 4 * whole * CHUNK, to + 4 * whole, 1, rest);
}

/** Sizes around axes that are neighbours, but for axes of length 1; undefined for others. */
export function aroundAxes(shape: Shape, axes: readonly number[]): Sizes | undefined {
  let [outer, length, inner] = [1, 1, 1];
  let isPast = false;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (axes.includes(axis) && size !== 1) {
      if (isPast) return undefined;
      length *= size;
    } else if (length > 1) {
      outer *= size;
      isPast ||= size !== 1;
    } else {
      inner *= size;
    }
  }
  return { outer, length, inner };
}
