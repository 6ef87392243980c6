// LanguageModel: a model of tokens with the tokenizer that makes them, so that what goes in and comes out is text.

import { ArgumentError, checkCall, type EventRun, FormatError, type Known, shown } from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import {
  type GeneratedTexts,
  type GenerateTextOptions,
  generateText,
  type TextPiece,
} from './decoding/generate-text.js';
import { bytesOf, charactersOf } from './evaluation/characters.js';
import { type PerplexityReport, perplexity, scoreTokens } from './evaluation/perplexity.js';
import { modelFromState, modelState } from './ngram/files/model-state.js';
import { NgramModel } from './ngram/model.js';
import { tokenizerFromState } from './tokens/from-state.js';
import { Tokenizer, type TokenizerState } from './tokens/tokenizer.js';

/** One token of a text that was scored. */
export interface ScoredToken {
  readonly id: number;
  /** As the vocabulary has it. */
  readonly token: string;
  /** Where it stands in the text; the end of a text stands behind it. */
  readonly start: number;
  readonly end: number;
  /** The natural logarithm of its probability behind those before it. */
  readonly logProbability: number;
}

/** What {@link LanguageModel.score} finds. */
export interface ScoredText {
  readonly tokens: readonly ScoredToken[];
  /** Of all of them: that of the text. */
  readonly logProbability: number;
}

/** Options of {@link LanguageModel.perplexity}. */
export interface TextPerplexityOptions {
  /** What the logarithm of the entropy is to. Default 2. */
  readonly base?: number;
  /** How many texts a model other than an n-gram model is asked at a time. Default 32. */
  readonly batch?: number;
}

/** What {@link LanguageModel.perplexity} finds: figures of tokens, and those that can be compared whatever the tokens are. */
export interface TextReport extends PerplexityReport {
  /** Of all texts, and one for the end of each where that is predicted. */
  readonly characters: number;
  /** In UTF-8. */
  readonly bytes: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
}

/** What a language model is saved as: plain objects with typed arrays in them. */
export interface LanguageModelState {
  readonly format: string;
  readonly version: number;
  readonly model: unknown;
  /** JSON: there is no telling which keys the state of a tokenizer has. */
  readonly tokenizer: string;
}

const perplexityOptions: Known<TextPerplexityOptions> = { base: 'number', batch: 'number' };

const FORMAT = 'dl-language-model';
const VERSION = 1;

/**
 * A model of tokens with its tokenizer. The model is any {@link StepModel}: n-grams, a network, a function.
 *
 * A text is scored with its end, where an n-gram model was counted with padding, or the vocabulary of another model has a token `eos`.
 *
 * @throws ArgumentError for a model of another number of tokens than the tokenizer makes.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { LanguageModel, trainNgram } from '@dl/lm';
 * const { model, tokenizer } = trainNgram(['anna', 'hannah', 'nan'], { order: 3 });
 * const names = new LanguageModel(model, tokenizer);
 * console.log((await names.generate({ temperature: 1, generator: new Generator(1) })).text); // a name, such as nannah
 * console.log((await names.score('hanna')).logProbability > (await names.score('bob')).logProbability); // true
 * console.log((await names.perplexity(['anna'])).bitsPerCharacter); // a bit or two
 * ```
 */
export class LanguageModel<M extends StepModel = StepModel> {
  readonly model: M;
  readonly tokenizer: Tokenizer;

