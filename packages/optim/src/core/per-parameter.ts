// PerParameterOptimizer: the base for an optimiser that is written for one parameter, in tensors.

import { internalScope, type Tensor } from '@dl/autograd';
import { Optimizer } from './optimizer.js';
import type { GroupOptions } from './options.js';
import { type Memory, type Remembered, store } from './state.js';

/** The new values of a parameter, and of what is remembered of it. */
export interface Update<M extends Memory> {
  readonly param: Tensor;
  readonly memory: M;
}

/**
 * Base of optimisers that say how one parameter changes ({@link update}), as a formula. It needs no kernel, and makes a
 * tensor for each operation of each parameter; {@link Optimizer} is the base of those that change all in one call.
 *
 * @example
 * ```ts
 * import { manualSeed, randn, type Tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { type GroupOptions, optionChecks, PerParameterOptimizer } from '@dl/optim';
 * await useBackend(cpu());
 *
 * // Steps of the same length in every direction, whatever the gradient's size.
 * class SignDescent extends PerParameterOptimizer<{ readonly lr: number }, Record<string, never>> {
 *   constructor(params: readonly Tensor[], lr: number) {
 *     super('SignDescent', params, { defaults: { lr }, checks: { lr: optionChecks.learningRate } });
 *   }
 *   protected update(param: Tensor, grad: Tensor, _: unknown, { lr }: GroupOptions<{ readonly lr: number }>) {
 *     return { param: param.sub(grad.sign().mul(lr)), memory: {} };
 *   }
 *   protected forms() {
 *     return {};
 *   }
 * }
 *
 * manualSeed(1);
 * const x = randn([3], { requiresGrad: true });
 * const optimizer = new SignDescent([x], 0.1);
 * x.square().sum().backward();
 * optimizer.step();
 * ```
 */
export abstract class PerParameterOptimizer<
  O extends { readonly lr?: number } = { readonly lr?: number },
  M extends Memory = Memory,
> extends Optimizer<O, M> {
  /** The new values of one parameter, from its gradient and what is remembered of it; nothing yet at first. */
  protected abstract update(param: Tensor, grad: Tensor, memory: Remembered<M>, options: GroupOptions<O>): Update<M>;

  protected override updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    memories: readonly Remembered<M>[],
    options: GroupOptions<O>,
  ): void {
    params.forEach((param, i) => {
      const temporary = internalScope();
      try {
        const next = this.update(param, grads[i]!, memories[i]!, options);
        param.assign(next.param);
        store(memories[i]!, next.memory);
      } finally {
        temporary.end();
      }
    });
  }
}
