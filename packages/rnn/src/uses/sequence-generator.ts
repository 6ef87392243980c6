// SequenceGenerator: one to many.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  formatShape,
  full,
  indexSelect,
  type Known,
  noGrad,
  ShapeError,
  scope,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  inMode,
  Linear,
  Module,
  type NextToken,
  needTensor,
  type StepModel,
  scoredPieces,
  type TensorModule,
  tidied,
} from '@dl/layers';
import { checkProbability, VariationalDropout } from '../core/dropout.js';
import type { States } from '../core/kind.js';
import type { SequenceInput, SequenceOutput } from '../core/stacked.js';
import {
  featuresOf,
  type InputOptions,
  madeLike,
  needForwards,
  needModule,
  needNetwork,
  outputMap,
  realSteps,
  type SequenceNetwork,
} from './network.js';
import { type SequenceLossOptions, sequenceLossOptions } from './sequence-loss.js';

/** Options of {@link SequenceGenerator}. */
export interface SequenceGeneratorOptions extends InputOptions {
  /** The token that stands before the first one of every sequence. It may be the one that ends them. Default 0. */
  readonly begin?: number;
  /**
   * The map to the logits has the vectors of the tokens as its rows, which must be as long as what the network gives out (Press & Wolf, "Using the output embedding to improve language
   * models", 2017). A table of its own starts smaller then, with a variance of 1 / features. Default false.
   */
  readonly tied?: boolean;
  /** While training, drops features of what goes into the network, and of what comes out of it, with this probability. Default 0. */
  readonly dropout?: number;
  /** Drop the same features at every step of a sequence, as {@link VariationalDropout} does. Default false: others at each step. */
  readonly variational?: boolean;
}

const sequenceGeneratorOptions: Known<SequenceGeneratorOptions> = {
  input: 'object',
  begin: 'number',
  tied: 'boolean',
  dropout: 'number',
  variational: 'boolean',
};

/** Options of the loss of a {@link SequenceGenerator}. */
export interface GeneratorLossOptions extends SequenceLossOptions {
  /** What the sequences begin with. Default zeros. */
  readonly state?: States;
}

const generatorLossOptions: Known<GeneratorLossOptions> = { ...sequenceLossOptions, state: 'object' };

/**
 * One to many: sequences of tokens 0 … vocabularySize - 1, each from those before it: h(t) = f(x(t), h(t-1)) and p(t) = softmax(W_hy h(t) + b), where
 * x(t) is the vector of the token before (an `Embedding` of its own, unless `input` says otherwise). What is one is the begin token and the state: that
 * of nothing, or one that comes from elsewhere, such as a picture to be described, by `from`.
 *
 * In training `loss` takes whole sequences [batch, time], with what ends them and without the begin token. Afterwards it is a {@link StepModel}, from
 * which `generate` of @dl/lm and every other decoder takes one token after the other. `forward` gives the logits that follow each token of an input that
 * has the begin token, or of a piece of a stream.
 *
 * @throws ArgumentError for a network that goes in both directions: it would know what it is to say.
 *
 * @example
 * ```ts
 * import { Generator, manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { generate } from '@dl/lm';
 * import { Adam } from '@dl/optim';
 * import { RNN, SequenceGenerator } from '@dl/rnn';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new SequenceGenerator(new RNN(8, 16), 4); // 0 begins and ends a sequence
 * const sequences = tensor([[1, 2, 3, 0], [2, 1, 0, 0]], { dtype: 'int32' });
 * const optimizer = new Adam(model.parameters(), { lr: 0.03 });
 * for (let step = 0; step < 100; step++) {
 *   scope(() => {
 *     model.loss(sequences, { lengths: [4, 3] }).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * const said = await generate(model, { batch: 4, end: 0, maxLength: 5, temperature: 1, generator: new Generator(1) });
 * console.log(said.map(({ tokens }) => tokens)); // 1, 2, 3 and 2, 1
 * ```
 */
