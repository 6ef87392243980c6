// What op declarations check of their inputs, in one voice.

import type { Spec } from '../define-op.js';
import { type DType, isFloat } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { broadcastShapes, formatShape } from '../shape.js';

export function needFloat(op: string, name: string, x: Spec): void {
  if (!isFloat(x.dtype))
    throw new DTypeError(`${op}: ${name} is ${x.dtype}, needs float32 or float64; cast it with .cast('float32')`);
}

export function needNumeric(op: string, name: string, x: Spec): void {
  if (x.dtype === 'bool') throw new DTypeError(`${op}: ${name} is bool, needs numbers; cast it with .cast('float32')`);
}

export function needDType(op: string, name: string, x: Spec, dtype: DType): void {
  if (x.dtype !== dtype)
    throw new DTypeError(`${op}: ${name} is ${x.dtype}, needs ${dtype}; cast it with .cast('${dtype}')`);
}

export function needSameDType(op: string, first: string, a: Spec, second: string, b: Spec): void {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `${op}: ${first} is ${a.dtype} and ${second} is ${b.dtype}; cast one of them with .cast(dtype)`,
    );
  }
}

export function needRank(op: string, name: string, x: Spec, rank: number, layout: string): void {
  if (x.shape.length !== rank) {
    throw new ShapeError(`${op}: ${name} is ${formatShape(x.shape)}, needs ${rank} axes: ${layout}`);
  }
}

/** The spec of an element-wise op on two tensors. */
export function broadcastSpec(op: string, a: Spec, b: Spec): Spec {
  needSameDType(op, 'a', a, 'b', b);
  return { shape: broadcastShapes(op, a.shape, b.shape), dtype: a.dtype };
}
