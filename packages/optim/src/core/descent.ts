// The gradient as most optimisers want it: turned round to go up, with weight decay added.

import type { Tensor } from '@dl/autograd';

/** The direction in which a loss grows: grad, or -grad with `maximize`; plus weightDecay · param, an L2 penalty. */
export function slope(
  param: Tensor,
  grad: Tensor,
  { maximize = false, weightDecay = 0 }: { readonly maximize?: boolean; readonly weightDecay?: number },
): Tensor {
  const g = maximize ? grad.neg() : grad;
  return weightDecay === 0 ? g : g.add(param.mul(weightDecay));
}

/** A running mean that keeps the share `decay` of what it was: decay · mean + (1 - decay) · value. */
export function mix(mean: Tensor, value: Tensor, decay: number): Tensor {
  return mean.mul(decay).add(value.mul(1 - decay));
}
