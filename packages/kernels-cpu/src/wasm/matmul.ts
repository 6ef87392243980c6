// Batched matrix products.

import { broadcastStrides, matmul } from '@dl/autograd';
import { forEachRow } from '../typescript/kernel.js';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { GRAIN, multiply, multiplyHere, productOf } from './product.js';

export const matmulKernel = wasmKernel(matmul, (engine, { a, b, y }, { transposeA, transposeB }) => {
  if (y.dtype !== 'float32') return false;
  const rank = y.shape.length;
  const m = y.shape[rank - 2]!;
  const n = y.shape[rank - 1]!;
  const k = a.shape[a.shape.length - (transposeA ? 2 : 1)]!;
  const product = productOf(m, n, k, transposeA, transposeB);
  const [from, by, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  if (rank === 2) {
    multiply(engine, product, from, by, to);
    return true;
  }
  const batch = y.shape.slice(0, -2);
  const strides = [a, b].map(({ shape }) => broadcastStrides(shape.slice(0, -2), batch));
  forEachRow(batch, strides, (start, length, i, di, j, dj) => {
    const tasks = engine.tasks(length, Math.ceil(GRAIN / (m * n * k)));
    if (tasks === 1) {
      for (let p = 0; p < length; p++) {
        const [left, right] = [from + 4 * m * k * (i + p * di), by + 4 * k * n * (j + p * dj)];
        multiply(engine, product, left, right, to + 4 * m * n * (start + p));
      }
      return;
    }
    const bytes = product.isSmall ? 0 : engine.wasm.gemmBytes();
    const scratch = product.isSmall ? 0 : engine.scratch('gemm', tasks * bytes);
    engine.split(length, tasks, (wasm, first, end, task) => {
      for (let p = first; p < end; p++) {
        const [left, right] = [from + 4 * m * k * (i + p * di), by + 4 * k * n * (j + p * dj)];
        multiplyHere(wasm, product, left, right, to + 4 * m * n * (start + p), scratch + task * bytes);
      }
    });
  });
  return true;
});
