// GPT: a transformer that says what comes next.

import { checkCall, checkInteger, crossEntropy, type Known, linear, type Tensor, tensor } from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  Linear,
  Module,
  type NextToken,
  type StepModel,
  scoredPieces,
  tidied,
} from '@dl/layers';
import { type SequenceLossOptions, sequenceCrossEntropy } from '@dl/rnn';
import { KeyValueCache } from '../core/cache.js';
import { inUse } from '../core/in-use.js';
import { defined, madeBy, startAtZero, startNormal } from '../core/made.js';
import {
  DROPOUT,
  type FeedForwardActivation,
  type TransformerLayerOptions,
  transformerLayerOptions,
} from '../layers/parts.js';
import { type EncoderCallOptions, encoderCallOptions, TransformerEncoder } from '../layers/stacks.js';
import { LearnedPositions } from '../positions/learned.js';
import type { SavedPositions } from '../positions/saved.js';
import { SinusoidalPositions } from '../positions/sinusoidal.js';
import type { SavedGPTConfig } from './gpt-config.js';
import { scoredWindows } from './scored-windows.js';
import { checkBegin, checkEnd, checkTokens, orFreed, shiftedBy, tokensBeside } from './tokens.js';

/** What a {@link GPT} is made of. */
export interface GPTConfig extends TransformerLayerOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** Features of a position. */
  readonly dModel: number;
  /** Heads of each attention. */
  readonly nhead: number;
  readonly numLayers: number;
  /** The longest sequence. Needed for learned positions. Default: none. */
  readonly maxLength?: number;
  /** Default 4 · dModel. */
  readonly dimFeedforward?: number;
  /** Default `gelu`. */
  readonly activation?: FeedForwardActivation;
  /** Default true. */
  readonly normFirst?: boolean;
  /** What is added to the vectors of tokens: rows of a learned table (default), waves, or nothing (default where there are `positions`). */
  readonly inputPositions?: 'learned' | 'sinusoidal' | 'none';
  /** The map to the logits has the vectors of the tokens as its rows. Default true. */
  readonly tied?: boolean;
  /** Each token looks at the last so many only. Default: at all before it. */
  readonly window?: number;
  /** The token that stands before the first one of every sequence. It may be the one that ends them. Default 0. */
  readonly begin?: number;
  /** Whether it stands before prompts, too. Default true; models that others have trained often want false, or have it in their prompts. */
  readonly beginPrompts?: boolean;
}

export const gptConfig: Known<GPTConfig> = {
  vocabularySize: 'number',
  dModel: 'number',
  nhead: 'number',
  numLayers: 'number',
  maxLength: 'number',
  inputPositions: ['learned', 'sinusoidal', 'none'],
  tied: 'boolean',
  window: 'number',
  begin: 'number',
  beginPrompts: 'boolean',
  ...transformerLayerOptions,
};

/**
 * A decoder without a source: each token from those before it, p(t) = softmax(W h(t)), where h is what a stack of causal layers makes of the vectors of tokens and
 * positions (Radford et al., 2018 and 2019). Tokens `int32` [batch, length] → logits [batch, length, vocabularySize].
 *
 * Without further options it is of GPT-2's kind: learned positions, LayerNorm before each part, GELU, tied vectors. With `norm: 'rms'`, `activation: 'swiglu'`,
 * `bias: false`, `positions: new RotaryPositions(headDim)` and `keyHeads` it is of Llama's (Touvron et al., 2023).
 *
 * In training `loss` takes whole sequences with what ends them and without the begin token; of a stream, compare the logits of `forward` with the tokens that follow. Afterwards
 * it is a `StepModel`, from which `generate` of @dl/lm and every other decoder takes one token after the other, with a {@link KeyValueCache} as its state: prompts are
 * read in one pass, and a token costs one position.
 *
 * @throws ArgumentError for a configuration that does not fit together, and for a sequence beyond maxLength.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { GPT } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adam } from '@dl/optim';
 * import { generate } from '@dl/lm';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new GPT({ vocabularySize: 6, dModel: 16, nhead: 2, numLayers: 1, maxLength: 8, dropout: 0 }); // 0 begins and ends
 * const sequences = tensor([[1, 2, 3, 4, 5, 0], [5, 4, 3, 2, 1, 0]], { dtype: 'int32' });
 * const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 * for (let step = 0; step < 60; step++) {
 *   scope(() => {
 *     model.loss(sequences).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * const said = await generate(model, { prompts: [[1], [5]], end: 0 });
 * console.log(said.map(({ tokens }) => tokens)); // [[2, 3, 4, 5], [4, 3, 2, 1]]
 * ```
 */
