// SGD: stochastic gradient descent, with momentum.

import { checkCall, elementFormula, type RowGradient, required, sgdUpdate, type Tensor } from '@dl/autograd';
import { Optimizer } from '../core/optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { anyNumber, atLeast0, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { changeRows, refuseDecay } from '../core/rows.js';
import { type Form, type Remembered, recall, remember } from '../core/state.js';

export interface SGDOptions {
  /** The learning rate: how far to go along the gradient. */
  readonly lr: number;
  /** How much of the former direction stays (Polyak, 1964). Default 0. */
  readonly momentum?: number;
  /** How much of the new gradient is left out of the direction. Default 0. */
  readonly dampening?: number;
  /** Look ahead by one step of momentum (Nesterov, 1983; in the form of Sutskever et al., 2013). Default false. */
  readonly nesterov?: boolean;
  /** Adds weightDecay · param to the gradient, an L2 penalty of ½ weightDecay · param². Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The running sum of gradients; absent before the first step, and without momentum. */
export type SGDMemory = { readonly momentumBuffer?: Tensor };

const spec: OptionsSpec<SGDOptions> = {
  defaults: {
    lr: /* @__PURE__ */ required<number>(),
    momentum: 0,
    dampening: 0,
    nesterov: false,
    weightDecay: 0,
    maximize: false,
  },
  checks: {
    lr: learningRate,
    momentum: atLeast0,
    dampening: anyNumber,
    nesterov: yesOrNo,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
  conflict: ({ nesterov, momentum, dampening }) =>
    nesterov && (momentum === 0 || dampening !== 0)
      ? `nesterov needs a momentum above 0 and dampening 0; got momentum ${momentum} and dampening ${dampening}`
      : undefined,
};

/**
 * Stochastic gradient descent (Robbins & Monro, "A Stochastic Approximation Method", 1951), with momentum and Nesterov's
 * look-ahead as PyTorch has them (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013):
 *
 *     g ← grad + weightDecay · param
 *     buffer ← momentum · buffer + (1 - dampening) · g        (at first: buffer ← g)
 *     param ← param - lr · (g + momentum · buffer with nesterov, buffer with momentum, g without)
 *
 * Of a table with a `rowGrad` (`embedding` with `{ sparse: true }`) it changes the rows that were looked up, and no others. With
 * momentum all rows that ever were go on moving: that is right here, too, but takes as long as without `sparse`.
 *
 * @throws ArgumentError for an option out of its range; GradientError for a `rowGrad` where `weightDecay` would move every row.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new SGD([x], { lr: 0.1, momentum: 0.9 });
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // [1, 1], nearly
 * ```
 *
 * @example
 * Groups have options of their own.
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const { weight, bias } = new Linear(4, 3);
 * const optimizer = new SGD([{ params: [weight], weightDecay: 1e-4 }, { params: [bias!] }], { lr: 0.1 });
 * for (const group of optimizer.paramGroups) group.lr /= 10;
 * ```
 */
export class SGD extends Optimizer<SGDOptions, SGDMemory> {
  constructor(parameters: ParametersOrGroups<SGDOptions>, options: SGDOptions) {
    checkCall('SGD', arguments, ['parameters'], spec.checks);
    super('SGD', parameters, spec, options);
  }

  protected override updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    memories: readonly Remembered<SGDMemory>[],
    { lr, momentum, dampening, nesterov, weightDecay, maximize }: GroupOptions<SGDOptions>,
  ): void {
    const hasBuffers = momentum !== 0;
    const isNew = hasBuffers ? memories.map(({ momentumBuffer }) => momentumBuffer === undefined) : [];
    const buffers = hasBuffers ? recall(memories, 'momentumBuffer', params) : [];
    sgdUpdate.run({ params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew });
    if (hasBuffers) remember(memories, 'momentumBuffer', buffers);
  }

  protected override checkRows(grad: RowGradient, { weightDecay }: GroupOptions<SGDOptions>): void {
    refuseDecay('SGD', grad, weightDecay);
  }

  protected override updateRows(
    param: Tensor,
    grad: RowGradient,
    memory: Remembered<SGDMemory>,
    options: GroupOptions<SGDOptions>,
  ): void {
    const { lr, momentum, maximize } = options;
    // The running sum moves rows that were met before, so that it is one for all rows.
    if (momentum !== 0) this.updateAll([param], [grad.toDense()], [memory], options);
    else
      changeRows(
        [param],
        grad,
        elementFormula(1, 1, ([w], [g]) => [w!.sub(g!.mul(maximize ? -lr : lr))]),
      );
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof SGDMemory, Form>> {
    return { momentumBuffer: { shape, optional: true } };
  }
}
