// What stands beyond the end of a sequence.

import { arange, less, type Tensor, tensor, where } from '@dl/autograd';

/**
 * Sequences [batch, time, ...] with 0 beyond the end of each. A product with weights would let NaN there into their gradient, where 0 times
 * NaN is NaN. Lengths that do not fit are left to the op to be told.
 */
export function withoutPadding(x: Tensor, lengths: readonly number[] | undefined): Tensor {
  const [batch, time, ...rest] = x.shape as readonly [number, number, ...number[]];
  if (lengths?.length !== batch || lengths.every((length) => length === time)) return x;
  const ones = rest.map(() => 1);
  const steps = arange(time, { dtype: 'int32', backend: x.backend }).reshape([1, time, ...ones]);
  const ends = tensor(Int32Array.from(lengths), { backend: x.backend }).reshape([batch, 1, ...ones]);
  return where(less(steps, ends), x, 0);
}
