// The linear map of a layer: the engine's matrix product, and the bias added to every row of it.

import { linear } from '@dl/autograd';
import { rowsOf } from '../typescript/kernel.js';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { matmulKernel } from './matmul.js';

// A thread's least share of work, in elements.
const GRAIN = 1 << 15;

export const linearKernel = wasmKernel(linear, (engine, { x, weight, bias, y }) => {
  if (y.dtype !== 'float32') return false;
  const to = rowsOf(y);
  matmulKernel(engine).run({ a: rowsOf(x), b: weight, y: to }, { transposeA: false, transposeB: true });
  if (bias === undefined || y.size === 0) return true;
  const [rows, columns] = to.shape as readonly [number, number];
  const [at, add] = [pointerOf(y), pointerOf(bias)];
  engine.split(rows, engine.parts(rows, Math.ceil(GRAIN / columns)), (run, first, end) => {
    const start = at + 4 * first * columns;
    run.binaryAdd(end - first, columns, start, columns, 1, add, 0, 1, start);
  });
  return true;
});
