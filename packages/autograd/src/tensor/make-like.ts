// Making a tensor as options say, where there are tensors already: what ops and methods need, which know no class of tensors.

import { type Backend, currentBackend, needBackend } from '../backend/backend.js';
import { tensorFrom } from './allocate.js';
import type { DType, TypedArray } from './dtype.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

export interface MakeOptions {
  /** Default `float32`. */
  readonly dtype?: DType;
  /** Where it lives. Default: the backend in use. */
  readonly backend?: Backend;
  /** Accumulate a gradient for it in `backward()`. Default false. */
  readonly requiresGrad?: boolean;
}

export function makeLike(name: string, values: TypedArray, shape: Shape, dtype: DType, options: MakeOptions): Tensor {
  const tensor = tensorFrom(backendOf(name, options), values, shape, dtype, name);
  if (options.requiresGrad === true) tensor.requiresGrad = true;
  return tensor;
}

export function backendOf(name: string, { backend }: MakeOptions): Backend {
  return backend === undefined ? currentBackend() : needBackend(backend, name, 'the option backend');
}
