// One layer of a transformer that looks at itself and at a source.

import { ArgumentError, add, checkCall, checkInteger, type Known, type Tensor } from '@dl/autograd';
import {
  type AnyModule,
  type Dropout,
  formatArguments,
  type LayerNorm,
  Linear,
  Module,
  type RMSNorm,
  tidied,
} from '@dl/layers';
import { madeBy, named } from '../core/made.js';
import { type ProjectedKeys, type SelfAttentionOptions, selfAttentionOptions } from '../core/options.js';
import { MultiheadAttention } from './multihead-attention.js';
import {
  attentionPart,
  DROPOUT,
  type FeedForwardActivation,
  feedForward,
  firstFeatures,
  makeDropout,
  makeNorm,
  type TransformerLayerOptions,
  transformerLayerOptions,
} from './parts.js';

/** What of the source a decoder may look at. */
export interface MemoryOptions {
  /** True where a target may look at a source: bool, of a shape that broadcasts to [batch, heads, targets, sources]. */
  readonly memoryMask?: Tensor;
  /** How many positions of each source count. Default: all. */
  readonly memoryLengths?: readonly number[];
}

export const memoryOptions: Known<MemoryOptions> = { memoryMask: 'tensor', memoryLengths: 'numbers' };

/** Options of a call of {@link TransformerDecoderLayer}. */
export interface DecoderLayerCallOptions extends SelfAttentionOptions, MemoryOptions {
  /** Keys and values of the source, as `crossAttention.project` gave them, instead of `memory`. */
  readonly projected?: ProjectedKeys;
}

const decoderLayerCallOptions: Known<DecoderLayerCallOptions> = {
  ...selfAttentionOptions,
  ...memoryOptions,
  projected: 'object',
};

/**
 * Self-attention, attention to a source, and a feed-forward part, each added to its input and normalised, before or behind as in
 * {@link TransformerEncoderLayer} (Vaswani et al., 2017). Targets [batch, targets, dModel] and the encoder's output, `memory` [batch, sources, dModel] → [batch,
 * targets, dModel]. Targets look at themselves as far as `causal`, `window`, `mask`, `lengths` say, and at what of the source `memoryMask` and `memoryLengths`
 * leave. `positions` and `keyHeads` are for self-attention alone.
 *
 * Parameters have PyTorch's names: `self_attn`, `multihead_attn`, `linear1`, `linear2`, `norm1`, `norm2`, `norm3`.
 *
 * @throws ArgumentError where the heads do not divide dModel, ShapeError for inputs that do not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { TransformerDecoderLayer } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const layer = new TransformerDecoderLayer(16, 4, { dimFeedforward: 32 });
 * const y = layer.forward(randn([2, 5, 16]), randn([2, 7, 16]), { causal: true, memoryLengths: [7, 4] });
 * console.log(y.shape); // [2, 5, 16]
 * ```
 */
export class TransformerDecoderLayer extends Module<
  [x: Tensor, memory: Tensor | undefined, options?: DecoderLayerCallOptions],
  Tensor
> {
  readonly dModel: number;
  readonly activation: FeedForwardActivation;
  readonly normFirst: boolean;
  readonly selfAttention: MultiheadAttention;
  readonly crossAttention: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm | RMSNorm;
  readonly norm2: LayerNorm | RMSNorm;
  readonly norm3: LayerNorm | RMSNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkCall(NAME, arguments, ['dModel', 'nhead'], transformerLayerOptions);
    super();
    const { dimFeedforward = 2048, activation = 'relu', bias = true, normFirst = false } = options;
    checkInteger(NAME, 'dimFeedforward', dimFeedforward, 1);
    const made = { bias, ...madeBy(options) };
    const { positions: _p, keyHeads: _k, ...cross } = attentionPart(options);
    this.dModel = checkInteger(NAME, 'dModel', dModel, 1);
    this.activation = activation;
    this.normFirst = normFirst;
    this.selfAttention = new MultiheadAttention(dModel, nhead, attentionPart(options));
    this.crossAttention = new MultiheadAttention(dModel, nhead, cross);
    this.linear1 = new Linear(dModel, firstFeatures(dimFeedforward, activation), made);
    this.dropout = makeDropout(options);
    this.linear2 = new Linear(dimFeedforward, dModel, made);
    this.norm1 = makeNorm(dModel, options);
    this.norm2 = makeNorm(dModel, options);
    this.norm3 = makeNorm(dModel, options);
    this.dropout1 = makeDropout(options);
    this.dropout2 = makeDropout(options);
    this.dropout3 = makeDropout(options);
  }

  forward(x: Tensor, memory: Tensor | undefined, options: DecoderLayerCallOptions = {}): Tensor {
    checkCall(NAME, arguments, ['x', 'memory'], decoderLayerCallOptions);
    const { memoryMask, memoryLengths, projected, ...own } = options;
    if (memory === undefined && projected === undefined) {
      throw new ArgumentError(
        `${NAME}: got neither memory nor projected; needs what an encoder gives, or what crossAttention.project() made of it`,
      );
    }
    const source = {
      ...(memoryMask && { mask: memoryMask }),
      ...(memoryLengths && { lengths: memoryLengths }),
      ...(projected && { projected }),
    };
    const self = (y: Tensor): Tensor => this.dropout1.forward(this.selfAttention.forward(y, y, y, own).output);
    const cross = (y: Tensor): Tensor =>
      this.dropout2.forward(this.crossAttention.forward(y, memory, memory, source).output);
    const feed = (y: Tensor): Tensor => this.dropout3.forward(feedForward(this, y));
    return tidied(
      () => {
        if (this.normFirst) {
          const y = add(x, self(this.norm1.forward(x)));
          const z = add(y, cross(this.norm2.forward(y)));
          return add(z, feed(this.norm3.forward(z)));
        }
        const y = this.norm1.forward(add(x, self(x)));
        const z = this.norm2.forward(add(y, cross(y)));
        return this.norm3.forward(add(z, feed(z)));
      },
      (y) => [y],
    );
  }

  override namedChildren(): (readonly [name: string, module: AnyModule])[] {
    return named(super.namedChildren(), ORDER);
  }

  override describe(): string {
    return formatArguments([this.dModel, this.selfAttention.numHeads], {
      dimFeedforward: [this.linear2.inFeatures, 2048],
      dropout: [this.dropout.p, DROPOUT],
      activation: [this.activation, 'relu'],
      normFirst: [this.normFirst, false],
    });
  }
}

const NAME = 'TransformerDecoderLayer';
const ORDER = {
  selfAttention: 'self_attn',
  crossAttention: 'multihead_attn',
  linear1: 'linear1',
  dropout: 'dropout',
  linear2: 'linear2',
  norm1: 'norm1',
  norm2: 'norm2',
  norm3: 'norm3',
  dropout1: 'dropout1',
  dropout2: 'dropout2',
  dropout3: 'dropout3',
};
