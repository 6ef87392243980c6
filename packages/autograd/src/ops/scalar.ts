// Numbers where a tensor is wanted: x.mul(2). A number takes the dtype and the backend of the tensor beside it.

import { tensorFrom } from '../allocate.js';
import { typedArray } from '../dtype.js';
import { ArgumentError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { TensorBase } from '../tensor-base.js';
import { needElement } from './checks.js';

export type Operand = Tensor | number;

const scalarShape: readonly number[] = [];

export function scalarLike(op: string, value: number, model: Tensor): Tensor {
  const { dtype } = model;
  needElement(op, 'the number', value, model);
  const values = typedArray(dtype, 1);
  values[0] = value;
  return tensorFrom(model.backend, values, scalarShape, dtype, 'scalar');
}

/** Both operands as tensors; at least one must be one. */
export function operands(op: string, a: Operand, b: Operand): { a: Tensor; b: Tensor } {
  if (typeof b === 'number' && a instanceof TensorBase) return { a, b: scalarLike(op, b, a) };
  if (typeof a === 'number') {
    if (b instanceof TensorBase) return { a: scalarLike(op, a, b), b };
    throw new ArgumentError(`${op}: got ${String(a)} and ${String(b)}; at least one of them must be a Tensor`);
  }
  return { a, b: b as Tensor };
}
