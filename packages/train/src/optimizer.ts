// What the training loop needs of an optimiser: those of @dl/optim have it, and so may others.

import type { Tensor } from '@dl/autograd';
import type { OptimizerState, StateValues } from '@dl/optim';

/** An optimiser, whatever its options. */
export interface AnyOptimizer {
  readonly paramGroups: readonly { readonly params: readonly Tensor[]; readonly lr?: number }[];
  /** Changes the parameters by their gradients. */
  step(): void;
  /** Frees the gradients. */
  zeroGrad(): void;
  stateDict(): OptimizerState;
  loadStateDict(state: OptimizerState<StateValues>): void;
}
