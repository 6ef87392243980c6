// Reductions. Sums, means and extremes go over any axes, one pass for neighbouring axes that are reduced, the last
// first; products, any and all over neighbouring axes.

import {
  type AroundAxis,
  all,
  any,
  argmax,
  argmin,
  aroundAxis,
  type KernelTensor,
  max,
  mean,
  min,
  type OpInfo,
  prod,
  reductionSteps,
  sum,
} from '@dl/autograd';
import { CHEAP, pointerOf, type ScratchName, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { aroundAxes, CHUNK, type ExtremeRows, extremesOfChunks, isInChunks, splitChunks, splitLines } from './split.js';

/** Reduces [outer, length, inner] to [outer, inner]; the last pass multiplies by `scale`. */
type Pass = (x: number, y: number, outer: number, length: number, inner: number, scale: number) => void;
type ReduceOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

function reduction(op: ReduceOp, makePass: (engine: WasmEngine) => Pass, isMean = false): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { axes }) => {
    if (x.dtype !== 'float32' || x.size === 0) return false;
    reduce(engine, x, y, axes, makePass(engine), isMean ? y.size / x.size : 1);
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
  const steps = reductionSteps(x.shape, axes);
  let from = pointerOf(x);
  if (steps.length === 0) pass(from, pointerOf(y), x.size, 1, 1, scale);
  for (let i = 0; i < steps.length; i++) {
    const { outer, length, inner } = steps[i]!;
    const isLast = i === steps.length - 1;
    // Two places in turn: one is read while the other is written.
    const name: ScratchName = i % 2 === 0 ? 'partial' : 'partial2';
    const to = isLast ? pointerOf(y) : engine.scratch(name, 4 * outer * inner);
    pass(from, to, outer, length, inner, isLast ? scale : 1);
    from = to;
  }
}

type Rows = (wasm: WasmExports, x: number, y: number, rows: number, n: number, scale: number) => void;
type Columns = (wasm: WasmExports, ...sizes: Parameters<WasmExports['sumColumns']>) => void;

// Columns that lie side by side go through the cache together.
const COLUMNS = 16;

/** A pass, split over its results. */
function passOf(engine: WasmEngine, byRows: Rows, byColumns: Columns): Pass {
  return (x, y, outer, length, inner, scale) => {
    const tasks = engine.tasks(outer, Math.ceil(CHEAP / (length * inner)));
    if (inner === 1) {
      engine.split(outer, tasks, (wasm, first, end) => {
        byRows(wasm, x + 4 * first * length, y + 4 * first, end - first, length, scale);
      });
    } else if (outer > 1) {
      const scratch = engine.scratch('columns', 8 * inner * tasks);
      engine.split(outer, tasks, (wasm, first, end, task) => {
        const [from, to] = [x + 4 * first * length * inner, y + 4 * first * inner];
        byColumns(wasm, from, to, end - first, length, inner, inner, scale, scratch + 8 * inner * task);
      });
    } else {
      const groups = Math.ceil(inner / COLUMNS);
      const scratch = engine.scratch('columns', 8 * inner);
      engine.split(groups, engine.tasks(groups, Math.ceil(CHEAP / (length * COLUMNS))), (wasm, first, end) => {
        const i = COLUMNS * first;
        const count = Math.min(inner, COLUMNS * end) - i;
        byColumns(wasm, x + 4 * i, y + 4 * i, 1, length, count, inner, scale, scratch + 8 * i);
      });
    }
  };
}

/** What goes by chunks where rows are few and long: from a row to a result for each chunk, and from those to that of the row. */
interface ByChunks {
  /** Bytes of the result of a chunk. */
  readonly bytes: number;
  readonly chunks: (wasm: WasmExports, x: number, to: number, n: number) => void;
  readonly join: (wasm: WasmExports, chunks: number, y: number, count: number, scale: number) => void;
}

function withChunks(engine: WasmEngine, pass: Pass, { bytes, chunks, join }: ByChunks): Pass {
  return (x, y, outer, length, inner, scale) => {
    if (!isInChunks({ outer, length, inner })) {
      pass(x, y, outer, length, inner, scale);
      return;
    }
    const count = Math.ceil(length / CHUNK);
    const results = engine.scratch('chunks', bytes * count);
    for (let row = 0; row < outer; row++) {
      splitChunks(engine, length, (wasm, chunk, first, n) => {
        chunks(wasm, x + 4 * (row * length + first), results + bytes * chunk, n);
      });
      join(engine.wasm, results, y + 4 * row, count, scale);
    }
  };
}

function sumPass(engine: WasmEngine): Pass {
  const pass = passOf(
    engine,
    (wasm, x, y, rows, n, scale) => wasm.sumRows(x, y, rows, n, scale),
    (wasm, ...sizes) => wasm.sumColumns(...sizes),
  );
  return withChunks(engine, pass, {
    bytes: 8,
    chunks: (wasm, x, to, n) => wasm.sumChunks(x, to, n, CHUNK),
    join: (wasm, chunks, y, count, scale) => wasm.sumDoubles(chunks, y, count, scale),
  });
}

function extremePass(engine: WasmEngine, byRows: (wasm: WasmExports) => ExtremeRows, byColumns: Columns): Pass {
  const pass = passOf(engine, (wasm, x, y, rows, n) => byRows(wasm)(x, y, rows, n), byColumns);
  return withChunks(engine, pass, {
    bytes: 4,
    chunks: (wasm, x, to, n) => extremesOfChunks(byRows(wasm), x, to, n),
    join: (wasm, chunks, y, count) => byRows(wasm)(chunks, y, 1, count),
  });
}

