// sentencePairs: which sentences stand side by side, counted.

import { ArgumentError, Generator, manualSeed } from '@dl/autograd';
import { expect, test } from 'vitest';
import { sentencePairs } from '../../neural.js';

const documents = [['a0', 'a1', 'a2'], ['b0'], ['c0', 'c1'], []];

test('each sentence that has one behind it comes once, with that one or with one of another document', () => {
  const seconds = new Map<string, number>();
  let following = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const pairs = sentencePairs(documents, { generator: new Generator(seed) });
    expect(pairs.map(({ first }) => first)).toEqual(['a0', 'a1', 'c0']);
    for (const { first, second, label } of pairs) {
      const next = `${first[0]}${Number(first[1]) + 1}`;
      if (label === 0) {
        expect(second).toBe(next);
        following++;
      } else {
        expect(second[0]).not.toBe(first[0]);
        seconds.set(`${first} ${second}`, (seconds.get(`${first} ${second}`) ?? 0) + 1);
      }
    }
  }
  // 3,000 draws: five standard deviations are 137.
  expect(Math.abs(following - 1500)).toBeLessThan(137);
  // a0 and a1 have three others to be drawn from, c0 has four, each about as often: of 500 draws within five standard deviations.
  expect([...seconds.keys()].filter((pair) => pair.startsWith('a0'))).toHaveLength(3);
  expect([...seconds.keys()].filter((pair) => pair.startsWith('c0'))).toHaveLength(4);
  for (const [pair, count] of seconds) {
    const expected = 500 / (pair.startsWith('c0') ? 4 : 3);
    expect(Math.abs(count - expected), pair).toBeLessThan(5 * Math.sqrt(expected) + 15);
  }
});

test('of a single document, any but the two themselves', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    for (const { first, second, label } of sentencePairs([['a0', 'a1', 'a2', 'a3'], []], {
      share: 0,
      generator: new Generator(seed),
    })) {
      expect(label).toBe(1);
      seen.add(`${first} ${second}`);
    }
  }
  expect([...seen].sort()).toEqual(['a0 a2', 'a0 a3', 'a1 a0', 'a1 a3', 'a2 a0', 'a2 a1']);
});

test('all follow, and the seed says what comes', () => {
  expect(sentencePairs(documents, { share: 1 }).map(({ second }) => second)).toEqual(['a1', 'a2', 'c1']);
  manualSeed(5);
  const first = Array.from({ length: 5 }, () => sentencePairs(documents));
  manualSeed(5);
  expect(Array.from({ length: 5 }, () => sentencePairs(documents))).toEqual(first);
});

test.each<[string, () => unknown]>([
  ['sentencePairs: no sentence stands behind another one', () => sentencePairs([['a'], ['b']])],
  ['sentencePairs: there is one document of 2 sentences', () => sentencePairs([['a', 'b']])],
  [
    "sentencePairs: document 1 is 'text', needs a list of sentences",
    () => sentencePairs([['a', 'b'], 'text' as never]),
  ],
  ['sentencePairs: share is 2, needs a number from 0 to 1', () => sentencePairs(documents, { share: 2 })],
])('%s', (message, run) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});
