// What the training loop needs of an optimiser: those of @dl/optim have it, and so may others.

import { ArgumentError, isInstance, type Tensor } from '@dl/autograd';
import {
  type Closure,
  ClosureOptimizer,
  type LookaheadState,
  type OptimizerState,
  type StateValues,
  type Wanted,
} from '@dl/optim';

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

/** What its step asks for as often as it wants to, the loss with its gradients or residuals; undefined where it asks for nothing. */
export const wantsOf = (optimizer: AnyOptimizer): Wanted | undefined =>
  isInstance(optimizer, ClosureOptimizer, 'fit', 'the optimizer') ? optimizer.wants : undefined;

/** Throws for an optimiser that fit cannot drive, and for options that do not go with it. */
export function checkOptimizer(
  optimizer: AnyOptimizer,
  options: {
    readonly gradients?: unknown;
    readonly clipGradNorm?: number;
    readonly clipGradValue?: number;
    readonly residuals?: unknown;
  },
): void {
  if (typeof optimizer?.step !== 'function') {
    throw new ArgumentError('fit: there is no optimizer; pass one, such as new Adam(model.parameters())');
  }
  const wants = wantsOf(optimizer);
  if (wants === undefined) return;
  const { name } = optimizer as unknown as ClosureOptimizer;
  if (wants === 'residuals' && typeof options.residuals !== 'function') {
    throw new ArgumentError(
      `fit: ${name} lowers the squares of residuals, and there are none; pass residuals: (output, batch) => output.sub(batch.y), or use LBFGS`,
    );
  }
  if (options.gradients !== undefined) {
    throw new ArgumentError(
      `fit: gradients is waited for between gradient and update, and ${name} asks for gradients again and again without waiting; leave it out, or use an optimizer such as Adam`,
    );
  }
  const clip = (['clipGradNorm', 'clipGradValue'] as const).find((each) => options[each] !== undefined);
  if (clip !== undefined) {
    throw new ArgumentError(
      `fit: ${clip} would hide the slope from the search of ${name}; leave it out, or use an optimizer such as Adam`,
    );
  }
}
