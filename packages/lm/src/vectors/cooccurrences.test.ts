// How often words stand near one another, beside looking at all pairs of places.

import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { type Cooccurrences, countCooccurrences } from '../index.js';

const random = new Generator(1);
const texts = Array.from({ length: 30 }, () =>
  Array.from({ length: random.integer(0, 25) }, () => `w${Math.floor(20 * random.uniform() ** 2)}`),
);

/** X by its definition: every two places of a text, of the words that come often enough. */
function byDefinition(window: number, minCount: number): Map<string, number> {
  const often = new Map<string, number>();
  for (const word of texts.flat()) often.set(word, (often.get(word) ?? 0) + 1);
  const found = new Map<string, number>();
  for (const text of texts) {
    const kept = text.filter((word) => often.get(word)! >= minCount);
    kept.forEach((word, i) => {
      kept.forEach((other, j) => {
        if (i === j || Math.abs(i - j) > window) return;
        const pair = `${word} ${other}`;
        found.set(pair, (found.get(pair) ?? 0) + 1 / Math.abs(i - j));
      });
    });
  }
  return found;
}

const named = ({ words, rows, columns, counts }: Cooccurrences): Map<string, number> =>
  new Map(Array.from(counts, (count, i) => [`${words[rows[i]!]} ${words[columns[i]!]}`, count]));

describe.each([
  [1, 1],
  [3, 1],
  [100, 1],
  [4, 12],
])('window %i, words that come %i times', (window, minCount) => {
  test('countCooccurrences is the sum of 1 / distance over all pairs of places', async () => {
    const found = named(await countCooccurrences(texts, { window, minCount }));
    const wanted = byDefinition(window, minCount);
    expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [pair, count] of wanted) expect(found.get(pair)).toBeCloseTo(count, 10);
  });
});

test('many different pairs', async () => {
  const words = Array.from({ length: 300 }, (_, i) => `w${i}`);
  const found = await countCooccurrences([words], { window: 40, minCount: 1 });
  expect(found.counts.length).toBe(2 * (40 * 300 - (40 * 41) / 2));
  const pairs = named(found);
  for (const [a, b] of [
    [0, 40],
    [299, 259],
    [100, 101],
  ] as const) {
    expect(pairs.get(`w${a} w${b}`)).toBe(1 / Math.abs(a - b));
  }
  expect(pairs.has('w0 w41')).toBe(false);
});

test('texts come as strings, lists and one by one; a string is cut into words; maxWords takes the most frequent ones', async () => {
  async function* later(): AsyncGenerator<string> {
    yield 'The cat sat.';
    yield 'The dog.';
  }
  const lists = [
    ['The', 'cat', 'sat', '.'],
    ['The', 'dog', '.'],
  ];
  const wanted = await countCooccurrences(lists, { minCount: 1 });
  expect(await countCooccurrences(later(), { minCount: 1 })).toEqual(wanted);
  expect(await countCooccurrences(['The cat sat.', 'The dog.'], { minCount: 1 })).toEqual(wanted);
  expect(wanted.words.slice(0, 2)).toEqual(['.', 'The']);
  const few = await countCooccurrences(lists, { minCount: 1, maxWords: 2 });
  // Words between them are not there.
  expect(named(few)).toEqual(
    new Map([
      ['. The', 2],
      ['The .', 2],
    ]),
  );
});

test('words are cut and written as the options say', async () => {
  const texts = ['The cat sat.', 'The dog.'];
  const { words } = await countCooccurrences(texts, { minCount: 1, split: 'whitespace', lowerCase: true });
  expect(words).toEqual(['the', 'cat', 'dog.', 'sat.']);
  // One text goes on over the full stop.
  expect(named(await countCooccurrences(texts.join(' '), { minCount: 2 })).get('. The')).toBeCloseTo(3 + 1 / 3, 12);
});

describe('bad input', () => {
  test.each([
    ['no text', '', {}, 'countCooccurrences: the texts have no words; give some with words in them'],
    [
      'a number',
      7,
      {},
      'countCooccurrences: texts is 7, needs a string, or an iterable of strings or of lists of words',
    ],
    ['a list of numbers', [[1]], {}, 'countCooccurrences: texts[0] is [1], needs a string, or a list of words'],
    ['rare words', 'a b', {}, 'countCooccurrences: nothing came 5 times or more; lower minCount, or give more text'],
    [
      'words alone',
      ['a', 'b'],
      { minCount: 1 },
      'countCooccurrences: no word stands near another one; give texts of two words or more that come often enough',
    ],
    ['no window', 'a b', { window: 0 }, 'countCooccurrences: window is 0, needs a whole number of at least 1'],
    ['no words', 'a b', { maxWords: 0 }, 'countCooccurrences: maxWords is 0, needs a whole number of at least 1'],
  ] as const)('%s', async (_, given, options, said) => {
    await expect(countCooccurrences(given as never, options)).rejects.toThrow(new ArgumentError(said));
  });

  test('a signal stops it', async () => {
    const many = Array.from({ length: 5000 }, () => texts[0]!);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(countCooccurrences(many, { minCount: 1, signal })).rejects.toThrow('enough');
  });
});
