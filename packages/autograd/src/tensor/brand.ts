// How a tensor is recognised without its class.

/** Shared by all copies of this package that are loaded, so that one can recognise another's tensors. */
export const brand = Symbol.for('@dl/autograd/tensor');
