// The distance between rows of vectors that losses measure by.

import { add, norm, sub, type Tensor } from '@dl/autograd';

/** The p-norm of a - b + eps over the last axis. Where vectors are equal, eps keeps a direction, and so a gradient. */
export function pairwiseDistance(a: Tensor, b: Tensor, p: number, eps: number): Tensor {
  return norm(add(sub(a, b), eps), -1, { p });
}
