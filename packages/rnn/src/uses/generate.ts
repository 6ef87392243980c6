// generate: the plain decoder, greedy or by drawing, of any model that is asked token by token.

import { ArgumentError, checkCall, checkInteger, defaultGenerator, Generator, type Known, shown } from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';

/** Options of {@link generate}. */
export interface GenerateOptions {
  /** How many sequences. Default 1, or as many as there are prompts, or as the source of the model has. */
  readonly batch?: number;
  /** What the sequences begin with, of any lengths. Default: nothing. */
  readonly prompts?: readonly ArrayLike<number>[];
  /** The token that ends a sequence. Default: none. */
  readonly end?: number;
  /** The largest number of tokens, those of the prompt and the one that ends it not counted. Default 100. */
  readonly maxLength?: number;
  /** 0 takes the best token; otherwise each is drawn with probabilities in proportion to p^(1 / temperature). Default 0. */
  readonly temperature?: number;
  /** What draws. Default: the default generator. */
  readonly generator?: Generator;
}

const generateOptions: Known<GenerateOptions> = {
  batch: 'number',
  prompts: 'list',
  end: 'number',
  maxLength: 'number',
  temperature: 'number',
  generator: 'generator',
};

/**
 * Lets a model say what comes next until it ends: of each sequence the tokens behind its prompt, without the one that ends it. Sequences that have ended
 * cost nothing more, memory stays as it is however long the others are, and what is drawn for one does not depend on what else is in the batch.
 *
 * @throws ArgumentError for a negative temperature, and for a model that gives NaN, or no token at all.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { generate } from '@dl/rnn';
 * // Counts on: after n comes n + 1, and after 4 the end, 0.
 * const model = functionModel(5, ([last = 0]) => [0, 1, 2, 3, 4].map((n) => (n === (last + 1) % 5 ? 0 : -Infinity)), { context: 1 });
 * console.log(await generate(model, { prompts: [[1], [1, 2, 3]], end: 0 })); // [[2, 3, 4], [4]]
 * ```
 */
export async function generate<State>(model: StepModel<State>, options: GenerateOptions = {}): Promise<number[][]> {
  checkCall('generate', arguments, ['model'], generateOptions);
  const { prompts, end, maxLength = 100, temperature = 0 } = options;
  checkInteger('generate', 'maxLength', maxLength, 0);
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new ArgumentError(
      `generate: temperature is ${shown(temperature)}, needs a finite number of at least 0; 0 takes the best token`,
    );
  }
  const batch = options.batch ?? prompts?.length;
  if (prompts !== undefined && prompts.length !== batch) {
    throw new ArgumentError(`generate: got ${prompts.length} prompts for a batch of ${batch}; needs one for each`);
  }
  const begun = (): Decoding<State> => new Decoding(model, batch === undefined ? {} : { batch });
  const decoding = begun();
  try {
    if (end !== undefined && !(Number.isInteger(end) && end >= 0 && end < decoding.vocabularySize)) {
      throw new ArgumentError(
        `generate: end is ${shown(end)}, needs a token from 0 to ${decoding.vocabularySize - 1}; leave it out if none ends a sequence`,
      );
    }
    // A stream for each row, so that none depends on what else is drawn.
    const streams = temperature === 0 ? undefined : new Generator((options.generator ?? defaultGenerator()).uint32());
    const all = Array.from({ length: decoding.batch }, (_, row): Sequence => {
      const generator = streams?.fork(row);
      return {
        prompt: Array.from(prompts?.[row] ?? []),
        tokens: [],
        choose: (scores) => (generator === undefined ? best(scores) : drawn(scores, temperature, generator)),
      };
    });
    const limits = { end, maxLength, maxTokens: model.maxTokens };
    const [without, prompted] = [rowsOf(all, (length) => length === 0), rowsOf(all, (length) => length > 0)];
    if (without.length > 0 && prompted.length > 0) {
      // A model may read prompts in place of what it begins with: those that have one go by themselves.
      const others = begun();
      try {
        others.select(without);
        await grow(
          others,
          without.map((row) => all[row]!),
          limits,
        );
      } finally {
        others.dispose();
      }
      decoding.select(prompted);
      await grow(
        decoding,
        prompted.map((row) => all[row]!),
        limits,
      );
    } else await grow(decoding, all, limits);
    return all.map(({ tokens }) => tokens);
  } finally {
    decoding.dispose();
  }
}

