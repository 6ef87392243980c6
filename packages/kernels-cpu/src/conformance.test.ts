// Every op on the CPU backend: values, gradients, memory, and finite differences.

import { conformance, gradientChecks } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { cpu } from './index.js';

const backend = cpu();
const reference = cpu();

test('the engine is the TypeScript one', () => {
  expect(backend.info().engine).toBe('typescript');
  expect(reference.info().engine).toBe('typescript');
});

describe('conformance of the typescript engine', () => {
  for (const { name, run } of conformance({ backend, reference })) test(name, run);
});

describe('gradients', () => {
  for (const { name, run } of gradientChecks({ backend: reference })) test(name, run);
});
