// Softmax and its logarithm, and cross-entropy along the last axis.

import { crossEntropy, type KernelTensor, logSoftmax, softmax } from '@dl/autograd';
import { aroundAxis } from '../typescript/kernel.js';
import { COSTLY, pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';
import { splitLines } from './split.js';

function isAlongRows(x: KernelTensor, axis: number): boolean {
  return x.dtype === 'float32' && axis === x.shape.length - 1 && x.size > 0;
}

/** Along an axis before the last. */
function alongColumns(engine: WasmEngine, x: KernelTensor, y: KernelTensor, axis: number, isLog: 0 | 1): boolean {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = aroundAxis(x.shape, axis);
  const { length, inner } = sizes;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitLines(engine, sizes, 16_384, (run, plane, planes, column, end) => {
    const start = 4 * plane * length * inner;
    run.softmaxColumns(from + start, to + start, planes, length, inner, column, end, isLog);
  });
  return true;
}

export const softmaxKernel = wasmKernel(softmax, (engine, { x, y }, { axis }) => {
  if (!isAlongRows(x, axis)) return alongColumns(engine, x, y, axis, 0);
  const n = x.shape[axis]!;
  const rows = x.size / n;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  engine.split(rows, engine.parts(rows, Math.ceil(COSTLY / n)), (run, first, end) => {
    run.softmaxRows(from + 4 * first * n, to + 4 * first * n, end - first, n);
  });
  return true;
});

export const logSoftmaxKernel = wasmKernel(logSoftmax, (engine, { x, y }, { axis }) => {
  if (!isAlongRows(x, axis)) return alongColumns(engine, x, y, axis, 1);
  const n = x.shape[axis]!;
  const rows = x.size / n;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  engine.split(rows, engine.parts(rows, Math.ceil(COSTLY / n)), (run, first, end) => {
    run.logSoftmaxRows(from + 4 * first * n, to + 4 * first * n, end - first, n);
  });
  return true;
});

export const crossEntropyKernel = wasmKernel(crossEntropy, ({ run }, { logits, labels, y }) => {
  if (!isAlongRows(logits, 1)) return false;
  // A label out of range is left to the TypeScript kernel, which says which one it is.
  const [rows, classes] = logits.shape as readonly [number, number];
  return run.crossEntropyRows(pointerOf(logits), pointerOf(labels), pointerOf(y), rows, classes) !== 0;
});
