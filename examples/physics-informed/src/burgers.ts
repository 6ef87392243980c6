// Burgers' equation as a loss: how far a network u(x, t) is from a solution of ∂u/∂t + u ∂u/∂x = ν ∂²u/∂x².

import { concat, type DType, gradients, type Tensor, tensor } from '@dl/autograd';
import { Linear, Sequential, Tanh, type TensorModule, xavierNormal } from '@dl/layers';

export const VISCOSITY = 0.1;
const HIDDEN = 12;

/** A network from place and time, [points, 2], to the speed u, [points, 1]. Tanh, because it must have second derivatives. */
export function makeNetwork(dtype: DType = 'float32'): Sequential {
  const linear = (inputs: number, outputs: number): Linear => {
    const layer = new Linear(inputs, outputs, { dtype });
    layer.weight.assign(xavierNormal(layer.weight.shape, { dtype, gain: outputs > 1 ? 5 / 3 : 1 }));
    layer.bias?.assign(layer.bias.mul(0));
    return layer;
  };
  return new Sequential(linear(2, HIDDEN), new Tanh(), linear(HIDDEN, HIDDEN), new Tanh(), linear(HIDDEN, 1));
}

/** The middles of equal parts. */
export function middles(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 0.5)) / count);
}

// Where the equation is to hold: for x from -1 to 1 and t from 0 to 1.
const inside = middles(-1, 1, 10).flatMap((x) => middles(0, 1, 6).map((t) => ({ x, t })));
// At the start u = -sin πx, and at both edges u = 0.
const start = middles(-1, 1, 16).map((x) => ({ x, t: 0, u: -Math.sin(Math.PI * x) }));
const edges = [-1, 1].flatMap((x) => middles(0, 1, 6).map((t) => ({ x, t })));

/** The mean of squares by which the network misses the equation, the start and the edges; no values of the solution are needed. */
export function lossOf(network: TensorModule, dtype: DType = 'float32'): Tensor {
  const column = (values: readonly number[]): Tensor => tensor(values, { dtype }).reshape([-1, 1]);
  const columns = (points: readonly { readonly x: number; readonly t: number }[]): [Tensor, Tensor] => [
    column(points.map(({ x }) => x)),
    column(points.map(({ t }) => t)),
  ];
  const u = (x: Tensor, t: Tensor): Tensor => network.forward(concat([x, t], 1)); // [points, 1]

  const [x, t] = columns(inside);
  x.requiresGrad = true;
  t.requiresGrad = true;
  const value = u(x, t);
  // Each row of u depends on its own x and t alone, so that the gradient of the sum has the derivative of each. With createGraph a
  // derivative is itself computed of the weights, and of x: it can be differentiated again.
  const [byX, byT] = gradients(value.sum(), [x, t], { createGraph: true }) as [Tensor, Tensor];
  const [byXX] = gradients(byX.sum(), [x], { createGraph: true }) as [Tensor];
  const residual = byT.add(value.mul(byX)).sub(byXX.mul(VISCOSITY));

  const fromStart = u(...columns(start)).sub(column(start.map((point) => point.u)));
  const fromEdges = u(...columns(edges));
  return residual.square().mean().add(fromStart.square().mean()).add(fromEdges.square().mean());
}

/**
 * The solution as Hopf (1950) and Cole (1951) found it: u = -∫ sin(πy) f(y) w(y) dy / ∫ f(y) w(y) dy, with f(y) = e^(-cos(πy) / 2πν)
 * and w(y) = e^(-(x - y)² / 4νt). By the trapezoidal rule, which for such bells has all digits.
 */
export function solution(x: number, t: number): number {
  const width = Math.sqrt(4 * VISCOSITY * t);
  let [above, below] = [0, 0];
  for (let i = -120; i <= 120; i++) {
    const z = i / 15;
    const y = x - width * z;
    const weight = Math.exp(-Math.cos(Math.PI * y) / (2 * Math.PI * VISCOSITY) - z * z);
    above += Math.sin(Math.PI * y) * weight;
    below += weight;
  }
  return -above / below;
}
