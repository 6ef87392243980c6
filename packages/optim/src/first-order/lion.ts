// Lion: steps of one length, in the direction that the momentum has.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, shrink, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface LionOptions {
  /** The learning rate: about how far a weight goes in one step. Default 1e-4. */
  readonly lr?: number;
  /** How much of the momentum is in the direction, and how much of it stays. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** Takes lr · weightDecay · param off the parameter, beside the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The running mean of the gradient. */
export type LionMemory = {
  readonly expAvg: Tensor;
};

const spec: OptionsSpec<LionOptions> = {
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    betas: twoDecays,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023): one memory instead of Adam's two. Take a learning
 * rate three to ten times smaller than Adam's, and as much larger a weight decay.
 *
 *     param ← (1 - lr · weightDecay) · param - lr · sign(β₁ m + (1 - β₁) g)
 *     m ← β₂ m + (1 - β₂) g
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Lion } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Lion([x], { lr: 0.05 });
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
export class Lion extends ElementwiseOptimizer<LionOptions, LionMemory> {
  constructor(parameters: ParametersOrGroups<LionOptions>, options: LionOptions = {}) {
    checkCall('Lion', arguments, ['parameters'], spec.checks);
    super('Lion', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<LionMemory>,
    { lr, betas: [beta1, beta2], weightDecay, maximize }: GroupOptions<LionOptions>,
  ): ElementUpdate<LionMemory> {
    const g = slope(param, grad, { maximize });
    const former = memory.expAvg ?? param.constant(0);
    const direction = mix(former, g, beta1).sign();
    const shrunk = shrink(param, lr, weightDecay);
    return { param: shrunk.sub(direction.mul(lr)), memory: { expAvg: mix(former, g, beta2) } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof LionMemory, Form>> {
    return { expAvg: { shape } };
  }
}
