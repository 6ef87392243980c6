// ALiBiPositions: scores fall with distance, in each head at its own slope.

import { arange, checkCall, checkInteger, type Tensor, tensor } from '@dl/autograd';
import type { Place } from '../core/positions.js';
import { InAttention, needHeads } from './in-attention.js';
import type { SavedALiBiPositions } from './saved.js';

/**
 * Attention with linear biases: -m · |i - j| is added to the score of a query at position i and a key at position j, with a slope m for each head and
 * nothing to learn (Press, Smith & Lewis, "Train short, test long: attention with linear biases enables input length extrapolation", 2022). Of n heads, where n is a
 * power of 2, head h = 1, 2, … has the slope 2^(-8h / n). For other numbers of heads, as in the paper's own program, the largest power of 2 below comes first,
 * and then every other slope, the first one among them, of twice that power.
 *
 * In attention in both directions the bias is the same to both sides.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { ALiBiPositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new ALiBiPositions(2);
 * console.log(positions.slopes); // [0.0625, 0.00390625]
 * const bias = positions.bias(zeros([1, 2, 3, 8]), { queries: 3, keys: 3, offset: 0 });
 * console.log(bias.slice([0, 0, 2]).toArray()); // [-0.125, -0.0625, 0]
 * ```
 */
export class ALiBiPositions extends InAttention {
  readonly numHeads: number;
  /** The slope of each head. */
  readonly slopes: readonly number[];

  constructor(numHeads: number) {
    checkCall('ALiBiPositions', arguments, ['numHeads']);
    super();
    this.numHeads = checkInteger('ALiBiPositions', 'numHeads', numHeads, 1);
    this.slopes = slopesOf(numHeads);
  }

  /** [1, heads, queries, keys]. */
  bias(q: Tensor, { queries, keys, offset }: Place): Tensor {
    needHeads('ALiBiPositions', q, this.numHeads);
    const made = { dtype: q.dtype, backend: q.backend };
    const from = arange(offset, offset + queries, 1, made).reshape([queries, 1]);
    const slopes = tensor({ data: Float64Array.from(this.slopes), shape: [1, this.numHeads, 1, 1] }, made);
    return from.sub(arange(keys, made)).abs().neg().mul(slopes);
  }

  /** What it is made of, as JSON. */
  get config(): SavedALiBiPositions {
    return { type: 'alibi', numHeads: this.numHeads };
  }

  override describe(): string {
    return `${this.numHeads}`;
  }
}

function slopesOf(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const geometric = (n: number): number[] => Array.from({ length: n }, (_, h) => 2 ** ((-8 * (h + 1)) / n));
  const between = geometric(2 * power).filter((_, h) => h % 2 === 0);
  return [...geometric(power), ...between.slice(0, heads - power)];
}
