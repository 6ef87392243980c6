// Curvature: how much what a model computes bends as its input changes; and the penalty that keeps it smooth.

import {
  ArgumentError,
  add,
  checkCall,
  formatShape,
  gradients,
  isInstance,
  mean,
  mul,
  ShapeError,
  shown,
  square,
  stack,
  sum,
  Tensor,
  zeros,
} from '@dl/autograd';

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
 * import { type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { laplacian } from '@dl/layers';
 * await useBackend(cpu());
 * const bowl = (x: Tensor) => x.square().sum(1, { keepDims: true }); // [batch, 2] → [batch, 1]
 * console.log(laplacian(bowl, tensor([[1, 2], [3, 4]])).toArray()); // [[4], [4]]
 * ```
 */
export function laplacian(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  checkCall('laplacian', arguments, ['f', 'x']);
  const { y, bends } = bendsOf('laplacian', f, x);
  if (bends.length === 0) return zeros(y.shape, { dtype: y.dtype, backend: y.backend });
  return stack(
    bends.map((each) => each.reduce(add, nothing(x))),
    1,
  ).reshape(y.shape);
}

/** ∂²f/∂xᵢ², [batch], for each output and feature; those that are 0 throughout are left out. */
function bendsOf(
  name: string,
  f: (x: Tensor) => Tensor,
  x: Tensor,
): { readonly y: Tensor; readonly bends: readonly (readonly Tensor[])[] } {
  if (typeof f !== 'function') throw new ArgumentError(`${name}: f is ${shown(f)}, needs a function of a tensor`);
  needFloats(name, { x });
  if (x.rank < 2) throw new ShapeError(`${name}: x is ${formatShape(x.shape)}, needs [batch, ...features]`);
  const input = x.requiresGrad ? x : x.detach();
  if (!x.requiresGrad) input.requiresGrad = true;
  const y = f(input);
  if (!isInstance(y, Tensor, name, 'what f returned'))
    throw new ArgumentError(`${name}: f returned ${shown(y)}, needs a Tensor`);
  const batch = x.shape[0]!;
  if (y.shape[0] !== batch) {
    throw new ShapeError(
      `${name}: x is ${formatShape(x.shape)} and f(x) is ${formatShape(y.shape)}; needs a row of outputs for each row of x`,
    );
  }
  const bends = columnsOf(y, batch).map((output) => {
    // The rows do not depend on each other, so the sum over them has the gradient of each.
    const slope = derivative(output, input);
    if (slope === undefined) return [];
    const seconds = columnsOf(slope, batch).map((column, i) => {
      const second = derivative(column, input);
      return second && columnOf(second, batch, i);
    });
    return seconds.filter((each) => each !== undefined);
  });
  return { y, bends };
}

function nothing(x: Tensor): Tensor {
  return zeros([x.shape[0]!], { dtype: x.dtype, backend: x.backend });
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
 * strength · mean over the batch of Σ over outputs and features of (∂²f/∂xᵢ²)²: added to a loss, it keeps a model from bending between
 * the examples, in any direction: what bends up along one feature and down along another costs too, although its {@link laplacian} may be
 * 0 (curvature-driven smoothing; Bishop, "Curvature-Driven Smoothing: A Learning Algorithm for Feedforward Networks", 1993, which
 * has half the sum over the examples). Each row of f(x) must depend on its own row of x alone.
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
  checkCall('curvaturePenalty', arguments, ['f', 'x', 'strength']);
  needNumber('curvaturePenalty', 'strength', strength, 0, true);
  const squares = bendsOf('curvaturePenalty', f, x).bends.flat().map(square);
  return mul(mean(squares.reduce(add, nothing(x))), strength);
}
