// Normalising: the text as the platform has it, and where each unit came from.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText, randomUnits } from '../../test/random-text.js';
import { AlignedText } from './aligned-text.js';
import { type NormalizerStep, normalize } from './normalize.js';

const normalized = (text: string, ...steps: NormalizerStep[]): AlignedText =>
  normalize(new AlignedText(text, 0), steps);
const places = (text: AlignedText): [string, number, number][] =>
  Array.from(text.text, (unit, i): [string, number, number] => [unit, text.start(i), text.end(i)]);

const random = new Generator(9);
/** Letters and marks of Hangul, Katakana and Latin, which are what normalising joins. */
const joining = [
  ...'aeo\u0300\u0301\u0323\u0327ᄀᄁ가각ㄱㅏᆨﾡￂｶﾞﾟハ゛\u3099ﬁ①Å\u212B\u0344\u0958\u09C7\u09BE\u0DD9\u0DCF\u1100\u1161\u11A8𝅘𝅥\u{1D165}\u0E33\u0E48',
];
const texts = [
  ...Array.from({ length: 300 }, () => randomText(random, random.integer(1, 30))),
  ...Array.from({ length: 100 }, () => randomUnits(random, random.integer(1, 20))),
  ...Array.from({ length: 2000 }, () =>
    Array.from({ length: random.integer(1, 10) }, () => joining[random.integer(0, joining.length)]).join(''),
  ),
];

describe.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('%s', (type) => {
  test('the text is what the platform makes of it, in places that ascend', () => {
    for (const text of texts) {
      const made = normalized(text, { type });
      expect(made.text, JSON.stringify(text)).toBe(text.normalize(type));
      for (let i = 0; i < made.length; i++) {
        const [start, end] = [made.start(i), made.end(i)];
        expect(0 <= start && start < end && end <= text.length).toBe(true);
        if (i > 0) expect(start >= made.start(i - 1)).toBe(true);
      }
    }
  });
});

test('every character by itself becomes what the platform makes of it', () => {
  for (const type of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
    let text = '';
    for (let code = 0; code < 0x30000; code++)
      if (code < 0xd800 || code > 0xdfff) text += `a${String.fromCodePoint(code)}`;
    expect(normalized(text, { type }).text === text.normalize(type)).toBe(true);
  }
});

describe('each step', () => {
  test('lower case is by character, and may be longer', () => {
    expect(places(normalized('ΑΣ İx', { type: 'Lowercase' }))).toEqual([
      ['α', 0, 1],
      ['σ', 1, 2],
      [' ', 2, 3],
      ['i', 3, 4],
      ['\u0307', 3, 4],
      ['x', 4, 5],
    ]);
  });

  test('accents go where they were split off', () => {
    expect(places(normalized('éa', { type: 'NFD' }, { type: 'StripAccents' }))).toEqual([
      ['e', 0, 1],
      ['a', 1, 2],
    ]);
  });

  test('what is put in front takes no place', () => {
    expect(
      places(
        normalized(
          'a b',
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ),
      ),
    ).toEqual([
      ['▁', 0, 0],
      ['a', 0, 1],
      ['▁', 1, 2],
      ['b', 2, 3],
    ]);
    expect(normalized('', { type: 'Prepend', prepend: '▁' }).text).toBe('');
  });

  test('one text for another, whatever is in it', () => {
    const replace = (pattern: string, content: string) =>
      normalized('a$b$$', { type: 'Replace', pattern: { String: pattern }, content });
    expect(replace('$', '$&').text).toBe('a$&b$&$&');
    expect(replace('$$', '').text).toBe('a$b');
    expect(places(replace('$b', 'xyz')).slice(1, 5)).toEqual([
      ['x', 1, 3],
      ['y', 1, 3],
      ['z', 1, 3],
      ['$', 3, 4],
    ]);
  });

  test('blanks at the ends', () => {
    const strip = (left: boolean, right: boolean) =>
      normalized(' \u3000a b\n', { type: 'Strip', strip_left: left, strip_right: right });
    expect(places(strip(true, true))).toEqual([
      ['a', 2, 3],
      [' ', 3, 4],
      ['b', 4, 5],
    ]);
    expect(strip(false, true).text).toBe(' \u3000a b');
    expect(strip(true, false).text).toBe('a b\n');
  });

  test("BERT's: control characters, white space, Chinese, accents, case", () => {
    const step = {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    } as const;
    const text = 'É\u0000\u200d\tx\u00ad中국İ';
    const made = normalized(text, step);
    expect(made.text).toBe('e x 中 \u1100\u116e\u11a8i');
    expect(places(made).filter(([unit]) => 'ex中i'.includes(unit))).toEqual([
      ['e', 0, 1],
      ['x', 4, 5],
      ['中', 6, 7],
      ['i', 8, 9],
    ]);
    expect(
      normalized('É\u0000中', { ...step, clean_text: false, handle_chinese_chars: false, lowercase: false }).text,
    ).toBe('É\u0000中');
    expect(normalized('É', { ...step, strip_accents: false }).text).toBe('é');
    expect(normalized('É', { ...step, strip_accents: true, lowercase: false }).text).toBe('E');
  });

  test('steps follow one another, and places are those of the first text', () => {
    const made = normalized(
      '  ﬁÅ  x',
      { type: 'NFKC' },
      { type: 'Lowercase' },
      { type: 'Strip', strip_left: true, strip_right: true },
    );
    expect(places(made)).toEqual([
      ['f', 2, 3],
      ['i', 2, 3],
      ['å', 3, 4],
      [' ', 4, 5],
      [' ', 5, 6],
      ['x', 6, 7],
    ]);
  });
});
