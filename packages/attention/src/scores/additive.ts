// AdditiveAttention: a small network with one hidden layer says how well a query fits a key.

import { checkCall, checkInteger, type Known, type Tensor } from '@dl/autograd';
import { formatArguments, Linear, type ParameterOptions, parameterOptions } from '@dl/layers';
import { AttentionScore } from './score.js';

/** Options of {@link AdditiveAttention}. */
export interface AdditiveAttentionOptions extends ParameterOptions {
  /** Add a bias before the tanh. Default true. */
  readonly bias?: boolean;
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
}

export const additiveOptions: Known<AdditiveAttentionOptions> = {
  bias: 'boolean',
  dropout: 'number',
  ...parameterOptions,
};

/**
 * Additive attention, e = vᵀ tanh(W q + U k + b), with W [units, queryDim], U [units, keyDim] and v [1, units]: `query.weight`, `key.weight` and `key.bias`, `v.weight`. U k + b is
 * of the source alone (Bahdanau et al., "Neural machine translation by jointly learning to align and translate", 2015). What goes in and comes out: {@link AttentionScore}.
 *
 * @throws ArgumentError for sizes below 1, ShapeError for what does not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { AdditiveAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new AdditiveAttention(4, 6, 8);
 * const { output, weights } = score.forward(randn([2, 1, 4]), randn([2, 5, 6]), { lengths: [5, 3], returnWeights: true });
 * console.log(output.shape, weights?.sum(2).toArray()); // [2, 1, 6] [[1], [1]]
 * ```
 */
export class AdditiveAttention extends AttentionScore {
  readonly units: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly v: Linear;

  constructor(queryDim: number, keyDim: number, units: number, options: AdditiveAttentionOptions = {}) {
    checkCall('AdditiveAttention', arguments, ['queryDim', 'keyDim', 'units'], additiveOptions);
    const { bias = true, dropout, ...made } = options;
    super('AdditiveAttention', queryDim, keyDim, dropout);
    this.units = checkInteger('AdditiveAttention', 'units', units, 1);
    this.query = new Linear(queryDim, units, { bias: false, ...made });
    this.key = new Linear(keyDim, units, { bias, ...made });
    this.v = new Linear(units, 1, { bias: false, ...made });
  }

  override projectKeys(keys: Tensor): Tensor {
    return this.key.forward(keys); // [batch, length, units]
  }

  energies(query: Tensor, keys: Tensor): Tensor {
    return tanhEnergies(this.query.forward(query), keys, this.v);
  }

  override describe(): string {
    return formatArguments([this.queryDim, this.keyDim, this.units], {
      bias: [this.key.bias !== undefined, true],
      dropout: [this.dropout, 0],
    });
  }
}

/** vᵀ tanh(q + k) for q [batch, queries, units] and k [batch, length, units]: [batch, queries, length]. */
export function tanhEnergies(q: Tensor, k: Tensor, v: Linear): Tensor {
  const hidden = q.unsqueeze(2).add(k.unsqueeze(1)).tanh(); // [batch, queries, length, units]
  return v.forward(hidden).squeeze(3);
}
