// BERT: a transformer that reads a text from both sides.

import {
  ArgumentError,
  add,
  checkCall,
  checkInteger,
  crossEntropy,
  formatShape,
  indexSelect,
  isInteger,
  type Known,
  linear,
  type Shape,
  ShapeError,
  type Tensor,
  tanh,
  zeros,
} from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  type LayerNorm,
  Linear,
  Module,
  needTensor,
  parameter,
  type RMSNorm,
  tidied,
} from '@dl/layers';
import { defined, madeBy, startAtZero, startNormal } from '../core/made.js';
import { type VisibleKeys, visibleKeys } from '../core/options.js';
import {
  activated,
  DROPOUT,
  type FeedForwardActivation,
  firstFeatures,
  makeNorm,
  type TransformerLayerOptions,
  transformerLayerOptions,
} from '../layers/parts.js';
import { TransformerEncoder } from '../layers/stacks.js';
import { LearnedPositions } from '../positions/learned.js';
import type { MaskedTokens } from './mask-tokens.js';
import { checkTokens } from './tokens.js';

/** What a {@link BERT} is made of. */
export interface BERTConfig extends TransformerLayerOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** Features of a position. */
  readonly dModel: number;
  /** Heads of each attention. */
  readonly nhead: number;
  readonly numLayers: number;
  /** The longest sequence. */
  readonly maxLength: number;
  /** How many kinds of segments a sequence may have, such as a first and a second sentence; 0: none are told apart. Default 2. */
  readonly segments?: number;
  /** Default 4 · dModel. */
  readonly dimFeedforward?: number;
  /** Default `gelu`. */
  readonly activation?: FeedForwardActivation;
  /** Default 1e-12. */
  readonly layerNormEps?: number;
  /** Make what says the tokens that were left out. Default true. */
  readonly tokenHead?: boolean;
  /** Make what sums a sequence up, from its first token. Default true. */
  readonly pooler?: boolean;
  /** How many classes of sequences there are, such as 2 for whether the second sentence follows on the first. Default: none are told apart. */
  readonly sentenceClasses?: number;
}

const bertConfig: Known<BERTConfig> = {
  vocabularySize: 'number',
  dModel: 'number',
  nhead: 'number',
  numLayers: 'number',
  maxLength: 'number',
  segments: 'number',
  tokenHead: 'boolean',
  pooler: 'boolean',
  sentenceClasses: 'number',
  ...transformerLayerOptions,
};

/** Options of a call of {@link BERT}. */
export interface BERTCallOptions extends VisibleKeys {
  /** Of which segment each token is, `int32` [batch, length]. Default: all of the first, 0. */
  readonly segments?: Tensor;
}

const callOptions: Known<BERTCallOptions> = { ...visibleKeys, segments: 'tensor' };

/** Options of the loss of a {@link BERT}. */
export interface BERTLossOptions extends BERTCallOptions {
  /** The class of each sequence, `int32` [batch], of which the loss is added. */
  readonly sentenceLabels?: Tensor;
}

const lossOptions: Known<BERTLossOptions> = { ...callOptions, sentenceLabels: 'tensor' };

/** What says the tokens that were left out: softmax(E norm(f(W h)) + b), where E has the vectors of the tokens as its rows. */
class TokenHead extends Module<[hidden: Tensor, table: Tensor], Tensor> {
  readonly transform: Linear;
  readonly activation: FeedForwardActivation;
  readonly norm: LayerNorm | RMSNorm;
  readonly bias: Tensor;

  constructor({ vocabularySize, dModel, ...layer }: BERTConfig) {
    super();
    const { activation = 'gelu' } = layer;
    const { generator: _, ...plain } = madeBy(layer);
    this.transform = new Linear(dModel, firstFeatures(dModel, activation), madeBy(layer));
    this.activation = activation;
    this.norm = makeNorm(dModel, layer);
    this.bias = parameter(zeros([vocabularySize], plain));
  }

  forward(hidden: Tensor, table: Tensor): Tensor {
    return linear(this.norm.forward(activated(this.transform.forward(hidden), this.activation)), table, this.bias);
  }

  override multiplyAdds(input: Shape): number {
    const rows = input.slice(0, -1).reduce((product, length) => product * length, 1);
    return rows * input.at(-1)! * (this.transform.outFeatures + this.bias.size);
  }
}

