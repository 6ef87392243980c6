// Kernels that read and add by index. An index out of range is left to the TypeScript kernel, which says which one it is.

import {
  aroundAxis,
  assignRows,
  bytesPerElement,
  gather,
  indexSelect,
  indexSelectGrad,
  type KernelTensor,
  type Shape,
  scatterAdd,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

// Elements moved in about 20 µs.
const GRAIN = 16384;
// Bytes copied in as long.
const COPIED = 262_144;

export const indexSelectKernel = wasmKernel(indexSelect, (engine, { x, index, y }, { axis }) => {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const [from, by, to, count] = [pointerOf(x), pointerOf(index), pointerOf(y), index.size];
  if (engine.wasm.indicesInRange(by, count, length) === 0) return false;
  const row = inner * bytesPerElement(x.dtype);
  if (y.size === 0) return true;
  engine.split(outer * count, engine.tasks(y.size, inner === 1 ? GRAIN : 2 * GRAIN), (wasm, first, end) => {
    wasm.selectRows(to, from, by, count, length, row, first, end);
  });
  return true;
});

export const indexSelectGradKernel = wasmKernel(indexSelectGrad, (engine, { g, index, y }, { axis, length }) => {
  const { outer, inner } = aroundAxis(y.shape, axis);
  const [from, by, to, count] = [pointerOf(g), pointerOf(index), pointerOf(y), index.size];
  if (g.dtype !== 'float32' || engine.wasm.indicesInRange(by, count, length) === 0) return false;
  const tasks = engine.tasks(y.size + g.size, GRAIN);
  // Rows that have one index are added in order, so a task has all of them, in some planes or in some columns.
  if (outer >= tasks || inner < 16 * tasks) {
    engine.split(outer, Math.min(tasks, outer), (wasm, first, end) => {
      wasm.addSelected(to, from, by, count, length, inner, first, end, 0, inner);
    });
  } else {
    engine.split(Math.ceil(inner / 16), tasks, (wasm, first, end) => {
      const columns = Math.min(16 * end, inner) - 16 * first;
      wasm.addSelected(to, from, by, count, length, inner, 0, outer, 16 * first, columns);
    });
  }
  return true;
});

/**
 * x and index as [outer, length, inner] around an axis, where the index may be shorter in its first axis and in the one after the
 * named, because its rows are neighbours even so; otherwise undefined.
 */
function sizesOf(x: Shape, index: Shape, axis: number) {
  for (let i = 0; i < x.length; i++) {
    if (i !== axis && i !== 0 && i !== axis + 1 && x[i] !== index[i]) return undefined;
  }
  const { length, inner: xInner } = aroundAxis(x, axis);
  const { outer, length: count, inner } = aroundAxis(index, axis);
  return { outer, count, inner, length, xInner };
}

function areInRange(
  wasm: { indicesInRange(at: number, n: number, length: number): number },
  index: KernelTensor,
  length: number,
): boolean {
  return wasm.indicesInRange(pointerOf(index), index.size, length) !== 0;
}

export const gatherKernel = wasmKernel(gather, (engine, { x, index, y }, { axis }) => {
  const sizes = sizesOf(x.shape, index.shape, axis);
  if (sizes === undefined || !areInRange(engine.wasm, index, sizes.length)) return false;
  const { outer, count, inner, length, xInner } = sizes;
  const [from, by, to, size] = [pointerOf(x), pointerOf(index), pointerOf(y), bytesPerElement(x.dtype)];
  engine.split(outer * count, engine.tasks(y.size, GRAIN), (wasm, first, end) => {
    wasm.gatherAt(to, from, by, count, inner, length, xInner, first, end, size);
  });
  return true;
});

export const scatterAddKernel = wasmKernel(scatterAdd, (engine, { x, index, source, y }, { axis }) => {
  const sizes = sizesOf(x.shape, index.shape, axis);
  if (x.dtype !== 'float32' || sizes === undefined || !areInRange(engine.wasm, index, sizes.length)) return false;
  const { outer, count, inner, length, xInner } = sizes;
  const [from, by, add, to] = [pointerOf(x), pointerOf(index), pointerOf(source), pointerOf(y)];
  splitElements(engine, 4 * y.size, COPIED, (wasm, first, bytes) => wasm.copyBytes(to + first, from + first, bytes));
  const tasks = engine.tasks(index.size, GRAIN);
  // What goes to one place is added in order, so a task has all of it.
  if (outer >= tasks || inner < 16 * tasks) {
    engine.split(outer, Math.min(tasks, outer), (wasm, first, end) => {
      wasm.scatterAddAt(to, add, by, count, inner, length, xInner, first, end, 0, inner);
    });
  } else {
    engine.split(inner, tasks, (wasm, first, end) => {
      wasm.scatterAddAt(to, add, by, count, inner, length, xInner, 0, outer, first, end);
    });
  }
  return true;
});

export const assignRowsKernel = wasmKernel(assignRows, (engine, { x, index, rows }) => {
  const [to, by, from] = [pointerOf(x), pointerOf(index), pointerOf(rows)];
  if (engine.wasm.indicesInRange(by, index.size, x.shape[0]!) === 0) return false;
  const row = (rows.size / index.size) * bytesPerElement(x.dtype);
  const named = bufferOf(index.handle).values;
  for (let k = 0; k < index.size; k++) engine.wasm.copyBytes(to + named[k]! * row, from + k * row, row);
  return true;
});
