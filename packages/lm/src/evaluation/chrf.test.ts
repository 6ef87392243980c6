// chrF: the figures of sacrebleu, and those that can be counted on one's fingers.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chrf } from './chrf.js';

interface Case {
  readonly hypotheses: readonly string[];
  readonly references: readonly (readonly string[])[];
  readonly figures: readonly {
    readonly charOrder: number;
    readonly wordOrder: number;
    readonly beta: number;
    readonly whitespace: boolean;
    readonly lowercase: boolean;
    readonly score: number;
  }[];
}

const { cases } = JSON.parse(readFileSync(new URL('../../golden/chrf.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>;
};

describe.each(Object.entries(cases))('%s', (_, { hypotheses, references, figures }) => {
  test.each(figures)(
    'characters $charOrder, words $wordOrder, beta $beta, blanks $whitespace, lower $lowercase',
    (each) => {
      const { score, ...options } = each;
      expect(chrf(hypotheses, references, options).score).toBeCloseTo(score, 9);
      if (each.charOrder === 6 && each.wordOrder === 0 && each.beta === 2 && !each.whitespace && !each.lowercase) {
        expect(chrf(hypotheses, references).score).toBe(chrf(hypotheses, references, options).score);
      }
    },
  );
});

test('by the formula', () => {
  // Letters: said t h e c a t, in the reference t h e c a t s. Pairs: th he ec ca at, and ts.
  const [precision, recall] = [1, (6 / 7 + 5 / 6) / 2];
  const f = (beta: number): number => ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
  for (const beta of [0.5, 1, 2, 3]) {
    const found = chrf(['the cat'], ['the cats'], { charOrder: 2, beta });
    expect(found.precision).toBeCloseTo(100, 12);
    expect(found.recall).toBeCloseTo(100 * recall, 12);
    expect(found.score).toBeCloseTo(100 * f(beta), 12);
  }
  // Words alone: a mark at an end is one of its own. Said: the cat ! — of four in the reference, "the dog , !" has two.
  const words = chrf(['the cat!'], ['the dog, !'], { charOrder: 0, wordOrder: 1, beta: 1 });
  expect([words.precision, words.recall]).toEqual([expect.closeTo(200 / 3, 12), expect.closeTo(50, 12)]);
});

test('the best reference of each sentence counts, and sentences are summed before they are divided', () => {
  const options = { charOrder: 1, beta: 1 };
  expect(chrf(['aa'], [['bb', 'aab', 'b']], options)).toMatchObject({
    precision: 100,
    recall: expect.closeTo(200 / 3, 12),
  });
  // 1 of 1 and 0 of 3: 1 of 4, not a half.
  expect(chrf(['a', 'bbb'], ['a', 'ccc'], options).precision).toBe(25);
});

test.each([
  [() => chrf([], []), 'chrf: got no translations, needs at least 1'],
  [() => chrf(['a'], ['a', 'b']), 'chrf: got 1 translations and references for 2'],
  [() => chrf(['a'], [[]]), 'chrf: the reference of translation 0 is [], needs a text or a list of texts'],
  [
    () => chrf(['a'], ['a'], { charOrder: 0 }),
    'chrf: charOrder and wordOrder are 0, needs one of them to be at least 1',
  ],
  [() => chrf(['a'], ['a'], { charOrder: 1.5 }), 'chrf: charOrder is 1.5, needs a whole number of at least 0'],
  [() => chrf(['a'], ['a'], { beta: 0 }), 'chrf: beta is 0, needs a positive number'],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
