// Dropout: leaves elements out at random while training.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError } from '../errors.js';
import { tensorFrom } from '../tensor/allocate.js';
import { typedArray } from '../tensor/dtype.js';
import { defaultGenerator, Generator } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { needFloat, needTensor } from './checks.js';
import { alias } from './copy.js';
import { where } from './where.js';

export interface DropoutOptions {
  /** False passes x through unchanged. Default true. */
  readonly training?: boolean;
  /** Where the random numbers come from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const dropoutOptions: Known<DropoutOptions> = { training: 'boolean', generator: 'generator' };

/**
 * The op behind {@link dropout}: element i becomes 0, whatever it is, where number i of the generator of `seed`, from `position`
 * on, is below p, and is multiplied by 1 / (1 - p) elsewhere. No mask is kept: the gradient draws the same numbers again.
 */
export const dropElements = /* @__PURE__ */ defineOp({
  name: 'dropElements',
  inputs: ['x'],
  attrs: { p: required<number>(), seed: required<number>(), position: required<number>() },
  infer: ({ x }) => {
    needFloat('dropElements', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy }, attrs) => ({ x: (): Tensor => dropElements(dy, attrs) }),
  compose: ({ x }, { p, seed, position }): Tensor => {
    const random = new Generator(seed).skip(position);
    const isDropped = typedArray('bool', x.size);
    for (let i = 0; i < isDropped.length; i++) isDropped[i] = random.uniform() < p ? 1 : 0;
    const mask = tensorFrom(x.backend, isDropped, x.shape, 'bool', 'dropElements');
    return where(mask, 0, mul(x, p === 1 ? 0 : 1 / (1 - p)));
  },
  takes: { parameters: ['x'], options: { p: 'number', seed: 'number', position: 'number' } },
  call:
    (run) =>
    (x: Tensor, attrs: { readonly p: number; readonly seed: number; readonly position: number }): Tensor =>
      run({ x }, attrs),
});

/**
 * Sets each element to 0 with probability p, and divides the others by 1 - p, so that the mean stays
 * (Srivastava et al., 2014). The random numbers are those of the host's generator, the same for every backend.
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
export function dropout(x: Tensor, p: number, options: DropoutOptions = {}): Tensor {
  checkCall('dropout', arguments, ['x', ['p', 'number']], dropoutOptions);
  const { training = true, generator } = options;
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`dropout: p is ${shown(p)}, needs a probability from 0 to 1`);
  needTensor('dropout', 'x', x);
  needFloat('dropout', 'x', x);
  if (!training || p === 0) return alias(x);
  const random = generator ?? defaultGenerator();
  const y = dropElements(x, { p, ...random.state });
  random.skip(x.size);
  return y;
}

export const dropoutSamples = (): readonly OpSamples[] => [
  samples(dropElements, [
    { inputs: { x: { shape: [3, 7] } }, attrs: { p: 0.4, seed: 1, position: 0 } },
    { inputs: { x: { shape: [41] } }, attrs: { p: 0.9, seed: 2 ** 40 + 5, position: 3 } },
    // The lower half of the counter runs over.
    { inputs: { x: { shape: [40] } }, attrs: { p: 0.5, seed: 7, position: 2 ** 33 - 13 } },
    { inputs: { x: { shape: [5] } }, attrs: { p: 1, seed: 7, position: 4 } },
  ]),
];
