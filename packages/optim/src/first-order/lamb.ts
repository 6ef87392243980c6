// LAMB: Adam with steps in proportion to the size of each parameter, for large batches.

import { checkCall, type Tensor } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { PerParameterOptimizer, type Update } from '../core/per-parameter.js';
import type { Form, Remembered } from '../core/state.js';

export interface LAMBOptions {
  /** The learning rate: the share of its own length by which a parameter moves. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-6. */
  readonly eps?: number;
  /** Adds weightDecay · param to the direction, before its length is set. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, and the running means of the gradient and of its square. */
export type LAMBMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
};

const spec: OptionsSpec<LAMBOptions> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    eps: atLeast0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * LAMB (You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2020, algorithm 2):
 *
 *     m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²
 *     d ← m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps) + weightDecay · param
 *     param ← param - lr · ‖param‖ / ‖d‖ · d        (‖param‖ / ‖d‖ is 1 where either norm is 0)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LAMB } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new LAMB([x], { lr: 0.02 });
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // near [1, 1], within a few lr
 * ```
 */
export class LAMB extends PerParameterOptimizer<LAMBOptions, LAMBMemory> {
  constructor(parameters: ParametersOrGroups<LAMBOptions>, options: LAMBOptions = {}) {
    checkCall('LAMB', arguments, ['parameters'], spec.checks);
    super('LAMB', parameters, spec, options);
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    memory: Remembered<LAMBMemory>,
    { lr, betas: [beta1, beta2], eps, weightDecay, maximize }: GroupOptions<LAMBOptions>,
  ): Update<LAMBMemory> {
    const step = (memory.step ?? 0) + 1;
    const g = slope(param, grad, { maximize });
    const expAvg = mix(memory.expAvg, g, beta1);
    const expAvgSq = mix(memory.expAvgSq, g.square(), beta2);
    const spread = expAvgSq
      .div(1 - beta2 ** step)
      .sqrt()
      .add(eps);
    const scaled = expAvg.div(1 - beta1 ** step).div(spread);
    const direction = weightDecay === 0 ? scaled : scaled.add(param.mul(weightDecay));
    const [size, length] = [param.norm(), direction.norm()];
    const trust = size.equal(0).logicalOr(length.equal(0)).where(1, size.div(length));
    return { param: param.sub(direction.mul(trust).mul(lr)), memory: { step, expAvg, expAvgSq } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof LAMBMemory, Form>> {
    return { step: {}, expAvg: { shape }, expAvgSq: { shape } };
  }
}
