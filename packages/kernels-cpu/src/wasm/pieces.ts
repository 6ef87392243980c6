// The tensors of an update as one long row, which is cut for the threads.

import type { KernelTensor } from '@dl/autograd';
import type { WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';

/** Pieces begin at a multiple of so many elements, whole cache lines. */
const UNIT = 1024;

/**
 * Calls `change` for pieces of tensors, n elements from byte `offset` on of tensor k, in a task of its own for each thread;
 * `grain` units are worth a thread.
 */
export function forEachPiece(
  engine: WasmEngine,
  tensors: readonly KernelTensor[],
  grain: number,
  change: (wasm: WasmExports, k: number, offset: number, n: number, task: number) => void,
): void {
  let units = 0;
  for (const { size } of tensors) units += Math.ceil(size / UNIT);
  engine.split(units, engine.tasks(units, grain), (wasm, first, end, task) => {
    let at = 0;
    for (let k = 0; k < tensors.length && at < end; k++) {
      const { size } = tensors[k]!;
      const from = Math.max(first - at, 0) * UNIT;
      const to = Math.min((end - at) * UNIT, size);
      if (from < to) change(wasm, k, 4 * from, to - from, task);
      at += Math.ceil(size / UNIT);
    }
  });
}

export const isFloat32 = ({ dtype }: KernelTensor): boolean => dtype === 'float32';
