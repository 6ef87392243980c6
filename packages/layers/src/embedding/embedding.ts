// Embedding: a learned vector for each of so many words, or other things that have a number.

import {
  ArgumentError,
  arange,
  checkInteger,
  embedding,
  internalScope,
  noGrad,
  notEqual,
  randn,
  type Tensor,
} from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter } from '../core/parameter.js';

export interface EmbeddingOptions extends ParameterOptions {
  /** The index that stands for no word (negative ones count from the end): its vector starts as 0 and is not trained. */
  readonly paddingIndex?: number;
}

/**
 * Rows of a learned table: indices [...] (`int32`) → [..., embeddingDim]. The weight [numEmbeddings, embeddingDim] starts
 * normal, with mean 0 and variance 1, as PyTorch's does.
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
  readonly weight: Tensor;

  constructor(numEmbeddings: number, embeddingDim: number, { paddingIndex, ...options }: EmbeddingOptions = {}) {
    super();
    this.numEmbeddings = checkInteger('Embedding', 'numEmbeddings', numEmbeddings, 1);
    this.embeddingDim = checkInteger('Embedding', 'embeddingDim', embeddingDim, 1);
    if (
      paddingIndex !== undefined &&
      !(Number.isInteger(paddingIndex) && paddingIndex >= -numEmbeddings && paddingIndex < numEmbeddings)
    ) {
      throw new ArgumentError(
        `Embedding: paddingIndex is ${paddingIndex}, needs the number of a row, ${-numEmbeddings} to ${numEmbeddings - 1}`,
      );
    }
    this.paddingIndex = paddingIndex !== undefined && paddingIndex < 0 ? paddingIndex + numEmbeddings : paddingIndex;
    const start = randn([numEmbeddings, embeddingDim], options);
    if (this.paddingIndex !== undefined) clearRow(start, this.paddingIndex);
    this.weight = parameter(start);
  }

  forward(indices: Tensor): Tensor {
    const { paddingIndex } = this;
    return embedding(indices, this.weight, paddingIndex === undefined ? {} : { paddingIndex });
  }

  override describe(): string {
    return formatArguments([this.numEmbeddings, this.embeddingDim], { paddingIndex: [this.paddingIndex, undefined] });
  }
}

function clearRow(weight: Tensor, row: number): void {
  const scope = internalScope();
  try {
    const rows = arange(weight.shape[0]!, { dtype: 'int32', backend: weight.backend });
    const kept = notEqual(rows, row).cast(weight.dtype).reshape([-1, 1]);
    noGrad(() => weight.assign(weight.mul(kept)));
  } finally {
    scope.end();
  }
}
