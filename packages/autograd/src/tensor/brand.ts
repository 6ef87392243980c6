// How tensors and row gradients are recognised without their classes.

/** Shared by all copies of this package that are loaded, so that one can recognise another's tensors. */
export const brand = Symbol.for('@dl/autograd/tensor');

/** The same for gradients of some rows. */
export const rowBrand = Symbol.for('@dl/autograd/row-gradient');
