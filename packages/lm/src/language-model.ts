// LanguageModel: a model of tokens with the tokenizer that makes them, so that what goes in and comes out is text.

import {
  ArgumentError,
  checkCall,
  DlError,
  type EventRun,
  FormatError,
  type Known,
  shown,
  type Tensor,
  type TypedArray,
} from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import { endOfText, ngramsOf } from './decoding/end-of-text.js';
import {
  type GeneratedTexts,
  type GenerateTextOptions,
  generateText,
  type TextPiece,
} from './decoding/generate-text.js';
import { bytesOf, charactersOf } from './evaluation/characters.js';
import { type PerplexityReport, perplexity, scoreTokens } from './evaluation/perplexity.js';
import {
  isNetwork,
  isNetworkState,
  type NetworkKinds,
  networkFromState,
  networkState,
  onceEach,
  type SavableNetwork,
} from './network-state.js';
import { modelFromState, modelState } from './ngram/files/model-state.js';
import { Mixture, mixture } from './ngram/mixtures/mixture.js';
import { NgramModel } from './ngram/model.js';
import { type TokenizerFromStateOptions, tokenizerFromState } from './tokens/from-state.js';
import { Tokenizer, type TokenizerState } from './tokens/tokenizer.js';

/** Options of {@link LanguageModel}'s constructor. */
export interface LanguageModelOptions {
  /** Tokens that stand before each prompt, for a model whose prompts stand in place of what it begins with. Default: none; the model begins texts by itself. */
  readonly begin?: readonly number[];
  /** Tokens each of which ends what is generated. Default: `eos` of the vocabulary; none for n-grams that were counted without padding. */
  readonly ends?: readonly number[];
  /** Whether a text is scored with its end, where there is one. Default true. */
  readonly scoreEnd?: boolean;
}

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

/**
 * What {@link LanguageModel.perplexity} finds: figures of tokens, and those of characters and bytes, which can be compared whatever the tokens are, as long as the tokens are all of the text. An unknown
 * token costs what any unknown one costs, not what its characters do, and the blanks that a `WordTokenizer` without `keepBlanks` drops cost nothing, but both are counted as characters and bytes:
 * the figures look better than they are where `unknown` is above 0, or blanks are dropped.
 */
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
  /** What else the model was made with; missing where that is nothing. */
  readonly options?: LanguageModelOptions;
}

/** Options of {@link languageModelFromState}; of `tokenizer` and `kinds` at most one. */
export interface LanguageModelFromStateOptions extends TokenizerFromStateOptions {
  /** The tokenizer itself, in place of the one that was saved: of the same tokens. For one that cannot be made of its state, such as a `WordTokenizer` with a function as `split`. */
  readonly tokenizer?: Tokenizer;
  /** What makes networks of their configs, by kind: `networkModels` of @dl/lm/neural, with your own beside. Needed for a model that is a network, or has one in it. */
  readonly networks?: NetworkKinds;
}

export const fromStateOptions: Known<LanguageModelFromStateOptions> = {
  tokenizer: 'object',
  kinds: 'object',
  networks: 'object',
};

const modelOptions: Known<LanguageModelOptions> = { begin: 'numbers', ends: 'numbers', scoreEnd: 'boolean' };
const perplexityOptions: Known<TextPerplexityOptions> = { base: 'number', batch: 'number' };

const FORMAT = 'dl-language-model';
const VERSION = 1;

