// WindowModel: the neural language model of Bengio and others, which looks at the last few tokens.

import {
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  formatShape,
  full,
  indexSelect,
  isInteger,
  type Known,
  ShapeError,
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
  type ParameterOptions,
  parameterOptions,
  scoredPieces,
  tidied,
} from '@dl/layers';
import { type SequenceLossOptions, sequenceCrossEntropy } from '@dl/rnn';
import { checkBegin, keptConfig } from './config.js';
import type { NetworkModel } from './network-model.js';

/** What a {@link WindowModel} is made of. */
export interface WindowConfig extends ParameterOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** How many tokens it looks at, n - 1 of an n-gram. Default 5. */
  readonly window?: number;
  /** Features of the vector of a token. Default 64. */
  readonly embeddingSize?: number;
  /** Hidden units. Default 128. */
  readonly hiddenSize?: number;
  /** Adds W x, a map from the vectors to the logits past the hidden units. Default false. */
  readonly direct?: boolean;
  /** While training, drops vectors' features and hidden units with this probability. Default 0. */
  readonly dropout?: number;
  /** The token that stands before the first one of every sequence, as often as the window is long. It may be the one that ends them. Default 0. */
  readonly begin?: number;
}

const windowConfig: Known<WindowConfig> = {
  vocabularySize: 'number',
  window: 'number',
  embeddingSize: 'number',
  hiddenSize: 'number',
  direct: 'boolean',
  dropout: 'number',
  begin: 'number',
  ...parameterOptions,
};

/** The last tokens of each sequence, `int32` [batch, window]. */
export interface WindowState {
  readonly recent: Tensor;
}

