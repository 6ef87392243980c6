// Second and third derivatives of an op whose inputs depend on one another, as they do inside a network.

import { type AnyOp, type Backend, gradients, type Tensor, tensor } from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { combine } from './grad-check.js';
import { inputsFrom, leavesOf, returned, runSample, type SampleTensors, sampleTensors } from './sample-inputs.js';

/** Relative to the derivative: the differences below are exact to some 1e-9. */
const TOLERANCE = 1e-6;

/**
 * A gradient formula that is right for independent inputs may still be wrong in a network, where its inputs, the upstream
 * gradient among them, are functions of the same weights: the way through one input is then counted for another
 * too. So the op is applied twice, to inputs that each depend on all of them, and the second and third derivatives,
 * along a fixed direction, are compared with differences of the first and second.
 */
export function checkDependent(op: AnyOp, sample: SampleCase, backend: Backend): void {
  const tensors = sampleTensors(sample, 'float64', backend);
  const { leaves } = leavesOf(op, tensors);
  if (leaves.length === 0) return;
  const starts = leaves.map((leaf) => Float64Array.from(leaf.dataSync()));
  const directions = starts.map((start, i) =>
    start.map((x, k) => Math.cos(2 + 5 * i + k) * (x === 0 ? 1 : Math.min(1, Math.abs(x)))),
  );
  const outputs = Object.values(runSample(op, tensors, sample.attrs));
  if (!outputs.some(({ dtype }) => dtype === 'float64')) return;
  const f = composed(op, sample, tensors);
  const derivative = (order: number, xs: readonly Tensor[], graph: boolean): Tensor | undefined => {
    const y = order === 1 ? f(xs) : derivative(order - 1, xs, true);
    if (y?.requiresGrad !== true) return undefined;
    const found = gradients(y, xs, { createGraph: graph, allowUnused: true });
    return found.reduce<Tensor | undefined>((sum, gradient, i) => {
      if (gradient === undefined) return sum;
      const term = combine(gradient, order + i);
      return sum === undefined ? term : sum.add(term);
    }, undefined);
  };
  const at = (shift: number): Tensor[] =>
    starts.map((start, i) => {
      const x = tensor(
        { data: start.map((value, k) => value + shift * directions[i]![k]!), shape: leaves[i]!.shape },
        { backend },
      );
      x.requiresGrad = true;
      return x;
    });
  for (const order of [2, 3]) {
    const xs = at(0);
    const lower = derivative(order - 1, xs, true);
    const found = lower?.requiresGrad === true ? gradients(lower, xs, { createGraph: true, allowUnused: true }) : [];
    let actual = 0;
    let magnitude = 0;
    for (const [i, gradient] of found.entries()) {
      for (const [k, value] of gradient?.dataSync().entries() ?? []) {
        actual += value * directions[i]![k]!;
        magnitude += Math.abs(value * directions[i]![k]!);
      }
    }
    const value = (shift: number): number => derivative(order - 1, at(shift), false)?.item() ?? 0;
    const isClose = (expected: number): boolean => Math.abs(actual - expected) <= TOLERANCE * Math.max(1e-3, magnitude);
    // A long step is the more exact, and a short one is less likely to cross a kink of a relu.
    const slopes = [1e-3, 1e-5].map((step) => slope(value, step));
    if (!slopes.some(isClose)) {
      throw new Error(
        `the ${order === 2 ? 'second' : 'third'} derivative where inputs depend on one another, with createGraph in every ` +
          `pass, is ${actual}, finite differences give ${slopes[0]}`,
      );
    }
  }
}

/** Central differences, extrapolated to a step of 0. */
function slope(f: (x: number) => number, step: number): number {
  const over = (h: number): number => (f(h) - f(-h)) / (2 * h);
  return (4 * over(step / 2) - over(step)) / 3;
}

/** A number that depends on all of `xs` through two rounds of the op. */
function composed(op: AnyOp, sample: SampleCase, tensors: SampleTensors): (xs: readonly Tensor[]) => Tensor {
  // Outputs of any size are brought near 1, where a sine has all its derivatives.
  let scales: number[] | undefined;
  const outputsOf = (xs: readonly Tensor[]): Tensor[] => {
    const outputs = returned(op, runSample(op, inputsFrom(op, tensors, xs), sample.attrs)).filter(
      (y) => y.dtype === 'float64',
    );
    scales ??= outputs.map((y) => 1 / (1 + y.abs().max().item()));
    return outputs.map((y, i) => y.mul(scales![i]!));
  };
  return (xs) => {
    const all = sum(xs.map((x, i) => combine(x.tanh(), i + 1)));
    // By a factor, so that what must be positive stays so.
    const first = xs.map((x, i) => x.mul(all.add(i).sin().mul(0.2).add(1)));
    const outputs = outputsOf(first);
    const second = first.map((x) => {
      const y = outputs.find(({ shape }) => `${shape}` === `${x.shape}`);
      return y === undefined
        ? x.mul(
            sum(outputs.map((y, i) => combine(y, i + 7)))
              .sin()
              .mul(0.2)
              .add(1),
          )
        : x.mul(y.sin().mul(0.2).add(1));
    });
    return sum(outputsOf(second).map((y, i) => combine(y.sin(), i + 3)));
  };
}

function sum(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => total.add(term));
}
