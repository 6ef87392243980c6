// Dropout: leaves elements out at random while training.

import { typedArray } from '../dtype.js';
import { ArgumentError } from '../errors.js';
import { tensor } from '../make.js';
import { defaultGenerator, type Generator } from '../random.js';
import type { Tensor } from '../tensor.js';
import { mul } from './arithmetic.js';
import { needFloat } from './checks.js';

export interface DropoutOptions {
  /** False passes x through unchanged. Default true. */
  readonly training?: boolean;
  /** Where the random numbers come from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Sets each element to 0 with probability p, and divides the others by 1 - p, so that the mean stays
 * (Srivastava et al., 2014). The random numbers are made on the host, the same for every backend.
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { dropout, manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * manualSeed(1);
 * console.log(dropout(ones([8]), 0.5).toArray()); // zeros and twos
 * ```
 */
export function dropout(x: Tensor, p: number, { training = true, generator }: DropoutOptions = {}): Tensor {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`dropout: p is ${p}, needs a probability from 0 to 1`);
  needFloat('dropout', 'x', x);
  if (!training || p === 0) return x;
  const random = generator ?? defaultGenerator();
  const mask = typedArray(x.dtype, x.size);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  for (let i = 0; i < mask.length; i++) mask[i] = random.uniform() < p ? 0 : scale;
  return mul(x, tensor({ data: mask, shape: x.shape }, { backend: x.backend }));
}
