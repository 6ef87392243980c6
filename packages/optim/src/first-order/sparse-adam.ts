// SparseAdam: Adam for tables of which each step looks up some rows.

import { checkCall, elementFormula, GradientError, keep, type RowGradient, type Tensor, zerosLike } from '@dl/autograd';
import { mix, slope } from '../core/descent.js';
import { Optimizer } from '../core/optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, twoDecays, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { changeRows } from '../core/rows.js';
import type { Form, Remembered } from '../core/state.js';

export interface SparseAdamOptions {
  /** The learning rate: about how far a weight goes in one step. Default 0.001. */
  readonly lr?: number;
  /** How much of the running means of the gradient and of its square stays in each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the division from exploding where gradients are tiny. Default 1e-8. */
  readonly eps?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, and the running means of the gradient and of its square, each as its row last had them. */
export type SparseAdamMemory = {
  readonly step: number;
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
};

const spec: OptionsSpec<SparseAdamOptions> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false },
  checks: { lr: learningRate, betas: twoDecays, eps: atLeast0, maximize: yesOrNo },
};

/**
 * Adam for the rows that were looked up, as in PyTorch: a step touches these rows and what is remembered of them, and lets all others rest,
 * so that it costs the same for any number of rows. In a row that has a gradient g at step t
 *
 *     m ← β₁ m + (1 - β₁) g
 *     v ← β₂ v + (1 - β₂) g²
 *     param ← param - lr · √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + eps)
 *
 * That is not {@link Adam}, where the means of every row decay in each step and move it, and where eps is added to the corrected
 * root. It takes the parameters that have a `rowGrad`, as of `new Embedding(n, d, { sparse: true })`; give the others to an
 * optimiser of their own. (After Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015.)
 *
 * @throws ArgumentError for an option out of its range; GradientError for a gradient that has all rows.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { SparseAdam } from '@dl/optim';
 * await useBackend(cpu());
 * manualSeed(1);
 * const table = new Embedding(10_000, 4, { sparse: true });
 * const optimizer = new SparseAdam(table.parameters(), { lr: 0.1 });
 * const words = tensor([7, 42, 7], { dtype: 'int32' });
 * for (let i = 0; i < 100; i++) {
 *   scope(() => {
 *     table.forward(words).sub(1).square().mean().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(table.forward(words).sub(1).abs().max().item() < 0.05); // true
 * ```
 */
export class SparseAdam extends Optimizer<SparseAdamOptions, SparseAdamMemory> {
  constructor(parameters: ParametersOrGroups<SparseAdamOptions>, options: SparseAdamOptions = {}) {
    checkCall('SparseAdam', arguments, ['parameters'], spec.checks);
    super('SparseAdam', parameters, spec, options);
  }

  override step(): void {
    for (const [g, { params }] of this.paramGroups.entries()) {
      for (const [i, param] of params.entries()) {
        if (param.rowGrad !== undefined || param.grad === undefined) continue;
        throw new GradientError(
          `SparseAdam: parameter ${i} of group ${g} has a gradient for all of its rows; give it to Adam, or look it up with { sparse: true } and nothing else`,
        );
      }
    }
    super.step();
  }

  /** Never called: {@link step} has refused what would come here. */
  protected override updateAll(): void {}

  protected override updateRows(
    param: Tensor,
    grad: RowGradient,
    memory: Remembered<SparseAdamMemory>,
    { lr, betas: [beta1, beta2], eps, maximize }: GroupOptions<SparseAdamOptions>,
  ): void {
    const step = (memory.step ?? 0) + 1;
    const expAvg = memory.expAvg ?? keep(zerosLike(param));
    const expAvgSq = memory.expAvgSq ?? keep(zerosLike(param));
    const rate = (lr * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
    const formula = elementFormula(3, 1, ([weight, mean, square], [grad]) => {
      const g = slope(weight!, grad!, { maximize });
      const m = mix(mean!, g, beta1);
      const v = mix(square!, g.square(), beta2);
      return [weight!.sub(m.div(v.sqrt().add(eps)).mul(rate)), m, v];
    });
    changeRows([param, expAvg, expAvgSq], grad, formula);
    Object.assign(memory, { step, expAvg, expAvgSq });
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof SparseAdamMemory, Form>> {
    return { step: {}, expAvg: { shape }, expAvgSq: { shape } };
  }
}
