// What counts as tied to a machine, and what does not.

import { expect, test } from 'vitest';
import { findAddresses, findMachineTies } from './find.js';

const slash = '/';

test.each([
  ['a home folder', `cd ${slash}home/ada/dl`],
  ['a home folder on a Mac', `'${slash}Users/ada/dl'`],
  ['a home folder on Windows', `"C:${slash}Users${slash}ada"`],
  ['the folder of root', `${slash}root/.cache`],
  ['a mount', `(${slash}mnt/data)`],
  ['a file address', `file:${slash}${slash}${slash}data/x.ts`],
  ['a registry', `resolved: https:${slash}${slash}registry.${'npmjs.org'}/x`],
])('%s is found', (_, text) => {
  expect(findMachineTies(`first\n${text}`)).toMatchObject([{ line: 2 }]);
});

test("this machine's registry and this clone's folder are found", () => {
  expect(findMachineTies('see mirror.example', ['mirror.example'])).toHaveLength(1);
  expect(findMachineTies('in /odd/place/dl', [], '/odd/place/dl')).toHaveLength(1);
});

test.each([
  '#!/usr/bin/env node',
  '../shared/data',
  'src/home/page.ts',
  './work/x',
  '/** a comment */',
  'a / root / b',
])('%s is fine', (text) => {
  expect(findMachineTies(text)).toEqual([]);
});

test('a lockfile has no address at all', () => {
  expect(findAddresses(`a:\n  resolution: {tarball: https:${slash}${slash}mirror.example/a.tgz}`)).toMatchObject([
    { line: 2 },
  ]);
  expect(findAddresses('a:\n  resolution: {integrity: sha512-x//y==}')).toEqual([]);
});
