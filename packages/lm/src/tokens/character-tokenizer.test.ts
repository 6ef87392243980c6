// CharacterTokenizer: grapheme clusters as Unicode's Annex 29 has them, code points, and vocabularies counted from text.

import { ArgumentError, Generator } from '@dl/autograd';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { randomText, randomUnits } from '../../test/random-text.js';
import { CharacterTokenizer, type CharacterUnit, trainCharacters, Vocabulary } from '../index.js';
import { eachCharacter } from './characters.js';

const anything = (value: unknown): never => value as never;

/** The characters of a text, by the places of the tokens. */
function charactersOf(text: string, unit: CharacterUnit = 'graphemes'): string[] {
  const { starts, ends } = trainCharacters(text, { unit }).encodeWithOffsets(text);
  return [...starts].map((start, i) => text.slice(start, ends[i]));
}

/** The same without a tokenizer around it, for many texts. */
function cutInto(text: string, unit: CharacterUnit = 'graphemes'): string[] {
  const characters: string[] = [];
  eachCharacter(text, unit, (start, end) => characters.push(text.slice(start, end)));
  return characters;
}

const platform = new Intl.Segmenter('und', { granularity: 'grapheme' });
const platformCharacters = (text: string): string[] => [...platform.segment(text)].map(({ segment }) => segment);

