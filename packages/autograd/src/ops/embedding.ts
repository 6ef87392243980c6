// embedding: rows of a table by their numbers.

import { checkCall, type Known } from '../arguments/check-call.js';
import { IndexError } from '../errors.js';
import { isHalf } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needRank, needTensor } from './checks.js';
import { equal } from './compare.js';
import { cast, detach } from './copy.js';
import { indexSelect, underName } from './indexing.js';
import { reshape } from './reshape.js';
import { where } from './where.js';

export interface EmbeddingOptions {
  /** The index that stands for no word (negative ones count from the end): its row gets no gradient. Default: none. */
  readonly paddingIndex?: number;
  /**
   * The gradient of the weight is to be a {@link RowGradient}, for the rows that were looked up and no others: `weight.rowGrad`
   * instead of `weight.grad`. A step then costs the same for any number of rows, with SGD, Adagrad and SparseAdam. Default false.
   */
  readonly sparse?: boolean;
}

const embeddingOptions: Known<EmbeddingOptions> = { paddingIndex: 'number', sparse: 'boolean' };

/**
 * Rows of a table: [...] of indices and a weight of [count, features] → [..., features]. Those of a table in `float16` or `bfloat16` come as
 * `float32`.
 *
 * @throws IndexError for an index outside 0 … count - 1.
 *
 * @example
 * ```ts
 * import { embedding, randn, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const words = tensor([[3, 1], [0, 3]], { dtype: 'int32' });
 * console.log(embedding(words, randn([5, 8])).shape); // [2, 2, 8]
 * ```
 */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkCall('embedding', arguments, ['indices', 'weight'], embeddingOptions);
  const { paddingIndex, sparse = false } = options;
  needTensor('embedding', 'indices', indices);
  needTensor('embedding', 'weight', weight);
  needDType('embedding', 'indices', indices, 'int32');
  needRank('embedding', 'weight', weight, 2, '[count, features]');
  const padding = paddingIndex === undefined ? undefined : checkPaddingIndex(paddingIndex, weight.shape[0]!);
  return underName('embedding', 'indexSelect', () => {
    const index = reshape(indices, [indices.size]);
    const rows = indexSelect.run({ x: weight, index }, { axis: 0, sparse, without: padding });
    const found = isHalf(rows.dtype) ? cast(rows, 'float32') : rows;
    const y = reshape(found, [...indices.shape, weight.shape[1]!]);
    if (padding === undefined || sparse || !y.requiresGrad) return y;
    return where(reshape(equal(indices, padding), [...indices.shape, 1]), detach(y), y);
  });
}

function checkPaddingIndex(index: number, count: number): number {
  if (!Number.isInteger(index) || index < -count || index >= count) {
    throw new IndexError(
      `embedding: paddingIndex ${index} is out of range for ${count} rows; needs ${-count} to ${count - 1}`,
    );
  }
  return index < 0 ? index + count : index;
}
