// Adjustment: one change to the weights of the die that is thrown for the next token. Adjusted: all of them, for one sequence.

import { ArgumentError, shown } from '@dl/autograd';

/** What has been said of one sequence so far. */
export interface Sequence {
  /** What it began with. */
  readonly prompt: readonly number[];
  /** What was chosen behind it. Kept only where one of the adjustments reads it; otherwise only `begin` has it. */
  readonly tokens: readonly number[];
}

/**
 * One change to the die of the next token: a temperature, a cut, a penalty, a constraint. Several are made one after another, in the order given.
 *
 * Scores are logarithms of weights: only their differences matter, and -Infinity takes a token out. A state is whatever the adjustment has to
 * remember of a sequence; `next` takes it over, and may change it in place, in which case `copy` gives searches one for each branch.
 */
export interface Adjustment<State = unknown> {
  /** Its name with its setting, as messages and `explain` print it: `top-k 40`. */
  readonly name: string;
  /** Whether it leaves no score above 0 where none was, so that searches know what is the best that can still come. Default false. */
  readonly isBounded?: boolean;
  /** Whether it says how tokens are drawn, as temperatures and cuts do: with it they are drawn, unless a temperature of 0 is asked for. */
  readonly draws?: boolean;
  /**
   * Whether `apply` and `next` read `sequence.tokens`. Default true: then all tokens are kept, and copied for branches of a search. With false everywhere memory stays as it is however long a
   * sequence becomes; what is needed of the tokens has its place in the state. `begin` has them in any case.
   */
  readonly readsTokens?: boolean;
  /** The state behind a prompt, and behind the tokens that were chosen, where there are any already. */
  begin?(sequence: Sequence): State;
  /**
   * Changes the scores, one for each token, in place. It may note in the state what `next` needs of them. It may be called several times for a token, with the same scores and state: by `explain`, and for the message
   * where something is wrong. So the scores have to depend on nothing else, and a second call has to leave the state as the first one did.
   */
  apply(scores: Float64Array, sequence: Sequence, state: State): void;
  /**
   * The state behind a token that was chosen. Takes the state over. `logProbability` is that of the token on the die that was thrown; `sequence` has the
   * token already.
   */
  next?(state: State, token: number, logProbability: number, sequence: Sequence): State;
  /** A state of its own for another branch. Left out where `next` changes nothing in place. */
  copy?(state: State): State;
}

/** The adjustments of one sequence, in their order, each with its state. */
export class Adjusted {
  readonly adjustments: readonly Adjustment[];
  readonly sequence: { readonly prompt: readonly number[]; readonly tokens: number[] };
  readonly #states: unknown[];
  readonly #isKept: boolean;

  constructor(
    adjustments: readonly Adjustment[],
    prompt: readonly number[],
    tokens: readonly number[] = [],
    states?: unknown[],
  ) {
    this.adjustments = adjustments;
    this.#isKept = adjustments.some(({ readsTokens }) => readsTokens !== false);
    this.sequence = { prompt, tokens: this.#isKept ? [...tokens] : [] };
    this.#states = states ?? adjustments.map((adjustment) => adjustment.begin?.({ prompt, tokens }));
  }

  /** Makes the changes one after another, in place. */
  apply(scores: Float64Array): void {
    const { adjustments, sequence } = this;
    for (let i = 0; i < adjustments.length; i++) adjustments[i]!.apply(scores, sequence, this.#states[i]);
  }

  /** As `apply`, with a look at the scores after each change. */
  applyEach(scores: Float64Array, look: (adjustment: Adjustment) => void): void {
    const { adjustments, sequence } = this;
    for (let i = 0; i < adjustments.length; i++) {
      adjustments[i]!.apply(scores, sequence, this.#states[i]);
      look(adjustments[i]!);
    }
  }

  /** Goes on by a token. `logProbability` is that of the token on the die that was thrown. */
  next(token: number, logProbability: number): void {
    const { adjustments, sequence } = this;
    if (this.#isKept) sequence.tokens.push(token);
    for (let i = 0; i < adjustments.length; i++) {
      const adjustment = adjustments[i]!;
      if (adjustment.next) this.#states[i] = adjustment.next(this.#states[i], token, logProbability, sequence);
    }
  }

  /** The same for a sequence that goes on in another way from here. */
  branch(): Adjusted {
    const { adjustments, sequence } = this;
    const states = this.#states.map((state, i) => adjustments[i]!.copy?.(state) ?? state);
    return new Adjusted(adjustments, sequence.prompt, sequence.tokens, states);
  }
}

/**
 * Refuses what are no adjustments.
 *
 * @param where what was called, for the message
 */
export function checkAdjustments(where: string, adjustments: readonly Adjustment[]): void {
  for (const [i, each] of adjustments.entries()) {
    const { name, apply } = (each ?? {}) as { readonly name?: unknown; readonly apply?: unknown };
    if (typeof name !== 'string' || typeof apply !== 'function') {
      throw new ArgumentError(
        `${where}: adjustments[${i}] is ${shown(each)}, needs an Adjustment, such as topK(40), or { name, apply(scores) { … } }`,
      );
    }
  }
}
