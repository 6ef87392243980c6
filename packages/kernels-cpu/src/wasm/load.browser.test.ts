// The kernels are loaded and compiled in the background, before useBackend returns.

import { tensor, useBackend } from '@dl/autograd';
import { expect, test } from 'vitest';
import { cpu } from '../index.js';

test('the WebAssembly kernels run in a page after useBackend', async () => {
  const backend = cpu();
  expect(backend.info().engine).toBe('not started');
  await useBackend(backend);
  expect(backend.info().engine).toBe('wasm relaxed-simd');
  const ones = tensor(new Array<number>(64 * 64).fill(1)).reshape([64, 64]);
  expect(await ones.matmul(ones).sum().data()).toEqual(new Float32Array([64 ** 3]));
});

test('the build can be chosen', async () => {
  const backend = cpu({ engine: 'wasm simd' });
  await useBackend(backend);
  expect(backend.info().engine).toBe('wasm simd');
});
