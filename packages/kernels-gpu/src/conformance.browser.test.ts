// Every op on WebGL 2, in a browser: values, gradients and memory, against the CPU in float64.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { limits } from '../test/limits.js';
import { gpu } from './index.js';

const backend = gpu();
const reference = cpu({ engine: 'typescript' });

describe('webgl2', () => {
  test('is what runs', async () => {
    await useBackend(backend);
    const { engine, details } = backend.info();
    expect(engine).toBe('webgl2');
    expect(details).toMatchObject({ precision: 'float32', renderer: expect.stringMatching(/SwiftShader/) });
    expect(backend.device.gl).toBeInstanceOf(WebGL2RenderingContext);
  });

  for (const { name, skip, run } of conformance({ backend, reference, compositions: 'samples', ...limits }))
    test.skipIf(skip !== undefined)(name, run);
});
