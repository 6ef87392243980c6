// The files of this package as modules: written anew they are the same, any of them can be the first one that is
// loaded, and loading changes nothing.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { generateTensor } from '../scripts/generate-tensor.js';
import { version } from '../src/version.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('tensor.ts is what scripts/generate-tensor.ts writes', () => {
  expect(read('../src/tensor/tensor.ts')).toBe(generateTensor());
});

test('version.ts has the version of package.json', () => {
  expect(version).toBe((JSON.parse(read('../package.json')) as { version: string }).version);
});

test('README.md names everything that the package exports', async () => {
  const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
  const exported = Object.keys(await import('../src/index.js'));
  expect(exported.filter((name) => !named.has(name))).toEqual([]);
});

describe('the first module to be loaded may be', () => {
  // Those through which the others know each other.
  const modules = [
    ...['backend/backend', 'backend/fallback', 'dispatch/define-op', 'dispatch/run-op', 'memory/scope', 'samples'],
    ...['graph/backward-pass', 'graph/custom-grad', 'graph/gradients', 'graph/op-node'],
    ...['tensor/make', 'tensor/tensor', 'tensor/tensor-base'],
    ...[
      'activations',
      'arithmetic',
      'batch-norm',
      'copy',
      'dropout',
      'group-norm',
      'index',
      'indexing',
      'join',
      'linear',
      'reduce',
      'reshape',
      'slice',
      'softmax',
      'split',
      'where',
    ].map((name) => `ops/${name}`),
  ];

  beforeEach(() => {
    vi.resetModules();
  });
  afterAll(() => {
    vi.resetModules();
  });

  // Modules that import each other must not need each other while they are evaluated, whichever comes first.
  test.each(modules)('%s.ts', async (name) => {
    const first = (await import(fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)))) as object;
    const index: Readonly<Record<string, unknown>> = await import('../src/index.js');
    for (const [key, value] of Object.entries(first)) if (key in index) expect(index[key]).toBe(value);
    const { tensor, useBackend } = await import('../src/index.js');
    const { cpu } = await import('@dl/kernels-cpu');
    await useBackend(cpu());
    const x = tensor([1, 2], { requiresGrad: true });
    x.hardSwish().square().sum().backward();
    expect(x.grad!.shape).toEqual([2]);
  });
});

describe('loading @dl/autograd', () => {
  test('changes no global, starts nothing and prints nothing', () => {
    const script = `
      const isObject = (value) => typeof value === 'function' || (typeof value === 'object' && value !== null);
      const members = (object) => Reflect.ownKeys(object).map((key) => {
        const { value, get } = Object.getOwnPropertyDescriptor(object, key);
        return [object, key, value ?? get];
      });
      const owners = members(globalThis).map(([, , value]) => value).filter(isObject);
      const look = () => [globalThis, ...owners.flatMap((owner) => [owner, owner.prototype])].filter(isObject).flatMap(members);
      const before = look();
      await import('@dl/autograd');
      const after = look();
      const isSame = after.length === before.length && after.every((member, i) => member.every((part, k) => Object.is(part, before[i][k])));
      console.log(isSame ? 'nothing changed' : 'changed');
    `;
    const output = execFileSync(
      process.execPath,
      ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', script],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' },
    );
    expect(output).toBe('nothing changed\n');
  });
});
