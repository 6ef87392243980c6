// RMSprop: steps over the root mean square of recent gradients.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, decay, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface RMSpropOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.01. */
  readonly lr?: number;
  /** How much of the running means stays in each step. Default 0.99. */
  readonly alpha?: number;
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** How much of the former direction stays. Default 0. */
  readonly momentum?: number;
  /** Divide by the standard deviation: the squared mean is taken off the mean square. Default false. */
  readonly centered?: boolean;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The running mean of the squared gradient, or, centred, mean and variance of the gradient; with momentum, the direction. */
export type RMSpropMemory = {
  readonly squareAvg?: Tensor;
  readonly momentumBuffer?: Tensor;
  readonly variance?: Tensor;
  readonly gradAvg?: Tensor;
};

const spec: OptionsSpec<RMSpropOptions> = {
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
  checks: {
    lr: learningRate,
    alpha: decay,
    eps: atLeast0,
    weightDecay: atLeast0,
    momentum: atLeast0,
    centered: yesOrNo,
    maximize: yesOrNo,
  },
};

/**
 * RMSprop (Tieleman & Hinton, "Lecture 6.5", Neural Networks for Machine Learning, 2012; centred: Graves, "Generating
 * Sequences With Recurrent Neural Networks", 2013): each weight's gradient over its root mean square of late.
 *
 *     v ← α v + (1 - α) g²;  if centred, v ← α v + α (1 - α) (g - m)² and then m ← α m + (1 - α) g
 *     d ← g / (√v + eps)
 *     buffer ← momentum · buffer + d
 *     param ← param - lr · buffer
 *
 * Centred, v is the running mean of g² less m², computed without that difference: of a gradient that hardly changes, rounding makes it
 * negative, and PyTorch's step is NaN there.
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RMSprop } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new RMSprop([x], { lr: 0.05 });
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // near [1, 1], within about lr
 * ```
 */
export class RMSprop extends ElementwiseOptimizer<RMSpropOptions, RMSpropMemory> {
  constructor(parameters: ParametersOrGroups<RMSpropOptions>, options: RMSpropOptions = {}) {
    checkCall('RMSprop', arguments, ['parameters'], spec.checks);
    super('RMSprop', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<RMSpropMemory>,
    { lr, alpha, eps, momentum, centered, ...options }: GroupOptions<RMSpropOptions>,
  ): ElementUpdate<RMSpropMemory> {
    const g = slope(param, grad, options);
    const moments = centered
      ? this.#centred(g, memory, alpha)
      : { squareAvg: mix(memory.squareAvg, g.square(), alpha) };
    const spread = 'variance' in moments ? moments.variance : moments.squareAvg;
    const change = g.div(spread.sqrt().add(eps));
    const buffer = momentum === 0 ? undefined : (memory.momentumBuffer ?? param.constant(0)).mul(momentum).add(change);
    return {
      param: param.sub((buffer ?? change).mul(lr)),
      memory: { ...moments, ...(buffer && { momentumBuffer: buffer }) },
    };
  }

  #centred(g: Element, { variance, gradAvg }: ElementMemory<RMSpropMemory>, alpha: number) {
    const mean = gradAvg ?? g.constant(0);
    const square = g.sub(mean).square().mul(alpha);
    return { variance: mix(variance, square, alpha), gradAvg: mix(mean, g, alpha) };
  }

  protected override forms(
    { shape }: Tensor,
    { momentum, centered }: GroupOptions<RMSpropOptions>,
  ): Readonly<Record<keyof RMSpropMemory, Form>> {
    return {
      squareAvg: { shape, optional: centered },
      momentumBuffer: { shape, optional: momentum === 0 },
      variance: { shape, optional: !centered },
      gradAvg: { shape, optional: !centered },
    };
  }
}
