// What the kernels of whole sequences share: matrices that are packed once, and rows of the batch that threads share out.

import type { KernelTensor } from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { GRAIN } from './product.js';

/** A matrix to be packed: rows from `first` on of one [rows, columns], and whether it is to be multiplied from the right as it is, or turned round. */
export interface Matrix {
  readonly of: KernelTensor | undefined;
  readonly first?: number;
  readonly rows?: number;
  readonly turned: boolean;
}

/** What one call has to do with all rows. */
interface Job {
  readonly batch: number;
  readonly time: number;
  /** Multiplications in each step of a row. */
  readonly perStep: number;
  readonly lengths: readonly number[] | undefined;
  readonly matrices: readonly Matrix[];
  readonly bytesOf: (rows: number) => number;
  /** Does rows of the batch: matrices and lengths (or 0) by their addresses. */
  readonly body: (
    wasm: WasmExports,
    first: number,
    rows: number,
    packed: readonly number[],
    lengths: number,
    scratch: number,
  ) => void;
}

/** Packs the matrices, and has the threads do rows of the batch, each all its steps. */
export function overSequences(
  engine: WasmEngine,
  { batch, time, perStep, lengths, matrices, bytesOf, body }: Job,
): void {
  const sizes = matrices.map(({ of, first = 0, rows = (of?.shape[0] ?? 0) - first, turned }) => {
    const columns = of?.shape[1] ?? 0;
    return { of, first, columns, n: turned ? rows : columns, k: turned ? columns : rows, turned };
  });
  const bytes = sizes.map(({ of, n, k }) => (of === undefined ? 0 : engine.wasm.packedBytes(n, k)));
  const at = lengths === undefined ? 0 : engine.writeScratch('labels', lengths);
  const tasks = engine.tasks(batch, Math.ceil(GRAIN / (perStep * time)));
  const each = bytesOf(Math.ceil(batch / tasks));
  const total = bytes.reduce((sum, size) => sum + size, 0);
  engine.withRoom(total + tasks * each, (room) => {
    let to = room;
    const packed = sizes.map(({ of, first, columns, n, k, turned }, i) => {
      if (of === undefined) return 0;
      const place = to;
      to += bytes[i]!;
      const from = pointerOf(of) + 4 * first * columns;
      engine.wasm.packMatrix(place, from, n, k, turned ? 1 : columns, turned ? columns : 1);
      return place;
    });
    engine.split(batch, tasks, (wasm, first, end, task) => {
      body(wasm, first, end - first, packed, at && at + 4 * first, to + task * each);
    });
  });
}

/** The address of row `first` of [batch, …], or 0 where there is no such tensor. */
export function rowAt(tensor: KernelTensor | undefined, first: number): number {
  if (tensor === undefined) return 0;
  return pointerOf(tensor) + 4 * first * (tensor.size / tensor.shape[0]!);
}

/** Begins a running state with another tensor's values. */
export function beginWith(engine: WasmEngine, state: KernelTensor, from: KernelTensor): void {
  engine.wasm.copyBytes(pointerOf(state), pointerOf(from), 4 * from.size);
}
