// The example does what it says.

import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawJudgements } from './judgements.js';
import { forGrammar, modelNames, train, vocabularyOf } from './main.js';
import { readSst2 } from './sst2.js';

beforeAll(() => useBackend(cpu()));

const drawn = drawJudgements(3500, new Generator(1));
const sets = [drawn.slice(500), drawn.slice(0, 500)] as const;

test('where the order of words decides, an encoder knows what a bag of words cannot', () => {
  const [bag, convolution, encoder] = modelNames.map((name) => train(name, sets, forGrammar));
  expect(encoder!.test).toBeGreaterThan(0.98);
  // Five words in a row have most of what decides.
  expect(convolution!.test).toBeGreaterThan(0.8);
  // Chance is 0.5, and a little is in the words alone.
  expect(bag!.test).toBeGreaterThan(0.52);
  expect(bag!.test).toBeLessThan(0.75);
});

test('half of the judgements are for, and each of them is one by its words', () => {
  expect(new Set(drawn.map(({ text }) => text)).size).toBe(3500);
  expect(drawn.filter(({ label }) => label === 1)).toHaveLength(1750);
  const good = 'good great lovely clever moving funny fresh brilliant'.split(' ');
  for (const { text, label } of drawn) {
    // What counts stands behind "but" or before "although".
    const clause = text
      .split(' , although ')[0]!
      .split(' , but ')
      .at(-1)!
      .split(' and ')
      .at(-1)!
      .replace(' .', '')
      .split(' ');
    const isGood = good.includes(clause.at(-1)!) !== clause.includes('not');
    expect([text, isGood ? 1 : 0]).toEqual([text, label]);
  }
  const counts = vocabularyOf(drawn, 1);
  expect([...counts.values()]).toEqual(Array.from({ length: counts.size }, (_, i) => i + 2));
});

describe('with the treebank', () => {
  test('it has as many sentences as its description says', ({ skip }) => {
    const root = process.env['DL_DATA'];
    if (root === undefined) skip('needs SST-2: set DL_DATA to a folder that has sst2/train.tsv and its like');
    const counts = (['train', 'dev', 'test'] as const).map((split) => {
      const judgements = readSst2(`${root}/sst2`, split);
      return [judgements.length, judgements.filter(({ label }) => label === 1).length];
    });
    expect(counts).toEqual([
      [6920, 3610],
      [872, 444],
      [1821, 909],
    ]);
  });
});
