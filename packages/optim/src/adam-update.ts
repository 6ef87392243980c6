// The update rule of Adam, as a function of tensors.

import { maximum, type Tensor } from '@dl/autograd';
import type { Update } from './optimizer.js';

export interface AdamRule {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly amsgrad: boolean;
}

/** How many steps were made, the running means of the gradient and of its square, and the largest of the latter. */
export type AdamMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
  readonly maxExpAvgSq?: Tensor;
};

/**
 * One step of Adam for one parameter, at step t counted from 1:
 *
 *     g ← grad + weightDecay · param
 *     m ← β₁ m + (1 - β₁) g
 *     v ← β₂ v + (1 - β₂) g²
 *     param ← param - lr · m / (1 - β₁ᵗ) / (√v / √(1 - β₂ᵗ) + eps)
 *
 * With `amsgrad` the largest v so far stands in for v in the last line (Reddi et al., 2018).
 */
export function adamUpdate(
  param: Tensor,
  grad: Tensor,
  memory: Partial<AdamMemory>,
  { lr, betas: [beta1, beta2], eps, weightDecay, amsgrad }: AdamRule,
): Update<AdamMemory> {
  const step = (memory.step ?? 0) + 1;
  const g = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay));
  const expAvg = mix(memory.expAvg, g, beta1);
  const expAvgSq = mix(memory.expAvgSq, g.square(), beta2);
  const largest = memory.maxExpAvgSq === undefined ? expAvgSq : maximum(memory.maxExpAvgSq, expAvgSq);
  const spread = (amsgrad ? largest : expAvgSq).sqrt().div(Math.sqrt(1 - beta2 ** step));
  const change = expAvg.div(spread.add(eps)).mul(lr / (1 - beta1 ** step));
  return { param: param.sub(change), memory: { step, expAvg, expAvgSq, ...(amsgrad && { maxExpAvgSq: largest }) } };
}

/** A running mean that starts at 0. */
function mix(former: Tensor | undefined, value: Tensor, beta: number): Tensor {
  const share = value.mul(1 - beta);
  return former === undefined ? share : former.mul(beta).add(share);
}
