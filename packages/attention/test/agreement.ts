// Whether attention and models of it give on a backend what they give on the CPU, in a training step: run by tests of the other backends.

import { type Backend, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';
import { kinds, trainingStep } from './networks.js';

const sizes = { batch: 2, length: 4, width: 8 };

export function agreementTests(backend: Backend): void {
  test.each(Object.keys(kinds))('%s: loss and gradients are those of the CPU in float64', async (kind) => {
    await useBackend(cpu({ engine: 'typescript' }));
    const expected = trainingStep(kind, sizes, 'float64');
    // Strictly: all of it runs there, by kernels and decompositions.
    await useBackend(backend, { strict: true });
    const actual = trainingStep(kind, sizes, 'float32');
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(actual)) {
      expect(value.backend, name).toBe(backend);
      assertAllClose(await value.data(), await expected[name]!.data(), { rtol: 1e-4, atol: 2e-5 });
    }
  });
}
