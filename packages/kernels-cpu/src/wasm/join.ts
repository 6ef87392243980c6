// Tensors put together, and what is around them: concat, pad, triangles.

import { aroundAxis, bytesPerElement, concat, halfBits, isHalf, type OpInfo, pad, tril, triu } from '@dl/autograd';
import { COPY_GRAIN, copyRows, padded } from './copies.js';
import { pointerOf } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';

export const concatKernel = wasmKernel(concat, (engine, { xs, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(y.shape, axis);
  const size = bytesPerElement(y.dtype);
  const row = length * inner * size;
  let to = pointerOf(y);
  for (const x of xs) {
    const n = x.shape[axis]! * inner;
    if (x.size > 0) copyRows(engine, to, row, size, pointerOf(x), n * size, size, outer, n, size);
    to += n * size;
  }
  return true;
});

export const padKernel = wasmKernel(pad, (engine, { x, y }, { pads, value }) => {
  const { dtype } = x;
  const stored = isHalf(dtype) ? halfBits([value], dtype)[0]! : value;
  padded(engine, pointerOf(y), pointerOf(x), x.shape, pads, dtype, stored);
  return true;
});

function triangle(op: OpInfo<readonly ['x'], { diagonal: number }, readonly ['y']>, isUpper: 0 | 1): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { diagonal }) => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    if (x.size === 0) return true;
    const [from, to, size] = [pointerOf(x), pointerOf(y), bytesPerElement(x.dtype)];
    const count = x.size / columns;
    // A diagonal far outside is no more than one just outside.
    const shift = Math.max(-rows, Math.min(columns, diagonal));
    engine.split(count, engine.tasks(x.size * size, COPY_GRAIN), (wasm, first, end) => {
      wasm.triangle(to, from, first, end, rows, columns, shift, isUpper, size);
    });
    return true;
  });
}

export const trilKernel = triangle(tril, 0);
export const triuKernel = triangle(triu, 1);
