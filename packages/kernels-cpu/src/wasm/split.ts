// Splitting loops over elements for the threads.

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
