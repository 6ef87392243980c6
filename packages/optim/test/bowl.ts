// A bowl to go down into, for optimisers beside a second computation in plain numbers.

import { scope, type Tensor, tensor } from '@dl/autograd';
import type { Optimizer } from '@dl/optim';

export const STEPS = 20;
export const ROWS = 3;
export const COLUMNS = 2;
// f(W) = ½ Σ cᵢ (wᵢ - tᵢ)² + (Σ wᵢ)² / 20, so that weights depend on each other.
const CURVES = [2, 0.5, 1, 4, 0.1, 1.5];
const TARGETS = [1, -2, 0.5, 0.25, 3, -1];
export const START = [3, -1, 2, -0.5, 0.7, 1.2];

export type Vector = readonly number[];
const gradient = (w: Vector): number[] => {
  const total = w.reduce((sum, value) => sum + value, 0);
  return w.map((value, i) => CURVES[i]! * (value - TARGETS[i]!) + total / 10);
};
export const norm = (w: Vector): number => Math.sqrt(w.reduce((sum, value) => sum + value * value, 0));
export const zeros = (): number[] => START.map(() => 0);

/** Where an optimiser goes, after each step. */
export function path(
  make: (w: Tensor) => Optimizer,
  dtype: 'float32' | 'float64',
  shape: readonly number[],
): number[][] {
  using _ = scope();
  const w = tensor({ data: Float64Array.from(START), shape }, { dtype, requiresGrad: true });
  const [curves, targets] = [CURVES, TARGETS].map((data) =>
    tensor({ data: Float64Array.from(data), shape }, { dtype }),
  );
  using optimizer = make(w);
  return Array.from({ length: STEPS }, () => {
    const bowl = w.sub(targets!).square().mul(curves!).sum().mul(0.5);
    bowl.add(w.sum().square().mul(0.05)).backward();
    optimizer.step();
    optimizer.zeroGrad();
    return Array.from(w.dataSync(), Number);
  });
}

/** The same by a function from the gradient, the weights and the step to the new weights. */
export function expected(next: ReturnType<Formula>, sign = 1): Vector[] {
  let w: Vector = START;
  return Array.from({ length: STEPS }, (_, i) => {
    w = next(
      w,
      gradient(w).map((value) => sign * value),
      i + 1,
    );
    return w;
  });
}

/** An optimiser in plain numbers: what it remembers, and how it goes on from weights, gradient and step. */
export type Formula = () => (w: Vector, g: Vector, t: number) => Vector;
