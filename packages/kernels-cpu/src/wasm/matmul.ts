// Batched matrix products.

import { matmul } from '@dl/autograd';
import { broadcastStrides, forEachRow } from '../typescript/kernel.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';

// Below so many multiplications, packing costs more than it saves.
const SMALL = 8192;

export const matmulKernel = wasmKernel(matmul, (engine, { a, b, y }, { transposeA, transposeB }) => {
  if (y.dtype !== 'float32') return false;
  const rank = y.shape.length;
  const m = y.shape[rank - 2]!;
  const n = y.shape[rank - 1]!;
  const depth = a.shape[a.shape.length - (transposeA ? 2 : 1)]!;
  const [from, by, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  if (rank === 2) {
    multiply(engine, m, n, depth, from, transposeA, by, transposeB, to);
    return true;
  }
  const batch = y.shape.slice(0, -2);
  const strides = [a, b].map(({ shape }) => broadcastStrides(shape.slice(0, -2), batch));
  forEachRow(batch, strides, (start, length, i, di, j, dj) => {
    for (let k = 0; k < length; k++) {
      const [left, right] = [from + 4 * m * depth * (i + k * di), by + 4 * depth * n * (j + k * dj)];
      multiply(engine, m, n, depth, left, transposeA, right, transposeB, to + 4 * m * n * (start + k));
    }
  });
  return true;
});

/** One product of matrices at these addresses. */
function multiply(
  engine: WasmEngine,
  m: number,
  n: number,
  depth: number,
  a: number,
  transposeA: boolean,
  b: number,
  transposeB: boolean,
  c: number,
): void {
  const aRow = transposeA ? 1 : depth;
  const aDepth = transposeA ? m : 1;
  const bDepth = transposeB ? 1 : n;
  const bColumn = transposeB ? depth : 1;
  const { run } = engine;
  if (m * n * depth <= SMALL || m === 1 || (n === 1 && !transposeA)) {
    run.gemmSmall(m, n, depth, a, aRow, aDepth, b, bDepth, bColumn, c);
  } else {
    const scratch = engine.scratch('gemm', run.gemmBytes());
    run.gemm(m, n, depth, a, aRow, aDepth, b, bDepth, bColumn, c, n, 0, 0, scratch);
  }
}
