// The update rule of SGD, as a function of tensors.

import type { Tensor } from '@dl/autograd';
import type { Update } from './optimizer.js';

export interface SGDRule {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

/** The running sum of gradients; absent before the first step, and without momentum. */
export type SGDMemory = { readonly momentumBuffer?: Tensor };

/**
 * One step of stochastic gradient descent for one parameter:
 *
 *     g ← grad + weightDecay · param
 *     buffer ← momentum · buffer + (1 - dampening) · g      (the first time: buffer ← g)
 *     g ← g + momentum · buffer if nesterov, else buffer
 *     param ← param - lr · g
 *
 * as in PyTorch, where the learning rate is outside of the momentum: a change of it acts at once.
 */
export function sgdUpdate(
  param: Tensor,
  grad: Tensor,
  { momentumBuffer }: SGDMemory,
  { lr, momentum, dampening, nesterov, weightDecay }: SGDRule,
): Update<SGDMemory> {
  const g = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay));
  if (momentum === 0) return { param: param.sub(g.mul(lr)), memory: {} };
  const buffer = momentumBuffer === undefined ? g : momentumBuffer.mul(momentum).add(g.mul(1 - dampening));
  const direction = nesterov ? g.add(buffer.mul(momentum)) : buffer;
  return { param: param.sub(direction.mul(lr)), memory: { momentumBuffer: buffer } };
}
