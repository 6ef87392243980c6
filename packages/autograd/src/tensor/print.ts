// Tensors as text.

import { type DType, isBoolean, type TypedArray } from './dtype.js';
import type { Shape } from './shape.js';

const EDGE = 3;

/** Nested brackets, PyTorch's way: the first and last three of each long axis, numbers to four digits. */
export function formatValues(values: TypedArray, shape: Shape, dtype: DType): string {
  const one = (value: number): string => {
    if (isBoolean(dtype)) return value ? 'true' : 'false';
    return Number.isInteger(value) || !Number.isFinite(value) ? `${value}` : `${Number(value.toPrecision(4))}`;
  };
  const build = (axis: number, start: number, count: number): string => {
    if (axis === shape.length) return one(values[start]!);
    const length = shape[axis]!;
    const step = count / length;
    const separator = axis === shape.length - 1 ? ', ' : `,${'\n'.repeat(1)}${' '.repeat(axis + 1)}`;
    const texts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (length > 2 * EDGE + 2 && i === EDGE) {
        texts.push('…');
        i = length - EDGE;
      }
      texts.push(build(axis + 1, start + i * step, step));
    }
    return `[${texts.join(separator)}]`;
  };
  return build(0, 0, values.length);
}
