// RelativePositions: learned vectors for each distance, on the side of keys and of values.

import {
  checkCall,
  checkInteger,
  formatShape,
  indexSelect,
  type Known,
  matmul,
  pad,
  ShapeError,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { formatArguments, type ParameterOptions, parameter, parameterOptions, xavierUniform } from '@dl/layers';
import type { Place } from '../core/positions.js';
import { distancesOf, InAttention } from './in-attention.js';
import type { SavedRelativePositions } from './saved.js';

/** Options of {@link RelativePositions}. */
export interface RelativePositionsOptions extends ParameterOptions {
  /** Vectors that are added to values too, not to keys alone. Default true. */
  readonly onValues?: boolean;
  /** What the scores are multiplied by, where attention is given another scale than its own. Default 1 / √headDim. */
  readonly scale?: number;
}

const relativePositionsOptions: Known<RelativePositionsOptions> = {
  onValues: 'boolean',
  scale: 'finite',
  ...parameterOptions,
};

/**
 * Shaw's relative positions (Shaw, Uszkoreit & Vaswani, "Self-attention with relative position representations", 2018). A query at position i sees the key at position
 * j as k(j) + a(j - i), and its value as v(j) + b(j - i), with learned vectors a and b for each distance from -maxDistance to maxDistance; what is further away counts
 * as that far:
 *
 *     score(i, j) = q(i) · (k(j) + a(j - i)) / √headDim
 *     output(i) = Σ_j weight(i, j) (v(j) + b(j - i))
 *
 * The tables are called `keys` and `values` in a `stateDict()`. They are [2 · maxDistance + 1, headDim], shared by all heads, and start uniform as by
 * `xavierUniform`. Vectors for keys alone, by `onValues: false`, did as well in the paper, and cost less.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { RelativePositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new RelativePositions(8, 4); // for heads of 8 features, 4 positions to each side
 * const place = { queries: 5, keys: 5, offset: 0 };
 * console.log(positions.bias(randn([2, 3, 5, 8]), place).shape); // [2, 3, 5, 5]
 * console.log(positions.values?.(randn([2, 3, 5, 5]), place).shape); // [2, 3, 5, 8]
 * ```
 */
export class RelativePositions extends InAttention {
  readonly headDim: number;
  readonly maxDistance: number;
  readonly scale: number;
  /** [2 · maxDistance + 1, headDim], from keys far before the query to keys far after it. */
  readonly keyTable: Tensor;
  /** Likewise; undefined with `onValues: false`. */
  readonly valueTable: Tensor | undefined;
  /** What is added to the result, [batch, heads, queries, headDim]; undefined with `onValues: false`, so that attention need not make weights for it. */
  readonly values?: (weights: Tensor, place: Place) => Tensor;

  constructor(headDim: number, maxDistance: number, options: RelativePositionsOptions = {}) {
    checkCall('RelativePositions', arguments, ['headDim', 'maxDistance'], relativePositionsOptions);
    super();
    this.headDim = checkInteger('RelativePositions', 'headDim', headDim, 1);
    this.maxDistance = checkInteger('RelativePositions', 'maxDistance', maxDistance, 1);
    const { onValues = true, scale = 1 / Math.sqrt(headDim), ...made } = options;
    this.scale = scale;
    const table = (name: string): Tensor => parameter(xavierUniform([2 * maxDistance + 1, headDim], made), { name });
    this.keyTable = table('keys');
    this.valueTable = onValues ? table('values') : undefined;
    if (onValues) {
      // By the property, which `to(backend)` sets anew.
      this.values = (weights, place) =>
        product(byDistance(weights, place), indexSelect(this.valueTable!, 0, this.#rows(place)));
    }
  }

  /** [batch, heads, queries, keys]. */
  bias(q: Tensor, place: Place): Tensor {
    if (q.rank !== 4 || q.shape[3] !== this.headDim) {
      throw new ShapeError(
        `RelativePositions: heads are ${formatShape(q.shape)}, needs [batch, heads, queries, ${this.headDim}]`,
      );
    }
    const fits = product(q.mul(this.scale), this.keyTable.transpose()); // [batch, heads, queries, 2 · maxDistance + 1]
    return byKey(indexSelect(fits, 3, this.#rows(place)), place);
  }

  /** Which row of a table each distance has, from the lowest one on: int32 [distances]. */
  #rows(place: Place): Tensor {
    const { maxDistance } = this;
    const { first, count } = distancesOf(place);
    const rows = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      rows[i] = Math.min(Math.max(first + i, -maxDistance), maxDistance) + maxDistance;
    }
    return tensor(rows, { backend: this.keyTable.backend });
  }

  /** What it is made of, as JSON. */
  get config(): SavedRelativePositions {
    const { headDim, maxDistance, valueTable, scale } = this;
    return { type: 'relative', headDim, maxDistance, onValues: valueTable !== undefined, scale };
  }

  override describe(): string {
    return formatArguments([this.headDim, this.maxDistance], {
      onValues: [this.valueTable !== undefined, true],
      scale: [this.scale, 1 / Math.sqrt(this.headDim)],
    });
  }
}

/** x [batch, heads, queries, n] times a matrix [n, m], as one product. */
function product(x: Tensor, matrix: Tensor): Tensor {
  const [batch, heads, queries, n] = x.shape as readonly [number, number, number, number];
  return matmul(x.reshape([batch * heads * queries, n]), matrix).reshape([batch, heads, queries, matrix.shape[1]!]);
}

// Distance d of query i is that of key i + offset + d. Rows of distances, one number shorter than they are, lie shifted by one each: what stands in one column then
// belongs to one key (Huang et al., "Music Transformer", 2019, have a like trick).

/** x [batch, heads, queries, distances] for each distance → [batch, heads, queries, keys]. */
function byKey(x: Tensor, { queries, keys }: Place): Tensor {
  if (queries < 2) return x;
  const [batch, heads, , distances] = x.shape as readonly [number, number, number, number];
  const from = queries - 1;
  return x
    .reshape([batch, heads, queries * distances])
    .slice([null, null, [from, from + queries * (distances - 1)]])
    .reshape([batch, heads, queries, distances - 1])
    .slice(['...', [0, keys]]);
}

/** The other way round, 0 at distances at which a query has no key. */
function byDistance(x: Tensor, { queries, keys }: Place): Tensor {
  if (queries < 2) return x;
  const [batch, heads] = x.shape as readonly [number, number];
  const distances = queries + keys - 1;
  const whole = [0, 0] as const;
  const rows = pad(x, [whole, whole, whole, [0, queries - 2]]); // [batch, heads, queries, distances - 1]
  const flat = rows.reshape([batch, heads, queries * (distances - 1)]);
  return pad(flat, [whole, whole, [queries - 1, 1]]).reshape([batch, heads, queries, distances]);
}
