// Tests that compare memory over an `await` begin when all garbage is collected: else a finaliser of an earlier test runs in between, now and then.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../lib/packages.js';

/** Each with its reason. */
const exceptions: readonly string[] = [
  // They are about what finalisers free.
  'packages/autograd/src/memory/kept-memory.test.ts',
  'packages/autograd/src/memory/memory-loops.test.ts',
  // It settles before each test of its group.
  'packages/train/src/loop/fit.test.ts',
];

/** The lines on which functions and tests begin that read memory, wait and read it again. */
function unsettled(text: string): number[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    const indent = /^(\s*)(test|it|(async )?function)\b/.exec(line)?.[1];
    if (indent === undefined) return [];
    const length = lines
      .slice(i + 1)
      .findIndex((each) => each.startsWith(`${indent}}`) || each.startsWith(`${indent})`));
    const block = lines.slice(i, i + 1 + length);
    const reads = block.flatMap((each, k) => (/(?<![.\w])memory\(\)/.test(each) ? [k] : []));
    const waits = block.slice(reads[0], (reads.at(-1) ?? -1) + 1).some((each) => /\bawait\b/.test(each));
    return reads.length > 0 && waits && !block.some((each) => each.includes('settledMemory()')) ? [i + 1] : [];
  });
}

test('what waits between two readings is found', () => {
  const waiting = [
    "test('x', async () => {",
    '  const a = memory();',
    '  await run();',
    '  expect(memory()).toBe(a);',
    '});',
  ];
  expect(unsettled(waiting.join('\n'))).toEqual([1]);
  expect(unsettled(waiting.join('\n').replace('= memory()', '= await settledMemory()'))).toEqual([]);
  expect(unsettled(waiting.filter((line) => !line.includes('run')).join('\n'))).toEqual([]);
});

test('memory is compared over an await only where it has settled', () => {
  const found = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.test\.ts$/.test(name) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(name))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((file) => !exceptions.includes(file))
      .flatMap((file) => unsettled(readFileSync(join(root, file), 'utf8')).map((line) => `${file}:${line}`)),
  );
  expect(found, 'begin with await settledMemory() of @dl/testing').toEqual([]);
});
