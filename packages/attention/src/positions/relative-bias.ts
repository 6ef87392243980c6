// RelativeBias: a learned number for each head and each bucket of distances, added to the scores.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  embedding,
  type Known,
  randn,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { formatArguments, type ParameterOptions, parameter, parameterOptions } from '@dl/layers';
import type { Place } from '../core/positions.js';
import { distancesOf, InAttention, needHeads } from './in-attention.js';
import type { SavedRelativeBias } from './saved.js';

/** Options of {@link RelativeBias}. */
export interface RelativeBiasOptions extends ParameterOptions {
  /** Tell keys before a query from those after it. Default true; false for a decoder, in which no query sees what comes after it. */
  readonly bidirectional?: boolean;
  /** How many rows the table has. Default 32. */
  readonly buckets?: number;
  /** From this distance on all share the last bucket. Default 128. */
  readonly maxDistance?: number;
  /** The standard deviation that the table starts with, normal with mean 0. Default 0.02. */
  readonly std?: number;
}

const relativeBiasOptions: Known<RelativeBiasOptions> = {
  bidirectional: 'boolean',
  buckets: 'number',
  maxDistance: 'number',
  std: 'finite',
  ...parameterOptions,
};

/**
 * T5's relative positions (Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020): weight[bucket(j - i), head]
 * is added to the score of a query at position i and a key at position j. The table `weight` is [buckets, numHeads], as T5's
 * `relative_attention_bias` is.
 *
 * Of b buckets for distances d = 0, 1, 2, … (half of `buckets` for each direction, or all of them with `bidirectional: false`, where keys after the query
 * count as distance 0) the first b/2 hold one distance each. The others grow by a factor up to `maxDistance`:
 *
 *     bucket(d) = b/2 + ⌊b/2 · log(d / (b/2)) / log(maxDistance / (b/2))⌋, at most b - 1
 *
 * T5 has one table for all layers of a stack: give all of them the same `RelativeBias`.
 *
 * @throws ArgumentError for buckets that cannot be halved so, and for a maxDistance that is not beyond the buckets of one distance each.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { RelativeBias } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new RelativeBias(4);
 * console.log(positions.bias(zeros([2, 4, 5, 8]), { queries: 5, keys: 5, offset: 0 }).shape); // [1, 4, 5, 5]
 * console.log([-200, -1, 0, 1, 200].map((distance) => positions.bucketOf(distance))); // [15, 1, 0, 17, 31]
 * ```
 */
export class RelativeBias extends InAttention {
  readonly numHeads: number;
  readonly bidirectional: boolean;
  readonly buckets: number;
  readonly maxDistance: number;
  /** [buckets, numHeads]. */
  readonly weight: Tensor;

  constructor(numHeads: number, options: RelativeBiasOptions = {}) {
    checkCall('RelativeBias', arguments, ['numHeads'], relativeBiasOptions);
    super();
    const { bidirectional = true, buckets = 32, maxDistance = 128, std = 0.02, ...made } = options;
    this.numHeads = checkInteger('RelativeBias', 'numHeads', numHeads, 1);
    const parts = bidirectional ? 4 : 2;
    if (!(Number.isInteger(buckets) && buckets > 0 && buckets % parts === 0)) {
      throw new ArgumentError(
        `RelativeBias: buckets is ${shown(buckets)}, needs a multiple of ${parts}: ${bidirectional ? 'half for each direction, and of those ' : ''}half for one distance each`,
      );
    }
    const exact = buckets / parts;
    if (!(Number.isInteger(maxDistance) && maxDistance > exact)) {
      throw new ArgumentError(
        `RelativeBias: maxDistance is ${shown(maxDistance)}, needs a whole number above ${exact}, since the first ${exact} of ${buckets} buckets hold one distance each`,
      );
    }
    this.bidirectional = bidirectional;
    this.buckets = buckets;
    this.maxDistance = maxDistance;
    this.weight = parameter(randn([buckets, numHeads], { std, ...made }));
  }

  /** The bucket of a key that stands so many positions after its query; before it with a negative number. */
  bucketOf(distance: number): number {
    const each = this.bidirectional ? this.buckets / 2 : this.buckets;
    const side = this.bidirectional && distance > 0 ? each : 0;
    const far = this.bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
    const exact = each / 2;
    if (far < exact) return side + far;
    // A power of the factor is the first of its bucket, whatever the logarithms round to.
    const steps = (Math.log(far / exact) / Math.log(this.maxDistance / exact)) * (each - exact) + 1e-9;
    return side + Math.min(exact + Math.floor(steps), each - 1);
  }

  /** [1, heads, queries, keys]. */
  bias(q: Tensor, place: Place): Tensor {
    needHeads('RelativeBias', q, this.numHeads);
    const { queries, keys } = place;
    const { first, count } = distancesOf(place);
    const byDistance = Int32Array.from({ length: count }, (_, i) => this.bucketOf(first + i));
    const data = new Int32Array(queries * keys);
    for (let i = 0; i < queries; i++) {
      const start = queries - 1 - i;
      data.set(byDistance.subarray(start, start + keys), i * keys);
    }
    const buckets = tensor({ data, shape: [queries, keys] }, { backend: this.weight.backend });
    return embedding(buckets, this.weight).permute([2, 0, 1]).unsqueeze(0);
  }

  /** What it is made of, as JSON. */
  get config(): SavedRelativeBias {
    const { numHeads, bidirectional, buckets, maxDistance } = this;
    return { type: 'relativeBias', numHeads, bidirectional, buckets, maxDistance };
  }

  override describe(): string {
    return formatArguments([this.numHeads], {
      bidirectional: [this.bidirectional, true],
      buckets: [this.buckets, 32],
      maxDistance: [this.maxDistance, 128],
    });
  }
}
