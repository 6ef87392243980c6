// BidirectionalModel: two language models over the same words, one that reads forward and one that reads backward.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  checkOptions,
  concat,
  crossEntropy,
  expand,
  formatShape,
  isInteger,
  type Known,
  linear,
  noGrad,
  randn,
  type Shape,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  Linear,
  Module,
  ModuleList,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  type TensorModule,
  tidied,
} from '@dl/layers';
import { checkLengths, featuresOf, LSTM, lengthMask, pack } from '@dl/rnn';
import { CharacterEmbedding, type CharacterForm, characterForm } from './character-embedding.js';

/** Words of a {@link BidirectionalModel} by their characters. */
export interface CharacterConfig extends CharacterForm {
  /** How many characters there are, with 0, which fills up. */
  readonly numCharacters: number;
}

/** What a {@link BidirectionalModel} is made of. */
export interface BidirectionalConfig extends ParameterOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** Features of a token, and of the states of each direction. Default 128. */
  readonly embeddingSize?: number;
  /** Cells of each layer and direction; more than `embeddingSize` are projected to it. Default `embeddingSize`. */
  readonly hiddenSize?: number;
  /** Default 2. */
  readonly numLayers?: number;
  /** From the second layer on, add what goes in to what comes out. Default true. */
  readonly residual?: boolean;
  /** The probability with which what goes into a layer, and into the last map, is dropped while training. Default 0.1. */
  readonly dropout?: number;
  /** Make words of their characters: the model then reads `int32` [batch, time, characters]. Default: each token has a vector of its own. */
  readonly characters?: CharacterConfig;
  /** Use the vectors of the tokens for what says tokens, too. Default false. */
  readonly tied?: boolean;
  /** Make what says tokens. Default true. */
  readonly tokenHead?: boolean;
  /** The token that the backward model says at the begin of a sequence. Default 0. */
  readonly begin?: number;
  /** The token that the forward model says at the end of a sequence. Default `begin`. */
  readonly end?: number;
}

const bidirectionalConfig: Known<BidirectionalConfig> = {
  vocabularySize: 'number',
  embeddingSize: 'number',
  hiddenSize: 'number',
  numLayers: 'number',
  residual: 'boolean',
  dropout: 'number',
  characters: 'object',
  tied: 'boolean',
  tokenHead: 'boolean',
  begin: 'number',
  end: 'number',
  ...parameterOptions,
};

/** Options of a call of {@link BidirectionalModel}. */
export interface BidirectionalCallOptions {
  /** How many tokens of each sequence count. Default: all. */
  readonly lengths?: readonly number[];
}

const callOptions: Known<BidirectionalCallOptions> = { lengths: 'numbers' };

/** Options of the loss of a {@link BidirectionalModel}. */
export interface BidirectionalLossOptions extends BidirectionalCallOptions {
  /** The words of `tokens` as characters, `int32` [batch, time, characters], for a model that reads those. */
  readonly characters?: Tensor;
}

const lossOptions: Known<BidirectionalLossOptions> = { ...callOptions, characters: 'tensor' };

/** The logits of both directions, each [batch, time + 1, vocabularySize]. */
export interface BidirectionalLogits {
  /** What follows on the begin, and on each token: token 1, token 2, …, the end. */
  readonly forward: Tensor;
  /** What stands before each token, and before the end: the begin, token 1, token 2, …. */
  readonly backward: Tensor;
}

/** The vectors, and the states of each layer, of one direction: [batch, time + 1, embeddingSize], from the begin to the last token, or from the first token to the end. */
type Layers = readonly Tensor[];

const NAME = 'BidirectionalModel';

