// New tensors: a buffer from the backend, given to the scope that is open.

import type { Backend } from '../backend/backend.js';
import { type Context, currentContext } from '../context/context.js';
import { DTypeError } from '../errors.js';
import { own } from '../memory/scope.js';
import { allocateStorage } from '../memory/storage.js';
import type { DType, TypedArray } from './dtype.js';
import { type Shape, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';
import { newTensor } from './tensor-base.js';

/** A tensor of any content; `origin` names what made it in memory reports. */
export function allocateTensor(
  backend: Backend,
  shape: Shape,
  dtype: DType,
  origin: string,
  context: Context = currentContext(),
): Tensor {
  if (!backend.supports(dtype)) {
    throw new DTypeError(
      `${origin}: the ${backend.name} backend has no ${dtype} tensors; cast to float32, or use the CPU backend`,
    );
  }
  const tensor = newTensor(allocateStorage(backend, dtype, sizeOf(shape), origin), shape, dtype);
  own(tensor, context.scope);
  return tensor;
}

/** A tensor with one value throughout. */
export function filledTensor(backend: Backend, value: number, shape: Shape, dtype: DType, origin: string): Tensor {
  const tensor = allocateTensor(backend, shape, dtype, origin);
  backend.fill(tensor.storage.handle, value, dtype, tensor.size);
  return tensor;
}

/** A tensor with these values. */
export function tensorFrom(backend: Backend, values: TypedArray, shape: Shape, dtype: DType, origin: string): Tensor {
  const tensor = allocateTensor(backend, shape, dtype, origin);
  const { storage } = tensor;
  backend.write(storage.handle, values);
  return tensor;
}
