// generateText: a prompt goes on as text, piece by piece.

import { ArgumentError, checkCall, checkInteger, EventRun, type Known, shown } from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import type { TextStream, Tokenizer } from '../tokens/tokenizer.js';
import type { Adjustment } from './adjustment.js';
import { endOfText } from './end-of-text.js';
import { type Generated, type GrowthOptions, generation, growthKinds } from './generate.js';
import type { EndReason } from './growth.js';
import { StopStrings } from './stop-strings.js';

/** A model of tokens, and what makes them of text. */
export interface TextModel<State = unknown> {
  readonly model: StepModel<State>;
  readonly tokenizer: Tokenizer;
  /** Tokens that stand before each prompt. Default: none; the model begins texts by itself. */
  readonly begin?: readonly number[];
  /** Tokens that end a sample. Default: `eos` of the vocabulary; none for n-grams that were counted without padding. */
  readonly ends?: readonly number[];
}

/** Options of {@link generateText}. */
export interface GenerateTextOptions extends GrowthOptions {
  /** What the text begins with; it is not repeated in what comes. Default: nothing. */
  readonly prompt?: string;
  /** Which special tokens in the prompt are tokens, as in `encode` of the tokenizer. Default false: they are text. */
  readonly allowSpecial?: boolean | readonly string[];
  /** Text that ends a sample, or several such; it is not part of the sample. Default: none. */
  readonly stop?: string | readonly string[];
  /** How many samples of the same prompt. Default 1, or as many as the source of the model has. */
  readonly count?: number;
  /** The token that ends a sample, or several that do. Default: what `ends` of the model says, else `eos` of the vocabulary; none for n-grams that were counted without padding. */
  readonly end?: number | readonly number[];
  /** Whether the special tokens of the vocabulary, `unk`, `bos`, `eos` and `pad`, are never chosen, but for those that end a sample. Default true. */
  readonly banSpecial?: boolean;
}

const textOptions: Known<GenerateTextOptions> = {
  prompt: 'string',
  allowSpecial: 'boolean or list',
  stop: 'string or list',
  count: 'number',
  end: 'number or list',
  banSpecial: 'boolean',
  ...growthKinds,
};

/** Comes when there is text that is certain, and when a sample ends. */
export interface TextPiece {
  /** The number of the sample, from 0. */
  readonly sample: number;
  /** What it goes on with; of the last piece it may be empty. */
  readonly text: string;
  /** Why the sample ended; only with its last piece. */
  readonly reason?: EndReason;
}

/** A sample of text. */
export interface GeneratedText extends Generated {
  /** What came behind the prompt. */
  readonly text: string;
}

/** What {@link generateText} gives: the first sample, and all of them. */
export interface GeneratedTexts extends GeneratedText {
  readonly samples: readonly GeneratedText[];
}

/**
 * Lets a text go on: {@link generate} with a tokenizer at both ends. `for await` gives its pieces as soon as they are certain, `await` the whole. A character of which
 * a token has only some bytes waits for the others, and text that may be the begin of a stop string until it is known to be none; so the pieces together are what the
 * whole is. Special tokens are never written, and `unk`, `bos`, `eos` and `pad` never chosen, unless they end a sample.
 *
 * A sample ends with `eos` of the vocabulary (`end`), a stop string (`stop`), the largest number of tokens (`length`), or by the signal (`aborted`). Bytes that
 * never became a character are left out of its text.
 *
 * @throws ArgumentError as {@link generate}, for an empty stop string, and for a tokenizer of another vocabulary than the model's.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { generateText, Tokenizer, type TokenList, type Pieces, Vocabulary } from '@dl/lm';
 *
 * // A token for each letter, and a model that says the alphabet on.
 * class Letters extends Tokenizer {
 *   protected cut(text: string, at: number, into: TokenList): void {
 *     for (const [i, letter] of [...text].entries()) into.push(this.vocabulary.id(letter), at + i, at + i + 1);
 *   }
 *   protected write(id: number, into: Pieces): void {
 *     into.text(this.vocabulary.token(id));
 *   }
 *   state() {
 *     return { kind: 'letters' };
 *   }
 * }
 * const tokenizer = new Letters(new Vocabulary([...'abcdefgh', '</s>'], { eos: '</s>' }));
 * const model = functionModel(9, ([last = -1]) => Array.from({ length: 9 }, (_, n) => (n === last + 1 ? 0 : -Infinity)), { context: 1 });
 * console.log((await generateText({ model, tokenizer }, { prompt: 'bc' })).text); // defgh
 * for await (const { text } of generateText({ model, tokenizer }, { prompt: 'bc', stop: 'g' })) console.log(text); // d, e, f
 * ```
 */