/**
 * Two language models over shared vectors of words, and with a shared map that says words: one tells each word from those before it, one from those behind it (Peters et al., "Deep
 * contextualized word representations", 2018: ELMo). Each direction is a stack of LSTMs of its own, which learns nothing of the other.
 *
 *     loss = -1/2 · mean over t of (log p→(xₜ | x₁ … xₜ₋₁) + log p←(xₜ | xₜ₊₁ … xₙ)), with the end among what is said forward, and the begin backward
 *
 * What its layers make of each word, `layers(tokens)`, serves other tasks as a vector that knows the sentence: first the word itself, [x; x], then for each layer both states side by side, each
 * [batch, time, 2 · embeddingSize], 0 beyond the length of a sequence. {@link ELMo} mixes them. Tokens `int32` [batch, time] are whole sequences without what begins and ends them, of which the
 * model has vectors of its own, `bounds`.
 *
 * @throws ArgumentError for a configuration that does not fit together, ShapeError for what is no batch of sequences.
 *
 * @example
 * ```ts
 * import { manualSeed, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BidirectionalModel } from '@dl/lm/neural';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new BidirectionalModel({ vocabularySize: 30, embeddingSize: 16 });
 * const sentences = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' }); // the second is two words long
 * model.loss(sentences, { lengths: [4, 2] }).backward();
 * const layers = model.eval().layers(sentences, { lengths: [4, 2] });
 * console.log(layers.length, layers[1]?.shape); // 3 [2, 4, 32]
 * ```
 */
export class BidirectionalModel extends Module<
  [input: Tensor, options?: BidirectionalCallOptions],
  BidirectionalLogits
