// What the training loop needs of an optimiser: those of @dl/optim have it, and so may others.

import { ArgumentError, type Tensor } from '@dl/autograd';
import { type Closure, ClosureOptimizer, type LookaheadState, type OptimizerState, type StateValues } from '@dl/optim';

/** The state of an optimiser of @dl/optim. */
export type AnyOptimizerState<Values> = OptimizerState<Values> | LookaheadState<Values>;

/**
 * An optimiser, whatever its options. Those that extend `ClosureOptimizer` of @dl/optim are given a function that computes the
 * loss of the batch and its gradients, as often as they call it; others find the gradients at the parameters.
 *
 * @example
 * ```ts
 * import { noGrad, type Tensor } from '@dl/autograd';
 * import type { AnyOptimizer } from '@dl/train';
 *
 * // Steps of one length, whatever the gradient.
 * class SignDescent implements AnyOptimizer {
 *   readonly paramGroups: readonly { readonly params: readonly Tensor[]; readonly lr: number }[];
 *   constructor(params: readonly Tensor[], lr: number) {
 *     this.paramGroups = [{ params, lr }];
 *   }
 *   step(): void {
 *     for (const { params, lr } of this.paramGroups)
 *       for (const param of params) noGrad(() => param.grad && param.assign(param.sub(param.grad.sign().mul(lr))));
 *   }
 *   zeroGrad(): void {
 *     for (const { params } of this.paramGroups) for (const param of params) param.zeroGrad();
 *   }
 *   stateDict() {
 *     return { optimizer: 'SignDescent', paramGroups: [], state: [] };
 *   }
 *   loadStateDict(): void {}
 * }
 * ```
 */
export interface AnyOptimizer {
  readonly paramGroups: readonly { readonly params: readonly Tensor[]; readonly lr?: number }[];
  /** Changes the parameters by their gradients. */
  step(closure?: Closure): unknown;
  /** Frees the gradients. */
  zeroGrad(): void;
  stateDict(): AnyOptimizerState<Tensor>;
  loadStateDict(state: AnyOptimizerState<Tensor | StateValues>): void;
}

/** Whether its step is a search that asks for the loss several times. */
export const takesClosure = (optimizer: AnyOptimizer): boolean => optimizer instanceof ClosureOptimizer;

/** Throws for an optimiser that fit cannot drive, and for options that do not go with it. */
export function checkOptimizer(
  optimizer: AnyOptimizer,
  options: { readonly clipGradNorm?: number; readonly clipGradValue?: number },
): void {
  if (typeof optimizer?.step !== 'function') {
    throw new ArgumentError('fit: there is no optimizer; pass one, such as new Adam(model.parameters())');
  }
  if (!takesClosure(optimizer)) return;
  const { name, wants } = optimizer as unknown as ClosureOptimizer;
  if (wants === 'residuals') {
    throw new ArgumentError(
      `fit: ${name} needs the residuals of a batch, and fit has its loss; call optimizer.step(() => output.sub(target)) in a loop of your own, or use LBFGS`,
    );
  }
  const clip = (['clipGradNorm', 'clipGradValue'] as const).find((each) => options[each] !== undefined);
  if (clip !== undefined) {
    throw new ArgumentError(
      `fit: ${clip} would hide the slope from the search of ${name}; leave it out, or use an optimizer such as Adam`,
    );
  }
}
