// LuongAttention: three ways to multiply a query with a key.

import { ArgumentError, checkCall, checkInteger, type Known, linear, matmul, type Tensor } from '@dl/autograd';
import { formatArguments, Linear, type ParameterOptions, parameterOptions } from '@dl/layers';
import { tanhEnergies } from './additive.js';
import { AttentionScore } from './score.js';

/** Options of {@link LuongAttention}. */
export interface LuongAttentionOptions extends ParameterOptions {
  /** How a query and a key are compared. Default `general`. */
  readonly score?: 'dot' | 'general' | 'concat';
  /** Rows of W for `concat`. Default queryDim. */
  readonly units?: number;
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
}

const scores = ['dot', 'general', 'concat'] as const;
const luongOptions: Known<LuongAttentionOptions> = {
  score: scores,
  units: 'number',
  dropout: 'number',
  ...parameterOptions,
};

/**
 * Multiplicative attention (Luong et al., "Effective approaches to attention-based neural machine translation", 2015), by one of three energies:
 *
 * - `dot`: e = qᵀ k, without parameters, for queries and keys of one size;
 * - `general`: e = qᵀ W k, with W [queryDim, keyDim] (`map.weight`);
 * - `concat`: e = vᵀ tanh(W [q; k]), with W [units, queryDim + keyDim] (`map.weight`) and v [1, units] (`v.weight`).
 *
 * What goes in and comes out: {@link AttentionScore}.
 *
 * @throws ArgumentError for `dot` of different sizes, and for units where there are none; ShapeError for what does not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { LuongAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new LuongAttention(4, 6, { score: 'general' });
 * const { output, weights } = score.forward(randn([2, 3, 4]), randn([2, 5, 6]), { returnWeights: true });
 * console.log(output.shape, weights?.shape); // [2, 3, 6] [2, 3, 5]
 * ```
 */
export class LuongAttention extends AttentionScore {
  readonly score: 'dot' | 'general' | 'concat';
  readonly units: number | undefined;
  readonly map: Linear | undefined;
  readonly v: Linear | undefined;

  constructor(queryDim: number, keyDim: number, options: LuongAttentionOptions = {}) {
    checkCall('LuongAttention', arguments, ['queryDim', 'keyDim'], luongOptions);
    const { score = 'general', units, dropout, ...made } = options;
    super('LuongAttention', queryDim, keyDim, dropout);
    if (score === 'dot' && queryDim !== keyDim) {
      throw new ArgumentError(
        `LuongAttention: queries have ${queryDim} features and keys ${keyDim}, and 'dot' needs as many; 'general' has a map between them`,
      );
    }
    if (score !== 'concat' && units !== undefined) {
      throw new ArgumentError(`LuongAttention: units are for score 'concat', and it is '${score}'; leave them out`);
    }
    this.score = score;
    this.units = score === 'concat' ? checkInteger('LuongAttention', 'units', units ?? queryDim, 1) : undefined;
    const plain = { bias: false, ...made };
    if (score === 'general') this.map = new Linear(keyDim, queryDim, plain);
    else this.map = this.units === undefined ? undefined : new Linear(queryDim + keyDim, this.units, plain);
    this.v = this.units === undefined ? undefined : new Linear(this.units, 1, plain);
  }

  override projectKeys(keys: Tensor): Tensor {
    if (this.score === 'dot') return keys;
    if (this.score === 'general') return this.map!.forward(keys); // [batch, length, queryDim]
    return linear(keys, this.map!.weight.slice([null, [this.queryDim, null]])); // [batch, length, units]
  }

  energies(query: Tensor, keys: Tensor): Tensor {
    if (this.score !== 'concat') return matmul(query, keys, { transposeB: true });
    const q = linear(query, this.map!.weight.slice([null, [0, this.queryDim]])); // [batch, queries, units]
    return tanhEnergies(q, keys, this.v!);
  }

  override describe(): string {
    return formatArguments([this.queryDim, this.keyDim], {
      score: [this.score, 'general'],
      units: [this.units, this.score === 'concat' ? this.queryDim : undefined],
      dropout: [this.dropout, 0],
    });
  }
}
