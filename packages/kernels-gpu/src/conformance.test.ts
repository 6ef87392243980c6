// Every op on headless OpenGL, in Node: values, gradients and memory, against the CPU in float64.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { headless } from '../test/headless.js';
import { limits } from '../test/limits.js';

const { backend, missing } = await headless();
const reference = cpu({ engine: 'typescript' });

describe.skipIf(missing !== undefined)('headlessgl', () => {
  test('is what runs', async () => {
    await useBackend(backend);
    const { engine, details } = backend.info();
    expect(engine).toBe('headlessgl');
    expect(details).toMatchObject({ precision: 'float32', renderer: expect.stringMatching(/./) });
    expect(Number(details['maxTextureSide'])).toBeGreaterThanOrEqual(4096);
  });

  for (const { name, skip, run } of conformance({ backend, reference, compositions: 'samples', ...limits }))
    test.skipIf(skip !== undefined)(name, run);
});
