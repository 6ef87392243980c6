// Regular expressions: what fits and what may begin, as JavaScript's own RegExp has it; hostile ones.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { regularExpression } from '../../index.js';

/** All texts of these characters up to a length. */
function textsOf(alphabet: readonly string[], most: number): string[] {
  const all = [''];
  let last = [''];
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((text) => alphabet.map((character) => text + character));
    all.push(...last);
  }
  return all;
}

/** A pattern by chance, and at most how many characters one repetition of everything takes. */
function randomPattern(generator: Generator, depth: number): { readonly source: string; readonly weight: number } {
  const pick = <T>(list: readonly T[]): T => list[generator.integer(0, list.length)]!;
  const inside = (): { readonly source: string; readonly weight: number } => randomPattern(generator, depth - 1);
  if (depth === 0) {
    return { source: pick(['a', 'b', '[ab]', '[^a]', '.', '\\w', 'a', 'b', '\\x61', '[a-b]', '[^b]']), weight: 1 };
  }
  switch (generator.integer(0, 5)) {
    case 0:
      return inside();
    case 1: {
      const [first, second] = [inside(), inside()];
      return { source: `${first.source}${second.source}`, weight: first.weight + second.weight };
    }
    case 2: {
      const [first, second] = [inside(), inside()];
      const source = pick([`(?:${first.source}|${second.source})`, `(${first.source}|${second.source}|)`]);
      return { source, weight: Math.max(first.weight, second.weight) };
    }
    default: {
      const part = inside();
      const [count, times] = pick<readonly [string, number]>([
        ...([
          ['*', 1],
          ['+', 1],
          ['?', 1],
          ['*?', 1],
          ['{2}', 2],
          ['{0,2}', 2],
          ['{1,}', 1],
          ['{2,3}', 3],
        ] as const),
        ['{0}', 0],
      ]);
      return { source: `(?:${part.source})${count}`, weight: part.weight * times };
    }
  }
}

test('patterns by chance: every text up to 8 characters fits or does not, every beginning may go on or may not', () => {
  const generator = new Generator(17);
  const texts = textsOf(['a', 'b'], 8);
  let patterns = 0;
  while (patterns < 150) {
    const { source, weight } = randomPattern(generator, 4);
    const theirs = new RegExp(`^(?:${source})$`, 'u');
    // Longer ones need more text than there is.
    if (weight > 5) continue;
    const fitting = texts.filter((text) => theirs.test(text));
    if (fitting.length === 0 || (fitting.length === 1 && fitting[0] === '')) {
      expect(() => regularExpression(source)).toThrow(/no text fits|only the empty text fits/);
      continue;
    }
    patterns++;
    const ours = regularExpression(source);
    expect(texts.filter((text) => ours.fits(text))).toEqual(fitting);
    const begins = new Set(fitting.flatMap((text) => [0, 1, 2, 3].map((length) => text.slice(0, length))));
    for (const text of texts) {
      if (text.length > 3) break;
      expect([source, text, ours.canBegin(text)]).toEqual([source, text, begins.has(text)]);
    }
  }
});

test.each([
  ['\\d+', ['0', '42', '٣', 'x', '']],
  ['\\D\\W\\S', ['a b', 'x- ', 'x-x', '1-x']],
  ['[\\w-]+', ['a-b', '-', 'é', '_']],
  ['\\s', [' ', '\u00a0', '\ufeff', '\u2003', '\u200b', '\n']],
  ['.', ['x', '\n', '\u2028', '😀', '\r']],
  ['[^]', ['\n', 'x', '']],
  ['[^a-y]', ['z', 'a', '😀', 'Z']],
  ['\\u{1F600}|\\ud83d\\ude01|\\u20ac|\\t|\\cJ|\\0', ['😀', '😁', '€', '\t', '\n', '\0', 'u']],
  ['\\p{Lu}\\p{L}*', ['Éa', 'éa', 'Ωμ', 'A1']],
  ['\\P{L}', ['1', 'a', '😀']],
  ['[\\p{Script=Greek}x]', ['μ', 'x', 'm']],
  ['\\(\\[\\{\\*\\+\\?\\.\\/\\\\\\]\\}\\)\\^\\$\\|', ['([{*+?./\\]})^$|', '(']],
  ['[\\]\\\\^\\-a]+', [']\\^-a', 'b']],
  ['[a^]', ['^', 'a', 'b']],
  ['[-a]', ['-', 'a', ',']],
  ['[\\b]', ['\b', 'b']],
  ['^ab$|^c', ['ab', 'c', 'a']],
  ['(^a|b)(?<name>c$|d)', ['ac', 'bd', 'ad', 'c']],
  ['a{2,}?b', ['aab', 'ab', 'aaaab']],
  ['(a|ab)(c|bcd)(d*)', ['abcd', 'acd', 'abc', 'abcdd', 'abd']],
])('%s, as RegExp has it', (source, texts) => {
  const theirs = new RegExp(`^(?:${source})$`, 'u');
  const ours = regularExpression(source);
  for (const text of texts) expect([text, ours.fits(text)]).toEqual([text, theirs.test(text)]);
});

test('flags: `s` and `dotAll`, others that change nothing', () => {
  expect(regularExpression(/a.b/s).fits('a\nb')).toBe(true);
  expect(regularExpression(/a.b/).fits('a\nb')).toBe(false);
  expect(regularExpression('a.b', { dotAll: true }).fits('a\nb')).toBe(true);
  expect(regularExpression(/é+/gu).fits('éé')).toBe(true);
});

