// AdamW: Adam with weight decay that is not scaled by the size of the gradients.

import { checkCall } from '@dl/autograd';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { AdamFamily, type AdamOptions, adamSpec } from './adam-family.js';

/**
 * AdamW (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019): Adam, but weight decay takes
 * lr · weightDecay · param off each parameter directly, all weights alike, where Adam's goes through the gradient and is
 * weakest where gradients are large. The options are Adam's, with weightDecay 0.01 by default.
 *
 *     param ← (1 - lr · weightDecay) · param
 *     m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²
 *     param ← param - lr · m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AdamW } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new AdamW([x], { lr: 0.1, weightDecay: 0.1 });
 * for (let i = 0; i < 300; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // near [1, 1], and nearer to 0 than that
 * ```
 */
export class AdamW extends AdamFamily {
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    checkCall('AdamW', arguments, ['parameters'], adamSpec.checks);
    super('AdamW', true, parameters, { weightDecay: 0.01, ...options });
  }
}