/**
 * A model of tokens with its tokenizer. The model is any {@link StepModel}: n-grams, a network, a function.
 *
 * A text is scored with its end, where an n-gram model was counted with padding, or the vocabulary of another model has a token `eos`; of mixtures, those of n-gram models without padding have none.
 * With `scoreEnd: false` it just stops.
 *
 * @throws ArgumentError for a model of fewer tokens than the tokenizer makes, for an n-gram model that was counted with other ones, and for `begin` and `ends` that are no tokens of the model.
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
  /** Tokens that stand before each prompt. */
  readonly begin: readonly number[];
  /** What it was made with beside the two. */
  readonly options: LanguageModelOptions;

  constructor(model: M, tokenizer: Tokenizer, options: LanguageModelOptions = {}) {
    checkCall('LanguageModel', arguments, ['model', 'tokenizer'], modelOptions);
    needTokenizer('LanguageModel', tokenizer);
    const trouble = misfit(model, tokenizer);
    if (trouble !== undefined) {
      throw new ArgumentError(`LanguageModel: ${trouble}; they must be made for each other`);
    }
    this.model = model;
    this.tokenizer = tokenizer;
    for (const name of ['begin', 'ends'] as const) checkTokens(name, options[name], model.vocabularySize);
    this.begin = [...(options.begin ?? [])];
    this.options = { ...options };
  }

  /** The token behind each text that is scored; undefined where a text just stops. */
  get end(): number | undefined {
    return this.options.scoreEnd === false ? undefined : endOfText(this.model, this.tokenizer.vocabulary);
  }

  /** Tokens each of which ends what is generated. */
  get ends(): readonly number[] {
    const end = endOfText(this.model, this.tokenizer.vocabulary);
    return this.options.ends ?? (end === undefined ? [] : [end]);
  }

  /**
   * Writes on: `await` for the text, `for await` for pieces of it as they come. See {@link generateText}, which has the options.
   */
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
   * @throws ArgumentError for empty texts, and for what is none.
   */
  async perplexity(
    texts: string | Iterable<string> | AsyncIterable<string>,
    options: TextPerplexityOptions = {},
  ): Promise<TextReport> {
    checkCall('perplexity', arguments, ['texts'], perplexityOptions);
    const isMany =
      typeof texts === 'object' && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts);
    if (typeof texts !== 'string' && !isMany) {
      throw new ArgumentError(`perplexity: texts is ${shown(texts)}, needs a text, or an iterable of texts`);
    }
    let [characters, bytes] = [0, 0];
    const { tokenizer, end } = this;
    const each = typeof texts === 'string' ? [texts] : texts;
    async function* sequences(): AsyncGenerator<ArrayLike<number>> {
      let index = 0;
      for await (const text of each) {
        if (typeof text !== 'string') {
          throw new ArgumentError(`perplexity: text ${index} is ${shown(text)}, needs a string`);
        }
        index++;
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
   * A network is saved as its kind, its config and its weights; its values are copied.
   *
   * @throws ArgumentError for a model that is no n-gram model, no network with a kind and a config, and no mixture of such, and for a config that JSON does not hold.
   */
  state(): LanguageModelState {
    return languageModelState(this, (tensor) => tensor.dataSync());
  }

  #options(): { readonly end?: number } {
    const { end, model } = this;
    // An n-gram model scores its own end.
    return end === undefined || model instanceof NgramModel ? {} : { end };
  }
}

