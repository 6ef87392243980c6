// Max norm: rows of a table that are looked up are shortened first, in place, when they are too long.

import {
  ArgumentError,
  abs,
  greater,
  internalScope,
  type Known,
  logicalAnd,
  noGrad,
  oncePerForward,
  ones,
  pow,
  reshape,
  scatterAdd,
  shown,
  type Tensor,
  where,
  zeros,
} from '@dl/autograd';

/** How long rows of {@link Embedding} and {@link EmbeddingBag} may be. */
export interface MaxNormOptions {
  /** Rows that are looked up and longer are first shortened to this length, in the table itself. Default: none are. */
  readonly maxNorm?: number;
  /** The norm that is meant by length: (Σ |w|^p)^(1/p). Default 2. */
  readonly normType?: number;
}

export const maxNormOptions: Known<MaxNormOptions> = { maxNorm: 'number', normType: 'number' };

export function checkMaxNorm(layer: string, { maxNorm, normType = 2 }: MaxNormOptions): void {
  if (maxNorm !== undefined && !(maxNorm > 0 && maxNorm < Infinity)) {
    throw new ArgumentError(`${layer}: maxNorm is ${shown(maxNorm)}, needs a number above 0`);
  }
  if (!(normType > 0 && normType < Infinity)) {
    throw new ArgumentError(`${layer}: normType is ${shown(normType)}, needs a number above 0, such as 2`);
  }
}

/** w ← w · maxNorm / (‖w‖ + 1e-7) for each row that the indices name and that is longer than maxNorm; once for each forward. */
export function shortenRows(weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  oncePerForward(() => shorten(weight, indices, maxNorm, normType));
}

function shorten(weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  const scope = internalScope();
  try {
    noGrad(() => {
      const made = { dtype: weight.dtype, backend: weight.backend };
      const flat = reshape(indices, [indices.size]);
      const uses = scatterAdd(zeros([weight.shape[0]!], made), 0, flat, ones([indices.size], made));
      const powers = normType === 2 ? weight.square() : pow(abs(weight), normType);
      const lengths = pow(powers.sum(1), 1 / normType);
      const isLong = logicalAnd(greater(uses, 0), greater(lengths, maxNorm));
      const factors = where(isLong, lengths.add(1e-7).reciprocal().mul(maxNorm), ones([weight.shape[0]!], made));
      weight.assign(weight.mul(reshape(factors, [-1, 1])));
    });
  } finally {
    scope.end();
  }
}
