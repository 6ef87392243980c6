// What the training loop needs of a learning-rate schedule: those of @dl/optim have it, and so may others.

/**
 * Changes the learning rates of an optimiser as training goes on.
 *
 * @example
 * ```ts
 * import type { AnyOptimizer, Schedule } from '@dl/train';
 *
 * // Halves the rates of an optimiser of @dl/optim each time: a schedule of your own. The rates are in the state of the optimiser.
 * class Halving implements Schedule {
 *   readonly #groups: readonly { lr: number }[];
 *   constructor(optimizer: AnyOptimizer & { readonly paramGroups: readonly { lr: number }[] }) {
 *     this.#groups = optimizer.paramGroups;
 *   }
 *   step(): void {
 *     for (const group of this.#groups) group.lr /= 2;
 *   }
 *   stateDict(): object {
 *     return {};
 *   }
 *   loadStateDict(): void {}
 * }
 * ```
 */
export interface Schedule {
  /** What `step` may be given: the figure, or an epoch, which `fit` leaves to the schedule. Default 'score'. */
  readonly stepTakes?: 'score' | 'epoch';
  /**
   * Goes on by one step, or by one epoch. At the end of an epoch it is given the monitored metric (see `monitor`
   * of `fit`), which those that wait for a plateau need.
   */
  step(score?: number): void;
  /** All that it needs to go on exactly: plain objects, arrays and numbers. */
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}
