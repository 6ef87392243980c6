// Which tests see a file: those of its folder first.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('tests that name what a file exports come first', () => {
  const tests = testFiles(root, ['optim']);
  const found = new ImportGraph(root).testsOf('packages/optim/src/first-order/adamax.ts', tests);
  const isNamed = found.map((test) => /\bAdamax\b/.test(readFileSync(join(root, test), 'utf8')));
  expect(isNamed[0]).toBe(true);
  expect(isNamed).toEqual(isNamed.toSorted((a, b) => Number(b) - Number(a)));
  expect(isNamed).toContain(false);
});

test('a file that nobody imports has none', () => {
  expect(new ImportGraph(root).testsOf('tools/run/main.mjs', testFiles(root, ['viz']))).toEqual([]);
});
