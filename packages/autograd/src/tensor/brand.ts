// How a tensor is recognised without its class.

import type { Tensor } from './tensor.js';

/** Shared by all copies of this package that are loaded, so that one can recognise another's tensors. */
export const brand = Symbol.for('@dl/autograd/tensor');

/** Whether a value is a tensor, of this copy or of another. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && brand in value;
