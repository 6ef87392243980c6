// Quickprop: each weight jumps to the lowest point of a parabola.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { above0, atLeast0, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface QuickpropOptions {
  /** The learning rate of the part that follows the gradient. Default 0.01. */
  readonly lr?: number;
  /** The most that a step may be of the former one. Default 1.75. */
  readonly mu?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The slope before, and the step that was made from it. */
export type QuickpropMemory = {
  readonly slope: Tensor;
  readonly delta: Tensor;
};

const spec: OptionsSpec<QuickpropOptions> = {
  defaults: { lr: 1e-2, mu: 1.75, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    mu: above0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Quickprop (Fahlman, "An Empirical Study of Learning Speed in Back-Propagation Networks", 1988): two slopes of each weight
 * and the step between them give a parabola, and the weight goes to its lowest point. It is for gradients of all data.
 *
 *     jump = Δ · g / (p - g), with the former slope p and the former step Δ
 *     jump = mu · Δ where that is longer, or goes up: where g · sign Δ ≤ mu / (1 + mu) · p · sign Δ
 *     Δ ← jump - (lr · g where Δ = 0 or Δ goes down the slope g, else 0)
 *     param ← param + Δ,  p ← g
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Quickprop } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Quickprop([x], { lr: 0.1 });
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
export class Quickprop extends ElementwiseOptimizer<QuickpropOptions, QuickpropMemory> {
  constructor(parameters: ParametersOrGroups<QuickpropOptions>, options: QuickpropOptions = {}) {
    checkCall('Quickprop', arguments, ['parameters'], spec.checks);
    super('Quickprop', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<QuickpropMemory>,
    { lr, mu, ...options }: GroupOptions<QuickpropOptions>,
  ): ElementUpdate<QuickpropMemory> {
    const g = slope(param, grad, options);
    const [delta, former] = [memory.delta ?? param.constant(0), memory.slope ?? param.constant(0)];
    const direction = delta.sign();
    const rise = former.sub(g);
    // Without curvature there is no lowest point to go to.
    const lowest = rise.equal(0).where(0, g.div(rise).mul(delta));
    const isTooFar = g.mul(direction).lessEqual(former.mul(direction).mul(mu / (1 + mu)));
    const jump = isTooFar.where(delta.mul(mu), lowest);
    const isStill = delta.equal(0);
    const descent = isStill.maximum(g.mul(direction).less(0)).where(g.mul(-lr), 0);
    const next = isStill.where(0, jump).add(descent);
    return { param: param.add(next), memory: { slope: g, delta: next } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof QuickpropMemory, Form>> {
    return { slope: { shape }, delta: { shape } };
  }
}