export class SequenceGenerator
  extends Module<[tokens: Tensor, input?: SequenceInput<States>], SequenceOutput<States>>
  implements StepModel<States>
{
  readonly vocabularySize: number;
  readonly begin: number;
  readonly input: TensorModule;
  readonly network: SequenceNetwork;
  readonly output: Linear;
  /** What is dropped before and behind the network. */
  readonly dropout: TensorModule | undefined;

  constructor(network: SequenceNetwork, vocabularySize: number, options: SequenceGeneratorOptions = {}) {
    checkCall('SequenceGenerator', arguments, ['network', 'vocabularySize'], sequenceGeneratorOptions);
    const { input, begin = 0, tied = false, dropout = 0, variational = false } = options;
    super();
    needNetwork('SequenceGenerator', 'the network', network);
    needForwards('SequenceGenerator', 'the network', network);
    needModule('SequenceGenerator', 'input', input);
    this.vocabularySize = checkInteger('SequenceGenerator', 'vocabularySize', vocabularySize, 1);
    this.begin = checkInteger('SequenceGenerator', 'begin', begin, 0);
    if (begin >= vocabularySize) {
      throw new ArgumentError(
        `SequenceGenerator: begin is ${begin}, needs a token from 0 to ${vocabularySize - 1}; one that is never said needs a place too`,
      );
    }
    checkProbability('SequenceGenerator', 'dropout', dropout);
    this.input = input ?? tableFor(network, vocabularySize, tied);
    this.network = network;
    this.output = tied ? tiedMap(network, this.input, vocabularySize) : outputMap(network, vocabularySize);
    const Kind = variational ? VariationalDropout : Dropout;
    this.dropout = dropout > 0 ? new Kind(dropout) : undefined;
  }

  /** The logits of what follows each token [batch, time], `output` [batch, time, vocabularySize], and the state to go on from. */
  forward(tokens: Tensor, input: SequenceInput<States> = {}): SequenceOutput<States> {
    checkCall('SequenceGenerator', arguments, ['tokens', ['input', 'object']]);
    return tidied(
      () => {
        const { output, state } = this.#through(this.#features(tokens, input.lengths), input);
        return { output: this.output.forward(output), state };
      },
      ({ output, state }) => [output, ...Object.values(state)],
    );
  }

  /**
   * The mean of -log p of all tokens [batch, time] (`int32`) that count, each from those before it. What stands beyond the end of a sequence may be
   * any token.
   */
  loss(tokens: Tensor, options: GeneratorLossOptions = {}): Tensor {
    checkCall('SequenceGenerator.loss', arguments, ['tokens'], generatorLossOptions);
    needTensor('SequenceGenerator.loss', tokens);
    const { lengths, state, ...rest } = options;
    const features = featuresOf('SequenceGenerator.loss', this.input, this.shifted(tokens));
    const { output } = this.#through(features, { ...(lengths && { lengths }), ...(state && { state }) });
    return crossEntropy(this.output.forward(realSteps(output, lengths)), realSteps(tokens, lengths), rest);
  }

  /** The begin token, and all tokens but the last: what goes in where `tokens` [batch, time] are to come out. */
  shifted(tokens: Tensor): Tensor {
    if (tokens.rank !== 2) {
      throw new ShapeError(
        `SequenceGenerator: tokens are ${formatShape(tokens.shape)}, needs [batch, time], a batch of sequences`,
      );
    }
    const [batch, time] = tokens.shape as readonly [number, number];
    const first = full([batch, 1], this.begin, { dtype: 'int32', backend: tokens.backend });
    return time === 0 ? tokens : concat([first, tokens.slice([null, [0, time - 1]])], 1);
  }

  /** Begins sequences by the begin token. */
  start(batch: number): NextToken<States> {
    return this.#after(Array.from({ length: batch }, () => [this.begin]));
  }

  /** Goes on by a token for each sequence. */
  step(tokens: ArrayLike<number>, state: States): NextToken<States> {
    return this.#after(
      Array.from(tokens, (token) => [token]),
      state,
    );
  }

  /** Goes on by several tokens, as many for each sequence. */
  read(tokens: readonly ArrayLike<number>[], state: States): NextToken<States> {
    return this.#after(tokens, state);
  }

  /**
   * The logarithm of the probability of each token of each row behind those before it, piece by piece, the state carried on. Rows may have any lengths.
   *
   * @throws IndexError for a token that there is not.
   */
  scoreRows(rows: readonly ArrayLike<number>[]): Promise<Float64Array[]> {
    checkCall('SequenceGenerator.scoreRows', arguments, [['rows', 'list']]);
    const { vocabularySize } = this;
    const begun = rows.map((row) => [this.begin, ...Array.from(row)]);
    return scoredPieces<States>(begun, this, (inputs, targets, state) =>
      inMode(this, 'eval', () => {
        const { backend } = this.output.weight;
        const next = this.forward(tensor(inputs, { backend }), state ? { state } : {});
        const logits = next.output.reshape([-1, vocabularySize]);
        const labels = tensor(targets, { backend }).reshape([-1]);
        return { losses: crossEntropy(logits, labels, { reduction: 'none' }), state: next.state };
      }),
    );
  }

  #features(tokens: Tensor, lengths?: readonly number[]): Tensor {
    return featuresOf('SequenceGenerator', this.input, tokens, lengths);
  }

  /** What the network makes of features [batch, time, inputSize]. */
  #through(features: Tensor, input: SequenceInput<States>): SequenceOutput<States> {
    const { dropout } = this;
    if (dropout === undefined) return this.network.forward(features, input);
    const { output, state } = this.network.forward(dropout.forward(features), input);
    return { output: dropout.forward(output), state };
  }

  #after(tokens: readonly ArrayLike<number>[], state?: States): NextToken<States> {
    const time = tokens[0]?.length ?? 1;
    const data = Int32Array.from(tokens.flatMap((row) => Array.from(row)));
    const { backend } = this.output.weight;
    return inMode(this, 'eval', () => {
      const x = tensor({ data, shape: [tokens.length, time] }, { backend });
      const next = this.network.forward(this.#features(x), state ? { state } : {});
      const last = next.output.slice([null, time - 1]); // [batch, outFeatures]
      const logProbabilities = this.output.forward(last).logSoftmax(1);
      return { logProbabilities, representation: last, state: next.state };
    });
  }

  /** The states of some of the sequences. */
  select(state: States, rows: readonly number[]): States {
    const { batchAxis } = this.network;
    const index = tensor(Int32Array.from(rows), { backend: this.output.weight.backend });
    return Object.fromEntries(
      Object.entries(state).map(([name, value]) => [name, indexSelect(value, batchAxis, index)]),
    );
  }

  /** The same model, of which sequences begin with this state: a {@link StepModel} for decoders. */
  from(state: States): StepModel<States> {
    const batch = Object.values(state ?? {})[0]?.shape[this.network.batchAxis];
    if (batch === undefined) {
      throw new ArgumentError(
        `SequenceGenerator.from: the state is ${shown(state)}, needs one as the network gives it`,
      );
    }
    return begunBy(this, batch, () => state);
  }

  override describe(): string {
    return formatArguments([], { vocabularySize: [this.vocabularySize, undefined], begin: [this.begin, 0] });
  }
}

