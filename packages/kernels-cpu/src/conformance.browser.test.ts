// The conformance suite in a browser, on both engines: another machine's arithmetic, the same numbers.

import { useBackend } from '@dl/autograd';
import { conformance } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { exclude } from '../test/engines.js';
import { cpu } from './index.js';

test('a page that is not isolated has one thread, and says why', async () => {
  expect(globalThis.crossOriginIsolated).toBe(false);
  const backend = await useBackend(cpu());
  expect(backend.info()).toMatchObject({
    engine: 'wasm relaxed-simd',
    details: { whyOneThread: expect.stringContaining('the page is not cross-origin isolated (it needs the headers ') },
  });
  await expect(Promise.resolve().then(() => useBackend(cpu({ threads: 2 })))).rejects.toThrow(
    'cpu: 2 threads cannot run: the page is not cross-origin isolated',
  );
});

describe.each(['wasm', 'typescript'] as const)('%s', (engine) => {
  const backend = cpu({ engine });

  test('is what runs in this page', async () => {
    expect(typeof document).toBe('object');
    await useBackend(backend);
    expect(backend.info().engine).toBe(engine === 'wasm' ? 'wasm relaxed-simd' : engine);
  });

  for (const { name, skip, run } of conformance({ backend, reference: cpu({ engine: 'typescript' }), exclude }))
    test.skipIf(skip !== undefined)(name, run);
});
