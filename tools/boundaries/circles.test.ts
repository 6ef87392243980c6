// Circles of imports by value: found, and told from those of types; and what ops may not import.

import { expect, test } from 'vitest';
import { checkCircles, circlesOf, valueImportsOf } from './circles.js';

const file = (path: string, text: string) => ({ path: `src/${path}`, text });

test.each([
  [`import { x } from './b.js';`, true],
  [`import { type X, x } from './b.js';`, true],
  [`import * as all from './b.js';`, true],
  [`import x from './b.js';`, true],
  [`import './b.js';`, true],
  [`export { x } from './b.js';`, true],
  [`export * from './b.js';`, true],
  [`import type { X } from './b.js';`, false],
  [`import { type X } from './b.js';`, false],
  [`export type { X } from './b.js';`, false],
  [`export { type X } from './b.js';`, false],
  [`let x: import('./b.js').X;`, false],
  [`const { x } = await import('./b.js');`, false],
  [`import { x } from 'b';`, false],
])('%s imports values: %s', (text, expected) => {
  expect(valueImportsOf(file('ops/a.ts', text))).toEqual(expected ? ['src/ops/b.ts'] : []);
});

test('circles are found apart, with all their files and no others', () => {
  const files = [
    file('index.ts', `export * from './a.js';\nexport * from './x.js';`),
    file('a.ts', `import { b } from './b.js';`),
    file('b.ts', `import { c } from './deep/c.js';\nimport { leaf } from './leaf.js';`),
    file('deep/c.ts', `import { a } from '../a.js';`),
    file('leaf.ts', `import type { A } from './a.js';`),
    file('x.ts', `import { y } from './y.js';\nimport { a } from './a.js';`),
    file('y.ts', `import { x } from './x.js';`),
  ];
  expect(circlesOf(files)).toEqual([
    ['src/a.ts', 'src/b.ts', 'src/deep/c.ts'],
    ['src/x.ts', 'src/y.ts'],
  ]);
});

const circle = [file('a.ts', `import { b } from './b.js';`), file('b.ts', `import { a } from './a.js';`)];

test('a circle is refused unless it is known, and a known one that is none any more is taken out', () => {
  expect(checkCircles('optim', circle, [])).toEqual([
    expect.stringMatching(/^packages\/optim: src\/a.ts, src\/b.ts import one another by value/),
  ]);
  const known = [{ folder: 'optim', files: ['src/b.ts', 'src/a.ts'], why: 'a test' }];
  expect(checkCircles('optim', circle, known)).toEqual([]);
  expect(checkCircles('optim', circle.slice(1), known)).toEqual([
    expect.stringMatching(/shorten that entry, or take it out/),
  ]);
});

test('ops of autograd do not import what makes tensors, but for its types', () => {
  const ops = (text: string) => checkCircles('autograd', [file('ops/new.ts', text)], []);
  expect(ops(`import { zeros } from '../tensor/make.js';`)).toEqual([
    expect.stringMatching(/^packages\/autograd\/src\/ops\/new.ts imports src\/tensor\/make.ts by value: ops allocate/),
  ]);
  expect(
    ops(`import type { Tensor } from '../tensor/tensor.js';\nimport { filledTensor } from '../tensor/allocate.js';`),
  ).toEqual([]);
});