/**
 * An encoder of texts whose layers look to both sides (Devlin et al., "BERT: Pre-training of deep bidirectional transformers for language
 * understanding", 2019): the vectors of tokens, positions and segments are added and normalised, and go through a stack of
 * {@link TransformerEncoder}. Tokens `int32` [batch, length] → [batch, length, dModel].
 *
 * It learns by saying tokens that were left out, which {@link maskTokens} chooses, in `loss`, and, with `sentenceClasses: 2`, whether a sentence follows on another. Afterwards
 * `tokenLogits` says tokens, `pooled` sums a sequence up by tanh(W h₀ + b) of its first token, and `sentenceLogits` are of the classes of sequences, from
 * `pooled`. Parameters start normal with standard deviation 0.02.
 *
 * @throws ArgumentError for a configuration that does not fit together, or a head that was not made, IndexError for a sequence beyond maxLength.
 *
 * @example
 * ```ts
 * import { manualSeed, tensor, useBackend } from '@dl/autograd';
 * import { BERT, maskTokens } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new BERT({ vocabularySize: 30, dModel: 16, nhead: 2, numLayers: 2, maxLength: 8, sentenceClasses: 2 });
 * const rows = [[2, 14, 25, 3, 17, 3], [2, 9, 28, 3, 0, 0]]; // 0 fills up, 2 begins, 3 separates
 * const lengths = [6, 4];
 * const masked = maskTokens(rows, { vocabularySize: 30, mask: 1, special: [0, 2, 3], lengths });
 * const segments = tensor([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], { dtype: 'int32' });
 * model.loss(masked, { lengths, segments, sentenceLabels: tensor([1, 0], { dtype: 'int32' }) }).backward();
 * const hidden = model.eval().forward(tensor(rows, { dtype: 'int32' }), { lengths, segments });
 * console.log(hidden.shape, model.tokenLogits(hidden).shape, model.sentenceLogits(hidden).shape); // [2, 6, 16] [2, 6, 30] [2, 2]
 * ```
 */
export class BERT extends Module<[tokens: Tensor, options?: BERTCallOptions], Tensor> {
  readonly vocabularySize: number;
  readonly dModel: number;
  readonly maxLength: number;
  readonly embedding: Embedding;
  readonly inputPositions: LearnedPositions;
  readonly segmentEmbedding: Embedding | undefined;
  readonly norm: LayerNorm | RMSNorm;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly pooler: Linear | undefined;
  readonly tokenHead: Module<[hidden: Tensor, table: Tensor], Tensor> | undefined;
  readonly sentenceHead: Linear | undefined;

  constructor(config: BERTConfig) {
    checkCall('BERT', arguments, [], bertConfig);
    super();
    const { vocabularySize, dModel, nhead, numLayers, maxLength, segments = 2, ...rest } = defined(config);
    const { tokenHead = true, pooler = true, sentenceClasses, ...given } = rest;
    const layer = { activation: 'gelu', layerNormEps: 1e-12, ...given } as const;
    const made = madeBy(config);
    this.vocabularySize = checkInteger('BERT', 'vocabularySize', vocabularySize, 1);
    this.dModel = checkInteger('BERT', 'dModel', dModel, 1);
    this.maxLength = checkInteger('BERT', 'maxLength', maxLength, 1);
    checkInteger('BERT', 'segments', segments, 0);
    if (sentenceClasses !== undefined) {
      checkInteger('BERT', 'sentenceClasses', sentenceClasses, 1);
      if (!pooler)
        throw new ArgumentError(
          'BERT: sentenceClasses are told from what the pooler gives, but pooler is false; leave that option out',
        );
    }
    this.embedding = new Embedding(vocabularySize, dModel, made);
    this.inputPositions = new LearnedPositions(maxLength, dModel, made);
    this.segmentEmbedding = segments > 0 ? new Embedding(segments, dModel, made) : undefined;
    this.norm = makeNorm(dModel, layer);
    this.dropout = new Dropout(config.dropout ?? DROPOUT);
    const dimFeedforward = config.dimFeedforward ?? 4 * dModel;
    this.encoder = new TransformerEncoder(dModel, nhead, numLayers, { ...layer, dimFeedforward });
    this.pooler = pooler ? new Linear(dModel, dModel, made) : undefined;
    this.tokenHead = tokenHead ? new TokenHead({ ...config, ...layer }) : undefined;
    this.sentenceHead = sentenceClasses === undefined ? undefined : new Linear(dModel, sentenceClasses, made);
    const others = new Set(config.positions?.parameters());
    for (const [name, each] of this.namedParameters()) {
      if (others.has(each)) continue;
      if (name.endsWith('bias')) startAtZero(each);
      else if (each.rank > 1) startNormal(each, 0.02, made);
    }
  }