/** The state of a model, of tensors' values as `read` gives them. */
function languageModelState(
  { model, tokenizer, options }: LanguageModel,
  read: (tensor: Tensor) => TypedArray,
): LanguageModelState {
  return {
    format: FORMAT,
    version: VERSION,
    model: stateOf(model, read),
    tokenizer: JSON.stringify(tokenizer.state()),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** The same of a model on a device that cannot be waited for, too. */
export async function readLanguageModelState(model: LanguageModel): Promise<LanguageModelState> {
  const values = new Map<Tensor, TypedArray>();
  for (const [, tensor] of networksOf(model.model).flatMap(onceEach)) values.set(tensor, await tensor.data());
  return languageModelState(model, (tensor) => values.get(tensor)!);
}

/**
 * The language model of a {@link LanguageModel.state}.
 *
 * @throws FormatError for a state that is damaged, or was made by another version, ArgumentError for a tokenizer of other tokens, or one that has to be given; nothing is loaded then.
 *
 * @example
 * ```ts
 * import { packState, unpackState } from '@dl/checkpoint';
 * import { languageModelFromState, trainNgram } from '@dl/lm';
 * const bytes = packState(trainNgram('she sells sea shells').state());
 * const again = languageModelFromState(unpackState(bytes));
 * console.log(again.tokenizer.vocabularySize); // 7: five letters, the blank, and what stands for others
 * ```
 */
export function languageModelFromState(state: unknown, options: LanguageModelFromStateOptions = {}): LanguageModel {
  checkCall('languageModelFromState', arguments, ['state'], fromStateOptions);
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
  const isGiven = options.tokenizer !== undefined;
  if (isGiven && options.kinds !== undefined) {
    throw new ArgumentError(
      `${where}: there are a tokenizer and kinds; kinds make the one that was saved: give one of them`,
    );
  }
  if (isGiven) needTokenizer(where, options.tokenizer);
  const tokenizer = options.tokenizer ?? savedTokenizer(where, given.tokenizer, options);
  const model = modelOf(where, given.model, options.networks);
  const trouble = misfit(model, tokenizer);
  if (trouble === undefined) return withOptions(where, model, tokenizer, given.options);
  for (const network of networksOf(model)) network.dispose();
  if (isGiven) throw new ArgumentError(`${where}: ${trouble}; give the tokenizer that the model was made with`);
  throw new FormatError(`${where}: ${trouble}; the file is damaged`);
}

function withOptions(where: string, model: StepModel, tokenizer: Tokenizer, options: unknown): LanguageModel {
  try {
    return new LanguageModel(model, tokenizer, (options ?? {}) as LanguageModelOptions);
  } catch (cause) {
    for (const network of networksOf(model)) network.dispose();
    if (!(cause instanceof DlError)) throw cause;
    const words = cause.message.replace(/^\w+: /, '');
    throw new FormatError(`${where}: of the options of the model, ${words}; the file is damaged`, { cause });
  }
}

function savedTokenizer(where: string, json: unknown, { kinds }: LanguageModelFromStateOptions): Tokenizer {
  const state = parsed(where, json);
  try {
    return tokenizerFromState(state, kinds === undefined ? {} : { kinds });
  } catch (cause) {
    if (cause instanceof FormatError && !cause.message.startsWith('tokenizerFromState: there is no kind')) throw cause;
    if (!(cause instanceof DlError)) throw cause;
    const kind = cause instanceof FormatError ? FormatError : ArgumentError;
    throw new kind(`${where}: ${cause.message}, or the tokenizer itself as tokenizer`, { cause });
  }
}

/** What a mixture is saved as. */
interface SavedMixture {
  readonly format: typeof MIXTURE;
  readonly version: 1;
  readonly models: readonly unknown[];
  readonly weights: readonly number[];
}

const MIXTURE = 'mixture';

function stateOf(model: unknown, read: (tensor: Tensor) => TypedArray): unknown {
  if (isNetwork(model)) return networkState(model, read);
  if (!(model instanceof Mixture)) return modelState(model as NgramModel);
  const saved: SavedMixture = {
    format: MIXTURE,
    version: 1,
    models: model.models.map((each) => stateOf(each, read)),
    weights: model.weights,
  };
  return saved;
}

/** Whether a network is, or is among, what a state has as its model. */
export function hasNetwork(model: unknown): boolean {
  const { models } = (model ?? {}) as Partial<SavedMixture>;
  return isNetworkState(model) || (Array.isArray(models) && models.some(hasNetwork));
}

/** The networks that a model is, or has in it. */
function networksOf(model: unknown): SavableNetwork[] {
  if (model instanceof Mixture) return model.models.flatMap(networksOf);
  return isNetwork(model) ? [model] : [];
}

function modelOf(where: string, state: unknown, networks: NetworkKinds | undefined): StepModel {
  if (isNetworkState(state)) return networkFromState(where, state, networks);
  const { format, version, models, weights } = (state ?? {}) as Partial<SavedMixture>;
  if (format !== MIXTURE) return modelFromState(state as never);
  if (version !== 1 || !Array.isArray(models) || !Array.isArray(weights)) {
    throw new FormatError(
      `${where}: the mixture has version ${shown(version)}, models ${shown(models)} and weights ${shown(weights)}, needs version 1 and two lists; the file is damaged`,
    );
  }
  const parts: StepModel[] = [];
  try {
    for (const each of models) parts.push(modelOf(where, each, networks));
    mixture(parts, { weights });
  } catch (cause) {
    for (const network of parts.flatMap(networksOf)) network.dispose();
    if (parts.length < models.length) throw cause;
    if (!(cause instanceof DlError)) throw cause;
    throw new FormatError(`${where}: ${cause.message}; the file is damaged`, { cause });
  }
  // As they were: to make them 1 in all again would change the last bit.
  return new Mixture(parts, weights);
}

/** Why a model does not fit a tokenizer; undefined where it does. */
function misfit(model: StepModel, tokenizer: Tokenizer): string | undefined {
  if (!(model?.vocabularySize >= tokenizer.vocabularySize)) {
    return `the model has ${shown(model?.vocabularySize)} tokens, but the tokenizer makes ${tokenizer.vocabularySize}`;
  }
  const { tokens } = tokenizer.vocabulary;
  for (const { info } of ngramsOf(model)) {
    const counted = info.vocabulary?.tokens ?? tokens;
    const id = counted.findIndex((token, i) => token !== tokens[i]);
    if (id >= 0)
      return `token ${id} of the model is ${shown(counted[id])}, but that of the tokenizer ${shown(tokens[id])}`;
  }
  return undefined;
}

function checkTokens(name: string, tokens: readonly number[] | undefined, size: number): void {
  const bad = tokens?.find((token) => !(Number.isInteger(token) && token >= 0 && token < size));
  if (bad === undefined) return;
  throw new ArgumentError(`LanguageModel: ${name} has ${shown(bad)}, needs tokens of the model, 0 … ${size - 1}`);
}

function needTokenizer(where: string, tokenizer: unknown): void {
  if (tokenizer instanceof Tokenizer) return;
  throw new ArgumentError(
    `${where}: tokenizer is ${shown(tokenizer)}, needs a Tokenizer, such as one of trainCharacters(text)`,
  );
}

function parsed(where: string, json: unknown): TokenizerState {
  try {
    if (typeof json === 'string') return JSON.parse(json) as TokenizerState;
  } catch {
    // Refused below.
  }
  throw new FormatError(`${where}: the tokenizer is ${shown(json)}, needs JSON; the file is damaged`);
}
