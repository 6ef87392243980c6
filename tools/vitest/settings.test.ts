// Shows that the test runner is set up as the rest of the workspace expects.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../lib/packages.js';
import { longest } from './longest.js';

test('`using` runs on every supported Node, and frees in reverse order', () => {
  const freed: string[] = [];
  const resource = (name: string) => ({ [Symbol.dispose]: () => void freed.push(name) });
  {
    using _first = resource('first');
    using _second = resource('second');
    expect(freed).toEqual([]);
  }
  expect(freed).toEqual(['second', 'first']);
});

test('`await using` waits', async () => {
  let closed = false;
  {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        closed = true;
      },
    };
  }
  expect(closed).toBe(true);
});

test('workspace imports resolve to source', async () => {
  expect(await import('@dl/autograd')).toBe(await import('../../packages/autograd/src/index.js'));
});

test('tests can ask for a garbage collection', () => {
  expect(globalThis.gc).toBeTypeOf('function');
});

test('no test has a time limit of its own: a machine may be six times slower than the one it was written on', () => {
  const files = ['packages', 'examples', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(name))
      .map((name) => join(folder, name)),
  );
  const limit =
    /\b(test|it|describe)\b.*[{] timeout:|^ *[{] timeout: [\d_]+ \},$|^ *\}, \d[\d_]{3,}\);$|(test|hook)Timeout: \d/m;
  expect(files.filter((file) => limit.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test('the files that are to run first are there', () => {
  expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