export const sumKernel = reduction(sum, sumPass);
export const meanKernel = reduction(mean, sumPass, true);
export const maxKernel = reduction(max, (engine) =>
  extremePass(
    engine,
    (wasm) => (x, y, rows, n) => wasm.maxRows(x, y, rows, n),
    (wasm, x, y, outer, length, inner, stride) => wasm.maxColumns(x, y, outer, length, inner, stride),
  ),
);
export const minKernel = reduction(min, (engine) =>
  extremePass(
    engine,
    (wasm) => (x, y, rows, n) => wasm.minRows(x, y, rows, n),
    (wasm, x, y, outer, length, inner, stride) => wasm.minColumns(x, y, outer, length, inner, stride),
  ),
);

// Elements of x that take about 20 µs.
const GRAIN = 32_768;

/** Scratch of kernels that go down many columns together, and how much of it each task has. */
function columnScratch(engine: WasmEngine): [scratch: number, bytes: number] {
  const bytes = engine.wasm.columnBytes();
  return [engine.scratch('columns', engine.threads * bytes), bytes];
}

/** Calls `body` for each row of those that go by chunks, with scratch for what comes of each chunk, and how many there are. */
function forEachRow(
  engine: WasmEngine,
  { outer, length }: AroundAxis,
  bytes: number,
  body: (row: number, chunks: number, count: number) => void,
): void {
  const count = Math.ceil(length / CHUNK);
  const chunks = engine.scratch('chunks', bytes * count);
  for (let row = 0; row < outer; row++) body(row, chunks, count);
}

export const prodKernel = wasmKernel(prod, (engine, { x, y }, { axes }) => {
  const sizes = aroundAxes(x.shape, axes);
  if (x.dtype !== 'float32' || x.size === 0 || sizes === undefined) return false;
  const { length, inner } = sizes;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (isInChunks(sizes)) {
    forEachRow(engine, sizes, 8, (row, chunks, count) => {
      const source = from + 4 * row * length;
      splitChunks(engine, length, (wasm, chunk, first, n) => {
        wasm.prodChunks(source + 4 * first, chunks + 8 * chunk, n, CHUNK);
      });
      engine.wasm.prodOfChunks(chunks, count, source, length, to + 4 * row);
    });
    return true;
  }
  const [scratch, bytes] = columnScratch(engine);
  splitLines(engine, sizes, GRAIN, (wasm, plane, planes, column, end, task) => {
    const [source, target] = [from + 4 * plane * length * inner, to + 4 * plane * inner];
    if (inner === 1) wasm.prodRows(source, target, planes, length);
    else wasm.prodColumns(source, target, planes, length, inner, column, end, scratch + task * bytes);
  });
  return true;
});

function boolReduction(op: ReduceOp, isAll: 0 | 1): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { axes }) => {
    const sizes = aroundAxes(x.shape, axes);
    if (x.size === 0 || sizes === undefined) return false;
    const { length, inner } = sizes;
    const [from, to] = [pointerOf(x), pointerOf(y)];
    splitLines(engine, sizes, 8 * GRAIN, (wasm, plane, planes, column, end) => {
      const [source, target] = [from + plane * length * inner, to + plane * inner];
      if (inner === 1) wasm.anyAllRows(source, target, planes, length, isAll);
      else wasm.anyAllColumns(source, target, planes, length, inner, column, end, isAll);
    });
    return true;
  });
}

export const anyKernel = boolReduction(any, 0);
export const allKernel = boolReduction(all, 1);

function extremePlace(
  op: OpInfo<readonly ['x'], { axis: number; keepDims: boolean }, readonly ['y']>,
  isMax: 0 | 1,
): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { axis }) => {
    if (x.dtype !== 'float32' || x.size === 0) return false;
    const sizes = aroundAxis(x.shape, axis);
    const { length, inner } = sizes;
    const [from, to] = [pointerOf(x), pointerOf(y)];
    if (isInChunks(sizes)) {
      // The chunk that has it is found first.
      forEachRow(engine, sizes, 4, (row, chunks, count) => {
        const [source, target] = [from + 4 * row * length, to + 4 * row];
        splitChunks(engine, length, (wasm, chunk, first, n) => {
          extremesOfChunks(isMax ? wasm.maxRows : wasm.minRows, source + 4 * first, chunks + 4 * chunk, n);
        });
        engine.wasm.extremePlaceRows(chunks, target, 1, count, isMax);
        engine.wasm.extremePlaceInChunk(source, target, length, CHUNK, isMax);
      });
      return true;
    }
    const [scratch, bytes] = columnScratch(engine);
    splitLines(engine, sizes, GRAIN, (wasm, plane, planes, column, end, task) => {
      const [source, target] = [from + 4 * plane * length * inner, to + 4 * plane * inner];
      if (inner === 1) wasm.extremePlaceRows(source, target, planes, length, isMax);
      else wasm.extremePlaceColumns(source, target, planes, length, inner, column, end, scratch + task * bytes, isMax);
    });
    return true;
  });
}

export const argmaxKernel = extremePlace(argmax, 1);
export const argminKernel = extremePlace(argmin, 0);
