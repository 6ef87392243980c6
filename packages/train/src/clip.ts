// Gradient clipping by norm.

import { minimum, noGrad, scope, type Tensor } from '@dl/autograd';

/** Keeps the division finite where all gradients are 0, as PyTorch does. */
const EPS = 1e-6;

/**
 * Scales all gradients by min(1, maxNorm / (norm + 1e-6)), where norm is that of all of them in one vector (Pascanu et al., "On
 * the difficulty of training recurrent neural networks", 2013). Nothing is read from the device.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): void {
  using _ = scope();
  noGrad(() => {
    const grads = parameters.flatMap(({ grad }) => grad ?? []);
    if (grads.length === 0) return;
    const norm = grads
      .map((grad) => grad.square().sum())
      .reduce((a, b) => a.add(b))
      .sqrt();
    const scale = minimum(norm.add(EPS).reciprocal().mul(maxNorm), 1);
    for (const grad of grads) grad.assign(grad.mul(scale));
  });
}
