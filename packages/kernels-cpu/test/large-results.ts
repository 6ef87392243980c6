// Results of many kernels at sizes beyond their blocks.

import {
  add,
  argmax,
  argmin,
  conv2d,
  crossEntropy,
  exp,
  expand,
  manualSeed,
  matmul,
  mean,
  mul,
  permute,
  prod,
  randn,
  repeat,
  softmax,
  sort,
  sum,
  type Tensor,
  tensor,
  topK,
  where,
} from '@dl/autograd';

/** Large enough to be split, with sizes that leave a rest everywhere. */
export function largeResults(): Tensor[] {
  manualSeed(7);
  const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });
  const [a, b, bias] = [leaf(1023, 257), leaf(257, 513), leaf(513)];
  const [x, weight] = [leaf(5, 3, 63, 65), leaf(17, 3, 3, 3)];
  const product = add(matmul(a, b), bias);
  const image = conv2d(x, weight, { padding: 1, stride: 2 });
  const sums = [sum(product, 0), mean(product), product.max(0), product.min(1)];
  // Some 150,000 numbers in one row: by chunks.
  const row = product.reshape([-1]).slice([[0, 150_001]]);
  const ofRow = [row.max(), row.min(), argmax(row, 0), argmin(row, 0), prod(add(mul(row, 1e-4), 1)), sum(row)];
  const copies = [repeat(x, [2, 1, 3, 2]), expand(bias, [300, 513])];
  const ordered = [...Object.values(sort(product, 0)), ...Object.values(topK(product, 40))] as Tensor[];
  const labels = tensor(
    Int32Array.from({ length: 1023 }, (_, i) => (i * 7) % 513),
    { dtype: 'int32' },
  );
  const chosen = where(product.greater(0), product, mul(product, 0.1));
  const loss = add(crossEntropy(chosen, labels), add(mean(exp(image)), sum(mul(softmax(product, 1), product))));
  loss.backward();
  const leaves = [a, b, bias, x, weight].map(({ grad }) => grad!);
  const moved = [permute(image, [0, 2, 3, 1]), ...copies];
  return [product, image, ...moved, sum(image, [0, 2, 3]), ...sums, ...ofRow, ...ordered, loss, ...leaves];
}
