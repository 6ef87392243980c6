// ELMo: the mixed layers of a bidirectional language model as vectors of words.

import { ArgumentError, checkCall, type Known, shown, stack, type Tensor } from '@dl/autograd';
import { Dropout, formatArguments, inMode, Module, tidied } from '@dl/layers';
import { type BidirectionalCallOptions, BidirectionalModel } from './bidirectional-model.js';
import { LayerMix } from './layer-mix.js';

/** Options of {@link ELMo}. */
export interface ELMoOptions {
  /** Leave the language model as it is: its parameters are frozen, and it drops nothing. The mix learns all the same. Default true, as in the paper. */
  readonly frozen?: boolean;
  /** The probability with which features of the mix are dropped while training. Default 0. */
  readonly dropout?: number;
}

const elmoOptions: Known<ELMoOptions> = { frozen: 'boolean', dropout: 'number' };
const callOptions: Known<BidirectionalCallOptions> = { lengths: 'numbers' };

/**
 * Embeddings from language models (Peters et al., "Deep contextualized word representations", 2018): each word of a sentence gets the weighted mean of what the layers of a
 * {@link BidirectionalModel} make of it there, γ Σₖ softmax(s)ₖ hₖ, with weights that the task learns ({@link LayerMix}). Tokens `int32` [batch, time], or characters for a model that reads
 * those → [batch, time, outFeatures], 0 beyond the lengths.
 *
 * @throws ArgumentError for what is no BidirectionalModel.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BidirectionalModel, ELMo } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const model = new BidirectionalModel({ vocabularySize: 30, embeddingSize: 16 }); // after its training
 * const embedding = new ELMo(model);
 * const words = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' });
 * console.log(embedding.forward(words, { lengths: [4, 2] }).shape); // [2, 4, 32]
 * console.log(embedding.parameters().filter(({ requiresGrad }) => requiresGrad).length); // 2: the weights of the layers, and γ
 * ```
 */
export class ELMo extends Module<[input: Tensor, options?: BidirectionalCallOptions], Tensor> {
  readonly model: BidirectionalModel;
  readonly frozen: boolean;
  readonly mix: LayerMix;
  readonly dropout: Dropout;

  constructor(model: BidirectionalModel, options: ELMoOptions = {}) {
    checkCall('ELMo', arguments, ['model'], elmoOptions);
    if (!(model instanceof BidirectionalModel)) {
      throw new ArgumentError(`ELMo: the model is ${shown(model)}, needs a BidirectionalModel`);
    }
    super();
    const { frozen = true, dropout = 0 } = options;
    const { dtype, backend } = model.bounds;
    this.model = frozen ? model.freeze() : model;
    this.frozen = frozen;
    this.mix = new LayerMix(model.numLayers + 1, { dtype, backend });
    this.dropout = new Dropout(dropout);
  }

  get outFeatures(): number {
    return this.model.outFeatures;
  }

  forward(input: Tensor, options: BidirectionalCallOptions = {}): Tensor {
    checkCall('ELMo', arguments, ['input'], callOptions);
    return tidied(
      () => {
        const run = (): Tensor[] => this.model.layers(input, options);
        const layers = this.frozen ? inMode(this.model, 'eval', run) : run();
        return this.dropout.forward(this.mix.forward(stack(layers)));
      },
      (vectors) => [vectors],
    );
  }

  override describe(): string {
    return formatArguments([], { frozen: [this.frozen, true] });
  }
}
