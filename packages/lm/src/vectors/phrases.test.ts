// Phrases by the formula of Mikolov et al. 2013.

import { describe, expect, test } from 'vitest';
import { findPhrases } from '../index.js';

// a 4, b 3, c 3, d 1: eleven words; a b comes 3 times.
const texts = ['a b c', 'c a b', 'd a b', 'a c'];

test('scores are (count(a b) - discount) N / (count(a) count(b)), of pairs that come often enough, above the threshold', async () => {
  const phrases = await findPhrases(texts, { minCount: 1, discount: 0.5, threshold: 0.5 });
  const found = [...phrases].map(({ words, score }) => [words.join(' '), score]);
  const score = (pair: number, a: number, b: number): number => ((pair - 0.5) * 11) / (a * b);
  expect(found).toEqual([
    ['a b', score(3, 4, 3)],
    ['d a', score(1, 1, 4)],
    ['b c', score(1, 3, 3)],
  ]);
  // These two have a score of 0.458.
  expect(phrases.score('c', 'a')).toBeUndefined();
  expect(phrases.score('a', 'c')).toBeUndefined();
  expect([...(await findPhrases(texts, { minCount: 2, discount: 0, threshold: 0 }))].map(({ words }) => words)).toEqual(
    [['a', 'b']],
  );
  // A pair of two texts is none.
  const apart = await findPhrases(['a b', 'c d'], { minCount: 1, discount: 0, threshold: 0 });
  expect(apart.score('b', 'c')).toBeUndefined();
});

test('the threshold does not depend on how long a text is', async () => {
  const options = { minCount: 1, discount: 0, threshold: 0 };
  const often = await findPhrases(Array(50).fill(texts).flat(), options);
  const once = await findPhrases(texts, options);
  for (const { words, score } of once) expect(often.score(...words)).toBeCloseTo(score, 12);
});

test('phrases become words from left to right, and phrases of phrases in a second run', async () => {
  const lists = [
    ['new', 'york', 'times'],
    ['new', 'york', 'times', 'new', 'york'],
    ['old', 'times'],
    ['x', 'y'],
    ['z', 'x'],
  ];
  const options = { minCount: 2, discount: 1, threshold: 1 };
  const first = await findPhrases(lists, options);
  expect(lists.map((words) => first.join(words).join(' '))).toEqual([
    'new_york times',
    'new_york times new_york',
    'old times',
    'x y',
    'z x',
  ]);
  const second = await findPhrases(
    lists.map((words) => first.join(words)),
    { ...options, delimiter: '+' },
  );
  expect(second.join(['new_york', 'times', 'york'])).toEqual(['new_york+times', 'york']);
  expect(first.join([])).toEqual([]);
});

test('texts are cut as trainWordVectors cuts them', async () => {
  const phrases = await findPhrases(['New York!', 'NEW YORK?'], {
    lowerCase: true,
    minCount: 2,
    threshold: 0,
    discount: 0,
  });
  expect(phrases.join(['new', 'york', '!'])).toEqual(['new_york', '!']);
});

describe('bad input', () => {
  test.each([
    ['no text', '', {}, 'findPhrases: the texts have no words'],
    ['a number', 3, {}, 'findPhrases: texts is 3, needs a string'],
    ['minCount', 'a b', { minCount: 0 }, 'findPhrases: minCount is 0, needs a whole number of at least 1'],
    ['discount', 'a b', { discount: -1 }, 'findPhrases: discount is -1, needs at least 0'],
  ])('%s', async (_, text, options, message) => {
    await expect(findPhrases(text as string, options)).rejects.toThrow(message);
  });

  test('a text in the place of words', async () => {
    const phrases = await findPhrases('a b');
    expect(() => phrases.join('a b' as never)).toThrow(/Phrases.join: words/);
  });
});
