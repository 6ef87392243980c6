// ScaledDotProductAttention: the product of query and key, over the root of their size.

import { checkCall, type Known, matmul, mul, type Tensor } from '@dl/autograd';
import { formatArguments } from '@dl/layers';
import { AttentionScore } from './score.js';

/** Options of {@link ScaledDotProductAttention}. */
export interface ScaledDotProductAttentionOptions {
  /** What products are multiplied by. Default 1 / √features. */
  readonly scale?: number;
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
}

const scaledOptions: Known<ScaledDotProductAttentionOptions> = { scale: 'finite', dropout: 'number' };

/**
 * Attention by the scaled product, e = qᵀ k / √features, for queries and keys of one size; it has no parameters (Vaswani et al., "Attention is all you need", 2017).
 * Heads, and maps of queries, keys and values, are what `MultiheadAttention` adds. What goes in and comes out: {@link AttentionScore}.
 *
 * @throws ArgumentError for a size below 1, ShapeError for what does not fit.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { ScaledDotProductAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const keys = tensor([[[1, 0], [0, 1]]]);
 * const values = tensor([[[10], [20]]]);
 * const { output } = new ScaledDotProductAttention(2).forward(tensor([[[5, 5], [50, 0]]]), keys, { values });
 * console.log(output.toArray()); // [[[15], [10]]]: half of each, and the first alone
 * ```
 */
export class ScaledDotProductAttention extends AttentionScore {
  readonly scale: number;

  constructor(features: number, options: ScaledDotProductAttentionOptions = {}) {
    checkCall('ScaledDotProductAttention', arguments, ['features'], scaledOptions);
    super('ScaledDotProductAttention', features, features, options.dropout);
    this.scale = options.scale ?? 1 / Math.sqrt(features);
  }

  energies(query: Tensor, keys: Tensor): Tensor {
    // Scaling the queries touches fewer numbers than scaling the energies.
    return matmul(mul(query, this.scale), keys, { transposeB: true });
  }

  override describe(): string {
    return formatArguments([this.queryDim], {
      scale: [this.scale, 1 / Math.sqrt(this.queryDim)],
      dropout: [this.dropout, 0],
    });
  }
}
