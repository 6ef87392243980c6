// The conformance suite in a cross-origin isolated page, where the kernels run on several threads.

import { ones, scope, useBackend } from '@dl/autograd';
import { conformance } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { exclude } from '../test/engines.js';
import { cpu } from './index.js';

test('the page is isolated, and by default uses all cores', async () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  const backend = await useBackend(cpu());
  const cores = navigator.hardwareConcurrency;
  expect(backend.info().engine).toBe(cores === 1 ? 'wasm relaxed-simd' : `wasm relaxed-simd, ${cores} threads`);
});

describe.each(['wasm relaxed-simd', 'wasm simd'] as const)('%s, 3 threads', (engine) => {
  const backend = cpu({ engine, threads: 3, splitAll: true });

  test('is what runs in this page', async () => {
    await useBackend(backend);
    expect(backend.info().engine).toBe(`${engine}, 3 threads`);
  });

  for (const { name, skip, run } of conformance({ backend, reference: cpu({ engine: 'typescript' }), exclude }))
    test.skipIf(skip !== undefined)(name, run);
});

test('large products on two threads', async () => {
  await useBackend(cpu({ threads: 2 }));
  using _ = scope();
  const a = ones([512, 512]);
  for (let i = 0; i < 20; i++) expect(a.matmul(a).mean().item()).toBe(512);
});
