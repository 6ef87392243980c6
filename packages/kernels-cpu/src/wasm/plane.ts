// A walk over a shape two axes at a time, so that one call into WebAssembly does much.

import type { Shape } from '@dl/autograd';
import { mergeAxes } from '../typescript/kernel.js';

/**
 * Calls `plane` for `rows` rows of `length` elements at a time, in order: where they start in the result, and for each of up to three
 * tensors that are read along where they start there, and the steps between rows and between elements.
 */
export function forEachPlane(
  shape: Shape,
  strides: readonly (readonly number[])[],
  plane: (
    start: number,
    rows: number,
    length: number,
    starts: readonly number[],
    rowSteps: readonly number[],
    steps: readonly number[],
  ) => void,
): void {
  if (shape.includes(0)) return;
  const { lengths, merged } = mergeAxes(shape, strides);
  const last = lengths.length - 1;
  const length = lengths[last]!;
  const rows = lengths[last - 1] ?? 1;
  const steps = merged.map((stride) => stride[last]!);
  const rowSteps = merged.map((stride) => stride[last - 1] ?? 0);
  let start = 0;
  const walk = (axis: number, starts: readonly number[]): void => {
    if (axis >= last - 1) {
      plane(start, rows, length, starts, rowSteps, steps);
      start += rows * length;
      return;
    }
    for (let i = 0; i < lengths[axis]!; i++) {
      walk(
        axis + 1,
        starts.map((place, k) => place + i * merged[k]![axis]!),
      );
    }
  };
  walk(0, [0, 0, 0]);
}
