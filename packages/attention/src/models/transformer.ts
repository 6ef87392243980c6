// Transformer: a sequence in, another one out.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  linear,
  mul,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  Linear,
  Module,
  type NextToken,
  type StepModel,
  tidied,
} from '@dl/layers';
import { type SequenceLossOptions, sequenceCrossEntropy } from '@dl/rnn';
import { KeyValueCache } from '../core/cache.js';
import { inUse } from '../core/in-use.js';
import { defined, madeBy, startNormal } from '../core/made.js';
import { keyMask } from '../core/masks.js';
import type { AttentionPositions } from '../core/positions.js';
import { DROPOUT, type TransformerLayerOptions, transformerLayerOptions } from '../layers/parts.js';
import { type DecoderCallOptions, TransformerDecoder, TransformerEncoder } from '../layers/stacks.js';
import { LearnedPositions } from '../positions/learned.js';
import { SinusoidalPositions } from '../positions/sinusoidal.js';
import { checkBegin, checkEnd, checkTokens, orFreed, shiftedBy, tokensBeside } from './tokens.js';
import { TransformerState } from './transformer-state.js';

/** What a {@link Transformer} is made of. */
export interface TransformerConfig extends TransformerLayerOptions {
  /** How many tokens sources are written with. */
  readonly sourceVocabulary: number;
  /** How many tokens targets are written with. Default: those of the sources, with one table for both. */
  readonly targetVocabulary?: number;
  /** Features of a position. Default 512. */
  readonly dModel?: number;
  /** Heads of each attention. Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly numEncoderLayers?: number;
  /** Default 6. */
  readonly numDecoderLayers?: number;
  /** The longest sequence. Needed for learned positions. Default: none. */
  readonly maxLength?: number;
  /** What is added to the vectors of tokens: waves (default), rows of a learned table, or nothing (default where there are `positions`). */
  readonly inputPositions?: 'learned' | 'sinusoidal' | 'none';
  /** How positions come into the decoder's attention to itself. Default: as into the encoder's, by `positions`. */
  readonly decoderPositions?: AttentionPositions;
  /** The map to the logits has the vectors of the target's tokens as its rows. Default true. */
  readonly tied?: boolean;
  /** The token that stands before the first one of every target. It may be the one that ends them. Default 0. */
  readonly begin?: number;
}

const transformerConfig: Known<TransformerConfig> = {
  sourceVocabulary: 'number',
  targetVocabulary: 'number',
  dModel: 'number',
  nhead: 'number',
  numEncoderLayers: 'number',
  numDecoderLayers: 'number',
  maxLength: 'number',
  inputPositions: ['learned', 'sinusoidal', 'none'],
  decoderPositions: 'object',
  tied: 'boolean',
  begin: 'number',
  ...transformerLayerOptions,
};

/** Options of a call of {@link Transformer}. */
export interface TransformerCallOptions {
  /** How many tokens of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
}

const callOptions: Known<TransformerCallOptions> = { sourceLengths: 'numbers' };

/** Options of the loss of a {@link Transformer}. */
export interface TransformerLossOptions extends TransformerCallOptions, Omit<SequenceLossOptions, 'lengths'> {
  /** How many tokens of each target count, the one that ends it included. Default: all. */
  readonly targetLengths?: readonly number[];
}

const lossOptions: Known<TransformerLossOptions> = {
  ...callOptions,
  targetLengths: 'numbers',
  weight: 'tensor',
  ignoreIndex: 'number',
  labelSmoothing: 'number',
  reduction: ['mean', 'sum'],
};

/**
 * Many to many, as in 2017: an encoder reads the source, and a decoder says the target, each token from those before it and from all of the source (Vaswani et al.,
 * Attention Is All You Need). Sources [batch, sources] and what goes into the decoder, [batch, targets] (both `int32`) → logits [batch, targets,
 * targetVocabulary]. Vectors of tokens are multiplied by √dModel, positions are added, and the map to the logits has the same vectors (Press and Wolf, 2017) unless `tied` is
 * false.
 *
 * `loss` compares with targets [batch, time], which have what ends them and not the begin token; `labelSmoothing: 0.1` and `NoamLR` of @dl/optim are what the paper trains
 * with. `from` a source it is a `StepModel`, for `generate` of @dl/lm and every other decoder.
 *
 * @throws ArgumentError for a configuration that does not fit together.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { Transformer } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { generate } from '@dl/lm';
 * await useBackend(cpu());
 * const model = new Transformer({
 *   sourceVocabulary: 30, targetVocabulary: 20, dModel: 16, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 32,
 * });
 * const sources = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' });
 * const targets = tensor([[1, 2, 0], [3, 0, 0]], { dtype: 'int32' }); // 0 begins and ends a target
 * model.loss(sources, targets, { sourceLengths: [4, 2], targetLengths: [3, 2], labelSmoothing: 0.1 }).backward();
 * const said = await generate(model.from(sources, { lengths: [4, 2] }), { end: 0, maxLength: 5 });
 * console.log(said.map(({ tokens }) => tokens)); // a list of tokens for each source
 * ```
 */
export class Transformer extends Module<[source: Tensor, target: Tensor, options?: TransformerCallOptions], Tensor> {
  readonly targetVocabulary: number;
  readonly dModel: number;
  readonly maxLength: number | undefined;
  readonly begin: number;
  readonly sourceEmbedding: Embedding;
  /** That of the sources where there is one table for both. */
  readonly targetEmbedding: Embedding;
  readonly sourcePositions: LearnedPositions | SinusoidalPositions | undefined;
  readonly targetPositions: LearnedPositions | SinusoidalPositions | undefined;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  /** The map to the logits, where it is not that of the vectors. */
  readonly output: Linear | undefined;

