// NAdam: Adam that looks ahead by Nesterov's momentum.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, shrink, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface NAdamOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.002. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty; or, decoupled, takes lr · weightDecay · param off it. Default 0. */
  readonly weightDecay?: number;
  /** Take weight decay off the parameter directly, as AdamW does (Loshchilov & Hutter, 2019). Default false. */
  readonly decoupledWeightDecay?: boolean;
  /** How fast the momentum grows towards the first beta. Default 0.004. */
  readonly momentumDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, the product of all momenta so far, and the running means of the gradient and of its square. */
export type NAdamMemory = {
  readonly step: number;
  readonly muProduct: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
};

const spec: OptionsSpec<NAdamOptions> = {
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    decoupledWeightDecay: false,
    momentumDecay: 4e-3,
    maximize: false,
  },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    eps: atLeast0,
    weightDecay: atLeast0,
    decoupledWeightDecay: yesOrNo,
    momentumDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * NAdam (Dozat, "Incorporating Nesterov Momentum into Adam", 2016): the momentum of the next step is applied in this one.
 *
 *     μₜ = β₁ (1 - ½ · 0.96^(t · momentumDecay)),  Πₜ = μ₁ μ₂ … μₜ
 *     m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²
 *     d ← (1 - μₜ) / (1 - Πₜ) · g + μₜ₊₁ / (1 - Πₜ₊₁) · m
 *     param ← param - lr · d / (√(v / (1 - β₂ᵗ)) + eps)
 *
 * With `decoupledWeightDecay` the last line begins with (1 - lr · weightDecay) · param, as in PyTorch from 2.0 on. PyTorch 1.13 has
 * Πₜ₊₁ wrong: μₜ is in it twice.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { NAdam } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new NAdam([x], { lr: 0.1 });
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // [1, 1], nearly
 * ```
 */
export class NAdam extends ElementwiseOptimizer<NAdamOptions, NAdamMemory> {
  constructor(parameters: ParametersOrGroups<NAdamOptions>, options: NAdamOptions = {}) {
    checkCall('NAdam', arguments, ['parameters'], spec.checks);
    super('NAdam', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<NAdamMemory>,
    {
      lr,
      betas: [beta1, beta2],
      eps,
      momentumDecay,
      weightDecay,
      decoupledWeightDecay,
      maximize,
    }: GroupOptions<NAdamOptions>,
  ): ElementUpdate<NAdamMemory> {
    const step = (memory.step ?? 0) + 1;
    const [beside, through] = decoupledWeightDecay ? [weightDecay, 0] : [0, weightDecay];
    const g = slope(param, grad, { maximize, weightDecay: through });
    const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [mu, next] = [momentum(step), momentum(step + 1)];
    const muProduct = (memory.muProduct ?? 1) * mu;
    const expAvg = mix(memory.expAvg, g, beta1);
    const expAvgSq = mix(memory.expAvgSq, g.square(), beta2);
    const spread = expAvgSq
      .div(1 - beta2 ** step)
      .sqrt()
      .add(eps);
    const ahead = expAvg.mul((lr * next) / (1 - muProduct * next));
    const change = g
      .mul((lr * (1 - mu)) / (1 - muProduct))
      .add(ahead)
      .div(spread);
    return { param: shrink(param, lr, beside).sub(change), memory: { step, muProduct, expAvg, expAvgSq } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof NAdamMemory, Form>> {
    return { step: {}, muProduct: {}, expAvg: { shape }, expAvgSq: { shape } };
  }
}
