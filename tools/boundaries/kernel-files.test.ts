// Kernels bear their ops' file names: in the workspace, and the rule broken and kept.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as autograd from '@dl/autograd';
import { isOp } from '@dl/autograd';
import { expect, test } from 'vitest';
import { filesBelow, isTest, root } from '../lib/packages.js';
import { checkKernelFile, checkKernelFiles, filesOfOps } from './kernel-files.js';

const folder = join(root, 'packages/autograd/src/ops');
const sources = filesBelow(folder)
  .filter((path) => !isTest(path))
  .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));

test('every kernel of the workspace is in a file named as that of its op', () => {
  expect(checkKernelFiles()).toEqual([]);
});

test('the declarations of all ops are found', () => {
  const ops = Object.entries(autograd).flatMap(([name, value]) => (isOp(value) ? [name] : []));
  expect(ops.length).toBeGreaterThan(100);
  expect([...filesOfOps(sources).keys()]).toEqual(expect.arrayContaining(ops));
});

const files = filesOfOps([
  {
    path: 'compare.ts',
    text: `
      function comparison(name) { return defineOp({ name }); }
      function connective(name) { return comparison(name); }
      export const less = /* @__PURE__ */ comparison('less');
      export const logicalAnd = /* @__PURE__ */ connective('logicalAnd');
      export const lessSamples = /* @__PURE__ */ samples(less, []);
    `,
  },
  { path: 'copy.ts', text: `export const cast = /* @__PURE__ */ defineOp({ name: 'cast' });` },
]);

test('an op is what comes of defineOp, also through functions of its file', () => {
  expect(Object.fromEntries(files)).toEqual({ less: 'compare', logicalAnd: 'compare', cast: 'copy' });
});

const problemsOf = (text: string, path: string): string[] =>
  checkKernelFile(files, {
    path: `packages/kernels-cpu/src/${path}`,
    text: `import { less, cast as castOp } from '@dl/autograd';\n${text}`,
  });

test('a kernel in a file, or in a folder, of its op’s name is right', () => {
  expect(problemsOf('export const lessKernel = binary(less, (a, b) => a < b);', 'typescript/compare.ts')).toEqual([]);
  expect(problemsOf('export const lessKernel = binary(less, (a, b) => a < b);', 'typescript/compare/less.ts')).toEqual(
    [],
  );
});

test.each([
  ['a kernel', 'export const lessKernel = binary(less, (a, b) => a < b);', 'less', 'compare'],
  ['one in a table, under another name', 'export const kernels = [defineKernel(castOp, () => {})];', 'cast', 'copy'],
])('%s in another file is named, with the file that it belongs into', (_, text, op, file) => {
  expect(problemsOf(text, 'wasm/rounding.ts')).toEqual([
    expect.stringMatching(
      new RegExp(`^packages/kernels-cpu/src/wasm/rounding.ts:2: a kernel of ${op}, .* ${file}\\.ts\\.$`),
    ),
  ]);
});

test('an op that is called is no kernel', () => {
  expect(problemsOf('export const few = less(a, b);', 'choose.ts')).toEqual([]);
});
