// How often words stand near one another, beside looking at all pairs of places.

import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { type Cooccurrences, countCooccurrences } from '../../neural.js';

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

test('texts come as strings or lists, and are cut and written as the options say', async () => {
  const wanted = await countCooccurrences(
    [
      ['The', 'cat', 'sat', '.'],
      ['The', 'dog', '.'],
    ],
    { minCount: 1 },
  );
  const texts = ['The cat sat.', 'The dog.'];
  expect(await countCooccurrences(texts, { minCount: 1 })).toEqual(wanted);
  expect(wanted.words).toEqual(['.', 'The', 'cat', 'dog', 'sat']);
  const { words } = await countCooccurrences(texts, { minCount: 1, split: 'whitespace', lowerCase: true });
  expect(words).toEqual(['the', 'cat', 'dog.', 'sat.']);
  // One text goes on over the full stop.
  expect(named(await countCooccurrences(texts.join(' '), { minCount: 2 })).get('. The')).toBe(1 + 1 + 1 / 3);
});

describe('bad input', () => {
  test.each([
    ['no text', '', {}, 'countCooccurrences: got no words, needs some text'],
    ['a number', 7, {}, 'countCooccurrences: texts is 7, needs a text, or an iterable of texts or of lists of words'],
    ['a list of numbers', [[1]], {}, 'countCooccurrences: texts[0][0] is 1, needs a word'],
    [
      'words alone',
      ['a', 'b'],
      { minCount: 1 },
      'countCooccurrences: no word has another beside it, of those that come 1 times or more; give texts of several words, or lower minCount',
    ],
    ['no window', 'a b', { window: 0 }, 'countCooccurrences: window is 0, needs a whole number of at least 1'],
  ] as const)('%s', async (_, given, options, said) => {
    await expect(countCooccurrences(given as never, options)).rejects.toThrow(new ArgumentError(said));
  });

  test('a signal stops it', async () => {
    const many = Array.from({ length: 5000 }, () => texts[0]!);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(countCooccurrences(many, { minCount: 1, signal })).rejects.toThrow('enough');
  });
});
