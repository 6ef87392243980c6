// Each layer rule, broken once and kept once.

import { describe, expect, test } from 'vitest';
import { workspacePackages } from '../lib/packages.js';
import { check, checkPackage } from './check.js';

const optim = { name: '@dl/optim', peerDependencies: { '@dl/autograd': '*', '@dl/kernels-cpu': '*' } };

function problemsOf(text: string, path = 'src/sgd.ts', manifest: Parameters<typeof check>[1] = optim) {
  return check('optim', manifest, [{ path, text }]);
}

test('the workspace keeps its own rules', () => {
  expect(workspacePackages().flatMap(checkPackage)).toEqual([]);
});

test('a package above may be imported, and its own files', () => {
  expect(problemsOf(`import { x } from '@dl/autograd/samples';\nexport * from './adam.js';`)).toEqual([]);
});

test('a backend may not be imported, even where it is declared', () => {
  expect(problemsOf(`\nimport { cpu } from '@dl/kernels-cpu';`)).toEqual([
    'packages/optim/src/sgd.ts:2: @dl/optim may import only @dl/autograd, not @dl/kernels-cpu: ' +
      'hand it in as an argument, or move what is shared up.',
  ]);
});

test.each([
  ['a re-export', `export { Linear } from '@dl/layers';`],
  ['a type', `import type { Linear } from '@dl/layers';`],
  ['a type in place', `export let x: import('@dl/layers').Linear;`],
  ['a dynamic import', `await import('@dl/layers');`],
])('%s is an import too', (_, text) => {
  expect(problemsOf(text)).toHaveLength(1);
});

test('relative imports stay inside the package', () => {
  expect(problemsOf(`import { x } from '../../autograd/src/tape.js';`)[0]).toMatch(
    /"..\/..\/autograd\/src\/tape.js" is outside/,
  );
});

test('what is imported is declared', () => {
  expect(problemsOf(`import pretty from 'pretty';`)[0]).toMatch(/pretty is neither a dependency nor a peer dependency/);
});

test('Node built-ins are for node.ts and for dynamic imports', () => {
  const text = `import { readFile } from 'node:fs/promises';`;
  expect(problemsOf(text)[0]).toMatch(/"node:fs\/promises" exists in Node only/);
  expect(problemsOf(`import fs from 'fs';`)[0]).toMatch(/"fs" exists in Node only/);
  expect(problemsOf(text, 'src/node.ts')).toEqual([]);
  expect(problemsOf(text, 'src/node/files.ts')).toEqual([]);
  expect(problemsOf(text, 'src/command/bin.ts')).toEqual([]);
  expect(problemsOf(`const { readFile } = await import('node:fs/promises');`)).toEqual([]);
});

test('@dl packages are peers, and some packages have no dependency at all', () => {
  const problems = problemsOf('', 'src/sgd.ts', {
    name: '@dl/optim',
    dependencies: { '@dl/autograd': '*', pretty: '*' },
  });
  expect(problems[0]).toMatch(/@dl\/autograd is a dependency: make it a peer dependency/);
  expect(problems[1]).toMatch(/promises no run-time dependency but has @dl\/autograd, pretty/);
});

test('a new package needs a line in the table', () => {
  expect(check('novelty', { name: '@dl/novelty' }, [])[0]).toMatch(/packages\/novelty has no line/);
});

describe('a command', () => {
  const lm = {
    name: '@dl/lm',
    peerDependencies: { '@dl/autograd': '*', '@dl/train': '*', '@dl/viz': '*', '@dl/testing': '*' },
    peerDependenciesMeta: {
      '@dl/train': { optional: true },
      '@dl/viz': { optional: true },
      '@dl/testing': { optional: true },
    },
  };
  const problems = (text: string, path = 'src/command/train.ts') => check('lm', lm, [{ path, text }]);

  test('imports optional peers, but only where it needs them', () => {
    expect(problems(`const { report } = await import('@dl/viz');\nawait import('@dl/train');`)).toEqual([]);
    expect(problems(`import { x } from '@dl/autograd';`)).toEqual([]);
    for (const name of ['@dl/viz', '@dl/train']) {
      for (const text of [`import { x } from '${name}';`, `export * from '${name}';`]) {
        expect(problems(text)).toEqual([
          expect.stringContaining(`${name} is an optional peer of @dl/lm: import it dynamically`),
        ]);
      }
    }
  });

  test('imports no more than its line says, and nobody else in the package does', () => {
    expect(problems(`await import('@dl/testing');`)[0]).toMatch(/@dl\/lm may import only .*, not @dl\/testing/);
    expect(problems(`await import('@dl/viz');`, 'src/node.ts')[0]).toMatch(/not @dl\/viz/);
  });
});
