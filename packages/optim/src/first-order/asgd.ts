// ASGD: stochastic gradient descent that keeps the mean of where it was.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface ASGDOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.01. */
  readonly lr?: number;
  /** The decay of the parameters. Default 1e-4. */
  readonly lambd?: number;
  /** The power by which the learning rate falls. Default 0.75. */
  readonly alpha?: number;
  /** The step after which averaging begins. Default 1e6. */
  readonly t0?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, the rate and the share of the next step, and the mean of the parameter. */
export type ASGDMemory = {
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
  readonly ax: Tensor;
};

const spec: OptionsSpec<ASGDOptions> = {
  defaults: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    lambd: atLeast0,
    alpha: atLeast0,
    t0: atLeast0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Averaged SGD (Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992). The mean is `ax` in the
 * state; the parameters themselves are not averaged.
 *
 *     param ← (1 - lambd · η) · param - η · g
 *     ax ← ax + μ (param - ax)
 *     η ← lr / (1 + lambd · lr · t)^alpha,  μ ← 1 / max(1, t - t0)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ASGD } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new ASGD([x], { lr: 0.1 });
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
export class ASGD extends ElementwiseOptimizer<ASGDOptions, ASGDMemory> {
  constructor(parameters: ParametersOrGroups<ASGDOptions>, options: ASGDOptions = {}) {
    checkCall('ASGD', arguments, ['parameters'], spec.checks);
    super('ASGD', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<ASGDMemory>,
    { lr, lambd, alpha, t0, ...options }: GroupOptions<ASGDOptions>,
  ): ElementUpdate<ASGDMemory> {
    const { eta = lr, mu = 1 } = memory;
    const step = (memory.step ?? 0) + 1;
    const next = param.mul(1 - lambd * eta).sub(slope(param, grad, options).mul(eta));
    const former = memory.ax ?? param.constant(0);
    const ax = mu === 1 ? next : former.add(next.sub(former).mul(mu));
    return {
      param: next,
      memory: { step, eta: lr / (1 + lambd * lr * step) ** alpha, mu: 1 / Math.max(1, step - t0), ax },
    };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof ASGDMemory, Form>> {
    return { step: {}, eta: {}, mu: {}, ax: { shape } };
  }
}