  constructor(model: M, tokenizer: Tokenizer) {
    checkCall('LanguageModel', arguments, ['model', 'tokenizer']);
    if (!(tokenizer instanceof Tokenizer)) {
      throw new ArgumentError(
        `LanguageModel: tokenizer is ${shown(tokenizer)}, needs a Tokenizer, such as one of trainCharacters(text)`,
      );
    }
    if (!(model?.vocabularySize >= tokenizer.vocabularySize)) {
      throw new ArgumentError(
        `LanguageModel: the model has ${shown(model?.vocabularySize)} tokens, but the tokenizer makes ${tokenizer.vocabularySize}; they must be made for each other`,
      );
    }
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /** The token behind each text that is scored; undefined where a text just stops. */
  get end(): number | undefined {
    const { model } = this;
    if (model instanceof NgramModel) return model.info.padding === 'none' ? undefined : model.info.vocabulary!.eos;
    return this.tokenizer.vocabulary.eos;
  }

  /** Writes on: `await` for the text, `for await` for pieces of it as they come. See {@link generateText}, which has the options. */
  generate(options: GenerateTextOptions = {}): EventRun<TextPiece, GeneratedTexts> {
    return generateText(this, options);
  }

  /** The probability of a text, token by token. */
  async score(text: string): Promise<ScoredText> {
    checkCall('score', arguments, [['text', 'string']]);
    const { ids, starts, ends } = this.tokenizer.encodeWithOffsets(text);
    const [scores] = await scoreTokens(this.model, [ids], this.#options());
    const { vocabulary } = this.tokenizer;
    const tokens = Array.from(scores!, (logProbability, i): ScoredToken => {
      const id = ids[i] ?? this.end!;
      return {
        id,
        token: vocabulary.token(id),
        start: starts[i] ?? text.length,
        end: ends[i] ?? text.length,
        logProbability,
      };
    });
    return { tokens, logProbability: tokens.reduce((sum, each) => sum + each.logProbability, 0) };
  }

  /**
   * How well texts are known, by token, and in bits for a character and for a byte, which also models over other tokens can be compared by. A text as a string is one
   * sequence; of several each is one.
   *
   * @throws ArgumentError for empty texts.
   */
  async perplexity(
    texts: string | Iterable<string> | AsyncIterable<string>,
    options: TextPerplexityOptions = {},
  ): Promise<TextReport> {
    checkCall('perplexity', arguments, ['texts'], perplexityOptions);
    let [characters, bytes] = [0, 0];
    const { tokenizer, end } = this;
    const each = typeof texts === 'string' ? [texts] : texts;
    async function* sequences(): AsyncGenerator<ArrayLike<number>> {
      for await (const text of each) {
        const ids = tokenizer.encode(text);
        const more = Number(end !== undefined);
        characters += charactersOf(text) + more;
        bytes += bytesOf(text) + more;
        yield ids;
      }
    }
    const { unk } = tokenizer.vocabulary;
    const report = await perplexity(this.model, sequences(), {
      ...options,
      ...this.#options(),
      ...(unk !== undefined && { unknown: unk }),
    });
    const bits = (0 - report.logProbability) / Math.LN2;
    return { ...report, characters, bytes, bitsPerCharacter: bits / characters, bitsPerByte: bits / bytes };
  }

  /**
   * What the model is saved as, with its tokenizer; `packState` of @dl/checkpoint makes bytes of it, and `saveModel` of @dl/lm/node a file.
   *
   * @throws ArgumentError for a model that is no n-gram model or mixture of such; networks are saved by their weights.
   */
  state(): LanguageModelState {
    return {
      format: FORMAT,
      version: VERSION,
      model: modelState(this.model as unknown as NgramModel),
      tokenizer: JSON.stringify(this.tokenizer.state()),
    };
  }

  #options(): { readonly end?: number } {
    const { end, model } = this;
    // An n-gram model scores its own end.
    return end === undefined || model instanceof NgramModel ? {} : { end };
  }
}

/**
 * The language model of a {@link LanguageModel.state}.
 *
 * @throws FormatError for a state that is damaged, or was made by another version; nothing is loaded then.
 *
 * @example
 * ```ts
 * import { packState, unpackState } from '@dl/checkpoint';
 * import { languageModelFromState, trainNgram } from '@dl/lm';
 * const bytes = packState(trainNgram('she sells sea shells').state());
 * const again = languageModelFromState(unpackState(bytes));
 * console.log(again.tokenizer.vocabularySize); // 8: seven letters and blanks, and what stands for others
 * ```
 */
export function languageModelFromState(state: unknown): LanguageModel {
  checkCall('languageModelFromState', arguments, ['state']);
  const where = 'languageModelFromState';
  const given = (typeof state === 'object' && state !== null ? state : {}) as Partial<LanguageModelState>;
  if (given.format !== FORMAT) {
    throw new FormatError(
      `${where}: this is no language model; it needs what LanguageModel.state() gave, saved by saveModel or packState`,
    );
  }
  if (given.version !== VERSION) {
    throw new FormatError(
      `${where}: the model was saved in version ${shown(given.version)}, needs ${VERSION}; save it again with this version of @dl/lm`,
    );
  }
  const tokenizer = tokenizerFromState(parsed(where, given.tokenizer));
  const model = modelFromState(given.model as never);
  if (model.vocabularySize !== tokenizer.vocabularySize) {
    throw new FormatError(
      `${where}: the model has ${model.vocabularySize} tokens, but its tokenizer makes ${tokenizer.vocabularySize}; the file is damaged`,
    );
  }
  return new LanguageModel(model, tokenizer);
}

function parsed(where: string, json: unknown): TokenizerState {
  try {
    if (typeof json === 'string') return JSON.parse(json) as TokenizerState;
  } catch {
    // Refused below.
  }
  throw new FormatError(`${where}: the tokenizer is ${shown(json)}, needs JSON; the file is damaged`);
}