  constructor(config: TransformerConfig) {
    checkCall('Transformer', arguments, [], transformerConfig);
    super();
    const { sourceVocabulary, targetVocabulary, dModel = 512, nhead = 8, ...rest } = defined(config);
    const { numEncoderLayers = 6, numDecoderLayers = 6, maxLength, decoderPositions, ...more } = rest;
    const { tied = true, begin = 0, inputPositions = more.positions ? 'none' : 'sinusoidal', ...layer } = more;
    if (decoderPositions === undefined && layer.positions && layer.positions.parameters().length > 0) {
      throw new ArgumentError(
        'Transformer: positions have parameters, which encoder and decoder would share; give decoderPositions, another such module',
      );
    }
    const made = madeBy(config);
    checkInteger('Transformer', 'sourceVocabulary', sourceVocabulary, 1);
    this.targetVocabulary = checkInteger('Transformer', 'targetVocabulary', targetVocabulary ?? sourceVocabulary, 1);
    this.dModel = checkInteger('Transformer', 'dModel', dModel, 1);
    if (maxLength !== undefined || inputPositions === 'learned') {
      checkInteger('Transformer', 'maxLength', maxLength!, 1);
    }
    this.maxLength = maxLength;
    this.begin = checkBegin('Transformer', begin, this.targetVocabulary);
    this.sourceEmbedding = new Embedding(sourceVocabulary, dModel, made);
    this.targetEmbedding =
      targetVocabulary === undefined ? this.sourceEmbedding : new Embedding(targetVocabulary, dModel, made);
    const positions = (): LearnedPositions | SinusoidalPositions | undefined => {
      if (inputPositions === 'none') return undefined;
      return inputPositions === 'learned'
        ? new LearnedPositions(maxLength!, dModel, made)
        : new SinusoidalPositions(dModel);
    };
    this.sourcePositions = positions();
    this.targetPositions = positions();
    this.dropout = new Dropout(config.dropout ?? DROPOUT);
    this.encoder = new TransformerEncoder(dModel, nhead, numEncoderLayers, { finalNorm: true, ...layer });
    this.decoder = new TransformerDecoder(dModel, nhead, numDecoderLayers, {
      finalNorm: true,
      ...layer,
      ...(decoderPositions && { positions: decoderPositions }),
    });
    this.output = tied ? undefined : new Linear(dModel, this.targetVocabulary, made);
    this.#start(config);
  }

  /** The logits of what follows each token that goes into the decoder. */
  forward(source: Tensor, target: Tensor, options: TransformerCallOptions = {}): Tensor {
    checkCall('Transformer', arguments, ['source', 'target'], callOptions);
    return tidied(
      () => this.#logits(this.decode(target, this.encode(source, options), options)),
      (logits) => [logits],
    );
  }

  /** What the encoder makes of sources [batch, sources]: [batch, sources, dModel]. */
  encode(source: Tensor, options: TransformerCallOptions = {}): Tensor {
    checkCall('Transformer.encode', arguments, ['source'], callOptions);
    checkTokens('Transformer', 'sources', source);
    const { sourceLengths: lengths } = options;
    return tidied(
      () =>
        this.encoder.forward(
          this.#vectors(this.sourceEmbedding, this.sourcePositions, source, 0),
          lengths ? { lengths } : {},
        ),
      (memory) => [memory],
    );
  }

  /** What the decoder makes of what goes in, [batch, targets], and of `memory`, before the map to the logits: [batch, targets, dModel]. */
  decode(target: Tensor, memory: Tensor, options: TransformerCallOptions = {}): Tensor {
    checkCall('Transformer.decode', arguments, ['target', 'memory'], callOptions);
    const { sourceLengths } = options;
    return this.#decode(target, memory, sourceLengths ? { memoryLengths: sourceLengths } : {});
  }

