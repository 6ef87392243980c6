// Kernels of each family, forward and backward, on numbers that are the same everywhere.

import {
  adamUpdate,
  any,
  argmax,
  avgPool2d,
  type Backend,
  batchNorm,
  cast,
  concat,
  conv2d,
  crossEntropy,
  dropout,
  elementFormula,
  embedding,
  exp,
  Generator,
  gather,
  gelu,
  gradients,
  layerNorm,
  linear,
  logSoftmax,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  pad,
  permute,
  relu,
  scatterAdd,
  scope,
  sgdUpdate,
  slice,
  softmax,
  sum,
  type Tensor,
  tanh,
  tensor,
  triu,
  updateElements,
  where,
  withBackend,
} from '@dl/autograd';

function wave(...shape: number[]): Tensor {
  const size = shape.reduce((all, length) => all * length, 1);
  return tensor({ data: Float32Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i + 1))), shape });
}

const whole = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });

/** What a function gives, and its gradients with other weights for each element, so that no two can be exchanged unseen. */
function both(f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Tensor[] {
  for (const x of xs) x.requiresGrad = true;
  const y = f(...xs);
  return [y, ...(gradients(sum(y.mul(wave(...y.shape).add(2))), xs) as Tensor[])];
}

function results(): Record<string, Tensor[]> {
  const images = (): Tensor => wave(2, 4, 6, 6);
  const labels = whole([0, 4, 2]);
  const [stepped, averaged, first, second] = [wave(5), wave(5), wave(5).mul(0), wave(5).mul(0)];
  sgdUpdate([stepped], [wave(5)], [], { lr: 0.1 });
  adamUpdate([averaged], [wave(5)], [first], [second], [], { lr: 0.1, steps: [1] });
  const followed = wave(5);
  const follow = elementFormula(1, 1, ([m], [x]) => [m!.mul(0.9).add(x!.sqrt().maximum(0.1).mul(0.1))]);
  updateElements([[followed]], [[wave(5).square()]], follow);
  return {
    elementwise: [
      exp(wave(7)),
      cast(wave(7).mul(5), 'int32'),
      ...both((x) => gelu(tanh(x)), wave(7)),
      ...both(relu, wave(7)),
    ],
    broadcast: [...both((a, b) => a.div(b.add(3)), wave(3, 1), wave(4)), maximum(wave(3, 1), wave(4))],
    where: both((a, b) => where(wave(3, 4).greater(0), a, b), wave(3, 4), wave(4)),
    matmul: both((a, b) => matmul(a, b, { transposeB: true }), wave(2, 5, 6), wave(7, 6)),
    linear: both((x, weight, bias) => linear(x, weight, bias), wave(5, 6), wave(7, 6), wave(7)),
    conv2d: both((x, weight) => conv2d(x, weight, { padding: 1 }), images(), wave(8, 4, 3, 3)),
    depthwise: both((x, weight) => conv2d(x, weight, { groups: 4, stride: 2 }), images(), wave(4, 1, 3, 3)),
    maxPool2d: both((x) => maxPool2d(x, 2), images()),
    avgPool2d: both((x) => avgPool2d(x, 3, { stride: 2 }), images()),
    reduce: [
      ...both((x) => mean(x, 1), wave(5, 130)),
      ...both((x) => max(x, 0), wave(5, 13)),
      min(wave(5, 13), 0),
      any(wave(9).less(0)),
    ],
    argmax: [argmax(wave(5, 13), 1)],
    softmax: [...both((x) => softmax(x), wave(3, 5)), ...both((x) => logSoftmax(x), wave(3, 5))],
    crossEntropy: both((x) => crossEntropy(x, labels), wave(3, 5)),
    layerNorm: both((x, weight, bias) => layerNorm(x, 6, { weight, bias }), wave(4, 6), wave(6), wave(6)),
    batchNorm: both((x, weight, bias) => batchNorm(x, { weight, bias }).y, images(), wave(4), wave(4)),
    dropout: both((x) => dropout(x, 0.4, { generator: new Generator(3) }), wave(4, 9)),
    gather: both((x) => gather(x, 1, whole([[0, 3], [1, 1], [2, 0]])), wave(3, 4)), // biome-ignore format: as a matrix
    embedding: both((weight) => embedding(whole([3, 0, 3]), weight), wave(5, 4)),
    scatterAdd: [scatterAdd(wave(5), 0, whole([1, 1, 4]), wave(3))],
    concat: both((a, b) => concat([a, b], 1), wave(3, 2), wave(3, 3)),
    slice: both((x) => slice(x, [[1, 6, 2]]), wave(7, 3)),
    transpose: both((x) => permute(x, [2, 0, 1]), wave(2, 3, 4)),
    pad: both((x) => pad(x, [[1, 0], [2, 1]], { value: 0.5 }), wave(2, 3)), // biome-ignore format: as a matrix
    triangle: [triu(wave(4, 4))],
    optimisers: [stepped, averaged, first, second, followed],
  };
}

/** The values of all results, by family. */
export function families(backend: Backend): Promise<Record<string, number[]>> {
  return withBackend(backend, async () => {
    using _ = scope();
    const values: Record<string, number[]> = {};
    for (const [family, tensors] of Object.entries(results())) {
      for (const [i, result] of tensors.entries()) values[`${family} ${i}`] = Array.from(await result.data());
    }
    return values;
  });
}
