// Die: the weighted die of the next token, to be looked at and thrown.

import { ArgumentError, checkCall, defaultGenerator, Generator, isInstance, type Known, shown } from '@dl/autograd';
import type { Vocabulary } from '../tokens/vocabulary.js';
import { Adjusted, type Adjustment, checkAdjustments } from './adjustment.js';
import { dieText } from './explain.js';
import { trouble } from './trouble.js';
import { fallOn, normalise } from './weights.js';

/** Options of {@link Die}. */
export interface DieOptions {
  /** What changes the die, one after another. Default: nothing. */
  readonly adjustments?: readonly Adjustment[];
  /** What the sequence began with, for adjustments that look back. */
  readonly prompt?: readonly number[];
  /** What was chosen behind it. */
  readonly tokens?: readonly number[];
  /** The texts of the tokens, to be printed. */
  readonly vocabulary?: Vocabulary;
}

const dieOptions: Known<DieOptions> = {
  adjustments: 'list',
  prompt: 'list',
  tokens: 'list',
  vocabulary: 'object',
};

/**
 * The die of the next token: a side for each, which weighs what the model gives it, after all adjustments. It is what {@link generate} throws at each step, alone: to
 * be looked at, printed, and thrown. The scores are logarithms of weights, and need not sum to 1.
 *
 * @throws ArgumentError for scores with NaN or Infinity, and where nothing is left to choose from, with the name of what took it out.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { Die, temperature, topK } from '@dl/lm';
 * const die = new Die([0.5, 0.3, 0.2].map(Math.log), { adjustments: [temperature(0.5), topK(2)] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.735, 0.265, 0.000: 0.25 beside 0.09
 * console.log(die.throw(new Generator(1))); // 0 or 1
 * console.log(String(die)); // a line for each side
 * ```
 */
export class Die {
  /** Probabilities of the tokens on this die. */
  readonly probabilities: Float64Array;
  /** Those of the model, before the adjustments. */
  readonly model: Float64Array;
  readonly #adjusted: Adjusted;
  readonly #scores: Float64Array;
  readonly #vocabulary: Vocabulary | undefined;

  constructor(logProbabilities: ArrayLike<number>, options: DieOptions = {}) {
    checkCall('Die', arguments, [['logProbabilities', 'list']], dieOptions);
    if (!(logProbabilities?.length > 0)) {
      throw new ArgumentError(`Die: logProbabilities is ${shown(logProbabilities)}, needs a number for each token`);
    }
    const { adjustments = [], prompt = [], tokens = [], vocabulary } = options;
    checkAdjustments('Die', adjustments);
    this.#scores = Float64Array.from(logProbabilities);
    this.#adjusted = new Adjusted(adjustments, prompt, tokens);
    this.#vocabulary = vocabulary;
    const size = this.#scores.length;
    [this.model, this.probabilities] = [new Float64Array(size), new Float64Array(size)];
    const after = this.#scores.slice();
    this.#adjusted.apply(after);
    if (!normalise(this.#scores, this.model) || !normalise(after, this.probabilities)) {
      throw trouble('Die', `behind ${prompt.length + tokens.length} tokens`, this.#scores, this.#adjusted);
    }
  }

  /** Throws it: the token on which it falls. */
  throw(generator: Generator = defaultGenerator()): number {
    checkCall('throw', arguments, ['generator']);
    if (!isInstance(generator, Generator, 'throw', 'the generator')) {
      throw new ArgumentError(`throw: generator is ${shown(generator)}, needs a Generator, such as new Generator(1)`);
    }
    const { probabilities } = this;
    return fallOn(probabilities, probabilities.length, 1, generator.uniform53());
  }

  /** The die as text: what changed it, and a line for each of the likeliest tokens. */
  toString(): string {
    const vocabulary = this.#vocabulary;
    return dieText({
      scores: this.#scores,
      adjusted: this.#adjusted,
      heading: `a die of ${this.#scores.length}`,
      textOf: vocabulary && ((token) => vocabulary.token(token)),
    });
  }
}
