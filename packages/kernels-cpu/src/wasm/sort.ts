// Order along an axis: sort and topK, by radix, and running sums.

import { aroundAxis, cumsum, type KernelTensor, sort, topK } from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';
import { splitLines } from './split.js';

// Elements that are sorted in about 20 µs.
const GRAIN = 2048;
// Elements that are summed in about 20 µs.
const SUM_GRAIN = 32_768;

/** Up to so many are held in order, one more at a time. For others four times as many are gathered before they are sorted. */
const FEW = 32;

export const sortKernel = wasmKernel(sort, (engine, { x, values, indices }, { axis, descending }) =>
  ordered(engine, x, values, indices, axis, x.shape[axis] ?? 1, descending),
);

export const topKKernel = wasmKernel(topK, (engine, { x, values, indices }, { axis, k, largest }) =>
  ordered(engine, x, values, indices, axis, k, largest),
);

function ordered(
  engine: WasmEngine,
  x: KernelTensor,
  values: KernelTensor,
  indices: KernelTensor,
  axis: number,
  k: number,
  isDescending: boolean,
): boolean {
  if (x.dtype !== 'float32' && x.dtype !== 'int32') return false;
  if (values.size === 0) return true;
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const lines = outer * inner;
  const room = Math.min(length, k <= FEW ? k + 1 : 4 * k);
  const tasks = engine.tasks(lines, Math.ceil(GRAIN / length));
  const [from, to, places, isInt] = [pointerOf(x), pointerOf(values), pointerOf(indices), x.dtype === 'int32' ? 1 : 0];
  const bytes = engine.wasm.orderBytes(room);
  engine.withRoom(bytes * tasks, (scratch) => {
    engine.split(lines, tasks, (wasm, first, end, task) => {
      const own = scratch + task * bytes;
      wasm.order(from, to, places, first, end, length, inner, k, room, isInt, isDescending ? 1 : 0, own);
    });
  });
  return true;
}

export const cumsumKernel = wasmKernel(cumsum, (engine, { x, y }, { axis, reverse }) => {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = aroundAxis(x.shape, axis);
  const { length, inner } = sizes;
  const [from, to, isReverse] = [pointerOf(x), pointerOf(y), reverse ? 1 : 0];
  splitLines(engine, sizes, SUM_GRAIN, (wasm, plane, planes, column, end) => {
    const start = 4 * plane * length * inner;
    if (inner === 1) wasm.cumsumRows(from + start, to + start, planes, length, isReverse);
    else wasm.cumsumColumns(from + start, to + start, planes, length, inner, column, end, isReverse);
  });
  return true;
});