> {
  /** What its state is called. */
  readonly kind = 'bidirectional';
  /** As it was given, without where parameters are made. */
  readonly config: Omit<BidirectionalConfig, keyof ParameterOptions>;
  readonly vocabularySize: number;
  readonly embeddingSize: number;
  readonly numLayers: number;
  readonly begin: number;
  readonly end: number;
  readonly residual: boolean;
  readonly input: TensorModule;
  /** The vectors of the begin and the end of sequences, [2, embeddingSize]. */
  readonly bounds: Tensor;
  readonly forwards: ModuleList<LSTM>;
  readonly backwards: ModuleList<LSTM>;
  readonly dropout: Dropout;
  /** Says tokens; with tied vectors it is only the bias. */
  readonly output: Linear | undefined;
  readonly outputBias: Tensor | undefined;

  constructor(config: BidirectionalConfig) {
    checkCall(NAME, arguments, [], bidirectionalConfig);
    super();
    const { dtype, backend, generator, ...plain } = config;
    const made = { ...(dtype && { dtype }), ...(backend && { backend }), ...(generator && { generator }) };
    const { vocabularySize, embeddingSize = 128, hiddenSize = embeddingSize, numLayers = 2, characters } = plain;
    const { dropout = 0.1, tied = false, tokenHead = true, begin = 0, end = begin, residual = true } = plain;
    this.config = plain;
    this.vocabularySize = checkInteger(NAME, 'vocabularySize', vocabularySize, 1);
    this.embeddingSize = checkInteger(NAME, 'embeddingSize', embeddingSize, 1);
    this.numLayers = checkInteger(NAME, 'numLayers', numLayers, 1);
    checkInteger(NAME, 'hiddenSize', hiddenSize, 1);
    if (hiddenSize < embeddingSize) {
      throw new ArgumentError(
        `${NAME}: hiddenSize is ${hiddenSize} and embeddingSize ${embeddingSize}; states are as wide as vectors of tokens, so that hiddenSize must be as large, or larger`,
      );
    }
    if (tied && characters !== undefined) {
      throw new ArgumentError(
        `${NAME}: tied is true, but words are made of characters and have no vectors to be tied to; leave tied out`,
      );
    }
    this.begin = checkToken('begin', begin, vocabularySize);
    this.end = checkToken('end', end, vocabularySize);
    this.residual = residual;
    this.input = inputOf(plain, embeddingSize, made);
    this.bounds = parameter(randn([2, embeddingSize], { std: embeddingSize ** -0.5, ...made }));
    const projSize = hiddenSize > embeddingSize ? embeddingSize : 0;
    const stackOf = (reverse: boolean): ModuleList<LSTM> =>
      new ModuleList(
        Array.from({ length: numLayers }, () => new LSTM(embeddingSize, hiddenSize, { projSize, reverse, ...made })),
      );
    this.forwards = stackOf(false);
    this.backwards = stackOf(true);
    this.dropout = new Dropout(dropout);
    this.output = tokenHead && !tied ? new Linear(embeddingSize, vocabularySize, made) : undefined;
    const { generator: _, ...placed } = made;
    this.outputBias = tokenHead && tied ? parameter(zeros([vocabularySize], placed)) : undefined;
  }

  /** How many features a token has in each of the `layers`: two directions side by side. */
  get outFeatures(): number {
    return 2 * this.embeddingSize;
  }

  /** The logits of what follows, and of what stands before: tokens [batch, time], or their characters. */
  forward(input: Tensor, options: BidirectionalCallOptions = {}): BidirectionalLogits {
    checkCall(NAME, arguments, ['input'], callOptions);
    return tidied(
      () => {
        const [forward, backward] = this.#said(NAME, input, options.lengths);
        return { forward: this.#logits(NAME, forward), backward: this.#logits(NAME, backward) };
      },
      ({ forward, backward }) => [forward, backward],
    );
  }

  /** What the input and each layer make of each token: numLayers + 1 tensors [batch, time, 2 · embeddingSize], 0 beyond the lengths. */
  layers(input: Tensor, options: BidirectionalCallOptions = {}): Tensor[] {
    const where = `${NAME}.layers`;
    checkCall(where, arguments, ['input'], callOptions);
    return tidied(
      () => {
        const [forwards, backwards] = this.#through(where, input, options.lengths);
        const time = input.shape[1]!;
        return forwards.map((forward, k) => {
          const both = [forward.slice([null, [1, time + 1]]), backwards[k]!.slice([null, [0, time]])];
          return within(concat(both, 2), options.lengths);
        });
      },
      (layers) => layers,
    );
  }

  /**
   * The mean of -log p of both directions, of all tokens [batch, time] (`int32`) that count, with the end forward and the begin backward.
   *
   * @throws ArgumentError for characters that are missing, or are one too many.
   */
  loss(tokens: Tensor, options: BidirectionalLossOptions = {}): Tensor {
    const where = `${NAME}.loss`;
    checkCall(where, arguments, ['tokens'], lossOptions);
    const { lengths, characters } = options;
    needTokens(where, tokens);
    if ((characters === undefined) !== (this.config.characters === undefined)) {
      throw new ArgumentError(
        characters === undefined
          ? `${where}: the model reads characters, and there are none; give the words as characters: [batch, time, characters]`
          : `${where}: got characters, but the model has a vector for each token; leave them out, or make it with characters`,
      );
    }
    if (characters !== undefined && `${characters.shape.slice(0, 2)}` !== `${tokens.shape}`) {
      throw new ShapeError(
        `${where}: tokens are ${formatShape(tokens.shape)} and characters ${formatShape(characters.shape)}, needs a row of characters for each token`,
      );
    }
    return tidied(
      () => {
        const [batch, time] = tokens.shape as readonly [number, number];
        const said = this.#said(where, characters ?? tokens, lengths);
        const on = { dtype: 'int32', backend: tokens.backend } as const;
        const bound = (id: number): Tensor => tensor({ data: new Int32Array(batch).fill(id), shape: [batch, 1] }, on);
        const following = withEnd(concat([tokens, bound(this.end)], 1), lengths, this.end);
        const preceding = concat([bound(this.begin), tokens], 1); // [batch, time + 1]
        const counts = (lengths ?? new Array<number>(batch).fill(time)).map((length) => length + 1);
        // As rows of one matrix: the mean over all of them is the mean of the two directions.
        const states = concat(said.map((h) => pack(h, counts).data));
        const labels = concat([following, preceding].map((each) => pack(each, counts).data));
        return crossEntropy(this.#logits(where, states), labels);
      },
      (loss) => [loss],
    );
  }

  /** States of the last layers where something is said, forward and backward: [batch, time + 1, embeddingSize]. */
  #said(where: string, input: Tensor, lengths: readonly number[] | undefined): readonly [Tensor, Tensor] {
    const [forwards, backwards] = this.#through(where, input, lengths);
    return [this.dropout.forward(forwards.at(-1)!), this.dropout.forward(backwards.at(-1)!)];
  }

  #logits(where: string, states: Tensor): Tensor {
    if (this.output !== undefined) return this.output.forward(states);
    if (this.outputBias !== undefined) return linear(states, (this.input as Embedding).weight, this.outputBias);
    throw new ArgumentError(
      `${where}: the model was made without the head that says tokens (tokenHead: false); make it with one`,
    );
  }

  #through(where: string, input: Tensor, lengths: readonly number[] | undefined): readonly [Layers, Layers] {
    if (this.config.characters === undefined) needTokens(where, input);
    else needCharacters(where, input);
    const [batch, time] = input.shape as readonly [number, number];
    if (lengths !== undefined) checkLengths(where, lengths, batch, time);
    const x = featuresOf(where, this.input, input); // [batch, time, embeddingSize]
    const [begin, end] = [0, 1].map((row) => expand(this.bounds.slice([row]), [batch, 1, this.embeddingSize]));
    const steps = lengths?.map((length) => length + 1);
    // Neither reads the bound that it would not use.
    const through = (networks: ModuleList<LSTM>, bounded: Tensor): Layers => {
      const layers = [bounded];
      for (const [k, network] of [...networks].entries()) {
        const into = layers[k]!;
        const { output } = network.forward(this.dropout.forward(into), steps ? { lengths: steps } : {});
        layers.push(this.residual && k > 0 ? output.add(into) : output);
      }
      return layers;
    };
    return [
      through(this.forwards, concat([begin!, x], 1)),
      through(this.backwards, withEnd(concat([x, end!], 1), lengths, this.bounds.slice([1]))),
    ];
  }

  /** Those of tied vectors; all others are of modules below. */
  override multiplyAdds([batch, time]: Shape): number {
    return this.outputBias === undefined ? 0 : 2 * batch! * (time! + 1) * this.embeddingSize * this.vocabularySize;
  }

  override describe(): string {
    const { vocabularySize, embeddingSize, residual, begin, end } = this;
    return formatArguments([], {
      vocabularySize: [vocabularySize, undefined],
      embeddingSize: [embeddingSize, 128],
      residual: [residual, true],
      begin: [begin, 0],
      end: [end, begin],
    });
  }
}

