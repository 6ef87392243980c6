// Perplexity: how well a model knows sequences, of whatever kind it is.

import { ArgumentError, checkCall, checkInteger, IndexError, type Known, ShapeError, shown } from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';
import { NgramModel } from '../ngram/model.js';

/** Options of {@link scoreTokens}. */
export interface ScoreTokensOptions {
  /**
   * The token that ends a sequence, which is then scored behind each, too. Default: none; n-gram models that were counted with padding always score their own.
   */
  readonly end?: number;
  /** How many sequences a model other than an n-gram model is asked at a time. Default 32. */
  readonly batch?: number;
}

/** Options of {@link perplexity}. */
export interface PerplexityOptions extends ScoreTokensOptions {
  /** The token that stands for unknown ones. Default: that of the vocabulary of an n-gram model, else none. */
  readonly unknown?: number;
  /** What the logarithm of the entropy is to. Default 2: the entropy is in bits. */
  readonly base?: number;
}

/** Figures over some tokens. */
export interface TokenFigures {
  /** How many tokens were predicted. */
  readonly tokens: number;
  /** The natural logarithm of the probability of all of them. */
  readonly logProbability: number;
  /** The mean of -log p of a token, to the base that was asked for. */
  readonly entropy: number;
  /** The base to the power of the entropy, so the same whatever the base. */
  readonly perplexity: number;
}

/** What {@link perplexity} finds. */
export interface PerplexityReport extends TokenFigures {
  /** How many of the tokens stand for unknown words. */
  readonly unknown: number;
  /** The same without those: they stand in the contexts of others, but are not counted. NaN for the entropy and the perplexity where all tokens are unknown. */
  readonly known: TokenFigures;
  readonly sequences: number;
  readonly base: number;
  /**
   * Whether the probabilities of the model sum to 1: what an n-gram model says of itself, and others are taken to do. Where it is false, as of stupid back-off, the figures are of scores, and
   * are not to be compared with another model's.
   */
  readonly isDistribution: boolean;
}

const scoreOptions: Known<ScoreTokensOptions> = { end: 'number', batch: 'number' };
const perplexityOptions: Known<PerplexityOptions> = { ...scoreOptions, unknown: 'number', base: 'number' };

/**
 * The logarithm of the probability of each token of sequences, each with what stood before it in its sequence, by any {@link StepModel}. n-gram models are asked directly, and models with
 * `scoreRows`, such as networks, in a few passes over whole pieces, texts of any length; others token by token for a batch of sequences at a time.
 *
 * @returns For each sequence as many numbers as it has tokens, and one more where its end is scored.
 *
 * @throws IndexError for a token that there is not, ArgumentError for a sequence that is longer than a model without `scoreRows` may read, ShapeError where a model stands on a source, and there is not a
 * sequence for each of it.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { scoreTokens } from '@dl/lm';
 * const coin = functionModel(2, () => [Math.log(0.75), Math.log(0.25)]);
 * const [first] = await scoreTokens(coin, [[0, 1]]);
 * console.log(first); // log 0.75 and log 0.25
 * ```
 */
export async function scoreTokens<State>(
  model: StepModel<State>,
  sequences: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  options: ScoreTokensOptions = {},
): Promise<Float64Array[]> {
  checkCall('scoreTokens', arguments, ['model', 'sequences'], scoreOptions);
  const scores: Float64Array[] = [];
  for await (const { logProbabilities } of scored('scoreTokens', model, sequences, options))
    scores.push(logProbabilities);
  return scores;
}

