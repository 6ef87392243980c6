// Shows that the test runner is set up as the rest of the workspace expects.

import { expect, test } from 'vitest';

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