describe('grapheme clusters', () => {
  // From Unicode's GraphemeBreakTest.txt: ÷ is a border, × is none. Those that are the same since version 11.
  test.each([
    '÷ 0020 ÷ 0020 ÷',
    '÷ 0020 × 0308 ÷ 0020 ÷',
    '÷ 000D × 000A ÷ 0061 ÷ 000A ÷ 0308 ÷',
    '÷ 0061 × 0308 ÷',
    '÷ 0020 × 200D ÷ 0646 ÷',
    '÷ 0646 × 200D ÷ 0020 ÷',
    '÷ 1100 × 1100 ÷',
    '÷ AC00 × 11A8 ÷ 1100 ÷',
    '÷ AC01 × 11A8 ÷ 1100 ÷',
    '÷ 1F1E6 × 1F1E7 ÷ 1F1E8 ÷ 0062 ÷',
    '÷ 0061 ÷ 1F1E6 × 1F1E7 ÷ 1F1E8 ÷ 0062 ÷',
    '÷ 0061 ÷ 1F1E6 × 1F1E7 × 200D ÷ 1F1E8 ÷ 0062 ÷',
    '÷ 0061 ÷ 1F1E6 × 200D ÷ 1F1E7 × 1F1E8 ÷ 0062 ÷',
    '÷ 0061 ÷ 1F1E6 × 1F1E7 ÷ 1F1E8 × 1F1E9 ÷ 0062 ÷',
    '÷ 0061 × 200D ÷',
    '÷ 0061 × 0308 ÷ 0062 ÷',
    '÷ 0061 × 0903 ÷ 0062 ÷',
    '÷ 0061 ÷ 0600 × 0062 ÷',
    '÷ 1F476 × 1F3FF ÷ 1F476 ÷',
    '÷ 0061 × 1F3FF ÷ 1F476 ÷',
    '÷ 0061 × 1F3FF ÷ 1F476 × 200D × 1F6D1 ÷',
    '÷ 1F476 × 1F3FF × 0308 × 200D × 1F476 × 1F3FF ÷',
    '÷ 1F6D1 × 200D × 1F6D1 ÷',
    '÷ 0061 × 200D ÷ 1F6D1 ÷',
    '÷ 0061 × 200D ÷ 2701 ÷',
    '÷ 0915 ÷ 0924 ÷',
  ])('%s', (line) => {
    const clusters = line
      .slice(1, -1)
      .split('÷')
      .map((cluster) => String.fromCodePoint(...cluster.split('×').map((point) => Number.parseInt(point, 16))));
    expect(charactersOf(clusters.join(''))).toEqual(clusters);
  });

  test('of readers: families, flags, accents, syllables, keys', () => {
    const characters = [
      '👩‍👩‍👧‍👦',
      '🇩🇪',
      '🇫🇷',
      'e\u0301',
      '한',
      '\u1112\u1161\u11ab',
      '1️⃣',
      '👍🏽',
      '❤️',
      '\r\n',
      '\n',
      'x',
      'กำ',
    ];
    expect(charactersOf(characters.join(''))).toEqual(characters);
  });

  test('what stands alone by the table does so by the platform, beside all that is in the table', () => {
    const wrong: string[] = [];
    for (let unit = 0; unit < 0x10000; unit++) {
      if (unit >= 0xd800 && unit < 0xe000) continue;
      const c = String.fromCharCode(unit);
      const text = `a${c}${c}한`;
      if (cutInto(text).join('|') !== platformCharacters(text).join('|')) wrong.push(unit.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  test('random texts are cut as the platform cuts them', () => {
    const random = new Generator(3);
    for (let trial = 0; trial < 400; trial++) {
      const text = trial % 4 === 0 ? randomUnits(random, 20) : randomText(random, 20);
      expect(cutInto(text)).toEqual(platformCharacters(text));
    }
  });

  test('long runs for the platform, which gets them in parts, are cut as if it had them whole', () => {
    const random = new Generator(7);
    const clusters = [
      'नी',
      'க்ஷி',
      'กำ',
      '👩‍👩‍👧‍👦',
      '👍🏽',
      '🇩🇪',
      'e\u0301\u0302',
      '\u1112\u1161\u11ab',
      '\u0600a',
      '𝒳',
      '\ud83d',
      '\r\n',
    ];
    const runs = [
      ...Array.from({ length: 12 }, () =>
        Array.from({ length: 300 }, () => clusters[random.integer(0, clusters.length)]!).join(''),
      ),
      ...['🇩🇪', '👍', '\ud83d', '\ude00', 'e\u0301', '👩‍', 'नी', '\u1100'].flatMap((each) => [
        each.repeat(130),
        `x${each.repeat(131)}x`,
        `\u0301${each.repeat(257)}`,
      ]),
      `🇩${'🇪'.repeat(301)}`,
      `a${'\u0301'.repeat(1000)}b`,
    ];
    for (const text of runs) expect(cutInto(text)).toEqual(platformCharacters(text));
  });

  test('pairs of line ends', () => {
    expect(charactersOf('\r\r\n\n\r')).toEqual(['\r', '\r\n', '\n', '\r']);
  });
});

describe('code points', () => {
  test('as iterating over the text gives them, halves of pairs too', () => {
    const random = new Generator(4);
    for (let trial = 0; trial < 200; trial++) {
      const text = trial % 4 === 0 ? randomUnits(random, 20) : randomText(random, 20);
      expect(cutInto(text, 'codePoints')).toEqual([...text]);
    }
    expect(charactersOf('e\u0301', 'codePoints')).toEqual(['e', '\u0301']);
  });
});

describe('vocabularies', () => {
  test('the most frequent characters first; special tokens before all', () => {
    const tokenizer = trainCharacters('banana', { bos: '<s>' });
    expect(tokenizer.vocabulary.tokens).toEqual(['<s>', 'a', 'n', 'b']);
    expect(tokenizer.encode('nab')).toEqual(Int32Array.of(2, 1, 3));
  });

  test('of several texts, whose characters do not join; with a cut-off', () => {
    const texts = new Set(['e', '\u0301e', 'z']);
    expect(trainCharacters(texts).vocabulary.tokens).toEqual(['e', 'z', '\u0301']);
    expect(trainCharacters(texts, { minCount: 2, unk: '?' }).vocabulary.tokens).toEqual(['?', 'e']);
  });

  test('of one’s own: tokens that are no single character are never found in text', () => {
    const tokenizer = new CharacterTokenizer(new Vocabulary(['ab', 'a', 'b', '\u{1f600}', 'e\u0301']));
    expect(tokenizer.encode('abe\u0301\u{1f600}')).toEqual(Int32Array.of(1, 2, 4, 3));
    expect(tokenizer.decode([0, 3])).toBe('ab\u{1f600}');
    expect(tokenizer.unit).toBe('graphemes');
  });
});

describe('a platform that knows no grapheme clusters', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('cuts what needs none, and says what to do for the rest', () => {
    vi.stubGlobal('Intl', {});
    expect(charactersOf('abc\r')).toEqual(['a', 'b', 'c', '\r']);
    expect(charactersOf('e\u0301', 'codePoints')).toEqual(['e', '\u0301']);
    expect(() => charactersOf('e\u0301')).toThrow(
      "this platform has no Intl.Segmenter, which finds grapheme clusters; use unit: 'codePoints'",
    );
  });
});

test.each<[title: string, call: () => unknown, message: string]>([
  ['an empty text', () => trainCharacters(''), 'trainCharacters: got nothing to count, needs some text'],
  ['no texts', () => trainCharacters([]), 'trainCharacters: got nothing to count, needs some text'],
  [
    'nothing',
    () => trainCharacters(anything(undefined)),
    'trainCharacters: text is undefined, needs a string or an iterable',
  ],
  [
    'a number',
    () => trainCharacters(anything(7)),
    'trainCharacters: text is 7, needs a string or an iterable of strings',
  ],
  ['numbers', () => trainCharacters(anything(['a', 7])), 'trainCharacters: text[1] is 7, needs a string'],
  [
    'a cut-off above all',
    () => trainCharacters('abc', { minCount: 2 }),
    'trainCharacters: nothing came 2 times or more',
  ],
  [
    'a cut-off below 1',
    () => trainCharacters('abc', { minCount: -1 }),
    'trainCharacters: minCount is -1, needs a whole number',
  ],
  [
    'no room',
    () => trainCharacters('abc', { unk: '?', maxSize: 1 }),
    'trainCharacters: maxSize is 1, needs a whole number of at least 2',
  ],
  [
    'another unit',
    () => trainCharacters('abc', { unit: anything('words') }),
    "trainCharacters: unit is 'words', needs 'graphemes' or 'codePoints'",
  ],
  [
    'an unknown option',
    () => trainCharacters('abc', anything({ min_count: 2 })),
    'trainCharacters: there is no option min_count; did you mean minCount?',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});
