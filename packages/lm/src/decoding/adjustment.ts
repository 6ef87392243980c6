// Adjustment: one change to the weights of the die that is thrown for the next token.

/** What has been said of one sequence so far. */
export interface Sequence {
  /** What it began with. */
  readonly prompt: readonly number[];
  /** What was chosen behind it. */
  readonly tokens: readonly number[];
}

/**
 * One change to the die of the next token: a temperature, a cut, a penalty, a constraint. Several are made one after another, in the order given.
 *
 * Scores are logarithms of weights: only their differences matter, and -Infinity takes a token out. A state is whatever the adjustment has to
 * remember of a sequence; beams share it, so that `next` gives a new one and leaves the old as it was.
 */
export interface Adjustment<State = unknown> {
  /** Its name with its setting, as `explain` prints it: `top-k 40`. */
  readonly name: string;
  /** The state of a sequence that begins, behind its prompt. */
  begin?(sequence: Sequence): State;
  /** Changes the scores, one for each token, in place. */
  apply(scores: Float64Array, sequence: Sequence, state: State): void;
  /** The state behind a token that was chosen. `logProbability` is that of the token on the die that was thrown. */
  next?(state: State, token: number, logProbability: number): State;
}
