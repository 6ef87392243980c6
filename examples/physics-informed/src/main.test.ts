// The network learns as in PyTorch, step by step, and what it has learned is the solution.

import { readFileSync } from 'node:fs';
import { type DType, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { makeNetwork, solution } from './burgers.js';
import { speeds, train } from './main.js';

interface Golden {
  readonly weights: Readonly<Record<string, { readonly data: readonly number[]; readonly shape: readonly number[] }>>;
  readonly losses: readonly number[];
  readonly solution: readonly {
    readonly x: number;
    readonly t: number;
    readonly u: number;
    readonly network: number;
  }[];
}
const golden = JSON.parse(readFileSync(new URL('../golden/golden.json', import.meta.url), 'utf8')) as Golden;

const largest = (values: readonly number[], others: readonly number[]): number =>
  values.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0);

// The steps are smooth ones, in which rounding does not grow: in float64 there are eleven digits and more to spare.
test.each<['typescript' | 'wasm', DType, number]>([
  ['typescript', 'float64', 1e-10],
  ['wasm', 'float32', 1e-5],
])(
  'on %s in %s the losses of 1,000 steps are those of PyTorch, and so is the network',
  async (engine, dtype, bound) => {
    await useBackend(cpu({ engine }));
    const network = makeNetwork(dtype).loadStateDict(golden.weights);
    const losses = train(network, 1000, dtype);
    expect(losses).toHaveLength(golden.losses.length);
    expect(largest(losses, golden.losses)).toBeLessThan(bound);
    const said = speeds(
      network,
      golden.solution.map(({ x, t }) => [x, t]),
      dtype,
    );
    expect(
      largest(
        said,
        golden.solution.map((place) => place.network),
      ),
    ).toBeLessThan(10 * bound);
    // Speeds go from -1 to 1.
    expect(
      largest(
        said,
        golden.solution.map(({ u }) => u),
      ),
    ).toBeLessThan(0.05);
  },
);

test('the exact solution is that of another quadrature, and what the equation starts from', () => {
  const points = golden.solution.map(({ x, t }) => solution(x, t));
  expect(
    largest(
      points,
      golden.solution.map(({ u }) => u),
    ),
  ).toBeLessThan(1e-9);
  for (const x of [-0.7, 0.2]) expect(solution(x, 1e-9)).toBeCloseTo(-Math.sin(Math.PI * x), 6);
});