  /** What the layers make of each token: [batch, length, dModel]. */
  forward(tokens: Tensor, options: BERTCallOptions = {}): Tensor {
    checkCall('BERT', arguments, ['tokens'], callOptions);
    checkTokens('BERT', 'tokens', tokens);
    const { segments, ...visible } = options;
    return tidied(
      () => {
        const placed = this.inputPositions.forward(this.embedding.forward(tokens));
        const vectors = this.norm.forward(this.#withSegments(placed, tokens, segments));
        return this.encoder.forward(this.dropout.forward(vectors), visible);
      },
      (hidden) => [hidden],
    );
  }

  /** The logits of the token at each place, from what the layers made of it: [..., dModel] → [..., vocabularySize]. */
  tokenLogits(hidden: Tensor): Tensor {
    checkCall('BERT.tokenLogits', arguments, ['hidden']);
    const head = this.tokenHead ?? missing('tokenLogits', 'the head that says tokens', 'tokenHead: false');
    return tidied(
      () => head.forward(hidden, this.embedding.weight),
      (logits) => [logits],
    );
  }

  /** A vector for each sequence: [batch, length, dModel] → [batch, dModel]. */
  pooled(hidden: Tensor): Tensor {
    checkCall('BERT.pooled', arguments, ['hidden']);
    const pooler = this.pooler ?? missing('pooled', 'the pooler', 'pooler: false');
    needTensor('BERT.pooled', hidden, pooler.weight);
    if (hidden.rank !== 3 || hidden.shape[1] === 0) {
      throw new ShapeError(
        `BERT.pooled: hidden is ${formatShape(hidden.shape)}, needs [batch, length, ${this.dModel}], with a first token`,
      );
    }
    return tidied(
      () => tanh(pooler.forward(hidden.slice([null, 0]))),
      (vectors) => [vectors],
    );
  }

  /** The logits of the classes of sequences: [batch, length, dModel] → [batch, sentenceClasses]. */
  sentenceLogits(hidden: Tensor): Tensor {
    checkCall('BERT.sentenceLogits', arguments, ['hidden']);
    const head =
      this.sentenceHead ?? missing('sentenceLogits', 'the head that tells sequences apart', 'no sentenceClasses');
    return tidied(
      () => head.forward(this.dropout.forward(this.pooled(hidden))),
      (logits) => [logits],
    );
  }

  /** The mean of -log p of the tokens that are to be said, as `maskTokens` chose them; with `sentenceLabels` the mean of -log p of the sequences' classes is added. */
  loss(masked: MaskedTokens, options: BERTLossOptions = {}): Tensor {
    checkCall('BERT.loss', arguments, [['masked', 'object']], lossOptions);
    const { tokens, places, labels } = masked;
    const { sentenceLabels, ...rest } = options;
    if (places.size === 0) {
      throw new ArgumentError('BERT.loss: no token is to be said; needs sequences that have others than special ones');
    }
    return tidied(
      () => {
        const hidden = this.forward(tokens, rest);
        const chosen = indexSelect(hidden.reshape([-1, this.dModel]), 0, places); // [count, dModel]
        const said = crossEntropy(this.tokenLogits(chosen), labels);
        return sentenceLabels === undefined
          ? said
          : add(said, crossEntropy(this.sentenceLogits(hidden), sentenceLabels));
      },
      (loss) => [loss],
    );
  }

  #withSegments(x: Tensor, tokens: Tensor, segments: Tensor | undefined): Tensor {
    const { segmentEmbedding } = this;
    if (segmentEmbedding === undefined) {
      if (segments === undefined) return x;
      throw new ArgumentError('BERT: got segments, but the model tells none apart; make it with segments: 2');
    }
    if (segments === undefined) return add(x, segmentEmbedding.weight.slice([0]));
    if (!isInteger(segments.dtype) || `${segments.shape}` !== `${tokens.shape}`) {
      throw new ShapeError(
        `BERT: segments are ${formatShape(segments.shape)} ${segments.dtype}, needs int32 ${formatShape(tokens.shape)}, one for each token`,
      );
    }
    return add(x, segmentEmbedding.forward(segments));
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      maxLength: [this.maxLength, undefined],
    });
  }
}

function missing(method: string, what: string, made: string): never {
  throw new ArgumentError(`BERT.${method}: the model was made without ${what} (${made}); make it with one`);
}