test('half a surrogate pair fits nothing', () => {
  const any = regularExpression('[^]+');
  expect([any.fits('\ud83d'), any.canBegin('\ude00x'), any.fits('😀')]).toEqual([false, false, true]);
});

describe('hostile ones', () => {
  test('nested counts on long texts take as many steps as there are characters', () => {
    const long = 'a'.repeat(10_000);
    for (const source of ['(a*)*b', '(a|a)*b', '(a+)+b', '((a?)*)*b', '(a|aa)+b']) {
      const pattern = regularExpression(source);
      expect([source, pattern.canBegin(long), pattern.fits(long), pattern.fits(`${long}b`)]).toEqual([
        source,
        true,
        false,
        true,
      ]);
      expect(pattern.canBegin(`${long}c`)).toBe(false);
    }
    const optional = regularExpression('(a?){300}a{300}');
    expect([optional.fits('a'.repeat(299)), optional.fits('a'.repeat(450)), optional.fits('a'.repeat(601))]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('many states are forgotten now and then, and found again', () => {
    const generator = new Generator(3);
    const text = Array.from({ length: 40_000 }, () => 'ab'[generator.integer(0, 2)]).join('');
    const pattern = regularExpression('[ab]*a[ab]{16}');
    expect(pattern.fits(text)).toBe(text.at(-17) === 'a');
    let state = pattern.bytes;
    for (let i = 0; i < text.length; i++) {
      state = state.step(text.charCodeAt(i))!;
      if (state.isComplete !== (i >= 16 && text[i - 16] === 'a')) throw new Error(`wrong behind ${i} bytes`);
    }
  });

  test('large counts within the bound', () => {
    const pattern = regularExpression('a{0,30000}');
    expect([pattern.fits('a'.repeat(300)), pattern.canBegin('b')]).toEqual([true, false]);
  });

  test.each<[string, string | RegExp]>([
    [
      'regularExpression: the pattern needs more than 100,000 states and ways between them; make its counts smaller',
      'a{1000000}',
    ],
    ['regularExpression: the pattern needs more than 100,000 states and ways', '((a{1000}){1000}){1000}'],
    ['regularExpression: the pattern needs more than 100,000 states and ways', 'a{99999999999999999999999}'],
    ['regularExpression: the pattern needs more than 100,000 states and ways', '(){999999999}'],
    ['regularExpression: the pattern is empty; write what may come, such as /[0-9]+/', ''],
    ['regularExpression: only the empty text fits /(?:)/, so that nothing could be said', /(?:)/],
    ['regularExpression: only the empty text fits /^$/', '^$'],
    ['regularExpression: no text fits the pattern', 'a[]'],
    ['regularExpression: groups are nested more than 250 deep, at character 251', '('.repeat(100_000)],
    ['regularExpression: a parenthesis is not closed: a ) is missing for the (, at character 1 of "a(b"', 'a(b'],
    ['regularExpression: a parenthesis is closed that was not opened, at character 1', 'a)b'],
    ['regularExpression: a class is not closed: a ] is missing for the [, at character 0', '[a-'],
    ['regularExpression: b-a is no range, at character 1', '[b-a]'],
    ['regularExpression: \\d-z is no range', '[\\d-z]'],
    ['regularExpression: there is nothing to repeat, at character 0', '*a'],
    ['regularExpression: there is nothing to repeat, at character 2', 'a**'],
    ['regularExpression: there is nothing to repeat', '(|+)'],
    ['regularExpression: there is nothing to repeat', '{2}'],
    ['regularExpression: the counts of {3,2} are out of order', 'a{3,2}'],
    ['regularExpression: { stands alone; write \\{ for the character', 'a{,2}'],
    ['regularExpression: ] stands alone; write \\] for the character', 'a]'],
    ['regularExpression: looking ahead or behind is not supported, at character 1', 'a(?=b)'],
    ['regularExpression: looking ahead or behind is not supported', '(?<!b)a'],
    ['regularExpression: there is no group of this kind', '(?i:a)'],
    ['regularExpression: \\1, a reference to a group, is not supported', '(a)\\1'],
    ['regularExpression: \\k, a reference to a group, is not supported', '(?<x>a)\\k<x>'],
    ['regularExpression: \\b, a word boundary, is not supported', '\\bword'],
    ['regularExpression: ^ is supported where the text begins only, at character 1', 'a^b'],
    ['regularExpression: $ is supported where the text ends only', '(a$)?b'],
    ['regularExpression: ^ and $ cannot be repeated', '^*a'],
    ['regularExpression: nothing stands behind the last backslash', 'a\\'],
    ['regularExpression: \\y is no escape', '\\y'],
    ['regularExpression: \\u{110000} is no character', '\\u{110000}'],
    ['regularExpression: \\ud800 is no character', '\\ud800'],
    ['regularExpression: there is no Unicode property "Klingon"', '\\p{Klingon}'],
    ['regularExpression: half a surrogate pair is no character', 'a\ud800'],
    ['regularExpression: the flag i is not supported; write both cases, as in [Aa]', /a/i],
    ['regularExpression: the flag m is not supported', /^a/m],
    ['regularExpression: the pattern is 3, needs a RegExp', 3 as never],
    ['regularExpression: the pattern is undefined, needs a RegExp', undefined as never],
  ])('%s', (message, source) => {
    expect(() => regularExpression(source)).toThrow(message);
  });
});
