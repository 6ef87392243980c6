// RecurrentModel: a recurrent network that says what comes next.

import { ArgumentError, checkCall, checkInteger, type Known, shown, type Tensor } from '@dl/autograd';
import {
  inMode,
  type Linear,
  Module,
  type ParameterOptions,
  parameterOptions,
  type TensorModule,
  tidied,
} from '@dl/layers';
import {
  featuresOf,
  GRU,
  LSTM,
  RNN,
  SequenceGenerator,
  type SequenceNetwork,
  type StackOptions,
  Stateful,
} from '@dl/rnn';
import { checkBegin, keptConfig } from './config.js';
import type { NetworkModel } from './network-model.js';

/** The network of a {@link RecurrentModel}. */
export type RecurrentCellName = 'rnn' | 'gru' | 'lstm';

/** What a {@link RecurrentModel} is made of. */
export interface RecurrentConfig extends ParameterOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** Default `lstm`. */
  readonly cell?: RecurrentCellName;
  /** Features of a state. Default 256. */
  readonly hiddenSize?: number;
  /** Default 1. */
  readonly numLayers?: number;
  /** Features of the vector of a token. Default hiddenSize. */
  readonly embeddingSize?: number;
  /** The map to the logits has the vectors of the tokens as its rows; embeddingSize is hiddenSize then. Default false. */
  readonly tied?: boolean;
  /** While training, drops features before the network, between its layers and behind it, with this probability. Default 0. */
  readonly dropout?: number;
  /** Drop the same features at every step of a sequence. Default false: others at each step. */
  readonly variational?: boolean;
  /** The token that stands before the first one of every sequence. It may be the one that ends them. Default 0. */
  readonly begin?: number;
}

const recurrentConfig: Known<RecurrentConfig> = {
  vocabularySize: 'number',
  cell: ['rnn', 'gru', 'lstm'],
  hiddenSize: 'number',
  numLayers: 'number',
  embeddingSize: 'number',
  tied: 'boolean',
  dropout: 'number',
  variational: 'boolean',
  begin: 'number',
  ...parameterOptions,
};

const networks: Readonly<
  Record<RecurrentCellName, (inputSize: number, hiddenSize: number, options: StackOptions) => SequenceNetwork>
> = {
  rnn: (...given) => new RNN(...given),
  gru: (...given) => new GRU(...given),
  lstm: (...given) => new LSTM(...given),
};

/**
 * A recurrent language model (Mikolov et al., "Recurrent neural network based language model", 2010; with LSTMs, Sundermeyer et al., 2012): h(t) = f(x(t), h(t-1)) and
 * p(t) = softmax(W h(t) + b), where x(t) is the vector of the token before. Tokens `int32` [batch, time] → `output`, logits [batch, time, vocabularySize], and the `state` to go on from.
 *
 * It is a `SequenceGenerator` of @dl/rnn with a config. `tied` has W be the vectors of the tokens (Press & Wolf, 2017; Inan et al., 2017), `variational` is the dropout of Gal & Ghahramani
 * (2016). In training `loss` takes whole sequences; of a text that does not end, `stream` makes a module that goes on from piece to piece.
 *
 * @throws ArgumentError for a config that does not fit together.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LanguageModel, trainCharacters } from '@dl/lm';
 * import { RecurrentModel } from '@dl/lm/neural';
 * import { Adam } from '@dl/optim';
 * await useBackend(cpu());
 * manualSeed(1);
 * const text = 'she sells sea shells ';
 * const tokenizer = trainCharacters(text);
 * const model = new RecurrentModel({ vocabularySize: tokenizer.vocabularySize, cell: 'gru', hiddenSize: 32, tied: true });
 * const tokens = tensor([tokenizer.encode(text.repeat(3))], { dtype: 'int32' });
 * const optimizer = new Adam(model.parameters(), { lr: 0.02 });
 * for (let step = 0; step < 60; step++) {
 *   scope(() => {
 *     model.loss(tokens).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * const said = await new LanguageModel(model, tokenizer).generate({ prompt: 'she', maxLength: 18 });
 * console.log(said.text); // sells sea shells
 * ```
 */
export class RecurrentModel extends SequenceGenerator implements NetworkModel {
  readonly kind = 'recurrent';
  /** All that it was made of but for where, as JSON. */
  readonly config: Readonly<Required<Omit<RecurrentConfig, 'backend' | 'generator'>>>;