export function generateText<State>(
  lm: TextModel<State>,
  options: GenerateTextOptions = {},
): EventRun<TextPiece, GeneratedTexts> {
  checkCall('generateText', arguments, ['lm'], textOptions);
  const { model, tokenizer, begin = [], ends: ofModel } = checked(lm);
  const { prompt = '', allowSpecial, stop = [], banSpecial = true, ...others } = options;
  const { vocabulary } = tokenizer;
  const stops = typeof stop === 'string' ? [stop] : [...stop];
  const bad = stops.find((each) => typeof each !== 'string' || each === '');
  if (bad !== undefined) {
    throw new ArgumentError(`generateText: stop has ${shown(bad)}, needs texts of at least one character`);
  }
  const { count = model.batch ?? 1, end = ofModel ?? endOfText(model, vocabulary) ?? [], ...knobs } = others;
  checkInteger('generateText', 'count', count, 1);
  const tokens = tokenizer.encode(prompt, allowSpecial === undefined ? {} : { allowSpecial });
  const samples = Array.from({ length: count }, () => new Sample(tokenizer.stream(), tokens, stops));
  const { unk, bos, eos, pad } = vocabulary;
  const ends = typeof end === 'number' ? [end] : end;
  // One token may be several of them: what ends a sample has to come.
  const never = [...new Set(banSpecial ? [unk, bos, eos, pad] : [])].filter(
    (token) => token !== undefined && !ends.includes(token),
  );
  const banned = [...(knobs.ban ?? []), ...(never as number[])];
  const beyond = withinVocabulary(model.vocabularySize, vocabulary.size);
  const run = generation(
    'generateText',
    model,
    {
      ...knobs,
      prompts: samples.map(() => [...begin, ...tokens]),
      end,
      ...(banned.length > 0 && { ban: banned }),
      adjustments: [...beyond, ...(knobs.adjustments ?? [])],
      stop: (token, row) => samples[row]!.push(token),
    },
    { textOf: (token) => readable(tokenizer, token) },
  );

  async function* pieces(): AsyncGenerator<TextPiece, void, undefined> {
    for await (const event of run) {
      const sample = event.row;
      if (event.type === 'end') yield { sample, text: samples[sample]!.end(), reason: event.reason };
      else {
        const text = samples[sample]!.taken();
        if (text !== '') yield { sample, text };
      }
    }
  }

  async function all(): Promise<GeneratedTexts> {
    const generated = await run;
    const texts = generated.map((each, i): GeneratedText => ({ text: samples[i]!.end(), ...each }));
    return { ...texts[0]!, samples: texts };
  }

  return new EventRun('generateText', pieces(), all);
}

/** The text of one sample on its way. */
class Sample {
  readonly #stream: TextStream;
  readonly #stops: StopStrings;
  #text = '';

  constructor(stream: TextStream, prompt: ArrayLike<number>, stops: readonly string[]) {
    this.#stream = stream;
    this.#stops = new StopStrings(stops);
    // What comes is written as behind the prompt: with a space before a word, say.
    for (let i = 0; i < prompt.length; i++) stream.push(prompt[i]!);
  }

  /** Takes a token. True when the sample is over. */
  push(token: number): boolean {
    this.#text += this.#stops.push(this.#stream.push(token));
    return this.#stops.isOver;
  }

  /** The text since it was taken last. */
  taken(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** What is left at the end. */
  end(): string {
    if (!this.#stops.isOver) {
      // A character that is not whole is no text.
      this.#text += this.#stops.push(this.#stream.end().replace(/\uFFFD+$/u, ''));
      this.#text += this.#stops.end();
    }
    return this.taken();
  }
}

function checked<State>(lm: TextModel<State>): TextModel<State> {
  const { model, tokenizer, begin, ends } = (lm ?? {}) as Partial<TextModel<State>>;
  if (model === undefined || typeof tokenizer?.encode !== 'function' || typeof tokenizer.stream !== 'function') {
    throw new ArgumentError(
      `generateText: lm is ${shown(lm)}, needs { model, tokenizer }: a StepModel and a Tokenizer`,
    );
  }
  if (model.vocabularySize < tokenizer.vocabularySize) {
    throw new ArgumentError(
      `generateText: the tokenizer has ${tokenizer.vocabularySize} tokens, but the model ${model.vocabularySize}; needs both of one vocabulary`,
    );
  }
  return { model, tokenizer, ...(begin && { begin }), ...(ends && { ends }) };
}

/** Tables of weights are often longer than the vocabulary, for speed: what is beyond it is never said. */
function withinVocabulary(size: number, known: number): Adjustment[] {
  if (size <= known) return [];
  return [
    {
      name: `the ${known} tokens of the vocabulary`,
      isBounded: true,
      readsTokens: false,
      apply: (scores) => void scores.fill(-Infinity, known),
    },
  ];
}

/** The text of a token for people: by itself, or as the vocabulary has it where it is a part of a character. */
function readable(tokenizer: Tokenizer, token: number): string {
  const { vocabulary } = tokenizer;
  if (token >= vocabulary.size) return `<${token}>`;
  const text = tokenizer.decode([token], { keepSpecial: true });
  return text === '' || text.includes('\uFFFD') ? vocabulary.token(token) : text;
}
