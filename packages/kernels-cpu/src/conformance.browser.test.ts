// The conformance suite in a browser: another engine's arithmetic, the same numbers.

import { conformance } from '@dl/testing';
import { expect, test } from 'vitest';
import { cpu } from './index.js';

const backend = cpu();

test('runs in a page', () => {
  expect(typeof document).toBe('object');
  expect(backend.info().engine).toBe('typescript');
});

for (const { name, run } of conformance({ backend, reference: cpu() })) test(name, run);
