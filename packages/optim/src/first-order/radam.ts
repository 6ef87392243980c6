// RAdam: Adam that warms up by itself.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, shrink, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface RAdamOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty; or, decoupled, takes lr · weightDecay · param off it. Default 0. */
  readonly weightDecay?: number;
  /** Take weight decay off the parameter directly, as AdamW does (Loshchilov & Hutter, 2019). Default false. */
  readonly decoupledWeightDecay?: boolean;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, and the running means of the gradient and of its square. */
export type RAdamMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
};

const spec: OptionsSpec<RAdamOptions> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false, maximize: false },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    eps: atLeast0,
    weightDecay: atLeast0,
    decoupledWeightDecay: yesOrNo,
    maximize: yesOrNo,
  },
};

/**
 * RAdam (Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020): Adam whose step is damped while the
 * mean of squares rests on few gradients, and does without it for the first of them:
 *
 *     m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²
 *     ρ∞ = 2 / (1 - β₂) - 1,  ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
 *     r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
 *     param ← param - lr · m / (1 - β₁ᵗ) · (r √(1 - β₂ᵗ) / (√v + eps) where ρ > 5, else 1)
 *
 * The paper has ρ > 4; 5 is that of its authors' program, and of PyTorch. With `decoupledWeightDecay` the last line begins with
 * (1 - lr · weightDecay) · param, as in PyTorch from 2.0 on.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RAdam } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new RAdam([x], { lr: 0.1 });
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
export class RAdam extends ElementwiseOptimizer<RAdamOptions, RAdamMemory> {
  constructor(parameters: ParametersOrGroups<RAdamOptions>, options: RAdamOptions = {}) {
    checkCall('RAdam', arguments, ['parameters'], spec.checks);
    super('RAdam', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<RAdamMemory>,
    { lr, betas: [beta1, beta2], eps, weightDecay, decoupledWeightDecay, maximize }: GroupOptions<RAdamOptions>,
  ): ElementUpdate<RAdamMemory> {
    const step = (memory.step ?? 0) + 1;
    const [beside, through] = decoupledWeightDecay ? [weightDecay, 0] : [0, weightDecay];
    const g = slope(param, grad, { maximize, weightDecay: through });
    const expAvg = mix(memory.expAvg, g, beta1);
    const expAvgSq = mix(memory.expAvgSq, g.square(), beta2);
    const rate = lr / (1 - beta1 ** step);
    const correction = 1 - beta2 ** step;
    const most = 2 / (1 - beta2) - 1;
    const length = most - (2 * step * beta2 ** step) / correction;
    const isReliable = length > 5;
    const rectified = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
    const change = isReliable
      ? expAvg.div(expAvgSq.sqrt().add(eps)).mul(rate * Math.sqrt(correction * rectified))
      : expAvg.mul(rate);
    return { param: shrink(param, lr, beside).sub(change), memory: { step, expAvg, expAvgSq } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof RAdamMemory, Form>> {
    return { step: {}, expAvg: { shape }, expAvgSq: { shape } };
  }
}
