import { readFileSync } from 'node:fs';
import { coverage, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { allBackends, coverageTable, leftOnTheCpu } from './table.js';

test('docs/coverage.md says what the registry says', async () => {
  const written = readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8');
  expect(written, 'write it anew: npx tsx --conditions=@dl/source tools/coverage/write.ts').toBe(
    coverageTable(await allBackends(), await leftOnTheCpu()),
  );
});

test('no op is missing on the CPU', async () => {
  const rows = coverage({ backends: [await useBackend(cpu())] });
  expect(rows.length).toBeGreaterThan(90);
  expect(rows.filter(({ forward }) => forward === 'missing' || forward === 'fallback')).toEqual([]);
});
