// Adam: steps scaled for each weight by the size of its gradients.

import { checkCall } from '@dl/autograd';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { AdamFamily, type AdamOptions, adamSpec } from './adam-family.js';

/**
 * Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015): each weight moves by the mean of its recent
 * gradients over their root mean square:
 *
 *     g ← grad + weightDecay · param
 *     m ← β₁ m + (1 - β₁) g
 *     v ← β₂ v + (1 - β₂) g²
 *     param ← param - lr · m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps)
 *
 * With `amsgrad` the largest v so far stands in for v (Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond", 2018).
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { crossEntropy, manualSeed, randn, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * import { Adam } from '@dl/optim';
 * await useBackend(cpu());
 * manualSeed(1);
 * const [x, labels] = [randn([4, 8]), tensor([0, 1, 2, 1], { dtype: 'int32' })];
 * const model = new Linear(8, 3);
 * const optimizer = new Adam(model.parameters(), { lr: 0.1 });
 * for (let i = 0; i < 100; i++) {
 *   scope(() => {
 *     const loss = crossEntropy(model.forward(x), labels);
 *     loss.backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(model.forward(x).argmax(1).toArray()); // [0, 1, 2, 1]
 * ```
 */
export class Adam extends AdamFamily {
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    checkCall('Adam', arguments, ['parameters'], adamSpec.checks);
    super('Adam', false, parameters, options);
  }
}
