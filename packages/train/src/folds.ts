// Folds: which rows are trained on and which are tested on, each row being tested on once.

import { ArgumentError, type Generator } from '@dl/autograd';

/** Rows of a data set by number: those to train on, and those to test on. */
export interface Fold {
  readonly train: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

/**
 * Deals `size` rows, in a random order, into `count` folds whose sizes differ by one at most; with `labels`, each class too is
 * dealt evenly.
 */
export function kFold(
  size: number,
  count: number,
  { generator, labels }: { readonly generator: Generator; readonly labels?: ArrayLike<number> | undefined },
): Fold[] {
  if (!Number.isSafeInteger(count) || count < 2 || count > size) {
    throw new ArgumentError(
      `crossValidate: folds is ${count}, needs a whole number from 2 to ${size}, the rows that there are`,
    );
  }
  const order = Array.from(generator.permutation(size));
  // Class after class, dealt like cards: a stable sort keeps the random order within each.
  if (labels !== undefined) order.sort((a, b) => labels[a]! - labels[b]!);
  const foldOf = new Int32Array(size);
  order.forEach((row, i) => {
    foldOf[row] = i % count;
  });
  const rows = Array.from({ length: size }, (_, row) => row);
  return Array.from({ length: count }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    test: rows.filter((row) => foldOf[row] === fold),
  }));
}
