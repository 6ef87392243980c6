// How tensors and row gradients are recognised without their classes.

import type { Tensor } from './tensor.js';

/** Shared by all copies of this package that are loaded, so that one can recognise another's tensors. */
export const brand = Symbol.for('@dl/autograd/tensor');

/** The same for gradients of some rows. */
export const rowBrand = Symbol.for('@dl/autograd/row-gradient');

/** Whether a value is a tensor, of this copy or of another. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && brand in value;
