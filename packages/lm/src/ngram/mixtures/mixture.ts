// Mixture: several models of what comes next as one, by linear interpolation.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { NextToken, StepModel } from '@dl/layers';
import { checkModels, logMixture } from './scores.js';

/** Options of {@link mixture}. */
export interface MixtureOptions {
  /** One for each model, at least 0, and 1 in all. Default: equal ones. */
  readonly weights?: ArrayLike<number>;
}

const mixtureOptions: Known<MixtureOptions> = { weights: 'numbers' };

/** The states of all models. */
export type MixtureState = readonly unknown[];

/** How far weights may be from 1 in all. */
const NEAR = 1e-6;

/** What {@link mixture} makes: a {@link StepModel} with its models and their weights. */
export class Mixture implements StepModel<MixtureState> {
  readonly models: readonly StepModel[];
  readonly weights: readonly number[];
  readonly vocabularySize: number;
  readonly batch: number | undefined;
  readonly maxTokens: number | undefined;
  /** How many states more than one hold a part: where select gave a model's state as it was. */
  readonly #holders = new WeakMap<object, number>();

  constructor(models: readonly StepModel[], weights: readonly number[]) {
    this.models = models;
    this.weights = weights;
    this.vocabularySize = models[0]!.vocabularySize;
    const batches = models.flatMap(({ batch }) => batch ?? []);
    if (batches.some((batch) => batch !== batches[0])) {
      throw new ArgumentError(
        `mixture: the models stand on sources of ${batches.join(', ')} sequences, needs as many for each`,
      );
    }
    this.batch = batches[0];
    const lengths = models.flatMap(({ maxTokens }) => maxTokens ?? []);
    this.maxTokens = lengths.length === 0 ? undefined : Math.min(...lengths);
  }

  start(batch: number): NextToken<MixtureState> {
    const begun: NextToken<unknown>[] = [];
    try {
      for (const model of this.models) begun.push(model.start(batch));
    } catch (error) {
      begun.forEach(({ state }, i) => void this.models[i]!.release?.(state));
      throw error;
    }
    return this.#mixed(begun);
  }

  step(tokens: ArrayLike<number>, state: MixtureState): NextToken<MixtureState> {
    return this.#mixed(this.models.map((model, i) => model.step(tokens, state[i])));
  }

  read(tokens: readonly ArrayLike<number>[], state: MixtureState): NextToken<MixtureState> {
    return this.#mixed(this.models.map((model, i) => readBy(model, tokens, state[i])));
  }

  select(state: MixtureState, rows: readonly number[]): MixtureState {
    return this.models.map((model, i) => {
      const part = model.select(state[i], rows);
      if (part === state[i] && isObject(part)) this.#holders.set(part, (this.#holders.get(part) ?? 0) + 1);
      return part;
    });
  }

  release(state: MixtureState): void {
    this.models.forEach((model, i) => {
      const part = state[i];
      const others = isObject(part) ? (this.#holders.get(part) ?? 0) : 0;
      if (others > 0) this.#holders.set(part as object, others - 1);
      else model.release?.(part);
    });
  }

  #mixed(next: readonly NextToken<unknown>[]): NextToken<MixtureState> {
    // What weighs nothing is not asked: 0 times a score that is no number would be none.
    const asked = next.flatMap(({ logProbabilities }, i) => (this.weights[i]! > 0 ? [logProbabilities] : []));
    const logWeights = this.weights.filter((weight) => weight > 0).map(Math.log);
    return {
      logProbabilities: logMixture(asked, logWeights, this.vocabularySize),
      state: next.map(({ state }) => state),
    };
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function readBy(model: StepModel, tokens: readonly ArrayLike<number>[], state: unknown): NextToken<unknown> {
  if (model.read !== undefined) return model.read(tokens, state);
  const length = tokens[0]!.length;
  let next: NextToken<unknown> | undefined;
  for (let t = 0; t < length; t++) {
    next = model.step(
      tokens.map((row) => row[t]!),
      next === undefined ? state : next.state,
    );
  }
  return next!;
}

/**
 * Several models as one, by linear interpolation:
 *
 *     p(w | h) = Σ weight · p(w | h) of each model
 *
 * Any {@link StepModel}s of one vocabulary: n-grams and caches, n-grams and a network. Log-probabilities stay on the host where all have them there; with tensors
 * they are a tensor, on the backend of the first one, and numbers of the host are brought there. {@link fitMixture} finds the weights.
 *
 * @throws ArgumentError for vocabularies of several sizes, and for weights that are negative, as many as there are not models, or not 1 in all.
 *
 * Source: Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { mixture } from '@dl/lm';
 * const fair = functionModel(2, () => [Math.log(0.5), Math.log(0.5)]);
 * const sure = functionModel(2, () => [0, -Infinity]);
 * const both = mixture([fair, sure], { weights: [0.2, 0.8] });
 * console.log(Array.from(both.start(1).logProbabilities as Float64Array, Math.exp)); // 0.9, 0.1
 * ```
 */
export function mixture(models: readonly StepModel[], options: MixtureOptions = {}): Mixture {
  checkCall('mixture', arguments, [['models', 'list']], mixtureOptions);
  checkModels('mixture', models);
  const count = models.length;
  const weights = Array.from(options.weights ?? new Float64Array(count).fill(1 / count));
  const sum = weights.reduce((a, b) => a + b, 0);
  if (weights.length !== count || weights.some((weight) => weight < 0) || !(Math.abs(sum - 1) < NEAR)) {
    throw new ArgumentError(
      `mixture: weights are ${shown(weights)}, needs ${count} numbers of at least 0, one for each model, that sum to 1; fitMixture finds them`,
    );
  }
  return new Mixture(
    models,
    weights.map((weight) => weight / sum),
  );
}
