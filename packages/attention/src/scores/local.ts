// LocalAttention: looks at a window of the source alone, around a place that goes on with the target, or that is predicted.

import {
  ArgumentError,
  arange,
  checkCall,
  checkInteger,
  type Known,
  minimum,
  type Shape,
  shown,
  type Tensor,
  tensor,
  where,
} from '@dl/autograd';
import { formatArguments, Linear, type ParameterOptions, parameterOptions } from '@dl/layers';
import type { States } from '@dl/rnn';
import { both } from '../core/masks.js';
import type { ProjectedSource } from './projected-source.js';
import { AttentionScore, softmaxWithin, type Weighed } from './score.js';

/** Options of {@link LocalAttention}. */
export interface LocalAttentionOptions extends ParameterOptions {
  /** Where the window stands: at the place of the query in the target, or where the query says. Default `monotonic`. */
  readonly alignment?: 'monotonic' | 'predictive';
  /** Rows of the map W_p that predicts. Default queryDim. */
  readonly units?: number;
  /** Of `predictive`: has weights sum to 1 again after the Gaussian. Default true; the paper leaves them as they are. */
  readonly renormalize?: boolean;
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
}

const localOptions: Known<LocalAttentionOptions> = {
  alignment: ['monotonic', 'predictive'],
  units: 'number',
  renormalize: 'boolean',
  dropout: 'number',
  ...parameterOptions,
};

/**
 * Local attention (Luong et al., 2015): the softmax of another score's energies over the positions s with |s - p| ≤ D alone, where p is, for query t (both counted from 0),
 *
 * - `monotonic`: p = min(t, S - 1), where S is the length of the source. t goes on from call to call by `state`, { position: [batch] };
 * - `predictive`: p = S · sigmoid(v_pᵀ tanh(W_p q)), with W_p [units, queryDim] (`position.weight`) and v_p [1, units] (`v.weight`), and a(s) is multiplied by the Gaussian
 *   exp(-(s - p)² / 2σ²), σ = D / 2, by which p learns. Weights are then divided by their sum, unless `renormalize` is false.
 *
 * All energies are computed; the window says which of them count. What goes in and comes out: {@link AttentionScore}.
 *
 * @param score What compares queries with keys, such as `new LuongAttention(8, 8)`.
 * @param window D, how far from p a position may be.
 *
 * @throws ArgumentError for what is no score, or one that goes from call to call itself, and for a window below 1.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { LocalAttention, LuongAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new LocalAttention(new LuongAttention(4, 4), 1);
 * const keys = randn([1, 6, 4]);
 * const first = score.forward(randn([1, 1, 4]), keys, { returnWeights: true }); // looks at positions 0 and 1
 * const next = score.forward(randn([1, 1, 4]), keys, { returnWeights: true, state: first.state }); // at 0, 1 and 2
 * console.log(next.weights?.greater(0).toArray()); // [[[true, true, true, false, false, false]]]
 * ```
 */
export class LocalAttention extends AttentionScore {
  readonly score: AttentionScore;
  readonly window: number;
  readonly alignment: 'monotonic' | 'predictive';
  readonly renormalize: boolean;
  readonly position: Linear | undefined;
  readonly v: Linear | undefined;

  constructor(score: AttentionScore, window: number, options: LocalAttentionOptions = {}) {
    checkCall('LocalAttention', arguments, ['score', 'window'], localOptions);
    const { alignment = 'monotonic', units, renormalize = true, dropout = score?.dropout, ...made } = options;
    if (!(score instanceof AttentionScore)) {
      throw new ArgumentError(
        `LocalAttention: the score is ${shown(score)}, needs one that compares queries with keys, such as new LuongAttention(8, 8)`,
      );
    }
    if (score instanceof LocalAttention) {
      throw new ArgumentError(
        'LocalAttention: the score is a LocalAttention itself, whose window would be lost; give the score within it',
      );
    }
    if (options.renormalize !== undefined && alignment === 'monotonic') {
      throw new ArgumentError("LocalAttention: renormalize is for alignment 'predictive'; leave it out");
    }
    super('LocalAttention', score.queryDim, score.keyDim, dropout);
    if (Object.keys(score.stateShapes(1, 1)).length > 0) {
      throw new ArgumentError(
        `LocalAttention: the score is a ${score.constructor.name}, which looks at its own former weights; needs one that goes by query and keys alone`,
      );
    }
    if (units !== undefined && alignment === 'monotonic') {
      throw new ArgumentError("LocalAttention: units are for alignment 'predictive'; leave them out");
    }
    this.score = score;
    this.window = checkInteger('LocalAttention', 'window', window, 1);
    this.alignment = alignment;
    this.renormalize = renormalize;
    if (alignment === 'predictive') {
      const rows = checkInteger('LocalAttention', 'units', units ?? score.queryDim, 1);
      const { dtype, backend } = score.parameters()[0] ?? {};
      const plain = { bias: false, ...(dtype && { dtype }), ...(backend && { backend }), ...made };
      this.position = new Linear(score.queryDim, rows, plain);
      this.v = new Linear(rows, 1, plain);
    } else {
      this.position = undefined;
      this.v = undefined;
    }
  }

  override projectKeys(keys: Tensor): Tensor {
    return this.score.projectKeys(keys);
  }

  energies(query: Tensor, keys: Tensor): Tensor {
    return this.score.energies(query, keys);
  }

  override stateShapes(batch: number, _length: number): Readonly<Record<string, Shape>> {
    return this.alignment === 'monotonic' ? { position: [batch] } : {};
  }

  protected override weigh(
    query: Tensor,
    source: ProjectedSource,
    allowed: Tensor | undefined,
    state: States,
  ): Weighed {
    const made = { dtype: query.dtype, backend: query.backend };
    const { lengths, length } = source;
    const ends = tensor(lengths ?? [length], made).reshape([-1, 1, 1]); // S
    const places = arange(length, made); // s
    const energies = this.energies(query, source.keys);
    if (this.position === undefined || this.v === undefined) {
      const queries = query.shape[1]!;
      const { position } = state as { readonly position: Tensor };
      const t = position.reshape([-1, 1, 1]).add(arange(queries, made).reshape([-1, 1])); // [batch, queries, 1]
      const visible = both(allowed, this.#near(places.sub(minimum(t, ends.sub(1)))));
      return { weights: softmaxWithin(energies, visible), state: { position: position.add(queries) } };
    }
    const p = ends.mul(this.v.forward(this.position.forward(query).tanh()).sigmoid()); // [batch, queries, 1]
    const distance = places.sub(p); // [batch, queries, length]
    const visible = both(allowed, this.#near(distance))!;
    const sigma = this.window / 2;
    const logGaussian = distance.square().mul(-1 / (2 * sigma * sigma));
    const weights = this.renormalize
      ? softmaxWithin(energies.add(logGaussian), visible)
      : where(visible, softmaxWithin(energies, visible).mul(logGaussian.exp()), 0);
    return { weights, state: {} };
  }

  /** Where a distance is within the window. One that is NaN is: it is to be seen in what comes of it. */
  #near(distance: Tensor): Tensor {
    return distance.abs().greater(this.window).logicalNot();
  }

  override describe(): string {
    return formatArguments([], {
      window: [this.window, undefined],
      alignment: [this.alignment, 'monotonic'],
      renormalize: [this.renormalize, true],
      dropout: [this.dropout, 0],
    });
  }
}
