// LocationAwareAttention: an additive score that also sees where the query before has looked.

import { ArgumentError, checkCall, checkInteger, type Known, type Shape, type Tensor } from '@dl/autograd';
import { Conv1d, formatArguments, Linear, type ParameterOptions, parameterOptions } from '@dl/layers';
import type { States } from '@dl/rnn';
import { tanhEnergies } from './additive.js';
import { weighedInTurn } from './in-turn.js';
import type { ProjectedSource } from './projected-source.js';
import { AttentionScore, type Weighed } from './score.js';

/** Options of {@link LocationAwareAttention}. */
export interface LocationAwareAttentionOptions extends ParameterOptions {
  /** How many filters go over the former weights. Default 10. */
  readonly filters?: number;
  /** Width of the filters, an odd number. Default 31. */
  readonly kernelSize?: number;
  /** Add a bias before the tanh. Default true. */
  readonly bias?: boolean;
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
}

const locationOptions: Known<LocationAwareAttentionOptions> = {
  filters: 'number',
  kernelSize: 'number',
  bias: 'boolean',
  dropout: 'number',
  ...parameterOptions,
};

/**
 * Location-aware attention: f = F * α, the filters F over the weights α of the query before (zeros around them, and before a first query), and
 * e = wᵀ tanh(W q + V k + U f + b), so that it can go on where it stopped, among places that look alike (Chorowski et al., "Attention-based models for speech recognition",
 * 2015). Parameters: `convolution.weight` [filters, 1, kernelSize], `query.weight` (W), `key.weight` (V) and `key.bias`, `location.weight` (U), `v.weight` (w).
 *
 * Several queries of one call come one after the other; `state` is { weights: [batch, length] }, those of the last one. What goes in and comes out: {@link AttentionScore}.
 *
 * @throws ArgumentError for sizes below 1 and an even kernelSize, ShapeError for what does not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { LocationAwareAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new LocationAwareAttention(4, 6, 8, { filters: 3, kernelSize: 5 });
 * const source = score.project(randn([2, 9, 6]), { lengths: [9, 7] });
 * let { state } = score.forward(randn([2, 1, 4]), source);
 * ({ state } = score.forward(randn([2, 1, 4]), source, { state }));
 * console.log(state.weights?.shape); // [2, 9]
 * ```
 */
export class LocationAwareAttention extends AttentionScore {
  readonly units: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly convolution: Conv1d;
  readonly location: Linear;
  readonly v: Linear;

  constructor(queryDim: number, keyDim: number, units: number, options: LocationAwareAttentionOptions = {}) {
    checkCall('LocationAwareAttention', arguments, ['queryDim', 'keyDim', 'units'], locationOptions);
    const { filters = 10, kernelSize = 31, bias = true, dropout, ...made } = options;
    super('LocationAwareAttention', queryDim, keyDim, dropout);
    this.units = checkInteger('LocationAwareAttention', 'units', units, 1);
    checkInteger('LocationAwareAttention', 'filters', filters, 1);
    if (checkInteger('LocationAwareAttention', 'kernelSize', kernelSize, 1) % 2 === 0) {
      throw new ArgumentError(
        `LocationAwareAttention: kernelSize is ${kernelSize}, needs an odd number, so that each position is the middle of what is seen of it`,
      );
    }
    this.query = new Linear(queryDim, units, { bias: false, ...made });
    this.key = new Linear(keyDim, units, { bias, ...made });
    this.convolution = new Conv1d(1, filters, kernelSize, { padding: (kernelSize - 1) / 2, bias: false, ...made });
    this.location = new Linear(filters, units, { bias: false, ...made });
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
    return { weights: [batch, length] };
  }

  protected override weigh(
    query: Tensor,
    source: ProjectedSource,
    allowed: Tensor | undefined,
    state: States,
  ): Weighed {
    const { batch, length } = source;
    const { weights, told } = weighedInTurn({
      queries: this.query.forward(query),
      v: this.v,
      allowed,
      told: (state as { readonly weights: Tensor }).weights,
      seen: (former) => {
        const f = this.convolution.forward(former.reshape([batch, 1, length])); // [batch, filters, length]
        return source.keys.add(this.location.forward(f.transpose(1, 2)));
      },
      next: (weights) => weights,
    });
    return { weights, state: { weights: told } };
  }

  override describe(): string {
    const [filters, , kernelSize] = this.convolution.weight.shape as readonly [number, number, number];
    return formatArguments([this.queryDim, this.keyDim, this.units], {
      filters: [filters, 10],
      kernelSize: [kernelSize, 31],
      bias: [this.key.bias !== undefined, true],
      dropout: [this.dropout, 0],
    });
  }
}
