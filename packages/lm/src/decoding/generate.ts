// generate: lets any model go on, token by token, greedily or by throwing the die.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  defaultGenerator,
  EventRun,
  Generator,
  type Known,
  type Platform,
  shown,
} from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import type { Vocabulary } from '../tokens/vocabulary.js';
import { checkPrompts, type EndReason, type EndToken, Growth, type Listener, type Plan } from './growth.js';
import { type Knobs, knobKinds, turned } from './knobs.js';
import { checkSignal } from './signal.js';

/** Options that {@link generate} and {@link generateText} share. */
export interface GrowthOptions extends Knobs {
  /** The largest number of tokens, those of the prompt and the one that ends it not counted. Default 100. */
  readonly maxLength?: number;
  /** What draws. Each sequence has a stream of its own, which does not depend on the others. Default: the default generator. */
  readonly generator?: Generator;
  /** Prints the die of each token on the console, or hands it to a function as text. Default false. */
  readonly explain?: boolean | ((die: string) => void);
  /** Ends all sequences where they are, with the reason `aborted`. */
  readonly signal?: Platform<'AbortSignal', { readonly aborted: boolean }>;
}

/** Options of {@link generate}. */
export interface GenerateOptions extends GrowthOptions {
  /** What the sequences begin with, of any lengths. Default: nothing. */
  readonly prompts?: readonly ArrayLike<number>[];
  /** How many sequences. Default 1, or as many as there are prompts, or as the source of the model has. */
  readonly batch?: number;
  /** The token that ends a sequence, or several that do. Default: none. */
  readonly end?: number | readonly number[];
  /** Asked behind each token that was chosen, with the number of its sequence; true ends that sequence, with the token in it. */
  readonly stop?: (token: number, row: number) => boolean;
}

/** The kinds of the options that both have. */
export const growthKinds: Known<GrowthOptions> = {
  maxLength: 'number',
  ...knobKinds,
  generator: 'generator',
  explain: 'boolean or function',
  signal: 'object',
};

const generateOptions: Known<GenerateOptions> = {
  prompts: 'list',
  batch: 'number',
  end: 'number or list',
  stop: 'function',
  ...growthKinds,
};

/** Comes for each token that is chosen. */
export interface TokenEvent {
  readonly type: 'token';
  /** The number of the sequence. */
  readonly row: number;
  readonly token: number;
  /** The logarithm of its probability, as the model has it. */
  readonly logProbability: number;
  /** That on the die that was thrown, after all adjustments; 0 where the best token was taken. */
  readonly dieLogProbability: number;
}

/** Comes when a sequence ends. */
export interface SequenceEndEvent {
  readonly type: 'end';
  /** The number of the sequence. */
  readonly row: number;
  readonly reason: EndReason;
  /** The token that ended it, where the reason is `end`. */
  readonly by?: EndToken;
}

/** What {@link generate} yields; its `type` says which. */
export type GenerateEvent = TokenEvent | SequenceEndEvent;

/** A sequence that was generated. */
export interface Generated {
  /** What was chosen behind the prompt, without the token that ends it. */
  readonly tokens: readonly number[];
  /** The logarithm of the probability of each, as the model has it; where a token ended the sequence, one number more for that. */
  readonly logProbabilities: readonly number[];
  /** The same on the dice that were thrown, after all adjustments; 0 where the best token was taken. */
  readonly dieLogProbabilities: readonly number[];
  readonly reason: EndReason;
}

/**
 * Lets a model say what comes next, until each sequence has ended. `await` gives the sequences, `for await` each token as it is chosen, and keeps nothing.
 * Whatever has a {@link StepModel} can be asked: n-gram models, recurrent networks, transformers, encoder-decoders, functions. Sequences that have ended cost nothing more,
 * memory stays as it is however long the others are (but for `noRepeatNgram`, and for adjustments of your own that read what was said), and what is drawn for one does not depend on what else is in the batch.
 *
 * The die of each token has the probabilities that the model gives, changed by the options in this order: `bias`, `repetitionPenalty`, `frequencyPenalty`,
 * `presencePenalty`, `noRepeatNgram`, `ban`, `minLength`, `force`, `adjustments`, `temperature`, `topK`, `topP`, `minP`, `typical`, `eta`, `mirostat`. For another order, list them as
 * `adjustments`. Without any of them the best token is taken each time.
 *
 * An aborted `signal` is no error here: what there is comes, each sequence with the reason `aborted`. (The searches, which have nothing to give before their end, throw the signal's reason.)
 *
 * @throws ArgumentError for options that do not go together or are outside of their ranges, for a model that gives NaN or no token at all, and where adjustments leave nothing to
 * choose from.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { functionModel } from '@dl/layers';
 * import { generate } from '@dl/lm';
 * // Counts on: after n comes n + 1, and after 4 the end, 0.
 * const model = functionModel(5, ([last = 0]) => [0, 1, 2, 3, 4].map((n) => (n === (last + 1) % 5 ? 0 : -Infinity)), { context: 1 });
 * for (const { tokens, reason } of await generate(model, { prompts: [[1], [1, 2, 3]], end: 0 })) console.log(tokens, reason); // 2, 3, 4 end, and 4 end
 *
 * const coin = functionModel(2, () => [0.75, 0.25].map(Math.log));
 * for await (const event of generate(coin, { maxLength: 3, temperature: 1, generator: new Generator(1) })) {
 *   if (event.type === 'token') console.log(event.token, Math.exp(event.logProbability)); // 0 0.75 or 1 0.25, three times
 * }
 * ```
 */