/** The numbers of those whose prompts are so long. */
function rowsOf(all: readonly Sequence[], isSo: (length: number) => boolean): number[] {
  return all.flatMap(({ prompt }, row) => (isSo(prompt.length) ? [row] : []));
}

interface Sequence {
  /** What of its prompt has not been read yet. */
  readonly prompt: number[];
  readonly tokens: number[];
  readonly choose: (logProbabilities: ArrayLike<number>) => number;
}

interface Limits {
  readonly end: number | undefined;
  readonly maxLength: number;
  /** So many tokens the model may be given, in all. */
  readonly maxTokens: number | undefined;
}

/** Lets all sequences grow until each has ended. */
async function grow<State>(
  decoding: Decoding<State>,
  all: readonly Sequence[],
  { end, maxLength, maxTokens }: Limits,
): Promise<void> {
  if (all.length === 0 || maxLength === 0) return;
  const longest = Math.max(...all.map(({ prompt }) => prompt.length));
  if (maxTokens !== undefined && longest > maxTokens) {
    throw new ArgumentError(
      `generate: a prompt has ${longest} tokens, but the model takes at most ${maxTokens}; cut the prompt, or make the model for longer sequences`,
    );
  }
  const shortest = Math.min(...all.map(({ prompt }) => prompt.length));
  decoding.read(all.map(({ prompt }) => prompt.splice(0, shortest)));
  const size = decoding.vocabularySize;
  let given = shortest;
  for (let live = all; ; ) {
    const scores = await decoding.logProbabilities();
    const goesOn: { readonly sequence: Sequence; readonly at: number; readonly token: number }[] = [];
    live.forEach((sequence, at) => {
      const { prompt, tokens, choose } = sequence;
      // What is left of a longer prompt stands in place of what would be chosen.
      const said = prompt.shift();
      const token = said ?? choose(rowOf(scores, at, size));
      if (said === undefined) {
        if (token === end) return;
        tokens.push(token);
        if (tokens.length === maxLength) return;
      }
      goesOn.push({ sequence, at, token });
    });
    // A model that has come to its end has said all that it can.
    if (goesOn.length === 0 || given === maxTokens) return;
    if (goesOn.length < live.length) decoding.select(goesOn.map(({ at }) => at));
    live = goesOn.map(({ sequence }) => sequence);
    decoding.step(goesOn.map(({ token }) => token));
    given++;
  }
}

function rowOf(scores: ArrayLike<number>, row: number, size: number): Float64Array {
  const some = new Float64Array(size);
  for (let i = 0; i < size; i++) some[i] = scores[row * size + i]!;
  return some;
}

/** The first of the largest. */
function best(scores: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i]!))
      throw new ArgumentError(`generate: the model gives NaN as log-probability of token ${i}`);
    if (scores[i]! > scores[most]!) most = i;
  }
  if (Math.abs(scores[most]!) === Infinity) {
    throw new ArgumentError(
      `generate: the largest log-probability that the model gives is ${scores[most]}, needs a finite one, so that there is a token to say`,
    );
  }
  return most;
}

/** A token by weights p^(1 / temperature). */
function drawn(scores: ArrayLike<number>, temperature: number, generator: Generator): number {
  const most = scores[best(scores)]!;
  const weights = Float64Array.from(scores, (score) => Math.exp((score - most) / temperature));
  let left = generator.uniform53() * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    left -= weights[i]!;
    if (left < 0) break;
  }
  return last;
}
