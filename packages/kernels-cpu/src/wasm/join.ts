// Parts of tensors, tensors put together, and what is around them: slice, concat, pad, triangles.

import {
  bytesPerElement,
  concat,
  type DType,
  halfBits,
  isHalf,
  type OpInfo,
  pad,
  type Shape,
  slice,
  sliceGrad,
  stridesOf,
  tril,
  triu,
} from '@dl/autograd';
import { aroundAxis } from '../typescript/kernel.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';
import { splitElements } from './split.js';

// Bytes copied in about 20 µs.
const GRAIN = 262_144;

/** Copies, split by the rows where there are several, and by bytes otherwise. */
function copyRows(
  engine: WasmEngine,
  to: number,
  toRow: number,
  toStep: number,
  x: number,
  xRow: number,
  xStep: number,
  rows: number,
  n: number,
  size: number,
): void {
  if (rows === 1 && toStep === size && xStep === size) {
    splitElements(engine, n * size, GRAIN, (run, first, bytes) => run.copyBytes(to + first, x + first, bytes));
    return;
  }
  engine.split(rows, engine.parts(rows, Math.ceil(GRAIN / (n * size))), (run, first, end) => {
    // Rows of one element are a row of elements, `row` apart.
    if (n === 1) run.copyPlane(to + first * toRow, 0, toRow, x + first * xRow, 0, xRow, 1, end - first, size);
    else run.copyPlane(to + first * toRow, toRow, toStep, x + first * xRow, xRow, xStep, end - first, n, size);
  });
}

/** Whether a slice is a run of neighbours: part of the first axis, and the others whole. */
function isRun(part: Shape, whole: Shape, steps: readonly number[]): boolean {
  if (part.length === 0 || steps[0] !== 1) return false;
  for (let axis = 1; axis < part.length; axis++) if (part[axis] !== whole[axis] || steps[axis] !== 1) return false;
  return true;
}

/** Where a slice begins, and the step along each axis, in elements. */
function walkOf(shape: Shape, starts: readonly number[], steps: readonly number[]): { first: number; walk: number[] } {
  const strides = stridesOf(shape);
  const first = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return { first, walk: strides.map((stride, axis) => stride * steps[axis]!) };
}

export const sliceKernel = wasmKernel(slice, (engine, { x, y }, { starts, steps }) => {
  if (y.size === 0) return true;
  const size = bytesPerElement(x.dtype);
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (isRun(y.shape, x.shape, steps)) {
    const start = (starts[0]! * x.size) / x.shape[0]!;
    copyRows(engine, to, 0, size, from + start * size, 0, size, 1, y.size, size);
    return true;
  }
  const { first, walk } = walkOf(x.shape, starts, steps);
  forEachPlane(y.shape, [walk], (start, rows, n, [i], [row], [step]) => {
    const at = from + size * (first + i!);
    copyRows(engine, to + size * start, size * n, size, at, size * row!, size * step!, rows, n, size);
  });
  return true;
});

export const sliceGradKernel = wasmKernel(sliceGrad, (engine, { g, y }, { starts, steps }) => {
  if (steps.every((step) => step === 1)) {
    const pads = y.shape.map((length, axis) => [starts[axis]!, length - starts[axis]! - g.shape[axis]!] as const);
    padded(engine, pointerOf(y), pointerOf(g), g.shape, pads, g.dtype, 0);
    return true;
  }
  const size = bytesPerElement(g.dtype);
  const [from, to] = [pointerOf(g), pointerOf(y)];
  splitElements(engine, y.size * size, GRAIN, (run, at, bytes) => run.fillValue(to + at, bytes, kindOf(g.dtype), 0));
  const { first, walk } = walkOf(y.shape, starts, steps);
  forEachPlane(g.shape, [walk], (start, rows, n, [i], [row], [step]) => {
    const at = to + size * (first + i!);
    copyRows(engine, at, size * row!, size * step!, from + size * start, size * n, size, rows, n, size);
  });
  return true;
});

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

const kinds: readonly DType[] = ['float32', 'int32', 'bool', 'float64', 'float16', 'bfloat16'];

/** As in assembly/blocks.ts, where both halves are one kind. */
const kindOf = (dtype: DType): number => Math.min(kinds.indexOf(dtype), 4);

export const padKernel = wasmKernel(pad, (engine, { x, y }, { pads, value }) => {
  const { dtype } = x;
  const stored = isHalf(dtype) ? halfBits([value], dtype)[0]! : value;
  padded(engine, pointerOf(y), pointerOf(x), x.shape, pads, dtype, stored);
  return true;
});

/** Writes x with `value` around it. */
function padded(
  engine: WasmEngine,
  to: number,
  x: number,
  shape: Shape,
  pads: readonly (readonly [number, number])[],
  dtype: DType,
  value: number,
): void {
  const size = bytesPerElement(dtype);
  const kind = kindOf(dtype);
  // Axes that are not padded join the one before; the last starts as the bytes of an element.
  const lengths: number[] = [size];
  const around: (readonly [number, number])[] = [[0, 0]];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [before, after] = pads[axis]!;
    if (around[0]![0] + around[0]![1] === 0) {
      const inner = lengths[0]!;
      lengths[0] = inner * shape[axis]!;
      around[0] = [before * inner, after * inner];
    } else {
      lengths.unshift(shape[axis]!);
      around.unshift([before, after]);
    }
  }
  while (lengths.length < 3) {
    lengths.unshift(1);
    around.unshift([0, 0]);
  }
  const totals = lengths.map((length, axis) => around[axis]![0] + length + around[axis]![1]);
  const bytes = (sizes: readonly number[], from: number): number => sizes.slice(from).reduce((a, b) => a * b, 1);
  const [height, width] = [lengths.at(-2)!, lengths.at(-1)!];
  const [[top, bottom], [left, right]] = [around.at(-2)!, around.at(-1)!];
  const walk = (axis: number, at: number, from: number): void => {
    const [before, after] = around[axis]!;
    const count = lengths[axis]!;
    const [outBytes, inBytes] = [bytes(totals, axis + 1), bytes(lengths, axis + 1)];
    engine.run.fillValue(at, before * outBytes, kind, value);
    const start = at + before * outBytes;
    if (axis < lengths.length - 3) {
      for (let i = 0; i < count; i++) walk(axis + 1, start + i * outBytes, from + i * inBytes);
    } else {
      engine.split(count, engine.parts(count * outBytes, GRAIN), (run, first, end) => {
        const [y, source] = [start + first * outBytes, from + first * inBytes];
        run.padWith(y, source, end - first, height, width, top, bottom, left, right, kind, value);
      });
    }
    engine.run.fillValue(start + count * outBytes, after * outBytes, kind, value);
  };
  walk(0, to, x);
}

function triangle(op: OpInfo<readonly ['x'], { diagonal: number }, readonly ['y']>, isUpper: 0 | 1): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, { diagonal }) => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    if (x.size === 0) return true;
    const [from, to, size] = [pointerOf(x), pointerOf(y), bytesPerElement(x.dtype)];
    const count = x.size / columns;
    // A diagonal far outside is no more than one just outside.
    const shift = Math.max(-rows, Math.min(columns, diagonal));
    engine.split(count, engine.parts(x.size * size, GRAIN), (run, first, end) => {
      run.triangle(to, from, first, end, rows, columns, shift, isUpper, size);
    });
    return true;
  });
}

export const trilKernel = triangle(tril, 0);
export const triuKernel = triangle(triu, 1);
