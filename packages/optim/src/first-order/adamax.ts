// Adamax: Adam with the largest gradient in place of the root mean square.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface AdamaxOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.002. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of the decaying largest gradient stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, the running mean of the gradient, and its decaying maximum. */
export type AdamaxMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expInf: Tensor;
};

const spec: OptionsSpec<AdamaxOptions> = {
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    eps: atLeast0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Adamax (Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015, section 7.1): Adam by the infinity norm.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     u ← max(β₂ u, |g| + eps)
 *     param ← param - lr / (1 - β₁ᵗ) · m / u
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adamax } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Adamax([x], { lr: 0.1 });
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
export class Adamax extends ElementwiseOptimizer<AdamaxOptions, AdamaxMemory> {
  constructor(parameters: ParametersOrGroups<AdamaxOptions>, options: AdamaxOptions = {}) {
    checkCall('Adamax', arguments, ['parameters'], spec.checks);
    super('Adamax', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<AdamaxMemory>,
    { lr, betas: [beta1, beta2], eps, ...options }: GroupOptions<AdamaxOptions>,
  ): ElementUpdate<AdamaxMemory> {
    const step = (memory.step ?? 0) + 1;
    const g = slope(param, grad, options);
    const expAvg = mix(memory.expAvg, g, beta1);
    const expInf = (memory.expInf ?? param.constant(0)).mul(beta2).maximum(g.abs().add(eps));
    const rate = lr / (1 - beta1 ** step);
    return { param: param.sub(expAvg.div(expInf).mul(rate)), memory: { step, expAvg, expInf } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof AdamaxMemory, Form>> {
    return { step: {}, expAvg: { shape }, expInf: { shape } };
  }
}