export function generate<State>(
  model: StepModel<State>,
  options: GenerateOptions = {},
): EventRun<GenerateEvent, Generated[]> {
  checkCall('generate', arguments, ['model'], generateOptions);
  return generation('generate', model, options);
}

/** What a caller within this package knows besides. */
export interface Beside {
  /** The text of a token, to be printed. */
  readonly textOf?: (token: number) => string;
}

/** {@link generate} under another name. */
export function generation<State>(
  where: string,
  model: StepModel<State>,
  options: GenerateOptions,
  beside: Beside = {},
): EventRun<GenerateEvent, Generated[]> {
  const plan = planOf(where, model, options, beside);

  async function* events(): AsyncGenerator<GenerateEvent, void, undefined> {
    const waiting: GenerateEvent[] = [];
    const growth = new Growth(plan, {
      token: (row, token, logProbability, dieLogProbability) =>
        void waiting.push({ type: 'token', row, token, logProbability, dieLogProbability }),
      end: (row, reason, by) => void waiting.push({ type: 'end', row, reason, ...(by && { by }) }),
    });
    try {
      for (let goesOn = true; goesOn; ) {
        const step = growth.step();
        goesOn = typeof step === 'boolean' ? step : await step;
        for (const event of waiting) yield event;
        waiting.length = 0;
      }
    } finally {
      growth.dispose();
    }
  }

  async function all(): Promise<Generated[]> {
    const grown = plan.prompts.map(() => new Grown());
    const listener: Listener = {
      token: (row, token, logProbability, dieLogProbability) =>
        grown[row]!.push(token, logProbability, dieLogProbability),
      end: (row, reason, by) => grown[row]!.end(reason, by),
    };
    const growth = new Growth(plan, listener);
    try {
      for (let goesOn = true; goesOn; ) {
        const step = growth.step();
        goesOn = typeof step === 'boolean' ? step : await step;
      }
    } finally {
      growth.dispose();
    }
    return grown.map(({ generated }) => generated);
  }

  return new EventRun(where, events(), all);
}

/** A sequence that is collected. */
class Grown {
  readonly #tokens: number[] = [];
  readonly #logProbabilities: number[] = [];
  readonly #dieLogProbabilities: number[] = [];
  #reason: EndReason = 'aborted';

  push(token: number, logProbability: number, dieLogProbability: number): void {
    this.#tokens.push(token);
    this.#logProbabilities.push(logProbability);
    this.#dieLogProbabilities.push(dieLogProbability);
  }

  end(reason: EndReason, by?: EndToken): void {
    this.#reason = reason;
    if (by === undefined) return;
    this.#logProbabilities.push(by.logProbability);
    this.#dieLogProbabilities.push(by.dieLogProbability);
  }

  get generated(): Generated {
    return {
      tokens: this.#tokens,
      logProbabilities: this.#logProbabilities,
      dieLogProbabilities: this.#dieLogProbabilities,
      reason: this.#reason,
    };
  }
}

function planOf<State>(where: string, model: StepModel<State>, options: GenerateOptions, beside: Beside): Plan<State> {
  const { prompts, maxLength = 100, generator, explain = false, signal, stop } = options;
  checkInteger(where, 'maxLength', maxLength, 0);
  checkSignal(where, signal);
  const { batch = prompts?.length ?? model?.batch ?? 1 } = options;
  checkInteger(where, 'batch', batch, 0);
  if (prompts !== undefined && prompts.length !== batch) {
    throw new ArgumentError(`${where}: got ${prompts.length} prompts for a batch of ${batch}; needs one for each`);
  }
  const bad = prompts?.findIndex((prompt) => typeof prompt === 'string' || !(prompt?.length >= 0)) ?? -1;
  if (bad >= 0) {
    throw new ArgumentError(
      `${where}: prompts[${bad}] is ${shown(prompts![bad])}, needs an array of tokens; a tokenizer makes one of text`,
    );
  }
  checkPrompts(where, prompts ?? [], model?.maxTokens);
  const ends = typeof options.end === 'number' ? [options.end] : [...(options.end ?? [])];
  checkEnds(where, ends, model?.vocabularySize);
  const { adjustments, isGreedy } = turned(where, options, ends);
  // A stream for each sequence, so that none depends on what else is drawn.
  const streams = isGreedy ? undefined : new Generator((generator ?? defaultGenerator()).uint32());
  // Those that know their vocabulary say what their tokens are.
  const { vocabulary } = (model as { readonly info?: { readonly vocabulary?: Vocabulary } })?.info ?? {};
  const { textOf = vocabulary && ((token: number) => vocabulary.token(token)) } = beside;
  return {
    where,
    model,
    prompts: Array.from({ length: batch }, (_, row) => Array.from(prompts?.[row] ?? [])),
    ends,
    maxLength,
    adjustments,
    streams: streams && Array.from({ length: batch }, (_, row) => streams.fork(row)),
    signal,
    stop,
    print: explain === true ? (die) => console.log(`${die}\n`) : explain || undefined,
    textOf,
  };
}

function checkEnds(where: string, ends: readonly number[], size: number | undefined): void {
  // What is no model is refused when it is asked.
  if (size === undefined) return;
  for (const end of ends) {
    if (!(Number.isInteger(end) && end >= 0 && end < size)) {
      throw new ArgumentError(
        `${where}: end is ${shown(end)}, needs a token from 0 to ${size - 1}; leave it out if none ends a sequence`,
      );
    }
  }
}