/**
 * Perplexity of sequences, the base to the power of the entropy H, by any {@link StepModel}: n-grams, networks, functions.
 *
 *     H = -Σ log p(token | those before it) / tokens,  perplexity = exp(-Σ ln p / tokens)
 *
 * It is as if each token were drawn from so many alike. It says how well a model knows its own tokens: models over different tokens are compared by {@link bitsPerCharacter}. Infinite, where the
 * model takes a token to be impossible. Unknown words are counted as the token that stands for them, which makes a small vocabulary look good; `known` has the figures without them.
 * Sequences are read one after the other, and none is kept.
 *
 * @throws ArgumentError for no tokens at all, a base that is no number above 1, and what {@link scoreTokens} refuses.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { perplexity } from '@dl/lm';
 * const die = functionModel(6, () => new Array<number>(6).fill(Math.log(1 / 6)));
 * const report = await perplexity(die, [[0, 5, 3], [2]]);
 * console.log(report.perplexity, report.entropy, report.tokens); // 6, 2.58… bits, 4
 * ```
 */
export async function perplexity<State>(
  model: StepModel<State>,
  sequences: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  options: PerplexityOptions = {},
): Promise<PerplexityReport> {
  checkCall('perplexity', arguments, ['model', 'sequences'], perplexityOptions);
  const { base = 2, unknown = unknownOf(model), ...rest } = options;
  if (!(base > 1 && base < Infinity))
    throw new ArgumentError(`perplexity: base is ${shown(base)}, needs a number above 1`);
  const all = new Figures();
  const known = new Figures();
  let count = 0;
  for await (const { tokens, logProbabilities } of scored('perplexity', model, sequences, rest)) {
    count++;
    for (let i = 0; i < logProbabilities.length; i++) {
      all.add(logProbabilities[i]!);
      // Behind the tokens comes the end, which is known.
      if (i >= tokens.length || tokens[i] !== unknown) known.add(logProbabilities[i]!);
    }
  }
  if (all.tokens === 0) throw new ArgumentError('perplexity: got no tokens, needs at least 1');
  return {
    ...all.figures(base),
    unknown: all.tokens - known.tokens,
    known: known.figures(base),
    sequences: count,
    base,
    isDistribution: !(model instanceof NgramModel) || model.info.isDistribution,
  };
}

/** A sum of many numbers, without losing the small ones (Neumaier 1974). */
class Figures {
  tokens = 0;
  #sum = 0;
  #lost = 0;

  add(logProbability: number): void {
    this.tokens++;
    const sum = this.#sum + logProbability;
    if (Number.isFinite(sum)) {
      this.#lost +=
        Math.abs(this.#sum) >= Math.abs(logProbability)
          ? this.#sum - sum + logProbability
          : logProbability - sum + this.#sum;
    }
    this.#sum = sum;
  }

  figures(base: number): TokenFigures {
    const logProbability = this.#sum + this.#lost;
    // Not -0 where all are certain.
    const nats = (0 - logProbability) / this.tokens;
    return { tokens: this.tokens, logProbability, entropy: nats / Math.log(base), perplexity: Math.exp(nats) };
  }
}

/** A sequence with its scores. */
interface Scored {
  readonly tokens: ArrayLike<number>;
  readonly logProbabilities: Float64Array;
}

const unknownOf = (model: unknown): number | undefined =>
  model instanceof NgramModel ? model.info.vocabulary?.unk : undefined;

async function* scored<State>(
  where: string,
  model: StepModel<State>,
  sequences: Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>,
  { end, batch = 32 }: ScoreTokensOptions,
): AsyncGenerator<Scored, void, undefined> {
  checkInteger(where, 'batch', batch, 1);
  const given = sequences as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  if (
    typeof sequences === 'string' ||
    (given?.[Symbol.iterator] === undefined && given?.[Symbol.asyncIterator] === undefined)
  ) {
    throw new ArgumentError(
      `${where}: sequences is ${shown(sequences)}, needs a list of lists of token numbers; a tokenizer makes them of texts`,
    );
  }
  if (model instanceof NgramModel) {
    if (end !== undefined && model.info.padding !== 'none') {
      throw new ArgumentError(
        `${where}: end is ${shown(end)}, but the model was counted with padding and scores its own end; leave end out`,
      );
    }
    for await (const tokens of sequences) {
      checkTokens(where, tokens);
      const row = end === undefined ? tokens : [...Array.from(tokens), end];
      checkRange(where, row, model.vocabularySize);
      yield { tokens, logProbabilities: model.score(row) };
    }
    return;
  }
  // A model on a source has a sequence for each of it.
  const source = model?.batch;
  let some: (readonly number[])[] = [];
  for await (const tokens of sequences) {
    checkTokens(where, tokens);
    if (some.length === source) {
      throw new ShapeError(
        `${where}: got more than ${source} sequences, but the model stands on a source of ${source}; needs one for each`,
      );
    }
    // A copy: who reads a stream may fill one buffer again and again.
    some.push(Array.from(tokens));
    if (source !== undefined || some.length < batch) continue;
    yield* await scoredTogether(where, model, some, end);
    some = [];
  }
  if (source !== undefined && some.length !== source) {
    throw new ShapeError(
      `${where}: got ${some.length} sequences, but the model stands on a source of ${source}; needs one for each`,
    );
  }
  if (some.length > 0) yield* await scoredTogether(where, model, some, end);
}

function checkTokens(where: string, tokens: unknown): void {
  if (typeof (tokens as ArrayLike<number> | undefined)?.length === 'number' && typeof tokens !== 'string') return;
  throw new ArgumentError(
    `${where}: got ${shown(tokens)} as a sequence, needs a list of token numbers; a tokenizer makes them of text`,
  );
}

function checkRange(where: string, tokens: ArrayLike<number>, size: number): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (Number.isInteger(token) && token >= 0 && token < size) continue;
    throw new IndexError(`${where}: token ${shown(token)} is outside 0 … ${size - 1}`);
  }
}