  constructor(config: RecurrentConfig) {
    checkCall('RecurrentModel', arguments, [], recurrentConfig);
    const { made, ...kept } = keptConfig('RecurrentModel', config);
    const {
      vocabularySize,
      cell = 'lstm',
      hiddenSize = 256,
      numLayers = 1,
      embeddingSize = hiddenSize,
      tied = false,
      dropout = 0,
      variational = false,
      begin = 0,
    } = kept;
    for (const [name, value] of Object.entries({ vocabularySize, embeddingSize, hiddenSize, numLayers })) {
      checkInteger('RecurrentModel', name, value, 1);
    }
    checkBegin('RecurrentModel', begin, vocabularySize);
    if (!(dropout >= 0 && dropout <= 1)) {
      throw new ArgumentError(`RecurrentModel: dropout is ${shown(dropout)}, needs a probability from 0 to 1`);
    }
    if (tied && embeddingSize !== hiddenSize) {
      throw new ArgumentError(
        `RecurrentModel: tied needs vectors as long as states, but embeddingSize is ${embeddingSize} and hiddenSize ${hiddenSize}; leave embeddingSize out`,
      );
    }
    const network = networks[cell](embeddingSize, hiddenSize, {
      numLayers,
      ...(numLayers > 1 && dropout > 0 && { dropout, variational }),
      ...made,
    });
    super(network, vocabularySize, { tied, dropout, variational, begin });
    const dtype = made.dtype ?? 'float32';
    this.config = {
      vocabularySize,
      cell,
      hiddenSize,
      numLayers,
      embeddingSize,
      tied,
      dropout,
      variational,
      begin,
      dtype,
    };
  }

  /** The same weights over streams whose states go on from piece to piece, and gradients do not: truncated backpropagation through time. */
  stream(streams: number): RecurrentStream {
    return new RecurrentStream(this, streams);
  }
}

/**
 * A {@link RecurrentModel} over streams that do not end, with the same weights: pieces `int32` [streams, time] → logits [streams, time, vocabularySize]. Each piece begins with the states in which the
 * former one ended, and gradients stop there (Williams & Peng, 1990); where `starts`, booleans [streams], is true, with zeros. The states are buffers, as those of `Stateful`, so that a
 * `stateDict()` has all that a run goes on from. Made by `model.stream(streams)`, too.
 *
 * @throws ShapeError for pieces of other than `streams` rows while training.
 *
 * @example
 * ```ts
 * import { crossEntropy, scope, tensor, useBackend } from '@dl/autograd';
 * import { bpttLoader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainCharacters } from '@dl/lm';
 * import { RecurrentModel, RecurrentStream } from '@dl/lm/neural';
 * import { Adam } from '@dl/optim';
 * await useBackend(cpu());
 * const text = 'she sells sea shells '.repeat(20);
 * const tokenizer = trainCharacters(text);
 * const model = new RecurrentModel({ vocabularySize: tokenizer.vocabularySize, hiddenSize: 16 });
 * const stream = new RecurrentStream(model, 4); // as model.stream(4) makes it
 * const optimizer = new Adam(stream.parameters(), { lr: 0.02 });
 * const tokens = tokenizer.encode(text);
 * for await (const { inputs, targets, starts } of bpttLoader({ data: tokens, shape: [tokens.length] }, { streams: 4, steps: 16 })) {
 *   scope(() => {
 *     const logits = stream.forward(tensor(inputs), tensor(starts)); // [4, 16, 7]
 *     crossEntropy(logits.reshape([-1, model.vocabularySize]), tensor(targets).reshape([-1])).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * ```
 */
export class RecurrentStream extends Module<[inputs: Tensor, starts?: Tensor], Tensor> {
  readonly input: TensorModule;
  readonly memory: Stateful;
  readonly output: Linear;
  readonly dropout: TensorModule | undefined;

  constructor(model: SequenceGenerator, streams: number) {
    checkCall('RecurrentStream', arguments, ['model', 'streams']);
    super();
    if (!(model instanceof SequenceGenerator)) {
      throw new ArgumentError(
        `RecurrentStream: model is ${shown(model)}, needs a SequenceGenerator, such as a RecurrentModel`,
      );
    }
    this.input = model.input;
    this.memory = new Stateful(model.network, streams);
    this.output = model.output;
    this.dropout = model.dropout;
  }

  forward(inputs: Tensor, starts?: Tensor): Tensor {
    checkCall('RecurrentStream', arguments, ['inputs', 'starts']);
    const { dropout, input, memory, output } = this;
    const dropped = (x: Tensor): Tensor => dropout?.forward(x) ?? x;
    const x = tidied(
      () => dropped(featuresOf('RecurrentStream', input, inputs)),
      (features) => [features],
    );
    // Outside of what is tidied: where a checkpoint computes this a second time, the states that it began with are needed.
    const y = memory.forward(x, starts);
    return tidied(
      () => output.forward(dropped(y)),
      (found) => [found],
    );
  }

  /** All streams begin anew; in `eval()` those of the evaluation. */
  reset(): void {
    this.memory.reset();
  }

  /** Frees the states of the streams, after the last piece. The weights are those of the model, and stay; `dispose()` frees them, too, as that of every module. */
  disposeState(): void {
    inMode(this.memory, 'eval', () => this.memory.reset());
    for (const state of this.memory.state) state.dispose();
  }
}
