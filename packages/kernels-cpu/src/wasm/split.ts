// Splitting loops over elements, and over the lines along an axis, for the threads.

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
