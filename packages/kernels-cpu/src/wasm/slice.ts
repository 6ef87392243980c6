// Parts of tensors, their gradient, and what is written over them.

import { bytesPerElement, type Shape, slice, sliceGrad, stridesOf, writeSlice } from '@dl/autograd';
import { COPY_GRAIN, copyRows, kindOf, padded } from './copies.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';
import { splitElements } from './split.js';

/** Whether a slice is contiguous: part of the first axis, and the others whole. */
function isContiguous(part: Shape, whole: Shape, steps: readonly number[]): boolean {
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
  if (isContiguous(y.shape, x.shape, steps)) {
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
  splitElements(engine, y.size * size, COPY_GRAIN, (wasm, at, bytes) =>
    wasm.fillValue(to + at, bytes, kindOf(g.dtype), 0),
  );
  scatter(engine, to, y.shape, from, g.shape, starts, steps, size);
  return true;
});

export const writeSliceKernel = wasmKernel(writeSlice, (engine, { x, value }, { starts, steps }) => {
  scatter(engine, pointerOf(x), x.shape, pointerOf(value), value.shape, starts, steps, bytesPerElement(x.dtype));
  return true;
});

/** Writes `part` to the places that a slice takes. */
function scatter(
  engine: WasmEngine,
  to: number,
  whole: Shape,
  from: number,
  part: Shape,
  starts: readonly number[],
  steps: readonly number[],
  size: number,
): void {
  const { first, walk } = walkOf(whole, starts, steps);
  forEachPlane(part, [walk], (start, rows, n, [i], [row], [step]) => {
    const at = to + size * (first + i!);
    copyRows(engine, at, size * row!, size * step!, from + size * start, size * n, size, rows, n, size);
  });
}
