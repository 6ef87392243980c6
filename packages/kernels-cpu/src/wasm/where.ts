// A choice between two tensors, with broadcasting.

import { broadcastStrides, type KernelTensor, where } from '@dl/autograd';
import { CHEAP, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';

export const whereKernel = wasmKernel(where, (engine, { condition, a, b, y }) => {
  if (y.dtype !== 'float32' && y.dtype !== 'int32') return false;
  const [mask, left, right, to] = [pointerOf(condition), pointerOf(a), pointerOf(b), pointerOf(y)];
  const { size } = y;
  const isSimple = (x: KernelTensor): boolean => x.size === size || x.size === 1;
  if (condition.size === size && isSimple(a) && isSimple(b)) {
    const [aStep, bStep] = [a.size === size ? 1 : 0, b.size === size ? 1 : 0];
    engine.split(size, engine.tasks(size, CHEAP), (wasm, i, end) => {
      const [from, otherwise] = [left + 4 * i * aStep, right + 4 * i * bStep];
      wasm.where4(1, end - i, mask + i, 0, 1, from, 0, aStep, otherwise, 0, bStep, to + 4 * i);
    });
    return true;
  }
  const strides = [condition, a, b].map(({ shape }) => broadcastStrides(shape, y.shape));
  forEachPlane(y.shape, strides, (start, rows, n, [k, i, j], [cRow, aRow, bRow], [cStep, aStep, bStep]) => {
    const [c, from, otherwise] = [mask + k!, left + 4 * i!, right + 4 * j!];
    engine.wasm.where4(rows, n, c, cRow!, cStep!, from, aRow!, aStep!, otherwise, bRow!, bStep!, to + 4 * start);
  });
  return true;
});
