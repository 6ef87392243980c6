// docs/numerics.md says of each op how close its results are: what the samples allow.

import { readFileSync } from 'node:fs';
import { allSamples, type OpSamples } from '@dl/autograd/samples';
import { expect, test } from 'vitest';

const namesOf = (isOf: (samples: OpSamples) => boolean): string[] =>
  allSamples()
    .filter(isOf)
    .map(({ op }) => op.name)
    .sort();

test('docs/numerics.md lists the ops that are exact, and those that are held to their inputs', () => {
  const page = readFileSync(new URL('../../../docs/numerics.md', import.meta.url), 'utf8');
  const table = page.split('## How close results are\n')[1]!.split('\n## ')[0]!;
  const namesIn = (row: string): string[] => {
    const line = table.split('\n').find((each) => each.startsWith(`| ${row}`))!;
    return [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name!).sort();
  };
  expect(namesIn('what copies, chooses or rounds')).toEqual(namesOf(({ tolerance }) => tolerance === 0));
  expect(namesIn('differences of their inputs')).toEqual(namesOf(({ relativeTo }) => relativeTo === 'inputs'));
  expect(namesIn('longer computations')).toEqual(namesOf(({ tolerance }) => tolerance === 2e-6));
  expect(namesOf(({ tolerance }) => ![0, 1e-6, 2e-6].includes(tolerance))).toEqual(namesIn('the longest'));
});
