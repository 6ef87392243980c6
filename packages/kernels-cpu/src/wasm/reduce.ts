// Sums, means and extremes over any axes: one pass for each run of neighbouring axes that are reduced, the last first.

import { type KernelTensor, max, mean, min, type OpInfo, type Shape, sum } from '@dl/autograd';
import { pointerOf, type ScratchName, type WasmEngine } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';

/** Reduces [outer, length, inner] to [outer, inner]; the last pass multiplies by `scale`. */
type Pass = (x: number, y: number, outer: number, length: number, inner: number, scale: number) => void;
type ReduceOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

function reduction(op: ReduceOp, passOf: (engine: WasmEngine) => Pass, isMean = false): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { axes }) => {
    if (x.dtype !== 'float32' || x.size === 0) return false;
    reduce(engine, x, y, axes, passOf(engine), isMean ? y.size / x.size : 1);
    return true;
  });
}

function reduce(
  engine: WasmEngine,
  x: KernelTensor,
  y: KernelTensor,
  axes: readonly number[],
  pass: Pass,
  scale: number,
): void {
  const runs = runsOf(x.shape, axes);
  let from = pointerOf(x);
  let inner = 1;
  let size = x.size;
  let left = runs.filter(({ isReduced }) => isReduced).length;
  if (left === 0) pass(from, pointerOf(y), size, 1, 1, scale);
  for (const { length, isReduced } of runs.reverse()) {
    if (!isReduced) {
      inner *= length;
      continue;
    }
    left--;
    size /= length;
    // Two places in turn: one is read while the other is written.
    const name: ScratchName = left % 2 === 0 ? 'partial' : 'partial2';
    const to = left === 0 ? pointerOf(y) : engine.scratch(name, 4 * size);
    pass(from, to, size / inner, length, inner, left === 0 ? scale : 1);
    from = to;
  }
}

/** The axes, with neighbours that are both reduced or both kept taken together. */
function runsOf(shape: Shape, axes: readonly number[]): { length: number; isReduced: boolean }[] {
  const runs: { length: number; isReduced: boolean }[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const isReduced = axes.includes(axis);
    const last = runs[runs.length - 1];
    if (last?.isReduced === isReduced) last.length *= length;
    else runs.push({ length, isReduced });
  }
  return runs;
}

function sumPass(engine: WasmEngine): Pass {
  const { run } = engine;
  return (x, y, outer, length, inner, scale) => {
    if (inner === 1) run.sumRows(x, y, outer, length, scale);
    else run.sumColumns(x, y, outer, length, inner, scale, engine.scratch('columns', 8 * inner));
  };
}

export const sumKernel = reduction(sum, sumPass);
export const meanKernel = reduction(mean, sumPass, true);
export const maxKernel = reduction(max, ({ run: { maxRows, maxColumns } }) => (x, y, outer, length, inner) => {
  if (inner === 1) maxRows(x, y, outer, length);
  else maxColumns(x, y, outer, length, inner);
});
export const minKernel = reduction(min, ({ run: { minRows, minColumns } }) => (x, y, outer, length, inner) => {
  if (inner === 1) minRows(x, y, outer, length);
  else minColumns(x, y, outer, length, inner);
});
