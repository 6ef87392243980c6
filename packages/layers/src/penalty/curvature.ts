// Curvature: how much what a model computes bends as its input changes; and the penalty that keeps it smooth.

import {
  ArgumentError,
  add,
  formatShape,
  gradients,
  mean,
  mul,
  ShapeError,
  square,
  stack,
  sum,
  Tensor,
  zeros,
} from '@dl/autograd';
import { describe } from '../core/checks.js';
import { needFloats, needNumber } from '../loss/reduction.js';

/**
 * The Laplacian of each output over the input, Σ over the features i of ∂²f/∂xᵢ²: x [batch, ...features] and f(x) [batch, ...outputs] give
 * [batch, ...outputs]. Each row of f(x) must depend on its own row of x alone, so not through batch norm. It takes a backward pass for
 * every output, and one more for every output and feature; the result can be differentiated again.
 *
 * @throws ShapeError unless f(x) has a row for each row of x.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { laplacian } from '@dl/layers';
 * await useBackend(cpu());
 * const bowl = (x) => x.square().sum(1, { keepDims: true }); // [batch, 2] → [batch, 1]
 * console.log(laplacian(bowl, tensor([[1, 2], [3, 4]])).toArray()); // [[4], [4]]
 * ```
 */
export function laplacian(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  if (typeof f !== 'function') throw new ArgumentError(`laplacian: f is ${describe(f)}, needs a function of a tensor`);
  needFloats('laplacian', { x });
  if (x.rank < 2) throw new ShapeError(`laplacian: x is ${formatShape(x.shape)}, needs [batch, ...features]`);
  const input = x.requiresGrad ? x : x.detach();
  if (!x.requiresGrad) input.requiresGrad = true;
  const y = f(input);
  if (!(y instanceof Tensor)) throw new ArgumentError(`laplacian: f returned ${describe(y)}, needs a Tensor`);
  const batch = x.shape[0]!;
  if (y.shape[0] !== batch) {
    throw new ShapeError(
      `laplacian: x is ${formatShape(x.shape)} and f(x) is ${formatShape(y.shape)}; needs a row of outputs for each row of x`,
    );
  }
  const columns = columnsOf(y, batch);
  if (columns.length === 0) return zeros(y.shape, { dtype: y.dtype, backend: y.backend });
  return stack(
    columns.map((column) => bend(column, input, batch)),
    1,
  ).reshape(y.shape);
}

/** Σ over the features of the second derivative of one output, [batch]. */
function bend(output: Tensor, x: Tensor, batch: number): Tensor {
  const nothing = (): Tensor => zeros([batch], { dtype: x.dtype, backend: x.backend });
  // The rows do not depend on each other, so the sum over them has the gradient of each.
  const slope = derivative(output, x);
  if (slope === undefined) return nothing();
  const bends = columnsOf(slope, batch).map((column, i) => {
    const second = derivative(column, x);
    return second && columnOf(second, batch, i);
  });
  return bends.filter((each) => each !== undefined).reduce(add, nothing());
}

function derivative(y: Tensor, x: Tensor): Tensor | undefined {
  return gradients(sum(y), [x], { createGraph: true, allowUnused: true })[0];
}

function columnsOf(x: Tensor, batch: number): Tensor[] {
  return Array.from({ length: x.size / batch }, (_, i) => columnOf(x, batch, i));
}

function columnOf(x: Tensor, batch: number, i: number): Tensor {
  return x.reshape([batch, x.size / batch]).slice([null, i]);
}

/**
 * strength · mean over the batch of Σ over the outputs of (∇²f)², the square of the {@link laplacian}: added to a loss, it keeps a model from
 * bending between the examples (curvature-driven smoothing; Bishop, 1993).
 *
 * @throws ArgumentError for a negative strength.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { curvaturePenalty, Linear, Sequential, Tanh } from '@dl/layers';
 * await useBackend(cpu());
 * const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
 * curvaturePenalty((x) => model.forward(x), randn([16, 2]), 0.1).backward(); // to be added to a loss
 * ```
 */
export function curvaturePenalty(f: (x: Tensor) => Tensor, x: Tensor, strength: number): Tensor {
  needNumber('curvaturePenalty', 'strength', strength, 0, true);
  const bends = square(laplacian(f, x));
  const axes = bends.shape.map((_, i) => i).slice(1);
  return mul(mean(axes.length === 0 ? bends : sum(bends, axes)), strength);
}
