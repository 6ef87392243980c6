// One layer of a transformer that looks at itself: attention, then a feed-forward part at each position.

import { add, checkCall, checkInteger, type Tensor } from '@dl/autograd';
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
import { type SelfAttentionOptions, selfAttentionOptions } from '../core/options.js';
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

/**
 * Self-attention and a feed-forward part, each added to its input and normalised: x ← norm(x + attention(x)), x ← norm(x + W₂ f(W₁ x)); with
 * `normFirst` x ← x + attention(norm(x)) and so on, which trains deeper stacks (Vaswani et al., 2017; Xiong et al., 2020). [batch, length, dModel] → the same
 * shape. With `causal` at the call it is the layer of a decoder without a source, as of GPT.
 *
 * Parameters have PyTorch's names: `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`.
 *
 * @throws ArgumentError where the heads do not divide dModel, ShapeError for inputs that do not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { TransformerEncoderLayer } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const layer = new TransformerEncoderLayer(16, 4, { dimFeedforward: 32, activation: 'swiglu', norm: 'rms', normFirst: true });
 * console.log(layer.forward(randn([2, 5, 16]), { lengths: [5, 3] }).shape); // [2, 5, 16]
 * ```
 */
export class TransformerEncoderLayer extends Module<[x: Tensor, options?: SelfAttentionOptions], Tensor> {
  readonly dModel: number;
  readonly activation: FeedForwardActivation;
  readonly normFirst: boolean;
  readonly selfAttention: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm | RMSNorm;
  readonly norm2: LayerNorm | RMSNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkCall(NAME, arguments, ['dModel', 'nhead'], transformerLayerOptions);
    super();
    const { dimFeedforward = 2048, activation = 'relu', bias = true, normFirst = false } = options;
    checkInteger(NAME, 'dimFeedforward', dimFeedforward, 1);
    const made = { bias, ...madeBy(options) };
    this.dModel = checkInteger(NAME, 'dModel', dModel, 1);
    this.activation = activation;
    this.normFirst = normFirst;
    this.selfAttention = new MultiheadAttention(dModel, nhead, attentionPart(options));
    this.linear1 = new Linear(dModel, firstFeatures(dimFeedforward, activation), made);
    this.dropout = makeDropout(options);
    this.linear2 = new Linear(dimFeedforward, dModel, made);
    this.norm1 = makeNorm(dModel, options);
    this.norm2 = makeNorm(dModel, options);
    this.dropout1 = makeDropout(options);
    this.dropout2 = makeDropout(options);
  }

  forward(x: Tensor, options: SelfAttentionOptions = {}): Tensor {
    checkCall(NAME, arguments, ['x'], selfAttentionOptions);
    return tidied(
      () => {
        if (this.normFirst) {
          const y = add(x, this.#attend(this.norm1.forward(x), options));
          return add(y, this.#feed(this.norm2.forward(y)));
        }
        const y = this.norm1.forward(add(x, this.#attend(x, options)));
        return this.norm2.forward(add(y, this.#feed(y)));
      },
      (y) => [y],
    );
  }

  #attend(x: Tensor, options: SelfAttentionOptions): Tensor {
    return this.dropout1.forward(this.selfAttention.forward(x, x, x, options).output);
  }

  #feed(x: Tensor): Tensor {
    return this.dropout2.forward(feedForward(this, x));
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

const NAME = 'TransformerEncoderLayer';
const ORDER = {
  selfAttention: 'self_attn',
  linear1: 'linear1',
  dropout: 'dropout',
  linear2: 'linear2',
  norm1: 'norm1',
  norm2: 'norm2',
  dropout1: 'dropout1',
  dropout2: 'dropout2',
};
