// Entry points, by their names in a package.json.

import { expect, test } from 'vitest';
import { entryPoints, isForNode } from './entry-points.js';

test('every export but package.json is an entry point', () => {
  const exports = { '.': {}, './samples': {}, './package.json': './package.json' };
  expect(entryPoints({ name: '@dl/autograd', exports })).toEqual(['@dl/autograd', '@dl/autograd/samples']);
});

test.each([
  ['@dl/train/node', true],
  ['@dl/train/node/files', true],
  ['@dl/train/terminal', true],
  ['@dl/train', false],
  ['@dl/node', false],
  ['@dl/train/nodes', false],
])('%s is for Node alone: %s', (entry, expected) => {
  expect(isForNode(entry)).toBe(expected);
});
