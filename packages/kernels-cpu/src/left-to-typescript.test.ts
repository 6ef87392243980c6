// The WebAssembly kernels run: without this test they could all hand their work on, and only be slow.

import { add } from '@dl/autograd';
import { expect, test } from 'vitest';
import { wasmBackends } from '../test/engines.js';
import { leftToTypescript, notYet, reasons } from '../test/left-to-typescript.js';
import { cpu } from './index.js';
import { typescriptKernels } from './typescript/index.js';

test.each(wasmBackends())(
  '%s: every op has a kernel, which takes every float32 sample, but for those with a reason',
  async (_, backend) => {
    const rows = await leftToTypescript(backend);
    expect(rows.length).toBe(typescriptKernels().length);
    expect(rows.filter(({ of }) => of === 0)).toEqual([]);
    expect(
      rows
        .filter(({ left }) => left > 0)
        .map(({ op }) => op)
        .sort(),
    ).toEqual(Object.keys(reasons).sort());
    // Also those run, where they can.
    expect(rows.filter(({ op, left, of }) => (left === of) !== (reasons[op] === notYet))).toEqual([]);
  },
);

test('a kernel that never runs is seen', async () => {
  const readable = typescriptKernels().filter(({ op }) => op === add);
  const backend = cpu({ engine: 'wasm', threads: 1, kernels: readable });
  const row = (await leftToTypescript(backend)).find(({ op }) => op === 'add');
  expect(row).toMatchObject({ left: row!.of });
});
