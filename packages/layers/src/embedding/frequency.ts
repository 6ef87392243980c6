// Gradients by frequency: a row that comes often in a batch is not to learn more from it than one that comes once.

import {
  customGrad,
  indexSelect,
  type Known,
  ones,
  reciprocal,
  reshape,
  scatterAdd,
  type Tensor,
  zeros,
} from '@dl/autograd';

/** How gradients of {@link Embedding} and {@link EmbeddingBag} count words. */
export interface FrequencyOptions {
  /** Divide the gradient of each row by how often its index comes in the batch. Default false. */
  readonly scaleGradByFreq?: boolean;
}

export const frequencyOptions: Known<FrequencyOptions> = { scaleGradByFreq: 'boolean' };

/** The rows of a table that `words` name, unchanged; in the backward pass each gradient is divided by how often its index is among `indices`. */
export function byFrequency(vectors: Tensor, words: Tensor, indices: Tensor, rows: number): Tensor {
  if (!vectors.requiresGrad) return vectors;
  const made = { dtype: vectors.dtype, backend: vectors.backend };
  const counts = scatterAdd(zeros([rows], made), 0, reshape(indices, [indices.size]), ones([indices.size], made));
  const shares = reshape(reciprocal(indexSelect(counts, 0, reshape(words, [words.size]))), [...words.shape, 1]);
  return customGrad((x: Tensor) => ({ value: x, gradient: (dy) => [dy.mul(shares)] }), { name: 'byFrequency' })(
    vectors,
  );
}
