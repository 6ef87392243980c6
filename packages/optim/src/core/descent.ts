// The gradient as most optimisers want it: with its sign changed to go up, with weight decay added.

/** What can be computed with: a tensor, or an element of a formula. */
interface Value<T> {
  add(other: T): T;
  mul(factor: number): T;
  neg(): T;
}

/** The direction in which a loss grows: grad, or -grad with `maximize`; plus weightDecay · param, an L2 penalty. */
export function slope<T extends Value<T>>(
  param: T,
  grad: T,
  { maximize = false, weightDecay = 0 }: { readonly maximize?: boolean; readonly weightDecay?: number },
): T {
  const g = maximize ? grad.neg() : grad;
  return weightDecay === 0 ? g : g.add(param.mul(weightDecay));
}

/** Weight decay beside the gradient, not through it: (1 - lr · weightDecay) · param. */
export function shrink<T extends Value<T>>(param: T, lr: number, weightDecay: number): T {
  return weightDecay === 0 ? param : param.mul(1 - lr * weightDecay);
}

/** A running mean that keeps the share `decay` of what it was, at first 0: decay · mean + (1 - decay) · value. */
export function mix<T extends Value<T>>(mean: T | undefined, value: T, decay: number): T {
  const share = value.mul(1 - decay);
  return mean === undefined ? share : mean.mul(decay).add(share);
}
