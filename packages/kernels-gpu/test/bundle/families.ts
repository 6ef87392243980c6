// One kernel of each family, on numbers that are the same everywhere.

import {
  add,
  avgPool2d,
  type Backend,
  concat,
  conv2d,
  crossEntropy,
  exp,
  gather,
  gradients,
  matmul,
  maxPool2d,
  permute,
  scope,
  sgdUpdate,
  softmax,
  sum,
  type Tensor,
  tensor,
  withBackend,
} from '@dl/autograd';

export function families(backend: Backend): Promise<Record<string, number[]>> {
  return withBackend(backend, async () => {
    using _ = scope();
    const make = (...shape: number[]): Tensor => {
      const size = shape.reduce((all, length) => all * length, 1);
      return tensor({ data: Float32Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i + 1))), shape });
    };
    const image = make(2, 3, 6, 6);
    const filters = make(4, 3, 3, 3);
    image.requiresGrad = true;
    filters.requiresGrad = true;
    const y = conv2d(image, filters, { padding: 1 });
    const [dx, dw] = gradients(sum(maxPool2d(y, 2)), [image, filters]) as [Tensor, Tensor];
    const weights = make(5);
    sgdUpdate([weights], [make(5)], [], { lr: 0.1 });
    const results: Record<string, Tensor> = {
      elementwise: exp(make(7)),
      broadcast: add(make(3, 1), make(4)),
      reduce: sum(make(5, 130), 1),
      matmul: matmul(make(5, 6), make(7, 6), { transposeB: true }),
      conv2d: y,
      conv2dInputGrad: dx,
      conv2dWeightGrad: dw,
      avgPool2d: avgPool2d(make(1, 2, 4, 4), 2),
      softmax: softmax(make(3, 5)),
      crossEntropy: crossEntropy(make(3, 5), tensor([0, 4, 2], { dtype: 'int32' })),
      move: concat([permute(make(2, 3), [1, 0]), make(3, 2)], 1),
      gather: gather(make(3, 4), 1, tensor([[0, 3]], { dtype: 'int32' })),
      optim: weights,
    };
    const values: Record<string, number[]> = {};
    for (const [name, result] of Object.entries(results)) values[name] = Array.from(await result.data());
    return values;
  });
}
