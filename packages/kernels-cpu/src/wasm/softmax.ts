// Softmax and its logarithm, and their gradients along the last axis.

import {
  aroundAxis,
  type KernelTensor,
  logSoftmax,
  logSoftmaxGrad,
  type OpInfo,
  softmax,
  softmaxGrad,
} from '@dl/autograd';
import { COSTLY, pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { splitLines } from './split.js';

// So many elements are worth a thread.
const GRAIN = 16_384;

function isAlongRows(x: KernelTensor, axis: number): boolean {
  return x.dtype === 'float32' && axis === x.shape.length - 1 && x.size > 0;
}

/** Along an axis before the last. */
function alongColumns(engine: WasmEngine, x: KernelTensor, y: KernelTensor, axis: number, isLog: 0 | 1): boolean {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = aroundAxis(x.shape, axis);
  const { length, inner } = sizes;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitLines(engine, sizes, GRAIN, (wasm, plane, planes, column, end) => {
    const start = 4 * plane * length * inner;
    wasm.softmaxColumns(from + start, to + start, planes, length, inner, column, end, isLog);
  });
  return true;
}

export const softmaxKernel = wasmKernel(softmax, (engine, { x, y }, { axis }) => {
  if (!isAlongRows(x, axis)) return alongColumns(engine, x, y, axis, 0);
  const n = x.shape[axis]!;
  const rows = x.size / n;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  engine.split(rows, engine.tasks(rows, Math.ceil(COSTLY / n)), (wasm, first, end) => {
    wasm.softmaxRows(from + 4 * first * n, to + 4 * first * n, end - first, n);
  });
  return true;
});

export const logSoftmaxKernel = wasmKernel(logSoftmax, (engine, { x, y }, { axis }) => {
  if (!isAlongRows(x, axis)) return alongColumns(engine, x, y, axis, 1);
  const n = x.shape[axis]!;
  const rows = x.size / n;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  engine.split(rows, engine.tasks(rows, Math.ceil(COSTLY / n)), (wasm, first, end) => {
    wasm.logSoftmaxRows(from + 4 * first * n, to + 4 * first * n, end - first, n);
  });
  return true;
});

type Rows = (wasm: WasmExports, g: number, y: number, dx: number, rows: number, n: number) => void;

function alongRows(op: OpInfo<readonly ['g', 'y'], { axis: number }, readonly ['dx']>, apply: Rows): WasmKernel {
  return wasmKernel(op, (engine, { g, y, dx }, { axis }) => {
    if (y.dtype !== 'float32' || axis !== y.shape.length - 1 || y.size === 0) return false;
    const n = y.shape[axis]!;
    const rows = y.size / n;
    const [from, at, to] = [pointerOf(g), pointerOf(y), pointerOf(dx)];
    engine.split(rows, engine.tasks(rows, Math.ceil(GRAIN / n)), (wasm, first, end) => {
      const skipped = 4 * n * first;
      apply(wasm, from + skipped, at + skipped, to + skipped, end - first, n);
    });
    return true;
  });
}

export const softmaxGradKernel = alongRows(softmaxGrad, (wasm, ...args) => wasm.softmaxGradRows(...args));
export const logSoftmaxGradKernel = alongRows(logSoftmaxGrad, (wasm, ...args) => wasm.logSoftmaxGradRows(...args));
