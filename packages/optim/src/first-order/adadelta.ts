// Adadelta: steps as long as the ones before, without a learning rate to choose.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, decay, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface AdadeltaOptions {
  /** A factor on every step. Default 1. */
  readonly lr?: number;
  /** How much of the running means stays in each step. Default 0.9. */
  readonly rho?: number;
  /** Under both roots; the first steps are about its root long. Default 1e-6. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The running means of the squared gradient and of the squared steps. */
export type AdadeltaMemory = {
  readonly squareAvg: Tensor;
  readonly accDelta: Tensor;
};

const spec: OptionsSpec<AdadeltaOptions> = {
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    rho: decay,
    eps: atLeast0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Adadelta (Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012): as {@link RMSprop}, but the rate is the root mean
 * square of the former steps, which gives steps the unit of the weights:
 *
 *     v ← ρ v + (1 - ρ) g²
 *     Δ ← √(u + eps) / √(v + eps) · g
 *     u ← ρ u + (1 - ρ) Δ²
 *     param ← param - lr · Δ
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adadelta } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Adadelta([x], { eps: 1e-3 });
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
export class Adadelta extends ElementwiseOptimizer<AdadeltaOptions, AdadeltaMemory> {
  constructor(parameters: ParametersOrGroups<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    checkCall('Adadelta', arguments, ['parameters'], spec.checks);
    super('Adadelta', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<AdadeltaMemory>,
    { lr, rho, eps, ...options }: GroupOptions<AdadeltaOptions>,
  ): ElementUpdate<AdadeltaMemory> {
    const g = slope(param, grad, options);
    const squareAvg = mix(memory.squareAvg, g.square(), rho);
    const former = memory.accDelta ?? param.constant(0);
    const delta = former.add(eps).sqrt().div(squareAvg.add(eps).sqrt()).mul(g);
    return { param: param.sub(delta.mul(lr)), memory: { squareAvg, accDelta: mix(former, delta.square(), rho) } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof AdadeltaMemory, Form>> {
    return { squareAvg: { shape }, accDelta: { shape } };
  }
}
