// Dtypes that no kernel of an op knows, brought to one that it does: what is counted, is counted in integers.

import { type DType, isBoolean } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { cast } from './copy.js';

/** Calls `run` with x in a dtype, and frees what was made for that. Of use where x has no gradient: for integers and booleans. */
export function inDType<R>(x: Tensor, dtype: DType, run: (x: Tensor) => R): R {
  const changed = cast(x, dtype);
  try {
    return run(changed);
  } finally {
    changed.dispose();
  }
}

/** A decorator of an op on `x`, for {@link OpDeclaration.adapt}: booleans come as the integers 0 and 1. */
export function countsBooleans<I extends { readonly x: Tensor }, A, R>(
  run: (inputs: I, attrs: A) => R,
): (inputs: I, attrs: A) => R {
  return (inputs, attrs) =>
    inputs.x !== undefined && isBoolean(inputs.x.dtype)
      ? inDType(inputs.x, 'int32', (x) => run({ ...inputs, x }, attrs))
      : run(inputs, attrs);
}
