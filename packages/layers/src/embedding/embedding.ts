// Embedding: a learned vector for each of so many words, or other things that have a number.

import {
  ArgumentError,
  arange,
  checkCall,
  checkInteger,
  embedding,
  equal,
  internalScope,
  isInteger,
  type Known,
  noGrad,
  randn,
  shown,
  Tensor,
  where,
} from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { byFrequency, type FrequencyOptions, frequencyOptions } from './frequency.js';
import { checkMaxNorm, type MaxNormOptions, maxNormOptions, shortenRows } from './max-norm.js';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends MaxNormOptions, FrequencyOptions, ParameterOptions {
  /** The index that stands for no word (negative ones count from the end): its vector starts as 0 and is not trained. */
  readonly paddingIndex?: number;
  /**
   * The gradient of the weight is for the rows that were looked up alone: `weight.rowGrad` in place of `weight.grad`. A step of training
   * then costs as much for a million rows as for a thousand, with SGD, Adagrad or SparseAdam of @dl/optim. Default false.
   */
  readonly sparse?: boolean;
}

export const embeddingOptions: Known<EmbeddingOptions> = {
  paddingIndex: 'number',
  sparse: 'boolean',
  ...maxNormOptions,
  ...frequencyOptions,
  ...parameterOptions,
};

/**
 * Rows of a learned table: indices [...] (`int32`) → [..., embeddingDim]. The weight [numEmbeddings, embeddingDim] starts
 * normal, with mean 0 and variance 1, as PyTorch's does. With `scaleGradByFreq` the gradient of a row is the mean of those of its
 * words in the batch, not their sum.
 *
 * @throws IndexError for an index outside 0 … numEmbeddings - 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Embedding(10, 4, { paddingIndex: 0 });
 * console.log(layer.forward(tensor([[3, 1, 0]], { dtype: 'int32' })).shape); // [1, 3, 4]
 * ```
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIndex: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  readonly weight: Tensor;

  constructor(numEmbeddings: number, embeddingDim: number, given: EmbeddingOptions = {}) {
    checkCall('Embedding', arguments, ['numEmbeddings', 'embeddingDim'], embeddingOptions);
    super();
    const { paddingIndex, maxNorm, normType = 2, scaleGradByFreq = false, sparse = false, ...options } = given;
    this.numEmbeddings = checkInteger('Embedding', 'numEmbeddings', numEmbeddings, 1);
    this.embeddingDim = checkInteger('Embedding', 'embeddingDim', embeddingDim, 1);
    checkMaxNorm('Embedding', given);
    this.paddingIndex = checkPaddingIndex('Embedding', paddingIndex, numEmbeddings);
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.sparse = sparse;
    const start = randn([numEmbeddings, embeddingDim], options);
    if (this.paddingIndex !== undefined) clearRow(start, this.paddingIndex);
    this.weight = parameter(start);
  }

  forward(indices: Tensor): Tensor {
    const { paddingIndex, maxNorm, sparse } = this;
    if (maxNorm !== undefined && indices instanceof Tensor && isInteger(indices.dtype)) {
      shortenRows(this.weight, indices, maxNorm, this.normType);
    }
    const vectors = embedding(indices, this.weight, paddingIndex === undefined ? { sparse } : { paddingIndex, sparse });
    return this.scaleGradByFreq ? byFrequency(vectors, indices, indices, this.numEmbeddings) : vectors;
  }

  override multiplyAdds(): number {
    return 0;
  }

  override describe(): string {
    return formatArguments([this.numEmbeddings, this.embeddingDim], {
      paddingIndex: [this.paddingIndex, undefined],
      maxNorm: [this.maxNorm, undefined],
      normType: [this.normType, 2],
      scaleGradByFreq: [this.scaleGradByFreq, false],
      sparse: [this.sparse, false],
    });
  }
}

/** The number of the row that stands for no word, counted from the front. */
export function checkPaddingIndex(layer: string, index: number | undefined, count: number): number | undefined {
  if (index === undefined) return undefined;
  if (!(Number.isInteger(index) && index >= -count && index < count)) {
    throw new ArgumentError(
      `${layer}: paddingIndex is ${shown(index)}, needs the number of a row, ${-count} to ${count - 1}`,
    );
  }
  return index < 0 ? index + count : index;
}

/** Sets a row of a table to 0. */
export function clearRow(weight: Tensor, row: number): void {
  const scope = internalScope();
  try {
    const rows = arange(weight.shape[0]!, { dtype: 'int32', backend: weight.backend });
    noGrad(() => weight.assign(where(equal(rows, row).reshape([-1, 1]), 0, weight)));
  } finally {
    scope.end();
  }
}
