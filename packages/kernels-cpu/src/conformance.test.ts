// Every op on the CPU backend, with each of its engines, on one thread and on several: values, gradients, memory, and finite differences.

import { useBackend } from '@dl/autograd';
import { conformance, gradientChecks } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { exclude, wasmBackends } from '../test/engines.js';
import { cpu } from './index.js';

const reference = cpu({ engine: 'typescript' });

const backends = [['typescript', cpu({ engine: 'typescript' })] as const, ...wasmBackends()];

test('the engines are all that there are', () => {
  expect(backends.map(([engine]) => engine)).toEqual([
    'typescript',
    'wasm simd',
    'wasm simd, 3 threads',
    'wasm relaxed-simd',
    'wasm relaxed-simd, 3 threads',
  ]);
});

for (const [engine, backend] of backends) {
  describe(`the engine ${engine}`, () => {
    test('is the one that runs', async () => {
      await useBackend(backend);
      expect(backend.info().engine).toBe(engine);
    });

    for (const { name, skip, run } of conformance({ backend, reference, exclude })) {
      test.skipIf(skip !== undefined)(name, run);
    }
  });
}

describe('gradients', () => {
  for (const { name, run } of gradientChecks({ backend: reference })) test(name, run);
});