/** A vector for each token, of the size that the network takes. */
function tableFor(network: SequenceNetwork, vocabularySize: number, tied: boolean): Embedding {
  if (network.inputSize === undefined) {
    throw new ArgumentError(
      'SequenceGenerator: the network does not say how many features it takes, by inputSize; give input, such as new Embedding(30, 8)',
    );
  }
  const table = new Embedding(vocabularySize, network.inputSize, madeLike(network));
  // As a map to logits, vectors of variance 1 would be sure of something from the start.
  if (tied) scope(() => noGrad(() => table.weight.assign(table.weight.div(Math.sqrt(network.inputSize!)))));
  return table;
}

/** The map to the logits whose rows are the vectors of the tokens. */
function tiedMap(network: SequenceNetwork, table: TensorModule, vocabularySize: number): Linear {
  if (!(table instanceof Embedding)) {
    throw new ArgumentError(
      `SequenceGenerator: tied needs an Embedding as input, whose vectors are the rows of the map to the logits; input is ${shown(table)}`,
    );
  }
  const { numEmbeddings, embeddingDim, weight } = table;
  if (numEmbeddings !== vocabularySize || embeddingDim !== network.outFeatures) {
    throw new ArgumentError(
      `SequenceGenerator: tied needs ${vocabularySize} vectors of the ${network.outFeatures} features that the network gives out, but the table has ${numEmbeddings} of ${embeddingDim}`,
    );
  }
  return new Linear(embeddingDim, vocabularySize, { weight, ...madeLike(network) });
}

/** A generator whose sequences begin with states that come from elsewhere. */
export function begunBy(generator: SequenceGenerator, batch: number, state: () => States): StepModel<States> {
  return {
    vocabularySize: generator.vocabularySize,
    batch,
    start: (asked) => {
      if (asked !== batch) {
        throw new ArgumentError(`SequenceGenerator: ${asked} sequences are to begin with ${batch} states`);
      }
      return generator.step(new Array<number>(batch).fill(generator.begin), state());
    },
    step: (tokens, before) => generator.step(tokens, before),
    read: (tokens, before) => generator.read(tokens, before),
    select: (before, rows) => generator.select(before, rows),
  };
}
