// Splitting loops over elements, and over the lines along an axis, for the threads.

import { type AroundAxis, reductionSteps, type Shape, sizeOf } from '@dl/autograd';
import type { WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';

// Tasks begin at multiples of so many elements, so that no two write to one cache line.
const BLOCK = 64;

/** Calls `body` for tasks of `n` elements, of at least `grain` each, with where a task starts and how many it has. */
export function splitElements(
  engine: WasmEngine,
  n: number,
  grain: number,
  body: (wasm: WasmExports, first: number, count: number) => void,
): void {
  const tasks = engine.tasks(n, grain);
  if (tasks === 1) {
    body(engine.wasm, 0, n);
    return;
  }
  engine.split(Math.ceil(n / BLOCK), tasks, (wasm, first, end) => {
    body(wasm, first * BLOCK, Math.min(end * BLOCK, n) - first * BLOCK);
  });
}

/** Calls `body` for tasks of the planes, or of the columns where those are too few: planes and columns from first to end. */
export function splitLines(
  engine: WasmEngine,
  { outer, length, inner }: AroundAxis,
  grain: number,
  body: (wasm: WasmExports, plane: number, planes: number, column: number, end: number, task: number) => void,
): void {
  const tasks = engine.tasks(outer * length * inner, grain);
  if (outer >= tasks || inner < 16 * tasks) {
    engine.split(outer, Math.min(tasks, outer), (wasm, first, end, task) => {
      body(wasm, first, end - first, 0, inner, task);
    });
  } else {
    engine.split(Math.ceil(inner / 16), tasks, (wasm, first, end, task) => {
      body(wasm, 0, outer, 16 * first, Math.min(16 * end, inner), task);
    });
  }
}

/**
 * A few long rows are reduced in chunks of this many elements, the last one shorter: one length for any number of threads, so
 * that results are the same.
 */
export const CHUNK = 65536;

/** Whether rows are so few and so long. */
export function isInChunks({ outer, length, inner }: AroundAxis): boolean {
  return inner === 1 && outer <= 4 && length >= 2 * CHUNK;
}

/** Calls `body` for tasks of the chunks of a row: the first chunk, where it starts, and the number of elements. */
export function splitChunks(
  engine: WasmEngine,
  length: number,
  body: (wasm: WasmExports, chunk: number, first: number, n: number) => void,
): void {
  const count = Math.ceil(length / CHUNK);
  engine.split(count, engine.tasks(count, 1), (wasm, chunk, end) => {
    const first = chunk * CHUNK;
    body(wasm, chunk, first, Math.min(length, end * CHUNK) - first);
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

/** AroundAxis around axes that are neighbours, but for axes of length 1; undefined for others. */
export function aroundAxes(shape: Shape, axes: readonly number[]): AroundAxis | undefined {
  const [step, ...others] = reductionSteps(shape, axes);
  if (others.length > 0) return undefined;
  return step ?? { outer: 1, length: 1, inner: sizeOf(shape) };
}
