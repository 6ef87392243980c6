// BLEU: the figures of sacrebleu, and those that its paper counts by hand.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BleuScore, type BleuSmoothing, bleu, selfBleu, tokenize13a } from './bleu.js';

interface Case {
  readonly hypotheses: readonly string[];
  readonly references: readonly (readonly string[])[];
  readonly figures: readonly (BleuScore & {
    readonly order: number;
    readonly smoothing: BleuSmoothing;
    readonly smoothingValue: number | null;
  })[];
}

const golden = JSON.parse(readFileSync(new URL('../../golden/bleu.json', import.meta.url), 'utf8')) as {
  readonly texts: readonly { readonly text: string; readonly words: readonly string[] }[];
  readonly cases: Readonly<Record<string, Case>>;
};

test.each(golden.texts.map(({ text, words }) => [text, words] as const))('the words of %j', (text, words) => {
  expect(tokenize13a(text)).toEqual(words);
});

describe.each(Object.entries(golden.cases))('%s', (_, { hypotheses, references, figures }) => {
  test.each(figures.map((each) => [each.order, each.smoothing, each.smoothingValue, each] as const))(
    'up to order %i, smoothing %s (%s)',
    (maxOrder, smoothing, value, wanted) => {
      const got = bleu(hypotheses, references, {
        maxOrder,
        smoothing,
        ...(value !== null && { smoothingValue: value }),
      });
      expect([got.length, got.referenceLength]).toEqual([wanted.length, wanted.referenceLength]);
      expect(got.score).toBeCloseTo(wanted.score, 9);
      expect(got.brevityPenalty).toBeCloseTo(wanted.brevityPenalty, 12);
      expect(got.precisions).toHaveLength(maxOrder);
      for (const [i, precision] of got.precisions.entries()) expect(precision).toBeCloseTo(wanted.precisions[i]!, 9);
      if (maxOrder === 4 && smoothing === 'none') expect(bleu(hypotheses, references)).toEqual(got);
    },
  );
});

describe('the examples of the paper', () => {
  const words = (text: string): string[] => text.toLowerCase().split(' ');
  const precisions = (hypothesis: string, references: readonly string[], maxOrder: number): readonly number[] =>
    bleu([hypothesis], [references], { maxOrder, tokenize: words }).precisions;
  const near = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 9));

  test('two candidates and three references', () => {
    const references = [
      'It is a guide to action that ensures that the military will forever heed Party commands',
      'It is the guiding principle which guarantees the military forces always being under the command of the Party',
      'It is the practical guide for the army always to heed the directions of the party',
    ];
    const first = 'It is a guide to action which ensures that the military always obeys the commands of the party';
    const second = 'It is to insure the troops forever hearing the activity guidebook that party direct';
    expect(precisions(first, references, 2)).toEqual(near([(100 * 17) / 18, (100 * 10) / 17]));
    expect(precisions(second, references, 2)).toEqual(near([(100 * 8) / 14, (100 * 1) / 13]));
  });

  test('a word that is said again and again counts as often as in one reference', () => {
    const references = ['The cat is on the mat', 'There is a cat on the mat'];
    expect(precisions('the the the the the the the', references, 1)).toEqual(near([(100 * 2) / 7]));
  });

  test('of several references the nearest in length counts', () => {
    const of = (hypothesis: string, ...lengths: number[]): BleuScore =>
      bleu([hypothesis], [lengths.map((length) => new Array<string>(length).fill('a').join(' '))], { maxOrder: 1 });
    expect(of('a a a', 9, 5, 7)).toMatchObject({ referenceLength: 5, brevityPenalty: Math.exp(1 - 5 / 3) });
    expect(of('a a a a', 6, 2)).toMatchObject({ referenceLength: 2, brevityPenalty: 1, score: 100 });
    // Lengths are summed before they are compared: a long translation makes up for a short one.
    const both = bleu(['a a', 'a a a a'], ['a a a', 'a a a'], { maxOrder: 1 });
    expect(both).toMatchObject({ brevityPenalty: 1, precisions: near([(100 * 5) / 6]) });
  });
});

test('words with blanks in them are not taken for others', () => {
  const cut = (text: string): string[] => text.split('|');
  expect(bleu(['a b|c'], ['a|b c'], { maxOrder: 2, tokenize: cut }).precisions).toEqual([0, 0]);
  expect(bleu(['a b|c'], ['x|a b|c'], { maxOrder: 2, tokenize: cut }).precisions).toEqual([100, 100]);
});

test.each([
  [() => bleu([], []), 'bleu: got no translations, needs at least 1'],
  [
    () => bleu(['a'], ['a', 'b']),
    'bleu: got 1 translations and references for 2; needs a text or a list of texts for each',
  ],
  [() => bleu('a' as never, 'a' as never), 'needs a list of translations and a list with one or more references'],
  [() => bleu([1] as never, ['a']), 'bleu: translation 0 is 1, needs a text'],
  [() => bleu(['a'], [[]]), 'bleu: the reference of translation 0 is [], needs a text or a list of texts'],
  [() => bleu(['a'], ['a'], { maxOrder: 0 }), 'bleu: maxOrder is 0, needs a whole number of at least 1'],
  [() => bleu(['a'], ['a'], { smoothing: 'exp' as never }), "needs 'none', 'exponential', 'floor' or 'add-k'"],
  [() => bleu(['a'], ['a'], { maxN: 2 } as never), 'bleu: there is no option maxN'],
  [
    () => bleu(['a'], ['a'], { smoothing: 'floor', smoothingValue: 0 }),
    'bleu: smoothingValue is 0, needs a positive number',
  ],
  [() => tokenize13a(1 as never), 'tokenize13a: text is 1, needs a string'],
  [() => selfBleu(['a']), 'selfBleu: got 1 text, needs at least 2 to compare'],
  [() => selfBleu([]), 'selfBleu: got no texts, needs at least 1'],
  [() => selfBleu(['a', 1 as never]), 'selfBleu: text 1 is 1, needs a text'],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});

describe('self-BLEU', () => {
  const texts = ['a b c d e', 'a b c x y', 'a b c d e', 'b c d e f g', 'a a a b', 'q'];

  test.each(['none', 'floor'] as const)('is the mean of each text with all others, smoothing %s', (smoothing) => {
    for (const some of [texts, texts.slice(0, 2), texts.slice(1, 5), [...texts, ...texts]]) {
      const one = some.map(
        (text, i) => bleu([text], [some.filter((_, k) => k !== i)], { smoothing, maxOrder: 3 }).score,
      );
      const mean = one.reduce((sum, each) => sum + each, 0) / some.length;
      expect(selfBleu(some, { smoothing, maxOrder: 3 })).toBeCloseTo(mean, 10);
      expect(mean).toBeGreaterThan(5);
    }
  });

  test('100 where all say the same, 0 where nobody shares four words', () => {
    expect(selfBleu(['a b c d', 'a b c d', 'a b c d'])).toBeCloseTo(100, 10);
    expect(selfBleu(['a b c d', 'a b c e'])).toBe(0);
  });
});
