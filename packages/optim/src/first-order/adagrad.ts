// Adagrad: steps that shrink with all gradients that were.

import { checkCall, type Element, elementFormula, fullLike, keep, type RowGradient, type Tensor } from '@dl/autograd';
import { slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { changeRows, refuseDecay } from '../core/rows.js';
import type { Form, Remembered } from '../core/state.js';

export interface AdagradOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.01. */
  readonly lr?: number;
  /** The learning rate of step t is lr / (1 + (t - 1) · lrDecay). Default 0. */
  readonly lrDecay?: number;
  /** Adds weightDecay · param to the gradient, an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** What the sums of squares begin with. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Keeps the division from exploding where gradients are tiny. Default 1e-10. */
  readonly eps?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, and the sum of squared gradients. */
export type AdagradMemory = {
  readonly step: number;
  readonly sum: Tensor;
};

const spec: OptionsSpec<AdagradOptions> = {
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
  checks: {
    lr: learningRate,
    lrDecay: atLeast0,
    weightDecay: atLeast0,
    initialAccumulatorValue: atLeast0,
    eps: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Adagrad (Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011):
 * each weight's steps shrink with the root of all its squared gradients, so that rare features keep long ones:
 *
 *     sum ← sum + g²
 *     param ← param - lr / (1 + (t - 1) · lrDecay) · g / (√sum + eps)
 *
 * Of a table with a `rowGrad` (`embedding` with `{ sparse: true }`) it changes the rows that were looked up, and no others, with the same
 * result: where the gradient is 0, nothing moves.
 *
 * @throws ArgumentError for an option out of its range; GradientError for a `rowGrad` where `weightDecay` would move every row.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adagrad } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Adagrad([x], { lr: 1 });
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
export class Adagrad extends ElementwiseOptimizer<AdagradOptions, AdagradMemory> {
  constructor(parameters: ParametersOrGroups<AdagradOptions>, options: AdagradOptions = {}) {
    checkCall('Adagrad', arguments, ['parameters'], spec.checks);
    super('Adagrad', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<AdagradMemory>,
    { lr, lrDecay, initialAccumulatorValue, eps, ...options }: GroupOptions<AdagradOptions>,
  ): ElementUpdate<AdagradMemory> {
    const step = (memory.step ?? 0) + 1;
    const g = slope(param, grad, options);
    const sum = (memory.sum ?? param.constant(initialAccumulatorValue)).add(g.square());
    const rate = lr / (1 + (step - 1) * lrDecay);
    return { param: param.sub(g.mul(rate).div(sum.sqrt().add(eps))), memory: { step, sum } };
  }

  protected override checkRows(grad: RowGradient, { weightDecay }: GroupOptions<AdagradOptions>): void {
    refuseDecay('Adagrad', grad, weightDecay);
  }

  protected override updateRows(
    param: Tensor,
    grad: RowGradient,
    memory: Remembered<AdagradMemory>,
    options: GroupOptions<AdagradOptions>,
  ): void {
    const sum = memory.sum ?? keep(fullLike(param, options.initialAccumulatorValue));
    const { step = 0 } = memory;
    const formula = elementFormula(2, 1, ([weight, sum], [g]) => {
      const next = this.update(weight!, g!, { step, sum: sum! }, options);
      return [next.param, next.memory.sum as Element];
    });
    changeRows([param, sum], grad, formula);
    Object.assign(memory, { step: step + 1, sum });
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof AdagradMemory, Form>> {
    return { step: {}, sum: { shape } };
  }
}
