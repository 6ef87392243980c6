// The fused op: what its kernel gives is what other ops give, it changes what it says, and it keeps nothing that nobody needs.

import { grad, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance, gradientChecks } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { trackedRms, trackedRmsKernel, trackedRmsSamples } from './fused.js';
import { arrayKernels } from './kernels.js';
import { CountingBackend } from './memory.js';

const reference = cpu({ engine: 'typescript' });
const backend = new CountingBackend([...arrayKernels, trackedRmsKernel]);
const samples = [trackedRmsSamples()];

// There the gradient goes through the ops of the composition, here it is the formula with what the kernel has kept.
describe('as on the CPU backend, which has no kernel for it', () => {
  for (const { name, run } of conformance({ backend, reference, samples })) test(name, run);
});

describe('against finite differences', () => {
  for (const { name, run } of gradientChecks({ backend: reference, samples })) test(name, run);
});

const bytes = (): number => backend.info().details['usedBytes'] as number;

test('inference allocates the output, training what the gradient needs besides', async () => {
  await useBackend([backend, reference]);
  scope(() => {
    const x = tensor(
      [
        [3, 4],
        [6, 8],
        [0, 1],
      ],
      { requiresGrad: true },
    );
    const power = tensor([1]);
    const before = bytes();
    noGrad(() => trackedRms.run({ x, power }, {}));
    expect(bytes() - before).toBe(6 * 4);
    const y = trackedRms.run({ x, power }, {});
    expect(bytes() - before).toBe(2 * 6 * 4 + 3 * 4);
    // mean of x² = 126 / 6 = 21, twice
    expect(power.item()).toBeCloseTo(0.9 * (0.9 + 2.1) + 2.1, 5);
    y.sum().backward();
  });
});

test('the gradient is that of the formula', async () => {
  await useBackend([backend, reference]);
  scope(() => {
    // x / √(x²) has no slope along x: of a row of equal numbers the gradient of the sum is next to nothing.
    const dx = grad(trackedSum)(tensor([[2, 2, 2]])).toArray() as number[][];
    for (const value of dx[0]!) expect(Math.abs(value)).toBeLessThan(1e-5);
  });
});

const trackedSum = (x: ReturnType<typeof tensor>) => trackedRms.run({ x, power: tensor([0]) }, {}).sum();
