// GloVe: vectors whose products say how often words stand near one another.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  embedding,
  formatShape,
  type Known,
  noGrad,
  rand,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import {
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  tidied,
} from '@dl/layers';
import { WordVectors } from '../../vectors/word-vectors.js';

/** How much a pair counts in the loss of {@link GloVe}. */
export interface GloVeWeights {
  /** The count from which on a pair counts in full. Default 100. */
  readonly xMax?: number;
  /** Below it, the power to which the share of it is raised. Default 0.75. */
  readonly alpha?: number;
}

/** Options of {@link GloVe}. */
export interface GloVeOptions extends GloVeWeights, ParameterOptions {}

const gloveOptions: Known<GloVeOptions> = { xMax: 'number', alpha: 'number', ...parameterOptions };

/** Pairs of words, and how often they stand near one another. */
export interface GloVeBatch {
  /** Numbers of words [pairs], `int32`. */
  readonly words: Tensor;
  /** Numbers of the words near them [pairs], `int32`. */
  readonly contexts: Tensor;
  /** How often each pair came [pairs], above 0. */
  readonly counts: Tensor;
}

/**
 * Vectors of words w and of the words near them w̃, with a bias each, fitted so that their product is the logarithm of how often both stand together, by weighted least squares:
 *
 *     J = Σ f(X(i, j)) · (w(i) · w̃(j) + b(i) + b̃(j) - ln X(i, j))²        f(x) = min(1, (x / xMax)^alpha)
 *
 * over the pairs that came. All start uniform between -0.5 / size and 0.5 / size. The tables have row gradients, so that a step with Adagrad, SGD or SparseAdam of @dl/optim touches the rows of its batch alone. {@link trainGloVe} does it all.
 *
 * Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation", 2014; the start is that of their program.
 *
 * @throws ArgumentError for sizes below 1, and for xMax or alpha that are not above 0.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GloVe } from '@dl/lm/neural';
 * import { Adagrad } from '@dl/optim';
 * await useBackend(cpu());
 * const model = new GloVe(3, 2, { xMax: 10 });
 * const optimizer = new Adagrad(model.parameters(), { lr: 0.1 });
 * const words = tensor([0, 1, 0, 2], { dtype: 'int32' });
 * const contexts = tensor([1, 0, 2, 0], { dtype: 'int32' });
 * for (let step = 0; step < 100; step++) {
 *   scope(() => {
 *     model.loss({ words, contexts, counts: tensor([8, 8, 2, 2]) }).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(model.forward(words, contexts).exp().toArray()); // 8, 8, 2, 2, nearly
 * ```
 */
export class GloVe extends Module<[words: Tensor, contexts: Tensor], Tensor> {
  readonly vocabularySize: number;
  readonly size: number;
  readonly xMax: number;
  readonly alpha: number;
  /** [vocabularySize, size] */
  readonly words: Tensor;
  /** [vocabularySize, size] */
  readonly contexts: Tensor;
  /** [vocabularySize, 1] */
  readonly wordBiases: Tensor;
  /** [vocabularySize, 1] */
  readonly contextBiases: Tensor;

  constructor(vocabularySize: number, size: number, options: GloVeOptions = {}) {
    checkCall('GloVe', arguments, ['vocabularySize', 'size'], gloveOptions);
    const { xMax = 100, alpha = 0.75, ...made } = options;
    super();
    this.vocabularySize = checkInteger('GloVe', 'vocabularySize', vocabularySize, 1);
    this.size = checkInteger('GloVe', 'size', size, 1);
    checkWeights('GloVe', { xMax, alpha });
    this.xMax = xMax;
    this.alpha = alpha;
    const bound = 0.5 / size;
    const table = (features: number): Tensor =>
      parameter(rand([vocabularySize, features], { ...made, low: -bound, high: bound }));
    this.words = table(size);
    this.contexts = table(size);
    this.wordBiases = table(1);
    this.contextBiases = table(1);
  }

  /** w(i) · w̃(j) + b(i) + b̃(j) of pairs of words [pairs] (`int32`): what the logarithm of their count is to be, [pairs]. */
  forward(words: Tensor, contexts: Tensor): Tensor {
    checkCall('GloVe.forward', arguments, ['words', 'contexts']);
    needTensor('GloVe.forward', words);
    needTensor('GloVe.forward', contexts);
    if (words.rank !== 1 || `${words.shape}` !== `${contexts.shape}`) {
      throw new ShapeError(
        `GloVe.forward: words are ${formatShape(words.shape)} and contexts ${formatShape(contexts.shape)}, needs [pairs] of both`,
      );
    }
    const of = (indices: Tensor, table: Tensor): Tensor => embedding(indices, table, { sparse: true });
    return tidied(
      () => {
        const product = of(words, this.words).mul(of(contexts, this.contexts)).sum(1); // [pairs]
        const biases = of(words, this.wordBiases).add(of(contexts, this.contextBiases)); // [pairs, 1]
        return product.add(biases.reshape([words.size]));
      },
      (y) => [y],
    );
  }

  /** J over a batch of pairs: a sum, as Adagrad makes little of its scale, and not a mean. */
  loss({ words, contexts, counts }: GloVeBatch): Tensor {
    checkCall('GloVe.loss', arguments, [['batch', 'object']]);
    needTensor('GloVe.loss', counts);
    return tidied(
      () => {
        const differences = this.forward(words, contexts).sub(counts.log());
        const weights = counts.div(this.xMax).pow(this.alpha).minimum(1);
        return weights.mul(differences.square()).sum();
      },
      (loss) => [loss],
    );
  }

  /**
   * The vectors w + w̃ with their words, as the paper has it.
   *
   * @throws ArgumentError where there are not as many words.
   */
  async vectors(words: readonly string[]): Promise<WordVectors> {
    checkCall('GloVe.vectors', arguments, [['words', 'list']]);
    if (words.length !== this.vocabularySize) {
      throw new ArgumentError(`GloVe.vectors: there are ${words.length} words, needs ${this.vocabularySize}`);
    }
    const sum = noGrad(() => this.words.add(this.contexts));
    try {
      return new WordVectors(words, Float32Array.from(await sum.data()));
    } finally {
      sum.dispose();
    }
  }

  override describe(): string {
    return formatArguments([this.vocabularySize, this.size], { xMax: [this.xMax, 100], alpha: [this.alpha, 0.75] });
  }
}

/** Refuses weights that no pair can have. */
export function checkWeights(where: string, { xMax = 100, alpha = 0.75 }: GloVeWeights): void {
  for (const [name, value] of Object.entries({ xMax, alpha })) {
    if (!(value > 0 && value < Infinity))
      throw new ArgumentError(`${where}: ${name} is ${value}, needs a number above 0`);
  }
}
