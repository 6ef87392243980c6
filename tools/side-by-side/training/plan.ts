// What both libraries are given: a model by its sizes, its examples, and which of them each step learns from.

/** Tokens in, and what is to come out: tokens, the number of a class, or a token at each place that was hidden and -100 at all others. */
export interface Example {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

export interface Plan {
  /**
   * A sentence for a sentence, by an encoder and a decoder, transformers (`translate`) or recurrent networks with attention between them (`attend`); a class; the tokens that were
   * hidden, by an encoder; or a text, each token from those before it, by a recurrent network or a decoder without a source.
   */
  readonly kind: 'translate' | 'attend' | 'classify' | 'fill' | 'rnn' | 'lstm' | 'gru' | 'gpt';
  readonly model: {
    /** How many tokens go in, and how many tokens or classes there are to come out. */
    readonly sources: number;
    readonly targets: number;
    readonly dModel: number;
    readonly heads: number;
    readonly layers: number;
    readonly dimFeedforward: number;
    readonly dropout: number;
  };
  /** Adam by the transformer's schedule, with gradients of length 1 at most. */
  readonly training: { readonly warmupSteps: number; readonly factor: number; readonly labelSmoothing: number };
  readonly examples: readonly Example[];
  /** The numbers of the examples of each step. */
  readonly batches: readonly (readonly number[])[];
  /**
   * Of texts: each row of a batch is a part of one, and that of the next batch goes on where it ended, but begins anew after so many. So do the tests, {@link AT_ONCE} of
   * them side by side. A recurrent network carries its state on.
   */
  readonly pieces?: number;
  /** What is left for the end. */
  readonly tests: readonly Example[];
}

export interface Outcome {
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** The mean of -log p of what was to come out of the tests, without label smoothing. */
  readonly testLoss: number;
  /** What came out: a translation, which ends before token 0, or a class alone. */
  readonly answers: readonly (readonly number[])[];
  readonly seconds: number;
}

/** What stands where there is nothing to be said. */
export const NOTHING = -100;
/** How many tests go through a model at once. */
export const AT_ONCE = 50;
/** The token that begins and ends a translation. */
export const END = 0;
