// What the training loop needs of a learning-rate schedule: those of @dl/optim have it, and so may others.

/** Changes the learning rates of an optimiser as training goes on. */
export interface Schedule {
  /**
   * Goes on by one step, or by one epoch. At the end of an epoch it is given the figure that the run watches (see `monitor`
   * of `fit`), which those that wait for a plateau need.
   */
  step(score?: number): void;
  /** All that it needs to go on exactly: plain objects, arrays and numbers. */
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}
