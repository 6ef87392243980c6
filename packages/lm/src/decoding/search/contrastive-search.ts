// contrastiveSearch: probable tokens that are unlike what was said before.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import type { Decoding, StepModel } from '@dl/layers';
import type { Adjusted } from '../adjustment.js';
import { Best } from './best.js';
import {
  adjustingOf,
  type FoundSequence,
  following,
  logSumExp,
  Path,
  root,
  rowOf,
  type SearchOptions,
  search,
  searchOptions,
  type Task,
  troubleOf,
} from './search.js';

/** Options of {@link contrastiveSearch}. */
export interface ContrastiveSearchOptions extends SearchOptions {
  /** How many of the most probable tokens are looked at. Default 5. */
  readonly topK?: number;
  /** What it counts to be unlike what was said before, from 0, not at all, to 1. Default 0.6. */
  readonly alpha?: number;
}

const contrastiveSearchOptions: Known<ContrastiveSearchOptions> = {
  ...searchOptions,
  topK: 'number',
  alpha: 'number',
};

/**
 * The sequences of contrastive search (Su et al., "A contrastive framework for neural text generation", 2022), one for each prompt: of the `topK` most probable tokens each time the one with the largest
 *
 *     (1 - α) · p(v) - α · max over tokens before of cos(h(v), h(token))
 *
 * where h is what the model makes of a token in its place: the `representation` that it gives beside its log-probabilities, as `SequenceGenerator`, `GPT` and `Transformer` do. Tokens before are those of the prompt and those chosen; where there
 * are none the most probable one is taken. Of equal values it is the more probable token, then the smaller one. With α = 0 or topK = 1 the result is that of `generate` without drawing.
 *
 * Each candidate is given to the model, `topK` rows for each prompt and the last token, too, so that a model with an end, `maxTokens`, says one token less here. Prompts are read token by token, since each of
 * their representations counts; memory grows by one of them for each token.
 *
 * @throws ArgumentError for options out of range, for a model that gives no representation, and where no token is left that may follow.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { contrastiveSearch } from '@dl/lm';
 * import { GRU, SequenceGenerator } from '@dl/rnn';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new SequenceGenerator(new GRU(8, 16), 10);
 * const [found] = await contrastiveSearch(model, { prompts: [[1, 2]], topK: 4, alpha: 0.6, maxLength: 8 });
 * console.log(found!.tokens.length); // 8
 * ```
 */
export async function contrastiveSearch<State>(
  model: StepModel<State>,
  options: ContrastiveSearchOptions = {},
): Promise<FoundSequence[]> {
  checkCall('contrastiveSearch', arguments, ['model'], contrastiveSearchOptions);
  const { topK = 5, alpha = 0.6 } = options;
  checkInteger('contrastiveSearch', 'topK', topK, 1);
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new ArgumentError(`contrastiveSearch: alpha is ${shown(alpha)}, needs a number from 0 to 1`);
  }
  const all = await search('contrastiveSearch', model, options, {
    make: (task) => new Contrast(task, topK, alpha),
    drive: grow,
    readsAll: true,
  });
  return all.map((one) => one.found);
}

/** Steps all sequences by each of their candidates, and goes on with the best of each. */
async function grow(
  decoding: Decoding<unknown>,
  tasks: readonly Task[],
  all: readonly Contrast[],
  turn: () => Promise<void>,
): Promise<void> {
  const size = decoding.vocabularySize;
  let live = all.map((one, i) => ({ one, task: tasks[i]! }));
  for (let given = 0; live.length > 0; given++) {
    await turn();
    const scores = await decoding.logProbabilities();
    const rows: number[] = [];
    const tokens: number[] = [];
    const counts = live.map(({ one, task }, at) => {
      const said = task.prompt[given];
      const candidates = said === undefined ? one.candidates(rowOf(task, scores, at, size)) : [said];
      for (const token of candidates) {
        rows.push(at);
        tokens.push(token);
      }
      return candidates.length;
    });
    decoding.select(rows);
    // The first token of a prompt may come in place of what the model begins with.
    if (given === 0 && live[0]!.task.prompt.length > 0) decoding.read(tokens.map((token) => [token]));
    else decoding.step(tokens);
    const vectors = await decoding.representation();
    const width = vectors.length / tokens.length;
    const chosen: number[] = [];
    let from = 0;
    live = live.filter(({ one, task }, i) => {
      const own = Array.from({ length: counts[i]! }, (_, k) => unit(vectors, (from + k) * width, width));
      const first = from;
      from += counts[i]!;
      const best = given < task.prompt.length ? one.read(own[0]!) : one.choose(own);
      if (best < 0) return false;
      chosen.push(first + best);
      return true;
    });
    if (live.length > 0) decoding.select(chosen);
  }
}

