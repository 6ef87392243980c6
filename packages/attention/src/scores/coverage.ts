// CoverageAttention: an additive score that knows how much of each position the queries before have looked at, all together.

import { checkCall, checkInteger, type Shape, type Tensor } from '@dl/autograd';
import { formatArguments, Linear } from '@dl/layers';
import type { States } from '@dl/rnn';
import { type AdditiveAttentionOptions, additiveOptions, tanhEnergies } from './additive.js';
import { weighedInTurn } from './in-turn.js';
import type { ProjectedSource } from './projected-source.js';
import { AttentionScore, type Weighed } from './score.js';

/** Options of {@link CoverageAttention}. */
export type CoverageAttentionOptions = AdditiveAttentionOptions;

/**
 * Coverage: c = Σ α over the weights α of all queries before (0 before a first one), and e = vᵀ tanh(W q + U k + w c + b), so that a decoder can leave alone what it has said (See, Liu & Manning, "Get to
 * the point: summarization with pointer-generator networks", 2017; Tu et al., "Modeling coverage for neural machine translation", 2016). It learns to by the option `coverageWeight` of
 * {@link PointerGenerator}'s loss. Parameters: `query.weight` (W), `key.weight` (U) and `key.bias`, `coverage.weight` (w) [units, 1], `v.weight`.
 *
 * Several queries of one call come one after the other; `state` is { coverage: [batch, length] }, the sum up to the last one. What goes in and comes out: {@link AttentionScore}.
 *
 * @throws ArgumentError for sizes below 1, ShapeError for what does not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { CoverageAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new CoverageAttention(4, 6, 8);
 * const source = score.project(randn([2, 9, 6]), { lengths: [9, 7] });
 * const { state } = score.forward(randn([2, 3, 4]), source);
 * console.log(state.coverage?.sum(1).toArray()); // [3, 3]: three queries, whose weights sum to 1
 * console.log(score.forward(randn([2, 1, 4]), source, { state }).output.shape); // [2, 1, 6]
 * ```
 */
export class CoverageAttention extends AttentionScore {
  readonly units: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly coverage: Linear;
  readonly v: Linear;

  constructor(queryDim: number, keyDim: number, units: number, options: CoverageAttentionOptions = {}) {
    checkCall('CoverageAttention', arguments, ['queryDim', 'keyDim', 'units'], additiveOptions);
    const { bias = true, dropout, ...made } = options;
    super('CoverageAttention', queryDim, keyDim, dropout);
    this.units = checkInteger('CoverageAttention', 'units', units, 1);
    this.query = new Linear(queryDim, units, { bias: false, ...made });
    this.key = new Linear(keyDim, units, { bias, ...made });
    this.coverage = new Linear(1, units, { bias: false, ...made });
    this.v = new Linear(units, 1, { bias: false, ...made });
  }

  override projectKeys(keys: Tensor): Tensor {
    return this.key.forward(keys); // [batch, length, units]
  }

  /** Those of first queries, before which nothing was looked at. */
  energies(query: Tensor, keys: Tensor): Tensor {
    return tanhEnergies(this.query.forward(query), keys, this.v);
  }

  override stateShapes(batch: number, length: number): Readonly<Record<string, Shape>> {
    return { coverage: [batch, length] };
  }

  protected override weigh(
    query: Tensor,
    source: ProjectedSource,
    allowed: Tensor | undefined,
    state: States,
  ): Weighed {
    const { weights, told } = weighedInTurn({
      queries: this.query.forward(query),
      v: this.v,
      allowed,
      told: (state as { readonly coverage: Tensor }).coverage,
      seen: (covered) => source.keys.add(this.coverage.forward(covered.unsqueeze(2))),
      next: (weights, covered) => covered.add(weights),
    });
    return { weights, state: { coverage: told } };
  }

  override describe(): string {
    return formatArguments([this.queryDim, this.keyDim, this.units], {
      bias: [this.key.bias !== undefined, true],
      dropout: [this.dropout, 0],
    });
  }
}
