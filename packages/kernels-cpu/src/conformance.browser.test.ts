// The conformance suite in a browser, on both engines: another machine's arithmetic, the same numbers.

import { useBackend } from '@dl/autograd';
import { conformance } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { cpu } from './index.js';

describe.each(['wasm', 'typescript'] as const)('%s', (engine) => {
  const backend = cpu({ engine });

  test('is what runs in this page', async () => {
    expect(typeof document).toBe('object');
    await useBackend(backend);
    expect(backend.info().engine).toMatch(new RegExp(`^${engine}`));
  });

  for (const { name, run } of conformance({ backend, reference: cpu({ engine: 'typescript' }) })) test(name, run);
});