/** One sequence that grows. */
class Contrast {
  readonly #task: Task;
  readonly #topK: number;
  readonly #alpha: number;
  /** The directions of all tokens so far. */
  readonly #before: Float64Array[] = [];
  #path = root();
  readonly #adjusting: Adjusted | undefined;
  #die: { readonly model: Float64Array; readonly adjusted: Float64Array; readonly sum: number } | undefined;
  #candidates: readonly number[] = [];
  found: FoundSequence = root().found();

  constructor(task: Task, topK: number, alpha: number) {
    this.#task = task;
    this.#topK = topK;
    this.#alpha = alpha;
    this.#adjusting = adjustingOf(task);
  }

  /** The most probable tokens, the most probable one first. */
  candidates(row: Float64Array): readonly number[] {
    const { model, adjusted } = following(this.#task, row, this.#adjusting, this.#path.length);
    const sum = logSumExp(adjusted);
    if (sum === -Infinity) throw troubleOf(this.#task, model, this.#adjusting, this.#path.length);
    const best = new Best(this.#topK);
    for (let token = 0; token < adjusted.length; token++) {
      if (adjusted[token]! > -Infinity && adjusted[token]! >= best.least) best.offer(adjusted[token]!, 0, token);
    }
    this.#die = { model, adjusted, sum };
    this.#candidates = best.sorted().map(({ token }) => token);
    return this.#candidates;
  }

  /** Notes a token of the prompt. */
  read(direction: Float64Array): number {
    this.#before.push(direction);
    return 0;
  }

  /** Which of the candidates is the best one, by their directions; -1 when it ends the sequence. */
  choose(directions: readonly Float64Array[]): number {
    const { model, adjusted, sum } = this.#die!;
    const { ends, limit } = this.#task;
    const alpha = this.#alpha;
    let best = 0;
    let most = -Infinity;
    this.#candidates.forEach((token, i) => {
      const value = (1 - alpha) * Math.exp(adjusted[token]! - sum) - alpha * this.#likeness(directions[i]!);
      if (value > most) [best, most] = [i, value];
    });
    const token = this.#candidates[best]!;
    if (ends.includes(token)) {
      this.found = this.#path.found(token, model[token]!);
      return -1;
    }
    this.#path = new Path(this.#path, token, model[token]!);
    this.#before.push(directions[best]!);
    this.#adjusting?.next(token, adjusted[token]! - sum);
    if (this.#path.length < limit) return best;
    this.found = this.#path.found();
    return -1;
  }

  /** The largest cosine with what was said before; 0 before anything was. */
  #likeness(direction: Float64Array): number {
    let most = this.#before.length === 0 ? 0 : -Infinity;
    for (const before of this.#before) {
      let dot = 0;
      for (let i = 0; i < direction.length; i++) dot += direction[i]! * before[i]!;
      if (dot > most) most = dot;
    }
    return most;
  }
}

/** A vector of length 1; zeros stay zeros. */
function unit(all: ArrayLike<number>, at: number, size: number): Float64Array {
  const vector = new Float64Array(size);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (vector[i] = all[at + i]!) ** 2;
  const norm = Math.sqrt(sum);
  if (!(norm < Infinity)) {
    throw new ArgumentError(
      'contrastiveSearch: the representation that the model gives has numbers that are not finite',
    );
  }
  if (norm > 0) for (let i = 0; i < size; i++) vector[i]! /= norm;
  return vector;
}
