// float16 and bfloat16 in ops: moved as they are, unpacked as factors, or refused in one sentence.

import { DTypeError } from '../errors.js';
import { unrecorded } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { type DType, isFloat, isHalf } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import type { AnyOp } from './define-op.js';
import type { Inputs } from './run-op.js';

/** Which inputs of an op may be halves, and how they become floats. */
export interface Unpacked<N extends string = string> {
  readonly inputs: readonly N[];
  /** `cast`, which dispatch cannot import: it is an op itself. */
  readonly unpack: (x: Tensor, dtype: DType) => Tensor;
}

export function hasHalf(list: readonly (Tensor | undefined)[]): boolean {
  for (let i = 0; i < list.length; i++) {
    const tensor = list[i];
    if (tensor !== undefined && isHalf(tensor.dtype)) return true;
  }
  return false;
}

/**
 * Runs an op with its halves in the dtype of the floats beside them, unrecorded: what is recorded, and saved for the gradient, are the
 * halves themselves.
 */
export function runUnpacked<R>(
  op: AnyOp,
  inputs: Inputs,
  list: readonly (Tensor | undefined)[],
  run: (inputs: Inputs) => R,
): R {
  const { inputs: names = [], unpack } = (op.declaration.halves ?? {}) as Partial<Unpacked>;
  const dtype = list.find((tensor) => tensor !== undefined && isFloat(tensor.dtype))?.dtype;
  const scope = internalScope();
  let result: R | undefined;
  try {
    const given = Object.entries(inputs).map(([name, value]) => {
      const floats = (x: Tensor): Tensor => {
        if (!isHalf(x.dtype)) return x;
        if (dtype === undefined || !names.includes(name)) throw forStorage(op.name, name, x.dtype);
        return unpack!(x, dtype);
      };
      return [name, value instanceof TensorBase ? floats(value as Tensor) : value?.map(floats)] as const;
    });
    result = unrecorded(() => run(Object.fromEntries(given)));
    return result;
  } finally {
    scope.endWith(
      result === undefined ? [] : result instanceof TensorBase ? [result] : Object.values(result as object),
    );
  }
}

/** What is said wherever something would be computed from halves. */
export function forStorage(op: string, name: string, dtype: DType): DTypeError {
  return new DTypeError(`${op}: ${name} is ${dtype}, which only stores numbers; cast it with .cast('float32')`);
}
