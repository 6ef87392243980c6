// Kernels along axes of a tensor seen as [outer, length, inner]: products, any and all, places of extremes, and
// running sums.

import { all, any, argmax, argmin, cumsum, type OpInfo, prod, type Shape } from '@dl/autograd';
import { aroundAxis } from '../typescript/kernel.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { CHUNK, extremesOfChunks, isInChunks, type Sizes, splitChunks, splitLines } from './split.js';

// Elements of x that take about 20 µs.
const GRAIN = 32_768;

/** Sizes around axes that are neighbours, but for axes of length 1; undefined for others. */
function aroundAxes(shape: Shape, axes: readonly number[]): Sizes | undefined {
  let [outer, length, inner] = [1, 1, 1];
  let isPast = false;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (axes.includes(axis) && size !== 1) {
      if (isPast) return undefined;
      length *= size;
    } else if (length > 1) {
      outer *= size;
      isPast ||= size !== 1;
    } else {
      inner *= size;
    }
  }
  return { outer, length, inner };
}

/** Scratch of kernels that go down many columns together, and how much of it each part has. */
function columnScratch(engine: WasmEngine): [scratch: number, bytes: number] {
  const bytes = engine.run.columnBytes();
  return [engine.scratch('columns', engine.threads * bytes), bytes];
}

/** Calls `body` for each row of those that go by chunks, with scratch for what comes of each chunk, and how many there are. */
function forEachRow(
  engine: WasmEngine,
  { outer, length }: Sizes,
  bytes: number,
  body: (row: number, chunks: number, count: number) => void,
): void {
  const count = Math.ceil(length / CHUNK);
  const chunks = engine.scratch('chunks', bytes * count);
  for (let row = 0; row < outer; row++) body(row, chunks, count);
}

type ReduceOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

export const prodKernel = wasmKernel(prod, (engine, { x, y }, { axes }) => {
  const sizes = aroundAxes(x.shape, axes);
  if (x.dtype !== 'float32' || x.size === 0 || sizes === undefined) return false;
  const { length, inner } = sizes;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (isInChunks(sizes)) {
    forEachRow(engine, sizes, 8, (row, chunks, count) => {
      const source = from + 4 * row * length;
      splitChunks(engine, length, (run, chunk, first, n) => {
        run.prodChunks(source + 4 * first, chunks + 8 * chunk, n, CHUNK);
      });
      engine.run.prodOfChunks(chunks, count, source, length, to + 4 * row);
    });
    return true;
  }
  const [scratch, bytes] = columnScratch(engine);
  splitLines(engine, sizes, GRAIN, (run, plane, planes, column, end, part) => {
    const [source, target] = [from + 4 * plane * length * inner, to + 4 * plane * inner];
    if (inner === 1) run.prodRows(source, target, planes, length);
    else run.prodColumns(source, target, planes, length, inner, column, end, scratch + part * bytes);
  });
  return true;
});

function boolReduction(op: ReduceOp, isAll: 0 | 1): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { axes }) => {
    const sizes = aroundAxes(x.shape, axes);
    if (x.size === 0 || sizes === undefined) return false;
    const { length, inner } = sizes;
    const [from, to] = [pointerOf(x), pointerOf(y)];
    splitLines(engine, sizes, 8 * GRAIN, (run, plane, planes, column, end) => {
      const [source, target] = [from + plane * length * inner, to + plane * inner];
      if (inner === 1) run.anyAllRows(source, target, planes, length, isAll);
      else run.anyAllColumns(source, target, planes, length, inner, column, end, isAll);
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
        splitChunks(engine, length, (run, chunk, first, n) => {
          extremesOfChunks(isMax ? run.maxRows : run.minRows, source + 4 * first, chunks + 4 * chunk, n);
        });
        engine.run.extremePlaceRows(chunks, target, 1, count, isMax);
        engine.run.extremePlaceInChunk(source, target, length, CHUNK, isMax);
      });
      return true;
    }
    const [scratch, bytes] = columnScratch(engine);
    splitLines(engine, sizes, GRAIN, (run, plane, planes, column, end, part) => {
      const [source, target] = [from + 4 * plane * length * inner, to + 4 * plane * inner];
      if (inner === 1) run.extremePlaceRows(source, target, planes, length, isMax);
      else run.extremePlaceColumns(source, target, planes, length, inner, column, end, scratch + part * bytes, isMax);
    });
    return true;
  });
}

export const argmaxKernel = extremePlace(argmax, 1);
export const argminKernel = extremePlace(argmin, 0);

export const cumsumKernel = wasmKernel(cumsum, (engine, { x, y }, { axis, reverse }) => {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = aroundAxis(x.shape, axis);
  const { length, inner } = sizes;
  const [from, to, isReverse] = [pointerOf(x), pointerOf(y), reverse ? 1 : 0];
  splitLines(engine, sizes, GRAIN, (run, plane, planes, column, end) => {
    const start = 4 * plane * length * inner;
    if (inner === 1) run.cumsumRows(from + start, to + start, planes, length, isReverse);
    else run.cumsumColumns(from + start, to + start, planes, length, inner, column, end, isReverse);
  });
  return true;
});
