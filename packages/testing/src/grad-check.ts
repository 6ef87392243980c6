// Gradients against finite differences, in double precision.

import { checkCall, Generator, gradients, type Known, mul, noGrad, rand, type Tensor, tensor } from '@dl/autograd';
import { assertAllClose } from './all-close.js';

export interface GradCheckOptions {
  /** The step of the difference. Default 1e-6 (1e-5 is better for second derivatives of large values). */
  readonly step?: number;
  /** How far apart, relative and absolute. Default 1e-6. */
  readonly tolerance?: number;
  /** Also check the gradient of the gradient. Default false. */
  readonly secondOrder?: boolean;
}

const gradCheckOptions: Known<GradCheckOptions> = { step: 'number', tolerance: 'number', secondOrder: 'boolean' };

/**
 * Compares the gradient of `f` for every input with central differences (f(x + h) - f(x - h)) / 2h, element by element.
 * The inputs must be `float64`. Where f has several elements, a fixed random combination of them is differentiated.
 *
 * @throws NotCloseError that shows the worst element.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gradCheck } from '@dl/testing';
 * await useBackend(cpu());
 * gradCheck((x) => x.sin().mul(x), [tensor([0.5, 2], { dtype: 'float64' })], { secondOrder: true });
 * ```
 */
export function gradCheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradCheckOptions = {},
): void {
  checkCall('gradCheck', arguments, ['f', 'inputs'], gradCheckOptions);
  const { step = 1e-6, tolerance = 1e-6, secondOrder = false } = options;
  for (const [i, input] of inputs.entries()) {
    if (input.dtype !== 'float64')
      throw new TypeError(`gradCheck: input ${i} is ${input.dtype}, needs float64; cast it with .cast('float64')`);
  }
  compare(f, f, inputs, step, tolerance, 'gradient');
  if (!secondOrder) return;
  // The gradients of f for its inputs, combined into one number, are themselves a function to check.
  const derivative =
    (createGraph: boolean) =>
    (...xs: Tensor[]): Tensor => {
      const found = gradients(combine(f(...xs)), xs, { createGraph, allowUnused: true });
      return found
        .filter((gradient) => gradient !== undefined)
        .map((gradient, i) => combine(gradient, i + 1))
        .reduce((sum, term) => sum.add(term));
    };
  // Differences need no graph of the gradients, which is most of what they cost.
  compare(
    derivative(true),
    derivative(false),
    inputs,
    Math.max(step, 1e-5),
    Math.max(tolerance, 1e-5),
    'second derivative',
  );
}

/** `f` is differentiated by its graph, `plain` by differences: the same function. */
function compare(
  f: (...inputs: Tensor[]) => Tensor,
  plain: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  step: number,
  tolerance: number,
  what: string,
): void {
  const leaves = inputs.map((input) => {
    const leaf = input.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const value = combine(f(...leaves));
  // A derivative that is 0 everywhere leaves no graph.
  const analytic = value.requiresGrad ? gradients(value, leaves, { allowUnused: true }) : leaves.map(() => undefined);
  for (const [i, input] of inputs.entries()) {
    const numeric = differences(plain, inputs, i, step);
    const actual = analytic[i]?.dataSync() ?? new Float64Array(input.size);
    try {
      assertAllClose(actual, numeric, { rtol: tolerance, atol: tolerance });
    } catch (error) {
      throw new Error(
        `the ${what} for input ${i} ([${input.shape.join(', ')}]) is not what finite differences give: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}

function differences(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  i: number,
  step: number,
): Float64Array {
  const { shape } = inputs[i]!;
  const values = Float64Array.from(inputs[i]!.dataSync());
  const at = (k: number, shift: number): number => {
    const moved = values.slice();
    moved[k]! += shift;
    const xs = inputs.map((input, j) => {
      const x = j === i ? tensor({ data: moved, shape }, { backend: input.backend }) : input.detach();
      // f may differentiate inside, so its inputs must be leaves that can be.
      x.requiresGrad = true;
      return x;
    });
    return combine(f(...xs)).item();
  };
  return values.map((_, k) => (at(k, step) - at(k, -step)) / (2 * step));
}

/** One number that depends on every element in its own way. */
export function combine(y: Tensor, seed = 1): Tensor {
  if (y.size === 1) return y.reshape([]);
  const weights = noGrad(() =>
    rand(y.shape, { dtype: 'float64', low: 0.5, high: 1.5, generator: new Generator(seed), backend: y.backend }),
  );
  return mul(y, weights).sum();
}
