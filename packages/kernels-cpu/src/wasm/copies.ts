// Copies of rows, and of a tensor with a value around it.

import { bytesPerElement, type DType, type Shape } from '@dl/autograd';
import type { WasmEngine } from './engine.js';
import { splitElements } from './split.js';

/** Bytes copied in about 20 µs. */
export const COPY_GRAIN = 262_144;

/** Copies, split by the rows where there are several, and by bytes otherwise. */
export function copyRows(
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
    splitElements(engine, n * size, COPY_GRAIN, (wasm, first, bytes) => wasm.copyBytes(to + first, x + first, bytes));
    return;
  }
  engine.split(rows, engine.tasks(rows, Math.ceil(COPY_GRAIN / (n * size))), (wasm, first, end) => {
    // Rows of one element are a row of elements, `row` apart.
    if (n === 1) wasm.copyPlane(to + first * toRow, 0, toRow, x + first * xRow, 0, xRow, 1, end - first, size);
    else wasm.copyPlane(to + first * toRow, toRow, toStep, x + first * xRow, xRow, xStep, end - first, n, size);
  });
}

/** Writes x with `value` around it, for halves the bits of a value. */
export function padded(
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
    engine.wasm.fillValue(at, before * outBytes, kind, value);
    const start = at + before * outBytes;
    if (axis < lengths.length - 3) {
      for (let i = 0; i < count; i++) walk(axis + 1, start + i * outBytes, from + i * inBytes);
    } else {
      engine.split(count, engine.tasks(count * outBytes, COPY_GRAIN), (wasm, first, end) => {
        const [y, source] = [start + first * outBytes, from + first * inBytes];
        wasm.padWith(y, source, end - first, height, width, top, bottom, left, right, kind, value);
      });
    }
    engine.wasm.fillValue(start + count * outBytes, after * outBytes, kind, value);
  };
  walk(0, to, x);
}

const kinds: readonly DType[] = ['float32', 'int32', 'bool', 'float64', 'float16', 'bfloat16'];

/** As in assembly/blocks.ts, where both halves are one kind. */
export const kindOf = (dtype: DType): number => Math.min(kinds.indexOf(dtype), 4);
