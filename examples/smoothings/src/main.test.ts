// The shoot-out ends as the literature says: adding ruins long n-grams, and Kneser and Ney win.

import { expect, test } from 'vitest';
import { all, compare, tableOf, unknownIn } from './main.js';
import { page } from './page.js';
import { smoothings } from './smoothings.js';
import { documentation } from './texts.js';

test('on the documentation of this project', async () => {
  const corpus = documentation();
  expect(corpus.training[0]!.length).toBeGreaterThan(100_000);
  const orders = [1, 3, 5];
  const results = await compare(corpus, { ...all, orders });
  const bits = (name: string): number[] => results.get(name)!.map((score) => score.bits);
  expect([...results.keys()]).toEqual(Object.keys(smoothings));
  // Of one character each knows about as much; an n-gram that never came is impossible by shares alone.
  for (const name of results.keys())
    if (name !== 'maximum likelihood') expect(Math.abs(bits(name)[0]! - bits('Laplace')[0]!)).toBeLessThan(0.05);
  expect(bits('maximum likelihood').slice(1)).toEqual([Infinity, Infinity]);
  // The smoothings that interpolate gain by longer n-grams; adding one loses.
  const interpolated = ['Jelinek–Mercer', 'absolute discounting', 'Witten–Bell', 'Kneser–Ney', 'modified Kneser–Ney'];
  for (const name of interpolated) {
    const [one, three, five] = bits(name);
    expect([name, three! < one! - 1, five! < three! - 0.3]).toEqual([name, true, true]);
  }
  expect(bits('Laplace')[2]).toBeGreaterThan(bits('Laplace')[1]!);
  // At order 5, from the best on.
  const at5 = (name: string): number => bits(name)[2]!;
  expect(at5('modified Kneser–Ney')).toBeLessThan(at5('Kneser–Ney') + 0.01);
  expect(at5('Kneser–Ney')).toBeLessThan(at5('Laplace') - 0.5);
  expect(at5('modified Kneser–Ney')).toBe(
    Math.min(...[...results.keys()].filter((name) => !name.endsWith('*')).map(at5)),
  );
  expect(tableOf(results, orders, 'bits')).toContain(`| **${at5('modified Kneser–Ney').toFixed(3)}** |`);
  const html = await page(corpus, results, { ...all, orders });
  expect(html).toContain('modified Kneser–Ney');
});

test('what is held back and was never learned is counted', () => {
  const corpus = { name: 'small', training: ['the cat sat'], test: ['the dog sat', 'a cat'], isList: true };
  // Blanks are tokens, too.
  expect(unknownIn(corpus, 'words')).toEqual({ all: 8, unknown: 2 });
  expect(unknownIn(corpus, 'characters')).toEqual({ all: 16, unknown: 3 });
});
