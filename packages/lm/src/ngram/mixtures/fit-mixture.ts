// fitMixture: the weights of a mixture by expectation and maximisation.

import { ArgumentError, checkCall, IndexError, shown } from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';
import { NgramModel } from '../model.js';
import { type Mixture, mixture } from './mixture.js';
import { checkModels } from './scores.js';

/** Iterations end when the logarithm of the likelihood gains less than this for a token, or after so many. */
const GAIN = 1e-10;
const MOST = 1000;

/**
 * The {@link mixture} of models that gives text its highest likelihood, of all weights: text that none of them was trained on, or the one that knows it best
 * takes all. By expectation and maximisation, from equal weights; the likelihood has one maximum, and each iteration comes closer to it:
 *
 *     weight ← mean over all tokens of weight · p(w | h) / Σ weight · p(w | h)
 *
 * @param models Of one vocabulary.
 * @param heldOut Sequences of tokens. Each is begun anew, and what is to be predicted at its end, such as an end token, stands in it.
 *
 * @throws ArgumentError for no tokens, and for a token to which all models give probability 0; IndexError for one outside the vocabulary.
 *
 * Source: Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980; Dempster, Laird & Rubin, "Maximum likelihood from
 * incomplete data via the EM algorithm", 1977.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { fitMixture } from '@dl/lm';
 * const heads = functionModel(2, () => [0, -Infinity]);
 * const tails = functionModel(2, () => [-Infinity, 0]);
 * const coin = await fitMixture([heads, tails], [[0, 0, 1, 0]]);
 * console.log(coin.weights); // 0.75, 0.25
 * ```
 */
export async function fitMixture(models: readonly StepModel[], heldOut: Iterable<ArrayLike<number>>): Promise<Mixture> {
  checkCall('fitMixture', arguments, [['models', 'list'], 'heldOut']);
  checkModels('fitMixture', models);
  const sequences = sequencesOf(heldOut, models[0]!.vocabularySize);
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) throw new ArgumentError('fitMixture: there are no tokens in heldOut, needs some text');
  const count = models.length;
  // A row for each token, a column for each model.
  const p = new Float64Array(total * count);
  for (const [i, model] of models.entries()) {
    let row = 0;
    for (const tokens of sequences) {
      for (const log of await logsOf(model, tokens)) p[row++ * count + i] = log;
    }
  }
  toProbabilities(p, count);
  return mixture(models, { weights: maximised(p, count) });
}

function sequencesOf(heldOut: Iterable<ArrayLike<number>>, size: number): readonly ArrayLike<number>[] {
  if (typeof heldOut?.[Symbol.iterator] !== 'function') {
    throw new ArgumentError(`fitMixture: heldOut is ${shown(heldOut)}, needs a list of sequences of tokens`);
  }
  const sequences = [...heldOut];
  for (const tokens of sequences) {
    if (typeof tokens !== 'object' || tokens === null || typeof tokens.length !== 'number') {
      throw new ArgumentError(
        `fitMixture: heldOut has ${shown(tokens)} in it, needs sequences of tokens, such as [[0, 1, 2]]`,
      );
    }
    for (let t = 0; t < tokens.length; t++) {
      const token = tokens[t]!;
      if (!(Number.isInteger(token) && token >= 0 && token < size)) {
        throw new IndexError(`fitMixture: token ${shown(token)} is outside 0 … ${size - 1}`);
      }
    }
  }
  return sequences;
}

/** The logarithm of the probability of each token. */
async function logsOf(model: StepModel, tokens: ArrayLike<number>): Promise<Float64Array> {
  const logs = new Float64Array(tokens.length);
  if (model instanceof NgramModel) {
    model.run(model.begin, tokens, logs);
    return logs;
  }
  const decoding = new Decoding(model, { batch: 1 });
  try {
    for (let t = 0; t < tokens.length; t++) {
      logs[t] = (await decoding.logProbabilities())[tokens[t]!]!;
      // Nothing is asked behind the last one, of which a model with an end may have no more.
      if (t < tokens.length - 1) decoding.step([tokens[t]!]);
    }
  } finally {
    decoding.dispose();
  }
  return logs;
}

/** Each row as probabilities, times a factor of its own, which no weight depends on. */
function toProbabilities(p: Float64Array, count: number): void {
  for (let row = 0; row < p.length; row += count) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) most = Math.max(most, p[row + i]!);
    if (!Number.isFinite(most)) {
      throw new ArgumentError(
        most === Number.NEGATIVE_INFINITY
          ? `fitMixture: all models give probability 0 to token ${row / count} of heldOut; take one with smoothing among them`
          : `fitMixture: a model gives ${most} as the logarithm of a probability for token ${row / count} of heldOut`,
      );
    }
    for (let i = 0; i < count; i++) p[row + i] = Math.exp(p[row + i]! - most);
  }
}

function maximised(p: Float64Array, count: number): Float64Array {
  const tokens = p.length / count;
  let weights = new Float64Array(count).fill(1 / count);
  let former = Number.NEGATIVE_INFINITY;
  for (let iteration = 0; iteration < MOST; iteration++) {
    const shares = new Float64Array(count);
    let likelihood = 0;
    for (let row = 0; row < p.length; row += count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += weights[i]! * p[row + i]!;
      for (let i = 0; i < count; i++) shares[i]! += (weights[i]! * p[row + i]!) / sum;
      likelihood += Math.log(sum) / tokens;
    }
    if (likelihood - former < GAIN) break;
    former = likelihood;
    weights = shares.map((share) => share / tokens);
  }
  return weights;
}
