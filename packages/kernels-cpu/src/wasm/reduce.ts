// Sums, means and extremes over any axes: one pass for each run of neighbouring axes that are reduced, the last first.

import { type KernelTensor, max, mean, min, type OpInfo, type Shape, sum } from '@dl/autograd';
import { CHEAP, pointerOf, type ScratchName, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
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

/** Splits a pass over the results: rows of them, or columns where all rows are one. */
function passBy(rowsOf: (run: WasmExports) => RowsPass, columnsOf: (run: WasmExports) => ColumnsPass) {
  return (engine: WasmEngine): Pass =>
    (x, y, outer, length, inner, scale) => {
      const parts = engine.parts(outer, Math.ceil(CHEAP / (length * inner)));
      if (inner === 1) {
        engine.split(outer, parts, (run, first, end) => {
          rowsOf(run)(x + 4 * first * length, y + 4 * first, end - first, length, scale);
        });
        return;
      }
      const scratch = engine.scratch('columns', 8 * inner * parts);
      engine.split(outer, parts, (run, first, end, part) => {
        const [from, to] = [x + 4 * first * length * inner, y + 4 * first * inner];
        columnsOf(run)(from, to, end - first, length, inner, scale, scratch + 8 * inner * part);
      });
    };
}

type RowsPass = (x: number, y: number, rows: number, n: number, scale: number) => void;
type ColumnsPass = (
  x: number,
  y: number,
  outer: number,
  length: number,
  inner: number,
  scale: number,
  scratch: number,
) => void;

const sumPass = passBy(
  (run) => run.sumRows,
  (run) => run.sumColumns,
);
export const sumKernel = reduction(sum, sumPass);
export const meanKernel = reduction(mean, sumPass, true);
export const maxKernel = reduction(
  max,
  passBy(
    (run) => run.maxRows,
    (run) => run.maxColumns,
  ),
);
export const minKernel = reduction(
  min,
  passBy(
    (run) => run.minRows,
    (run) => run.minColumns,
  ),
);
