// Images of another size by cubic curves between their pixels.

import { indexSelect, type Tensor, tensor, where } from '@dl/autograd';

// How steeply the curves swing: the value of PyTorch and OpenCV (Keys, "Cubic convolution interpolation for digital image processing", 1981, has -0.5).
const A = -0.75;

/** x [..., rows, columns, features] with other numbers of rows and columns: PyTorch's `interpolate` in mode bicubic, with `align_corners=False`. */
export function bicubic(x: Tensor, rows: number, columns: number): Tensor {
  return along(along(x, x.rank - 3, rows), x.rank - 2, columns);
}

/** Output i lies at (i + ½) · L/O - ½ and takes two neighbours to each side; beyond the edges the edge again and again. */
function along(x: Tensor, axis: number, count: number): Tensor {
  const length = x.shape[axis]!;
  if (count === length) return x;
  const places = Array.from({ length: count }, (_, i) => ((i + 0.5) * length) / count - 0.5);
  const shape = x.shape.map((_, i) => (i === axis ? count : 1));
  const taps = [-1, 0, 1, 2].map((step) => {
    const from = places.map((place) => Math.min(Math.max(Math.floor(place) + step, 0), length - 1));
    const weights = places.map((place) => cubic(place - Math.floor(place) - step));
    const weight = tensor({ data: weights, shape }, { dtype: x.dtype, backend: x.backend });
    const product = indexSelect(x, axis, tensor(Int32Array.from(from), { backend: x.backend })).mul(weight);
    // A pixel without weight has no part, not even one that is NaN.
    return weights.includes(0) ? where(weight.equal(0), 0, product) : product;
  });
  return taps.reduce((sum, tap) => sum.add(tap));
}

/** The weight of a pixel at this distance. */
function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d >= 2) return 0;
  return d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
}