export class GPT
  extends Module<[tokens: Tensor, options?: EncoderCallOptions], Tensor>
  implements StepModel<KeyValueCache>
{
  /** What `networkModels` of @dl/lm calls it. */
  readonly kind = 'gpt';
  /** All that it was made of but for where, as JSON: `gptFromConfig` makes its like. Positions of your own stand there as they are. */
  readonly config: SavedGPTConfig;
  readonly vocabularySize: number;
  readonly maxLength: number | undefined;
  readonly window: number | undefined;
  readonly begin: number;
  readonly beginPrompts: boolean;
  readonly embedding: Embedding;
  readonly inputPositions: LearnedPositions | SinusoidalPositions | undefined;
  readonly dropout: Dropout;
  readonly decoder: TransformerEncoder;
  /** The map to the logits, where it is not that of the vectors. */
  readonly output: Linear | undefined;
  /** Caches that have read the begin token alone. */
  readonly #fresh = new WeakSet<KeyValueCache>();

  constructor(config: GPTConfig) {
    checkCall('GPT', arguments, [], gptConfig);
    super();
    const {
      vocabularySize,
      dModel,
      nhead,
      numLayers,
      maxLength,
      window,
      begin = 0,
      tied = true,
      ...rest
    } = defined(config);
    const { beginPrompts = true, inputPositions = config.positions ? 'none' : 'learned', ...layer } = rest;
    const made = madeBy(config);
    this.config = savedConfig(config);
    this.vocabularySize = checkInteger('GPT', 'vocabularySize', vocabularySize, 1);
    checkInteger('GPT', 'dModel', dModel, 1);
    if (maxLength !== undefined || inputPositions === 'learned') checkInteger('GPT', 'maxLength', maxLength!, 1);
    if (window !== undefined) checkInteger('GPT', 'window', window, 1);
    this.maxLength = maxLength;
    this.window = window;
    this.begin = checkBegin('GPT', begin, vocabularySize);
    this.beginPrompts = beginPrompts;
    this.embedding = new Embedding(vocabularySize, dModel, made);
    this.inputPositions =
      inputPositions === 'none'
        ? undefined
        : inputPositions === 'learned'
          ? new LearnedPositions(maxLength!, dModel, made)
          : new SinusoidalPositions(dModel);
    this.dropout = new Dropout(config.dropout ?? DROPOUT);
    this.decoder = new TransformerEncoder(dModel, nhead, numLayers, {
      activation: 'gelu',
      normFirst: true,
      ...layer,
      dimFeedforward: config.dimFeedforward ?? 4 * dModel,
    });
    this.output = tied ? undefined : new Linear(dModel, vocabularySize, { bias: false, ...made });
    this.#start(config);
  }

  /** The logits of what follows each token [batch, length]: [batch, length, vocabularySize]. */
  forward(tokens: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall('GPT', arguments, ['tokens'], encoderCallOptions);
    return tidied(
      () => this.#logits(this.hidden(tokens, options)),
      (logits) => [logits],
    );
  }

  /** What the layers make of each token, before the map to the logits: [batch, length, dModel]. */
  hidden(tokens: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall('GPT.hidden', arguments, ['tokens'], encoderCallOptions);
    checkTokens('GPT', 'tokens', tokens);
    const { window = this.window, cache, ...visible } = defined(options);
    const from = cache?.length ?? 0;
    // A table of positions has an end, and says so.
    if (!(this.inputPositions instanceof LearnedPositions)) checkEnd('GPT', from, tokens, this.maxLength);
    return tidied(
      () => {
        const vectors = this.embedding.forward(tokens);
        const placed = this.inputPositions?.forward(vectors, { from }) ?? vectors;
        return this.decoder.forward(this.dropout.forward(placed), {
          causal: true,
          ...visible,
          ...(window !== undefined && { window }),
          ...(cache && { cache }),
        });
      },
      (hidden) => [hidden],
    );
  }

  /** The mean of -log p of all tokens [batch, length] (`int32`) that count, each from those before it. */
  loss(tokens: Tensor, options: SequenceLossOptions = {}): Tensor {
    checkCall('GPT.loss', arguments, ['tokens', ['options', 'object']]);
    return tidied(
      () => sequenceCrossEntropy(this.forward(this.shifted(tokens)), tokens, options),
      (loss) => [loss],
    );
  }

  /** The begin token, and all tokens but the last: what goes in where `tokens` [batch, length] are to come out. */
  shifted(tokens: Tensor): Tensor {
    checkTokens('GPT', 'tokens', tokens);
    return shiftedBy(this.begin, tokens);
  }

  /** How many tokens a sequence may be given, the begin token not counted. */
  get maxTokens(): number | undefined {
    return this.maxLength === undefined ? undefined : this.maxLength - 1;
  }

  /** An empty cache of this model, to be given to `forward`. */
  newCache(): KeyValueCache {
    return new KeyValueCache(this.decoder.layers.length, {
      ...(this.maxLength !== undefined && { limit: this.maxLength }),
      ...(this.window !== undefined && { window: this.window }),
    });
  }

  /** Begins sequences by the begin token. */
  start(batch: number): NextToken<KeyValueCache> {
    const cache = this.newCache();
    this.#fresh.add(cache);
    return orFreed(cache, () =>
      this.#after(
        Array.from({ length: batch }, () => [this.begin]),
        cache,
      ),
    );
  }

  /** Goes on by a token for each sequence. */
  step(tokens: ArrayLike<number>, state: KeyValueCache): NextToken<KeyValueCache> {
    this.#fresh.delete(state);
    return this.#after(
      Array.from(tokens, (token) => [token]),
      state,
    );
  }

  /** Goes on by several tokens, as many for each sequence, in one pass. */
  read(tokens: readonly ArrayLike<number>[], state: KeyValueCache): NextToken<KeyValueCache> {
    if (this.#fresh.delete(state) && !this.beginPrompts) state.reset();
    return this.#after(tokens, state);
  }

  /** The cache of some of the sequences. */
  select(state: KeyValueCache, rows: readonly number[]): KeyValueCache {
    const next = state.select(rows);
    if (this.#fresh.has(state)) this.#fresh.add(next);
    return next;
  }

  /** Frees a cache. */
  release(state: KeyValueCache): void {
    state.dispose();
  }

  /**
   * The logarithm of the probability of each token of each row behind those before it. Rows may have any lengths: without `maxLength` each token is seen behind all others, by the cache. Of rows beyond
   * `maxLength` a window of that length slides on by half of it, so that each token is seen behind at least so many before it as half a window has.
   *
   * @throws IndexError for a token that there is not.
   */
  async scoreRows(rows: readonly ArrayLike<number>[]): Promise<Float64Array[]> {
    checkCall('GPT.scoreRows', arguments, [['rows', 'list']]);
    const { begin, maxLength } = this;
    return scoredWindows(rows, { begin, maxLength }, (windows) =>
      scoredPieces<KeyValueCache>(windows, this, (inputs, targets, state) => {
        const cache = state ?? this.newCache();
        const score = (): Tensor =>
          inUse(this, () => {
            const { backend } = this.embedding.weight;
            const logits = this.#logits(this.hidden(tensor(inputs, { backend }), { cache }));
            const labels = tensor(targets, { backend }).reshape([-1]);
            return crossEntropy(logits.reshape([-1, this.vocabularySize]), labels, { reduction: 'none' });
          });
        return { losses: state ? score() : orFreed(cache, score), state: cache };
      }),
    );
  }

  #after(rows: readonly ArrayLike<number>[], cache: KeyValueCache): NextToken<KeyValueCache> {
    return inUse(this, () => {
      const hidden = this.hidden(tokensBeside(this.embedding.weight, rows), { cache });
      const last = hidden.slice([null, -1]); // [batch, dModel]
      return { logProbabilities: this.#logits(last).logSoftmax(1), representation: last, state: cache };
    });
  }

  #logits(hidden: Tensor): Tensor {
    return this.output?.forward(hidden) ?? linear(hidden, this.embedding.weight);
  }

  /** Weights as GPT-2 starts them: normal with 0.02, those that add to the residual sum smaller by the root of how many there are. */
  #start(config: GPTConfig): void {
    const made = madeBy(config);
    const std = 0.02;
    const residual = std / Math.sqrt(2 * config.numLayers);
    const given = new Set(config.positions?.parameters());
    for (const [name, parameter] of this.namedParameters()) {
      if (given.has(parameter)) continue;
      if (name.endsWith('bias')) startAtZero(parameter);
      else if (parameter.rank > 1) {
        const adds = name.endsWith('out_proj.weight') || name.endsWith('linear2.weight');
        startNormal(parameter, adds ? residual : std, made);
      }
    }
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      maxLength: [this.maxLength, undefined],
      begin: [this.begin, 0],
    });
  }
}

/** A config as JSON. */
function savedConfig({ backend: _, generator: __, positions, ...config }: GPTConfig): SavedGPTConfig {
  if (positions === undefined) return defined(config);
  const { config: saved } = positions as { readonly config?: SavedPositions };
  // Those of a user's own are refused where they would be saved.
  return { ...defined(config), positions: saved ?? (positions as never) };
}