function inputOf(
  { vocabularySize, characters }: BidirectionalConfig,
  embeddingSize: number,
  made: ParameterOptions,
): TensorModule {
  if (characters !== undefined) {
    checkOptions(`${NAME}: characters`, characters, { numCharacters: 'number', ...characterForm });
    const { numCharacters, ...form } = characters;
    return new CharacterEmbedding(numCharacters, embeddingSize, { ...form, ...made });
  }
  const table = new Embedding(vocabularySize, embeddingSize, made);
  // So that tied ones give logits of a fair size.
  noGrad(() => scope(() => void table.weight.assign(table.weight.mul(embeddingSize ** -0.5))));
  return table;
}

function checkToken(name: string, token: number, vocabularySize: number): number {
  if (checkInteger(NAME, name, token, 0) < vocabularySize) return token;
  throw new ArgumentError(
    `${NAME}: ${name} is ${token}, needs a token from 0 to ${vocabularySize - 1}; it is said, so that it needs a place`,
  );
}

/** x [batch, time + 1, …], whose last step is the end, with the end behind the last step that counts of each sequence. */
function withEnd(x: Tensor, lengths: readonly number[] | undefined, end: Tensor | number): Tensor {
  const [batch, steps] = x.shape as readonly [number, number];
  if (lengths === undefined || lengths.every((length) => length === steps - 1)) return x;
  const data = new Uint8Array(batch * steps);
  for (const [row, length] of lengths.entries()) data[row * steps + length] = 1;
  const shape: Shape = [batch, steps, ...x.shape.slice(2).fill(1)];
  return where(tensor({ data, shape }, { dtype: 'bool', backend: x.backend }), end, x);
}

/** x [batch, time, features] where a step counts, and 0 elsewhere. */
function within(x: Tensor, lengths: readonly number[] | undefined): Tensor {
  const time = x.shape[1]!;
  if (lengths === undefined || lengths.every((length) => length === time)) return x;
  return where(lengthMask(lengths, time, { backend: x.backend }).unsqueeze(2), x, 0);
}

function needTokens(where: string, tokens: Tensor): void {
  needTensor(where, tokens);
  if (isInteger(tokens.dtype) && tokens.rank === 2 && tokens.shape[1] !== 0) return;
  throw new ShapeError(
    `${where}: tokens are ${formatShape(tokens.shape)} ${tokens.dtype}, needs int32 [batch, time], a batch of sequences`,
  );
}

function needCharacters(where: string, characters: Tensor): void {
  needTensor(where, characters);
  if (isInteger(characters.dtype) && characters.rank === 3 && characters.shape[1] !== 0) return;
  throw new ShapeError(
    `${where}: the input is ${formatShape(characters.shape)} ${characters.dtype}, needs int32 [batch, time, characters], the characters of each word of a batch of sequences`,
  );
}
