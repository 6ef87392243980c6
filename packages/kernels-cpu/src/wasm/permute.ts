// Axes in another order.

import { permute, stridesOf } from '@dl/autograd';
import { COSTLY, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';

export const permuteKernel = wasmKernel(permute, (engine, { x, y }, { order }) => {
  if (y.dtype !== 'float32' && y.dtype !== 'int32') return false;
  const strides = stridesOf(x.shape);
  const [from, to] = [pointerOf(x), pointerOf(y)];
  forEachPlane(y.shape, [order.map((axis) => strides[axis]!)], (start, rows, n, [i], [row], [step]) => {
    // What was a column is a row, and the other way round: blocks of it are turned at once.
    if (row === 1 && step === rows) {
      engine.wasm.transpose(to + 4 * start, from + 4 * i!, 1, n, rows);
      return;
    }
    engine.split(rows, engine.tasks(rows, Math.ceil(COSTLY / n)), (wasm, k, end) => {
      wasm.copyRows(to + 4 * (start + k * n), end - k, n, from + 4 * (i! + k * row!), row!, step!);
    });
  });
  return true;
});
