// What Adam and AdamW share: they differ in what weight decay does.

import { adamUpdate, type Tensor } from '@dl/autograd';
import { Optimizer } from '../core/optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { type Form, type Remembered, recall, remember } from '../core/state.js';

export interface AdamOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /**
   * Adam adds weightDecay · param to the gradient, an L2 penalty, by default with 0. AdamW takes lr · weightDecay · param
   * off the parameter, by default with 0.01.
   */
  readonly weightDecay?: number;
  /** Divide by the largest mean square so far, so that steps do not grow again (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, the running means of the gradient and of its square, and the largest of the latter. */
export type AdamMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
  readonly maxExpAvgSq?: Tensor;
};

export const adamSpec: OptionsSpec<AdamOptions> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    eps: atLeast0,
    weightDecay: atLeast0,
    amsgrad: yesOrNo,
    maximize: yesOrNo,
  },
};

/** Steps scaled for each weight by the size of its gradients; `adamUpdate` of @dl/autograd is the formula. */
export abstract class AdamFamily extends Optimizer<AdamOptions, AdamMemory> {
  readonly #decoupled: boolean;

  constructor(name: string, decoupled: boolean, parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions) {
    super(name, parameters, adamSpec, options);
    this.#decoupled = decoupled;
  }

  protected override updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    memories: readonly Remembered<AdamMemory>[],
    { lr, betas, eps, weightDecay, amsgrad, maximize }: GroupOptions<AdamOptions>,
  ): void {
    const steps = memories.map(({ step = 0 }) => step + 1);
    const expAvgs = recall(memories, 'expAvg', params);
    const expAvgSqs = recall(memories, 'expAvgSq', params);
    const maxExpAvgSqs = amsgrad ? recall(memories, 'maxExpAvgSq', params) : [];
    adamUpdate.run(
      { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
      { lr, betas, eps, weightDecay, decoupled: this.#decoupled, maximize, steps },
    );
    steps.forEach((step, i) => {
      memories[i]!.step = step;
    });
    remember(memories, 'expAvg', expAvgs);
    remember(memories, 'expAvgSq', expAvgSqs);
    if (amsgrad) remember(memories, 'maxExpAvgSq', maxExpAvgSqs);
  }

  protected override forms(
    { shape }: Tensor,
    { amsgrad }: GroupOptions<AdamOptions>,
  ): Readonly<Record<keyof AdamMemory, Form>> {
    return { step: {}, expAvg: { shape }, expAvgSq: { shape }, maxExpAvgSq: { shape, optional: !amsgrad } };
  }
}
