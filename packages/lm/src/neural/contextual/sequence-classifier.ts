// SequenceClassifier: a class for each sequence.

import {
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  indexSelect,
  type Known,
  type Tensor,
  tensor,
  where,
} from '@dl/autograd';
import { Dropout, formatArguments, Linear, Module, tidied } from '@dl/layers';
import { checkLengths, lengthMask } from '@dl/rnn';
import type { BidirectionalModel } from './bidirectional-model.js';
import {
  type ClassifierOptions,
  type EncoderCallOptions,
  encoded,
  encoderOf,
  madeLike,
  type TokenEncoder,
  widthOf,
} from './encoder.js';

/** How the vectors of tokens become one for the sequence. */
export type SequencePool = 'mean' | 'max' | 'first' | 'last' | 'ends';

/** Options of {@link SequenceClassifier}. */
export interface SequenceClassifierOptions extends ClassifierOptions {
  /**
   * The `mean` of the vectors of all tokens that count (default), their `max`imum, that of the `first` token, such as BERT's `[CLS]`, of the `last` one that counts, or both `ends` side by side, which
   * is where the two directions of a {@link BidirectionalModel} have read all.
   */
  readonly pool?: SequencePool;
}

const pools = ['mean', 'max', 'first', 'last', 'ends'] as const;
const sequenceClassifierOptions: Known<SequenceClassifierOptions> = {
  pool: pools,
  frozen: 'boolean',
  dropout: 'number',
  features: 'number',
};

const NAME = 'SequenceClassifier';

/**
 * A class for each sequence: W p + b of the vectors that an encoder makes of its tokens, pooled into one: tokens `int32` [batch, time] → logits [batch, numClasses]. Encoders are those of
 * {@link TokenClassifier}; one learns with the map (fine-tuning) or is `frozen`. `loss` is the mean of -log p of the classes.
 *
 * @throws ArgumentError for what is no encoder, and one that does not say how many features it makes.
 *
 * @example
 * ```ts
 * import { manualSeed, tensor, useBackend } from '@dl/autograd';
 * import { BERT } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SequenceClassifier } from '@dl/lm/neural';
 * await useBackend(cpu());
 * manualSeed(1);
 * const encoder = new BERT({ vocabularySize: 30, dModel: 16, nhead: 2, numLayers: 2, maxLength: 8, pooler: false }); // after its pre-training
 * const model = new SequenceClassifier(encoder, 2, { pool: 'first' });
 * const texts = tensor([[2, 14, 25, 3], [2, 9, 3, 0]], { dtype: 'int32' });
 * model.loss(texts, tensor([1, 0], { dtype: 'int32' }), { lengths: [4, 3] }).backward();
 * console.log(model.eval().forward(texts, { lengths: [4, 3] }).argmax(1).shape); // [2]
 * ```
 */
export class SequenceClassifier extends Module<[tokens: Tensor, options?: EncoderCallOptions], Tensor> {
  readonly encoder: TokenEncoder;
  readonly frozen: boolean;
  readonly features: number;
  readonly pool: SequencePool;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(encoder: TokenEncoder | BidirectionalModel, numClasses: number, options: SequenceClassifierOptions = {}) {
    checkCall(NAME, arguments, ['encoder', 'numClasses'], sequenceClassifierOptions);
    super();
    const { pool = 'mean', frozen = false, dropout = 0.1, features } = options;
    this.encoder = encoderOf(NAME, encoder, frozen);
    this.frozen = frozen;
    this.features = widthOf(NAME, this.encoder, features);
    this.pool = pool;
    this.dropout = new Dropout(dropout);
    checkInteger(NAME, 'numClasses', numClasses, 1);
    const width = pool === 'ends' ? 2 * this.features : this.features;
    this.output = new Linear(width, numClasses, madeLike(this.encoder));
  }

  forward(tokens: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall(NAME, arguments, ['tokens', ['options', 'object']]);
    return tidied(
      () => {
        const hidden = encoded(NAME, this.encoder, tokens, options, this);
        return this.output.forward(this.dropout.forward(pooled(hidden, options.lengths, this.pool)));
      },
      (logits) => [logits],
    );
  }

  /** The mean of -log p of the class of each sequence, `int32` [batch]. */
  loss(tokens: Tensor, labels: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall(`${NAME}.loss`, arguments, ['tokens', 'labels', ['options', 'object']]);
    return tidied(
      () => crossEntropy(this.forward(tokens, options), labels),
      (loss) => [loss],
    );
  }

  override describe(): string {
    return formatArguments([], { pool: [this.pool, 'mean'], frozen: [this.frozen, false] });
  }
}

/** One vector for each sequence of vectors [batch, time, features]. */
function pooled(hidden: Tensor, given: readonly number[] | undefined, pool: SequencePool): Tensor {
  const [batch, time, features] = hidden.shape as readonly [number, number, number];
  if (given !== undefined) checkLengths(NAME, given, batch, time);
  const lengths = given ?? new Array<number>(batch).fill(time);
  const { backend, dtype } = hidden;
  const at = (places: readonly number[]): Tensor =>
    indexSelect(hidden.reshape([-1, features]), 0, tensor(Int32Array.from(places), { backend }));
  const first = (): Tensor => at(lengths.map((_, i) => i * time));
  const last = (): Tensor => at(lengths.map((length, i) => i * time + length - 1));
  if (pool === 'first') return first();
  if (pool === 'last') return last();
  if (pool === 'ends') return concat([first(), last()], 1);
  const isWhole = lengths.every((length) => length === time);
  const counting = (otherwise: number): Tensor =>
    isWhole ? hidden : where(lengthMask(lengths, time, { backend }).unsqueeze(2), hidden, otherwise);
  if (pool === 'max') return counting(-Infinity).max(1);
  return counting(0).sum(1).div(tensor(lengths, { dtype, backend }).unsqueeze(1));
}