  /** The mean of -log p of all tokens of the targets [batch, time] (`int32`) that count. */
  loss(source: Tensor, target: Tensor, options: TransformerLossOptions = {}): Tensor {
    checkCall('Transformer.loss', arguments, ['source', 'target'], lossOptions);
    const { sourceLengths, targetLengths, ...rest } = options;
    return tidied(
      () => {
        const logits = this.forward(source, this.shifted(target), sourceLengths ? { sourceLengths } : {});
        return sequenceCrossEntropy(logits, target, { ...rest, ...(targetLengths && { lengths: targetLengths }) });
      },
      (loss) => [loss],
    );
  }

  /** The begin token, and all tokens but the last: what goes in where `target` [batch, time] is to come out. */
  shifted(target: Tensor): Tensor {
    checkTokens('Transformer', 'targets', target);
    return shiftedBy(this.begin, target);
  }

  /** What is said to these sources [batch, sources]: a `StepModel` for decoders. It reads them when a decoder begins. */
  from(source: Tensor, options: { readonly lengths?: readonly number[] } = {}): StepModel<TransformerState> {
    checkCall('Transformer.from', arguments, ['source'], { lengths: 'numbers' });
    checkTokens('Transformer.from', 'sources', source);
    const { lengths } = options;
    const batch = source.shape[0]!;
    const step = (tokens: readonly ArrayLike<number>[], state: TransformerState): NextToken<TransformerState> =>
      inUse(this, () => this.#after(tokens, state));
    return {
      vocabularySize: this.targetVocabulary,
      batch,
      // The begin token takes a position.
      ...(this.maxLength !== undefined && { maxTokens: this.maxLength - 1 }),
      start: (asked) => {
        if (asked !== batch) {
          throw new ArgumentError(`Transformer: ${asked} sequences are to begin with ${batch} sources`);
        }
        const state = inUse(this, () => this.#begin(source, lengths));
        return orFreed(state, () =>
          step(
            Array.from({ length: batch }, () => [this.begin]),
            state,
          ),
        );
      },
      step: (tokens, state) =>
        step(
          Array.from(tokens, (token) => [token]),
          state,
        ),
      read: step,
      select: (state, rows) => state.select(rows),
      release: (state) => state.dispose(),
    };
  }

  #begin(source: Tensor, lengths: readonly number[] | undefined): TransformerState {
    const memory = this.encode(source, lengths ? { sourceLengths: lengths } : {});
    const cache = new KeyValueCache(
      this.decoder.layers.length,
      this.maxLength === undefined ? {} : { limit: this.maxLength },
    );
    const mask = lengths && keyMask(lengths, source.shape[1]!, memory.backend);
    return new TransformerState(cache, this.decoder.project(memory), mask);
  }

  #after(rows: readonly ArrayLike<number>[], state: TransformerState): NextToken<TransformerState> {
    const { cache, projected, mask } = state;
    const target = tokensBeside(this.targetEmbedding.weight, rows);
    const hidden = this.#decode(target, undefined, { cache, projected, ...(mask && { memoryMask: mask }) });
    const last = hidden.slice([null, -1]); // [batch, dModel]
    return { logProbabilities: this.#logits(last).logSoftmax(1), representation: last, state };
  }

  #decode(target: Tensor, memory: Tensor | undefined, options: DecoderCallOptions): Tensor {
    checkTokens('Transformer', 'targets', target);
    const sources = memory?.shape[0] ?? options.projected?.[0]?.k.shape[0];
    if (sources !== target.shape[0]) {
      throw new ShapeError(
        `Transformer: targets are ${formatShape(target.shape)} for ${sources} sources; needs one for each`,
      );
    }
    return tidied(
      () => {
        const from = options.cache?.length ?? 0;
        const vectors = this.#vectors(this.targetEmbedding, this.targetPositions, target, from);
        return this.decoder.forward(vectors, memory, { causal: true, ...options });
      },
      (hidden) => [hidden],
    );
  }

  /** √dModel times the vectors of tokens, with their positions. */
  #vectors(
    embedding: Embedding,
    positions: LearnedPositions | SinusoidalPositions | undefined,
    tokens: Tensor,
    from: number,
  ): Tensor {
    // A table of positions has an end, and says so.
    if (!(positions instanceof LearnedPositions)) checkEnd('Transformer', from, tokens, this.maxLength);
    const vectors = mul(embedding.forward(tokens), Math.sqrt(this.dModel));
    return this.dropout.forward(positions?.forward(vectors, { from }) ?? vectors);
  }

  #logits(hidden: Tensor): Tensor {
    return this.output?.forward(hidden) ?? linear(hidden, this.targetEmbedding.weight);
  }

  /** Vectors with variance 1 / dModel, so that they have variance 1 after the multiplication. */
  #start(config: TransformerConfig): void {
    const made = madeBy(config);
    for (const embedding of new Set([this.sourceEmbedding, this.targetEmbedding])) {
      startNormal(embedding.weight, this.dModel ** -0.5, made);
    }
  }

  override describe(): string {
    return formatArguments([], { dModel: [this.dModel, 512], begin: [this.begin, 0] });
  }
}
