// Adam: steps scaled for each weight by the size of its gradients.

import type { Tensor } from '@dl/autograd';
import { type AdamMemory, adamUpdate } from './adam-update.js';
import { Optimizer, type ParametersOrGroups, type Update } from './optimizer.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from './option-checks.js';
import type { GroupOptions, OptionsSpec } from './options.js';
import type { Form } from './state.js';

export interface AdamOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Divide by the largest mean square so far, so that steps do not grow again (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
}

const spec: OptionsSpec<AdamOptions> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false },
  checks: { lr: learningRate, betas: twoDecays, eps: atLeast0, weightDecay: atLeast0, amsgrad: yesOrNo },
};

/**
 * Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015): each weight moves by the mean of its recent
 * gradients over their root mean square; {@link adamUpdate} is the formula.
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
 *   using _ = scope();
 *   const loss = crossEntropy(model.forward(x), labels);
 *   loss.backward();
 *   optimizer.step();
 *   optimizer.zeroGrad();
 * }
 * console.log(model.forward(x).argmax(1).toArray()); // [0, 1, 2, 1]
 * ```
 */
export class Adam extends Optimizer<AdamOptions, AdamMemory> {
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super('Adam', parameters, { ...spec, defaults: { ...spec.defaults, ...options } });
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    memory: Partial<AdamMemory>,
    options: GroupOptions<AdamOptions>,
  ): Update<AdamMemory> {
    return adamUpdate(param, grad, memory, options);
  }

  protected override forms(
    { shape }: Tensor,
    { amsgrad }: GroupOptions<AdamOptions>,
  ): Readonly<Record<keyof AdamMemory, Form>> {
    return { step: {}, expAvg: { shape }, expAvgSq: { shape }, maxExpAvgSq: { shape, optional: !amsgrad } };
  }
}
