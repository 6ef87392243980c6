// Where words end, beside the regular expressions themselves.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText, randomUnits } from '../../test/random-text.js';
import {
  bertEnd,
  patternEnds,
  signEnd,
  starcoderEnd,
  type WordEnd,
  type WordPattern,
  wordPatterns,
} from './pre-tokens.js';

const anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
// As JavaScript has groups without case only lately; the long s is an s of another case.
const spelled = "(?:'[sS\\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";

/** An expression as it is meant: white space is Unicode's. */
const meant = (source: string): RegExp =>
  new RegExp(
    source.replace(anyCase, spelled).replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'),
    'gu',
  );

const wordsOf = (text: string, end: WordEnd): string[] => {
  const words: string[] = [];
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = end(text, from);
    words.push(text.slice(from, to));
  }
  return words;
};

const random = new Generator(3);
const small = [
  ' ',
  ' ',
  '\n',
  '\r',
  '\t',
  "'",
  's',
  'S',
  'l',
  'L',
  'r',
  'e',
  'd',
  'ſ',
  '1',
  '²',
  '.',
  '!',
  '中',
  '\u0301',
  '𝒳',
  '🙂',
  '\u0085',
  '\ufeff',
];
const texts = [
  "I'm sure they'll say it's 'twas, DON'T! they've  gone   \n\n  ok\r\n\t x 12345 x1y22 '",
  ...Array.from({ length: 300 }, () => randomText(random, random.integer(1, 30))),
  ...Array.from({ length: 100 }, () => randomUnits(random, random.integer(1, 20))),
  ...Array.from({ length: 2000 }, () =>
    Array.from({ length: random.integer(1, 12) }, () => small[random.integer(0, small.length)]).join(''),
  ),
];

describe.each(Object.keys(patternEnds) as WordPattern[])('%s', (name) => {
  test('cuts as its regular expression', () => {
    const expression = meant(wordPatterns[name]);
    for (const text of texts) {
      expect(wordsOf(text, patternEnds[name]), JSON.stringify(text)).toEqual(text.match(expression) ?? []);
    }
  });

  test.each(['a', ' ', '\n', '1', '.', '🙂', ' a', ' \n', "'s", '\u0301'])('a million characters of %j', (piece) => {
    const text = piece.repeat(1e6 / piece.length);
    let [from, longest] = [0, 0];
    while (from < text.length) {
      const to = patternEnds[name](text, from);
      longest = Math.max(longest, to - from);
      from = to;
    }
    expect(from).toBe(text.length);
    expect(longest).toBeGreaterThan(0);
  });
});

test("StarCoder's digits are words, and what stands between them is cut as GPT-2 does", () => {
  const expression = meant(wordPatterns.gpt2);
  for (const text of texts) {
    const expected = (text.match(/\p{N}|\P{N}+/gu) ?? []).flatMap((part) => part.match(expression) ?? []);
    expect(wordsOf(text, starcoderEnd), JSON.stringify(text)).toEqual(expected);
  }
  for (const text of ['1'.repeat(1e6), ' 1'.repeat(5e5), ' '.repeat(1e6)]) {
    let from = 0;
    while (from < text.length) from = starcoderEnd(text, from);
    expect(from).toBe(text.length);
  }
});

test('a word begins at each sign for a blank', () => {
  expect(wordsOf('a▁▁b▁c', signEnd('▁'))).toEqual(['a', '▁', '▁b', '▁c']);
  expect(wordsOf('▁', signEnd('▁'))).toEqual(['▁']);
});

test('BERT cuts at white space and around each sign of punctuation', () => {
  const punctuation = /[\p{P}\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]/u;
  for (const text of texts) {
    const expected = text.match(
      new RegExp(`\\p{White_Space}+|${punctuation.source}|(?:(?!${punctuation.source})\\P{White_Space})+`, 'gu'),
    );
    expect(wordsOf(text, bertEnd), JSON.stringify(text)).toEqual(expected ?? []);
  }
});
