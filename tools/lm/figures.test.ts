// The figures of a text in small: n-grams and networks are asked for the same characters.

import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { networkFigure, networks, ngramFigure, splitOf, tableOf } from './figures.js';

beforeAll(() => useBackend(cpu()));

/** Each letter is one of two, whatever went before: nobody needs less than a bit for it, or more when it has learned that. */
function coins(length: number): string {
  const random = new Generator(1);
  return Array.from({ length }, () => (random.uniform() < 0.5 ? 'a' : 'b')).join('');
}

test('of letters that are thrown like coins everybody needs a bit', async () => {
  const split = splitOf(`\n${coins(4000)}`);
  expect(split.test).toHaveLength(401);
  const figures = [await ngramFigure(split, 2)];
  for (const name of Object.keys(networks)) {
    const small = { hiddenSize: 16, numLayers: 1, steps: 40, batch: 8, length: 16, lr: 0.01, seed: 1 };
    figures.push(await networkFigure(split, { ...networks[name], ...small }));
  }
  for (const { model, bits, sample } of figures) {
    expect([model, bits > 0.97 && bits < 1.08]).toEqual([model, true]);
    expect(sample).toMatch(/^[ab]{100,}$/);
  }
  expect(tableOf(figures).split('\n')).toHaveLength(2 + figures.length);
});
