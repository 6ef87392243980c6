// Which tests see a file: those of its folder first.

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ImportGraph, testFiles } from './related.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('tests that import a file come by their distance, and those of the browser not at all', () => {
  const tests = testFiles(root, ['autograd', 'kernels-cpu']);
  expect(tests.filter((path) => path.includes('.browser.'))).toEqual([]);
  const found = new ImportGraph(root).testsOf('packages/autograd/src/tensor/random.ts', tests);
  expect(found[0]).toBe('packages/autograd/src/tensor/random.test.ts');
  // Through @dl/autograd.
  expect(found).toContain('packages/kernels-cpu/src/conformance.test.ts');
});

test('a file that nobody imports has none', () => {
  expect(new ImportGraph(root).testsOf('tools/run/main.mjs', testFiles(root, ['viz']))).toEqual([]);
});
