// DeltaBarDelta: gradient descent with a learning rate of its own for each weight.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, decay, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface DeltaBarDeltaOptions {
  /** The learning rate that every weight begins with. Default 0.01. */
  readonly lr?: number;
  /** What a rate grows by while the gradient keeps its sign. Default 0.001. */
  readonly kappa?: number;
  /** The share that a rate loses when the sign changes. Default 0.1. */
  readonly phi?: number;
  /** How much of the running mean of the gradient stays in each step. Default 0.7. */
  readonly theta?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The learning rate of each weight, and the running mean of its gradient. */
export type DeltaBarDeltaMemory = {
  readonly rates: Tensor;
  readonly bar: Tensor;
};

const spec: OptionsSpec<DeltaBarDeltaOptions> = {
  defaults: { lr: 1e-2, kappa: 1e-3, phi: 0.1, theta: 0.7, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    kappa: atLeast0,
    phi: decay,
    theta: decay,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Delta-bar-delta (Jacobs, "Increased Rates of Convergence Through Learning Rate Adaptation", 1988): rates grow by a constant
 * and shrink by a factor, by whether the gradient agrees with its running mean.
 *
 *     rate ← rate + κ where bar · g > 0, (1 - φ) · rate where bar · g < 0
 *     bar ← (1 - θ) g + θ bar
 *     param ← param - rate · g
 *
 * The rates are what the first step made of `lr`: a schedule has no effect later.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { DeltaBarDelta } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new DeltaBarDelta([x], { lr: 0.05 });
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
export class DeltaBarDelta extends ElementwiseOptimizer<DeltaBarDeltaOptions, DeltaBarDeltaMemory> {
  constructor(parameters: ParametersOrGroups<DeltaBarDeltaOptions>, options: DeltaBarDeltaOptions = {}) {
    checkCall('DeltaBarDelta', arguments, ['parameters'], spec.checks);
    super('DeltaBarDelta', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<DeltaBarDeltaMemory>,
    { lr, kappa, phi, theta, ...options }: GroupOptions<DeltaBarDeltaOptions>,
  ): ElementUpdate<DeltaBarDeltaMemory> {
    const g = slope(param, grad, options);
    const former = memory.rates ?? param.constant(lr);
    const bar = memory.bar ?? param.constant(0);
    // By signs: the product of two small gradients would be 0.
    const agreement = bar.sign().mul(g.sign());
    const slower = agreement.less(0).where(former.mul(1 - phi), former);
    const rates = agreement.greater(0).where(former.add(kappa), slower);
    return { param: param.sub(rates.mul(g)), memory: { rates, bar: mix(bar, g, theta) } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof DeltaBarDeltaMemory, Form>> {
    return { rates: { shape }, bar: { shape } };
  }
}