function checkScores(where: string, scores: readonly Float64Array[], rows: readonly ArrayLike<number>[]): void {
  const bad = rows.findIndex((row, i) => scores?.[i]?.length !== row.length);
  if (bad < 0) return;
  throw new ShapeError(
    `${where}: scoreRows of the model gave ${shown(scores?.[bad])} for a row of ${rows[bad]!.length} tokens, needs a number for each`,
  );
}

async function scoredTogether<State>(
  where: string,
  model: StepModel<State>,
  sequences: readonly (readonly number[])[],
  end: number | undefined,
): Promise<Scored[]> {
  const rows = sequences.map((tokens) => (end === undefined ? tokens : [...tokens, end]));
  if (model?.scoreRows !== undefined) {
    for (const row of rows) checkRange(where, row, model.vocabularySize);
    const scores = await model.scoreRows(rows);
    checkScores(where, scores, rows);
    return sequences.map((tokens, row) => ({ tokens, logProbabilities: scores[row]! }));
  }
  const longest = Math.max(...rows.map((row) => row.length));
  if (model?.maxTokens !== undefined && longest > model.maxTokens + 1) {
    throw new ArgumentError(
      `${where}: a sequence has ${longest} tokens, but the model reads at most ${model.maxTokens}; cut the text into shorter sequences`,
    );
  }
  const scores = rows.map((row) => new Float64Array(row.length));
  const decoding = new Decoding(model, { batch: rows.length });
  try {
    const size = decoding.vocabularySize;
    for (const row of rows) checkRange(where, row, size);
    let live = rows.map((_, row) => row);
    for (let t = 0; ; t++) {
      // Those that have ended cost nothing more.
      const places = live.flatMap((row, place) => (t < rows[row]!.length ? [place] : []));
      if (places.length === 0) break;
      if (places.length < live.length) {
        decoding.select(places);
        live = places.map((place) => live[place]!);
      }
      const logProbabilities = await decoding.logProbabilities();
      for (const [place, row] of live.entries()) scores[row]![t] = logProbabilities[place * size + rows[row]![t]!]!;
      if (live.some((row) => t + 1 < rows[row]!.length)) decoding.step(live.map((row) => rows[row]![t]!));
      else break;
    }
    return sequences.map((tokens, row) => ({ tokens, logProbabilities: scores[row]! }));
  } finally {
    decoding.dispose();
  }
}