/**
 * A neural n-gram model, the first neural language model (Bengio et al., "A neural probabilistic language model", 2003): with x the vectors of the last `window` tokens, one behind the other,
 *
 *     y = b + W x + U tanh(d + H x),  p = softmax(y)
 *
 * where W, the direct connections, are left out unless `direct` is set. Tokens `int32` [batch, time] → the logits of what follows each, [batch, time, vocabularySize]; before the first one
 * stand begin tokens. H and d are `hidden`, U and b `output`, W is `direct`.
 *
 * @throws ArgumentError for a config that does not fit together.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LanguageModel, trainCharacters } from '@dl/lm';
 * import { WindowModel } from '@dl/lm/neural';
 * import { Adam } from '@dl/optim';
 * await useBackend(cpu());
 * manualSeed(1);
 * const text = 'she sells sea shells ';
 * const tokenizer = trainCharacters(text);
 * const model = new WindowModel({ vocabularySize: tokenizer.vocabularySize, window: 6, embeddingSize: 8, hiddenSize: 32 });
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
export class WindowModel
  extends Module<[tokens: Tensor, before?: Tensor], Tensor>
  implements NetworkModel<WindowState>
{
  readonly kind = 'window';
  /** All that it was made of but for where, as JSON. */
  readonly config: Readonly<Required<Omit<WindowConfig, 'backend' | 'generator'>>>;
  readonly embedding: Embedding;
  readonly hidden: Linear;
  readonly output: Linear;
  readonly direct: Linear | undefined;
  readonly dropout: Dropout | undefined;

  constructor(config: WindowConfig) {
    checkCall('WindowModel', arguments, [], windowConfig);
    super();
    const { made, ...kept } = keptConfig('WindowModel', config);
    const {
      vocabularySize,
      window = 5,
      embeddingSize = 64,
      hiddenSize = 128,
      direct = false,
      dropout = 0,
      begin = 0,
    } = kept;
    for (const [name, value] of Object.entries({ vocabularySize, window, embeddingSize, hiddenSize })) {
      checkInteger('WindowModel', name, value, 1);
    }
    checkBegin('WindowModel', begin, vocabularySize);
    const dtype = made.dtype ?? 'float32';
    this.config = { vocabularySize, window, embeddingSize, hiddenSize, direct, dropout, begin, dtype };
    // First, for it refuses what is no probability.
    this.dropout = dropout === 0 ? undefined : new Dropout(dropout);
    this.embedding = new Embedding(vocabularySize, embeddingSize, made);
    this.hidden = new Linear(window * embeddingSize, hiddenSize, made);
    this.output = new Linear(hiddenSize, vocabularySize, made);
    this.direct = direct ? new Linear(window * embeddingSize, vocabularySize, { bias: false, ...made }) : undefined;
  }

  get vocabularySize(): number {
    return this.config.vocabularySize;
  }

  get window(): number {
    return this.config.window;
  }

  get begin(): number {
    return this.config.begin;
  }

  /** The logits of what follows each token [batch, time]; `before` [batch, window] are the tokens that stand before them, by default begin tokens. */
  forward(tokens: Tensor, before?: Tensor): Tensor {
    checkCall('WindowModel', arguments, ['tokens', 'before']);
    checkTokens(tokens);
    return tidied(
      () => {
        const x = this.#windows(this.#following(before, tokens), tokens.shape[1]!); // [batch, time, window · embeddingSize]
        return this.#logits(x, this.#hidden(x));
      },
      (logits) => [logits],
    );
  }

  /** The mean of -log p of the tokens [batch, time] (`int32`) that count, each from those before it. */
  loss(tokens: Tensor, options: SequenceLossOptions = {}): Tensor {
    checkCall('WindowModel.loss', arguments, ['tokens', ['options', 'object']]);
    checkTokens(tokens);
    return tidied(
      () => sequenceCrossEntropy(this.forward(this.shifted(tokens)), tokens, options),
      (loss) => [loss],
    );
  }

  /** The begin token, and all tokens but the last: what goes in where `tokens` [batch, time] are to come out. */
  shifted(tokens: Tensor): Tensor {
    checkTokens(tokens);
    const [batch, time] = tokens.shape as readonly [number, number];
    return time === 0 ? tokens : concat([this.#begins(batch, 1, tokens), tokens.slice([null, [0, time - 1]])], 1);
  }

  /** Begins sequences: before their first token stand begin tokens. */
  start(batch: number): NextToken<WindowState> {
    return this.#after(this.#begins(batch, this.window, this.embedding.weight));
  }

  /** Goes on by a token for each sequence. */
  step(tokens: ArrayLike<number>, state: WindowState): NextToken<WindowState> {
    return this.read(
      Array.from(tokens, (token) => [token]),
      state,
    );
  }

  /** Goes on by several tokens, as many for each sequence. */
  read(tokens: readonly ArrayLike<number>[], { recent }: WindowState): NextToken<WindowState> {
    const data = Int32Array.from(tokens.flatMap((row) => Array.from(row)));
    const shape = [tokens.length, tokens[0]?.length ?? 1];
    return this.#after(this.#last(recent, tensor({ data, shape }, { backend: recent.backend })));
  }

  /** The states of some of the sequences. */
  select({ recent }: WindowState, rows: readonly number[]): WindowState {
    return { recent: indexSelect(recent, 0, tensor(Int32Array.from(rows), { backend: recent.backend })) };
  }

  /**
   * The logarithm of the probability of each token of each row behind those before it, in passes over many at a time. Rows may have any lengths.
   *
   * @throws IndexError for a token that there is not.
   */
  scoreRows(rows: readonly ArrayLike<number>[]): Promise<Float64Array[]> {
    checkCall('WindowModel.scoreRows', arguments, [['rows', 'list']]);
    const { backend } = this.embedding.weight;
    const begun = rows.map((row) => [this.begin, ...Array.from(row)]);
    return scoredPieces<WindowState>(begun, this, (inputs, targets, state) =>
      inMode(this, 'eval', () => {
        const tokens = tensor(inputs, { backend });
        const logits = this.forward(tokens, state?.recent).reshape([-1, this.vocabularySize]);
        const labels = tensor(targets, { backend }).reshape([-1]);
        const before = state?.recent ?? this.#begins(tokens.shape[0]!, this.window, tokens);
        return {
          losses: crossEntropy(logits, labels, { reduction: 'none' }),
          state: { recent: this.#last(before, tokens) },
        };
      }),
    );
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      window: [this.window, undefined],
      begin: [this.begin, 0],
    });
  }

  /** What follows a window [batch, window]. */
  #after(recent: Tensor): NextToken<WindowState> {
    return inMode(this, 'eval', () => {
      const [batch, window] = recent.shape as readonly [number, number];
      const x = this.embedding.forward(recent).reshape([batch, window * this.embedding.embeddingDim]);
      const hidden = this.#hidden(x);
      return { logProbabilities: this.#logits(x, hidden).logSoftmax(1), representation: hidden, state: { recent } };
    });
  }

  #begins(batch: number, count: number, like: Tensor): Tensor {
    return full([batch, count], this.begin, { dtype: 'int32', backend: like.backend });
  }

  /** The last tokens of all that were read [batch, window]. */
  #last(before: Tensor, tokens: Tensor): Tensor {
    const time = tokens.shape[1]!;
    return concat([before, tokens], 1).slice([null, [time, time + this.window]]);
  }

  /** Tokens [batch, time] behind those that their windows begin with: [batch, window - 1 + time]. */
  #following(before: Tensor | undefined, tokens: Tensor): Tensor {
    const { window } = this;
    const batch = tokens.shape[0]!;
    const first = before ?? this.#begins(batch, window, tokens);
    if (`${first.shape}` !== `${[batch, window]}`) {
      throw new ShapeError(
        `WindowModel: before is ${formatShape(first.shape)}, needs ${formatShape([batch, window])}, the tokens that stand before each sequence`,
      );
    }
    return concat([first.slice([null, [1, window]]), tokens], 1);
  }

  /** The vectors of each window, one behind the other: [batch, time, window · embeddingSize]. */
  #windows(tokens: Tensor, time: number): Tensor {
    const vectors = this.embedding.forward(tokens); // [batch, window - 1 + time, embeddingSize]
    const parts = Array.from({ length: this.window }, (_, k) => vectors.slice([null, [k, k + time]]));
    return concat(parts, 2);
  }

  #hidden(x: Tensor): Tensor {
    return this.#dropped(this.hidden.forward(this.#dropped(x)).tanh());
  }

  #logits(x: Tensor, hidden: Tensor): Tensor {
    const logits = this.output.forward(hidden);
    return this.direct === undefined ? logits : logits.add(this.direct.forward(x));
  }

  #dropped(x: Tensor): Tensor {
    return this.dropout?.forward(x) ?? x;
  }
}

function checkTokens(tokens: Tensor): void {
  needTensor('WindowModel', tokens);
  if (!isInteger(tokens.dtype) || tokens.rank !== 2) {
    throw new ShapeError(
      `WindowModel: tokens are ${formatShape(tokens.shape)} ${tokens.dtype}, needs int32 [batch, time], a batch of sequences`,
    );
  }
}
