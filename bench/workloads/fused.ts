// Operations that @dl/autograd has as one, or is getting: what they are composed of stands in for those it lacks.

import * as dl from '@dl/autograd';

interface Fused {
  linear(x: dl.Tensor, weight: dl.Tensor, bias?: dl.Tensor): dl.Tensor;
  layerNorm(
    x: dl.Tensor,
    normalizedShape: number,
    options: { readonly weight: dl.Tensor; readonly bias: dl.Tensor },
  ): dl.Tensor;
}

const ops = dl as object as Partial<Fused>;
const EPSILON = 1e-5;

export const linear: Fused['linear'] =
  ops.linear ??
  ((x, weight, bias) => {
    const y = dl.matmul(x, weight, { transposeB: true });
    return bias === undefined ? y : y.add(bias);
  });

export const layerNorm: Fused['layerNorm'] =
  ops.layerNorm ??
  ((x, _, { weight, bias }) => {
    const deviation = x.sub(dl.mean(x, -1, { keepDims: true }));
    const variance = dl.mean(deviation.square(), -1, { keepDims: true });
    return deviation.mul(variance.add(EPSILON).rsqrt()).mul(weight).add(bias);
  });
