// The table of exceptions in the docs is the list that the checks read, and the list is of ops that exist.

import { readFileSync } from 'node:fs';
import { allSamples } from '@dl/autograd/samples';
import { expect, test } from 'vitest';
import { specialValueExceptions } from './index.js';

test('docs/numerics.md has the same exceptions', () => {
  const page = readFileSync(new URL('../../../docs/numerics.md', import.meta.url), 'utf8');
  const table = page.split('| ops | what | special values in | why |\n')[1]!.split('\n\n')[0]!;
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const rows = specialValueExceptions.map(
    ({ ops, what, in: slots, of, why }) =>
      `| ${code(ops)} | ${what}${of === undefined ? '' : ` (${of})`} | ${slots === undefined ? 'anything' : code(slots)} | ${why} |`,
  );
  expect(table.split('\n').slice(1)).toEqual(rows);
});

test('each names ops that have samples', () => {
  const known = new Set(allSamples().map(({ op }) => op.name));
  expect(specialValueExceptions.flatMap(({ ops }) => ops).filter((name) => !known.has(name))).toEqual([]);
});
