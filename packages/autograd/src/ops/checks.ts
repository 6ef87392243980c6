// What op declarations check of their inputs, in one voice.

import { shown } from '../arguments/shown.js';
import type { Spec } from '../dispatch/define-op.js';
import { forStorage } from '../dispatch/halves.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { type DType, holds, isBoolean, isFloat, isHalf } from '../tensor/dtype.js';
import { notATensor } from '../tensor/not-a-tensor.js';
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';

/** For functions that look at a tensor before an op does. */
export function needTensor(op: string, name: string, value: Tensor): void {
  if (!(value instanceof TensorBase)) throw notATensor(op, name, value);
}

/** Throws unless the list has tensors in it, and nothing else. */
export function needTensors(op: string, xs: readonly Tensor[]): void {
  if (!Array.isArray(xs)) throw new ArgumentError(`${op}: got ${shown(xs)}, needs an array of tensors`);
  if (xs.length === 0) throw new ArgumentError(`${op}: got no tensors, needs at least one`);
  for (const [i, x] of xs.entries()) needTensor(op, `tensor ${i}`, x);
}

/** Throws unless a number can be an element of x. */
export function needElement(op: string, name: string, value: number, x: Spec): void {
  if (!holds(x.dtype, value))
    throw new DTypeError(`${op}: ${name} ${value} does not fit the ${x.dtype} tensor; cast that with .cast('float32')`);
}

export function needFloat(op: string, name: string, x: Spec): void {
  if (isHalf(x.dtype)) throw forStorage(op, name, x.dtype);
  if (!isFloat(x.dtype))
    throw new DTypeError(`${op}: ${name} is ${x.dtype}, needs float32 or float64; cast it with .cast('float32')`);
}

export function needNumeric(op: string, name: string, x: Spec): void {
  if (isBoolean(x.dtype)) throw new DTypeError(`${op}: ${name} is bool, needs numbers; cast it with .cast('float32')`);
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

export function needSameShape(op: string, first: string, a: Spec, second: string, b: Spec): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(
      `${op}: ${first} is ${formatShape(a.shape)} and ${second} is ${formatShape(b.shape)}; they must be the same`,
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
