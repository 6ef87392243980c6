// WordTokenizer: the rule of words, how they are joined, blanks kept, lower case, splits of one's own, and what is refused.

import { ArgumentError, FormatError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import {
  type TokenizerState,
  tokenizerFromState,
  trainWords,
  Vocabulary,
  WordTokenizer,
  type WordTokenizerOptions,
} from '../index.js';

const anything = (value: unknown): never => value as never;

/** The words of a text, by the places of the tokens. */
function wordsOf(text: string, options: WordTokenizerOptions = {}): string[] {
  const { starts, ends } = trainWords(text, options).encodeWithOffsets(text);
  return [...starts].map((start, i) => text.slice(start, ends[i]));
}

const again = (text: string, options: WordTokenizerOptions = {}): string => {
  const tokenizer = trainWords(text, options);
  return tokenizer.decode(tokenizer.encode(text));
};

const platformWords = (text: string): string[] =>
  [...new Intl.Segmenter('th', { granularity: 'word' }).segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);

describe('the rule', () => {
  test('the example of Unicode’s Annex 29, without its blanks', () => {
    expect(wordsOf('The quick (“brown”) fox can’t jump 32.3 feet, right?').join('|')).toBe(
      'The|quick|(|“|brown|”|)|fox|can’t|jump|32.3|feet|,|right|?',
    );
  });

  // Words are parted by |, and blanks in the text are not shown.
  test.each([
    ['letters, digits, underscores', 'abc x_1 __a 4you', 'abc|x_1|__a|4you'],
    [
      'apostrophes',
      "don't o'er rock'n'roll dogs' 'tis 'quoted text' ’tis",
      "don't|o'er|rock'n'roll|dogs|'|'tis|'quoted|text|'|’tis",
    ],
    ['hyphens', 'well-known -5 a- -a a--b 1-2 e\u2010mail', 'well-known|-|5|a|-|-|a|a|--|b|1-2|e\u2010mail'],
    ['full stops', 'U.S. e.g. 3.14 .5 end. example.com wait...', 'U.S|.|e.g|.|3.14|.|5|end|.|example.com|wait|...'],
    ['commas and colons', '1,000,000 a,b 1,b a:b 12:30 at 12:', '1,000,000|a|,|b|1|,|b|a|:|b|12:30|at|12|:'],
    ['runs of one mark', "!!! ?! --- ``x'' $$", "!!!|?|!|---|``|x|''|$$"],
    ['marks on letters', 'e\u0301te\u0301 o\u0302\u0323 \u0301x', 'e\u0301te\u0301|o\u0302\u0323|\u0301x'],
    ['marks on marks', '-\u0301 +\u0301\u0302+', '-\u0301|+\u0301\u0302|+'],
    ['scripts with blanks', 'Привет, мир! שָׁלוֹם مَرْحَبًا नमस्ते 한국어', 'Привет|,|мир|!|שָׁלוֹם|مَرْحَبًا|नमस्ते|한국어'],
    ['joiners in words', 'می\u200cخواهم क्\u200dष', 'می\u200cخواهم|क्\u200dष'],
    ['Han, Hiragana, Katakana', '漢字とカタカナー、コーヒー。日本abc', '漢|字|と|カタカナー|、|コーヒー|。|日|本|abc'],
    ['marks on Kana', 'か\u3099ハ\u309aン ｶﾞｷﾞ', 'か\u3099|ハ\u309aン|ｶﾞｷﾞ'],
    ['emoji', '😀😀 👩‍👩‍👧‍👦👍🏽! ❤️a 1️⃣', '😀|😀|👩‍👩‍👧‍👦|👍🏽|!|❤️|a|1️⃣'],
    ['flags', '🇩🇪🇫🇷🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🇩🇪|🇫🇷|🇪|🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['all white space', 'a\tb\u00a0c\u3000d\ufeffe\r\nf\u2028g', 'a|b|c|d|e|f|g'],
    [
      'what is no word',
      '\u0000\u0000\u0001 \ud800\udc00\ud800 \uffffa',
      '\u0000\u0000|\u0001|\ud800\udc00|\ud800|\uffff|a',
    ],
  ])('%s', (_, text, words) => {
    expect(wordsOf(text)).toEqual(words.split('|'));
  });

  test('a long run is one word, and takes no stack', () => {
    const long = 'a'.repeat(1_000_000);
    expect(wordsOf(`${long} ${'!'.repeat(1_000_000)} ${'-a'.repeat(500_000)}`).map(({ length }) => length)).toEqual([
      1_000_000, 1_000_000, 1, 999_999,
    ]);
  });
});

describe('joined by punctuation', () => {
  test.each([
    'To be, or not to be: that is the question.',
    'He said, "It isn\'t (really) 3.5% off!"; "no" was her answer...',
    '“Well,” she said, ‘it’s 5 o’clock’.',
    "'Tis better, th' east, the dogs' tails, 'quoted text'.",
    'art--no, well—known and/or C:\\temp',
    'It costs $5, or 7 €, [in 1999] {maybe}.',
    '¿Qué? ¡Sí! #tag @name',
    'a - b + c = d & e',
    '日本語、カタカナ。',
    '漢字 and 漢字',
    'Привет, мир! « »',
    'नमस्ते। दुनिया',
    '5 😀 👩‍👩‍👧‍👦!',
    'x ("y" "z") "w".',
  ])('%s', (text) => {
    expect(again(text)).toBe(text.replace('« »', '«»'));
  });

  test('blanks that the rule does not have are lost, and line breaks', () => {
    expect(again('a  b ,\n c\r\n( d )')).toBe('a b, c (d)');
  });

  test('in lower case', () => {
    expect(again('The CAT sat. ΟΔΟΣ', { lowerCase: true })).toBe('the cat sat. οδος');
  });

  test('unknown words stand where they stood', () => {
    const tokenizer = trainWords('a (b) c.', { unk: '<unk>' });
    const ids = tokenizer.encode('x (y) c z.');
    expect(tokenizer.decode(ids)).toBe('\ufffd (\ufffd) c \ufffd.');
    expect(tokenizer.decode(ids, { keepSpecial: true })).toBe('<unk> (<unk>) c <unk>.');
  });

  test('a stream gives blanks with the word behind them', () => {
    const tokenizer = trainWords('one two, (three)');
    const stream = tokenizer.stream();
    expect([...tokenizer.encode('one two, (three)')].map((id) => stream.push(id))).toEqual([
      'one',
      ' two',
      ',',
      ' (',
      'three',
      ')',
    ]);
    expect(stream.end()).toBe('');
  });

  test('each text begins without a blank, and outside of quotation marks', () => {
    const tokenizer = trainWords('" a');
    const [quote, a] = tokenizer.encode('" a');
    expect(tokenizer.decode([quote!, a!])).toBe('"a');
    expect(tokenizer.decode([a!, quote!])).toBe('a "');
    expect(tokenizer.decode([quote!, quote!, quote!, a!])).toBe('"" "a');
  });
});

describe('blanks kept', () => {
  const text = '  A\tb,\r\n\r\n c "d"  ';

  test('are tokens, a run of them one', () => {
    expect(wordsOf(text, { keepBlanks: true })).toEqual([
      '  ',
      'A',
      '\t',
      'b',
      ',',
      '\r\n\r\n ',
      'c',
      ' ',
      '"',
      'd',
      '"',
      '  ',
    ]);
    expect(again(text, { keepBlanks: true })).toBe(text);
  });

  test('with white space, and with a function', () => {
    expect(wordsOf(text, { keepBlanks: true, split: 'whitespace' }).join('|')).toBe('  |A|\t|b,|\r\n\r\n |c| |"d"|  ');
    const letters = (all: string): string[] => all.match(/[a-z]/g) ?? [];
    expect(wordsOf(text, { keepBlanks: true, split: letters }).join('|')).toBe('  A\t|b|,\r\n\r\n |c| "|d|"  ');
    expect(again(text, { keepBlanks: true, split: letters })).toBe(text);
  });

  test('only the words are made lower case', () => {
    expect(again('A  B', { keepBlanks: true, lowerCase: true })).toBe('a  b');
  });
});

describe('other splits', () => {
  test('white space: words as they stand, joined by one blank', () => {
    expect(wordsOf(' a,b  (c)\n"d"\u00a0e ', { split: 'whitespace' })).toEqual(['a,b', '(c)', '"d"', 'e']);
    expect(again('( a , b )', { split: 'whitespace' })).toBe('( a , b )');
  });

  test('what reads as a special token between blanks is unknown', () => {
    const tokenizer = trainWords('a b', { split: 'whitespace', unk: '<unk>', bos: '<s>' });
    expect(tokenizer.encode('<s> a <unk>')).toEqual(Int32Array.of(0, 2, 0));
    expect(tokenizer.encode('<s> a <unk>', { allowSpecial: true })).toEqual(Int32Array.of(1, 2, 0));
  });

  test('a function gives parts of the text, each found behind the one before', () => {
    const pairs = (text: string): string[] => text.match(/../g) ?? [];
    const tokenizer = trainWords('abab', { split: pairs });
    const { ids, starts, ends } = tokenizer.encodeWithOffsets('ababab');
    expect([[...ids], [...starts], [...ends]]).toEqual([
      [0, 0, 0],
      [0, 2, 4],
      [2, 4, 6],
    ]);
  });

  test('words of Thai by the platform: no blanks between them', () => {
    const text = 'สวัสดีชาวโลก';
    expect(wordsOf(text, { split: platformWords }).length).toBeGreaterThan(1);
    expect(again(text, { split: platformWords })).toBe(text);
  });

  test('offsets are those of the text, also where lower case is longer', () => {
    expect('İ'.toLowerCase()).toHaveLength(2);
    const tokenizer = trainWords('İİ x', { lowerCase: true });
    const { starts, ends } = tokenizer.encodeWithOffsets('İİ x');
    expect([[...starts], [...ends]]).toEqual([
      [0, 3],
      [2, 4],
    ]);
  });
});

describe('states', () => {
  const vocabulary = new Vocabulary(['a', ' ']);

  test('say all options', () => {
    for (const options of [{}, { lowerCase: true }, { keepBlanks: true, split: 'whitespace' as const }]) {
      const made = tokenizerFromState(new WordTokenizer(vocabulary, options).state()) as WordTokenizer;
      const { split, lowerCase, keepBlanks } = made;
      expect({ split, lowerCase, keepBlanks }).toEqual({
        split: 'unicode',
        lowerCase: false,
        keepBlanks: false,
        ...options,
      });
    }
  });

  test('do not hold a function: it is given again', () => {
    const split = (text: string): string[] => [...text];
    const state = new WordTokenizer(vocabulary, { split }).state();
    expect(state['split']).toBe('own');
    expect(WordTokenizer.fromState(state, { split }).split).toBe(split);
    const words = { fromState: (given: TokenizerState) => WordTokenizer.fromState(given, { split }) };
    expect((tokenizerFromState(state, { kinds: { words } }) as WordTokenizer).split).toBe(split);
    expect(() => tokenizerFromState(state)).toThrow(
      'WordTokenizer.fromState: the words were found by a function, which is not saved; give it as split',
    );
    expect(() => WordTokenizer.fromState(new WordTokenizer(vocabulary).state(), { split })).toThrow(
      "WordTokenizer.fromState: the words were found by the rule 'unicode'; leave split out",
    );
  });

  test('of another rule are refused', () => {
    const state = { ...new WordTokenizer(vocabulary).state(), split: 'penn' };
    expect(() => WordTokenizer.fromState(state)).toThrow(FormatError);
    expect(() => WordTokenizer.fromState(state)).toThrow("split is 'penn', needs 'unicode' or 'whitespace' or 'own'");
  });
});

test.each<[title: string, call: () => unknown, message: string]>([
  ['an empty text', () => trainWords(''), 'trainWords: got nothing to count, needs some text'],
  ['blanks', () => trainWords([' ', '\n']), 'trainWords: got nothing to count, needs some text'],
  [
    'nothing',
    () => trainWords(anything(undefined)),
    'trainWords: text is undefined, needs a string or an iterable of strings',
  ],
  ['numbers', () => trainWords(anything([7])), 'trainWords: text[0] is 7, needs a string'],
  ['a cut-off above all', () => trainWords('a b', { minCount: 2 }), 'trainWords: nothing came 2 times or more'],
  [
    'a rule that there is not',
    () => trainWords('a', { split: anything('penn') }),
    "trainWords: split is 'penn', needs 'unicode', 'whitespace' or a function",
  ],
  [
    'a closed vocabulary',
    () => trainWords('a b').encode('a c'),
    "encode: 'c', which stands at 2, is not one of the 2 tokens",
  ],
  [
    'a vocabulary that is a list',
    () => new WordTokenizer(anything(['a'])),
    "Tokenizer: vocabulary is ['a'], needs a Vocabulary",
  ],
  [
    'a function that gives what is not there',
    () => trainWords('a b', { split: () => ['b', 'a'] }),
    "WordTokenizer: split gave 'a', which does not stand in the text from 3 on; it gives parts of the text in their order",
  ],
  [
    'a function that gives numbers',
    () => trainWords('a', { split: anything(() => [5]) }),
    'WordTokenizer: what split gave[0] is 5, needs a string',
  ],
  [
    'a function that gives nothing',
    () => trainWords('a', { split: anything(() => undefined) }),
    'WordTokenizer: what split gave is undefined, needs',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});
