// Vocabulary and countVocabulary: numbers, special tokens, counts, and what is refused.

import { ArgumentError, IndexError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { countVocabulary, Vocabulary } from '../index.js';

const anything = (value: unknown): never => value as never;
const special = { unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>' };

test('numbers are those of the order given', () => {
  const vocabulary = new Vocabulary(['b', 'a', '', 'é', '__proto__', 'constructor']);
  expect(vocabulary.size).toBe(6);
  expect(vocabulary.tokens.map((token) => vocabulary.id(token))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(vocabulary.tokens.map((_, id) => vocabulary.token(id))).toEqual([
    'b',
    'a',
    '',
    'é',
    '__proto__',
    'constructor',
  ]);
  expect([vocabulary.find('a'), vocabulary.find('c'), vocabulary.has('a'), vocabulary.has('toString')]).toEqual([
    1,
    undefined,
    true,
    false,
  ]);
});

test('special tokens have roles or none; all others are no special ones', () => {
  const vocabulary = new Vocabulary(['a', '</s>', '<x>', '<s>', 'b', '<unk>'], {
    unk: '<unk>',
    bos: '<s>',
    eos: '</s>',
    special: ['<x>', '<s>'],
  });
  expect([vocabulary.unk, vocabulary.bos, vocabulary.eos, vocabulary.pad]).toEqual([5, 3, 1, undefined]);
  expect(vocabulary.specialIds).toEqual([1, 2, 3, 5]);
  expect([0, 1, 2, 3, 4, 5].filter((id) => vocabulary.isSpecial(id))).toEqual([1, 2, 3, 5]);
  expect(vocabulary.id('zebra')).toBe(5);
  expect(vocabulary.find('zebra')).toBeUndefined();
  const again = new Vocabulary(vocabulary.tokens, vocabulary.options);
  expect(again.options).toEqual(vocabulary.options);
  expect(again.specialIds).toEqual(vocabulary.specialIds);
});

test('what is given stays its owner’s', () => {
  const tokens = ['a', 'b'];
  const vocabulary = new Vocabulary(tokens);
  tokens[0] = 'c';
  expect(vocabulary.token(0)).toBe('a');
  expect(Object.isFrozen(vocabulary.tokens)).toBe(true);
});

describe('countVocabulary', () => {
  const words = 'b a b c a b d'.split(' ');

  test('the most frequent first, of equal counts by code units; special ones before all', () => {
    expect(countVocabulary(words).tokens).toEqual(['b', 'a', 'c', 'd']);
    expect(countVocabulary(['é', 'z', 'Z', '😀', '\uffff', 'aa', 'a']).tokens).toEqual([
      'Z',
      'a',
      'aa',
      'z',
      'é',
      '😀',
      '\uffff',
    ]);
    const all = countVocabulary(words, { ...special, special: ['<x>', '<s>'] });
    expect(all.tokens).toEqual(['<unk>', '<s>', '</s>', '<pad>', '<x>', 'b', 'a', 'c', 'd']);
    expect([all.unk, all.bos, all.eos, all.pad]).toEqual([0, 1, 2, 3]);
    expect(all.specialIds).toEqual([0, 1, 2, 3, 4]);
  });

  test('cut-off and size', () => {
    expect(countVocabulary(words, { minCount: 2 }).tokens).toEqual(['b', 'a']);
    expect(countVocabulary(words, { maxSize: 3 }).tokens).toEqual(['b', 'a', 'c']);
    expect(countVocabulary(words, { unk: '<unk>', maxSize: 3 }).tokens).toEqual(['<unk>', 'b', 'a']);
    expect(countVocabulary(words, { unk: '<unk>', maxSize: 3, minCount: 3 }).tokens).toEqual(['<unk>', 'b']);
  });

  test('what reads as a special token is not counted', () => {
    const vocabulary = countVocabulary(['<s>', 'a', '<s>', '<s>', 'a', 'b'], { bos: '<s>', minCount: 2 });
    expect(vocabulary.tokens).toEqual(['<s>', 'a']);
  });

  test('of anything that gives texts, once', () => {
    function* tokens(): Generator<string> {
      yield* words;
    }
    expect(countVocabulary(tokens()).tokens).toEqual(['b', 'a', 'c', 'd']);
    expect(countVocabulary(new Set(words)).tokens).toEqual(['a', 'b', 'c', 'd']);
  });
});

test.each<[title: string, call: () => unknown, message: string]>([
  ['no tokens', () => new Vocabulary([]), 'Vocabulary: got no tokens, needs at least 1'],
  ['nothing', () => new Vocabulary(anything(undefined)), 'Vocabulary: got no tokens, needs at least 1'],
  ['a text', () => new Vocabulary(anything('abc')), "Vocabulary: tokens is 'abc', needs an array"],
  ['a number as token', () => new Vocabulary(anything(['a', 7])), 'Vocabulary: token 1 is 7, needs a text'],
  ['a hole', () => new Vocabulary(anything(new Array(3))), 'Vocabulary: token 0 is undefined, needs a text'],
  [
    'a token that comes twice',
    () => new Vocabulary(['a', 'b', 'a']),
    "Vocabulary: 'a' is token 0 and token 2; each may come once",
  ],
  [
    'a special token that is none of them',
    () => new Vocabulary(['a'], { unk: '<unk>' }),
    "Vocabulary: unk is '<unk>', which is not one of the tokens; put it among them",
  ],
  ['the same of further ones', () => new Vocabulary(['a'], { special: ['b'] }), "Vocabulary: special is 'b'"],
  [
    'an unknown token where there is none for them',
    () => new Vocabulary(['a']).id('b'),
    "Vocabulary: 'b' is not one of the 1 tokens, and no token stands for unknown ones; make the vocabulary with unk, or of more text",
  ],
  [
    'an unknown option',
    () => countVocabulary(['a'], anything({ atLeast: 2 })),
    'countVocabulary: there is no option atLeast',
  ],
  ['no tokens to count', () => countVocabulary([]), 'countVocabulary: got nothing to count, needs some text'],
  ['nothing to count', () => countVocabulary(anything(undefined)), 'countVocabulary: tokens is undefined, needs'],
  [
    'a number',
    () => countVocabulary(anything(5)),
    'countVocabulary: tokens is 5, needs a string or an iterable of strings',
  ],
  [
    'a text that is not cut',
    () => countVocabulary('a b'),
    "countVocabulary: tokens is one text, 'a b', needs a list of tokens",
  ],
  [
    'what is no text',
    () => countVocabulary(anything(['a', null])),
    'countVocabulary: tokens[1] is null, needs a string',
  ],
  [
    'a cut-off below 1',
    () => countVocabulary(['a'], { minCount: 0 }),
    'countVocabulary: minCount is 0, needs a whole number',
  ],
  [
    'a cut-off above all counts',
    () => countVocabulary(['a', 'b'], { minCount: 2, ...special }),
    'countVocabulary: nothing came 2 times or more; lower minCount, or give more text',
  ],
  [
    'a size that special tokens fill',
    () => countVocabulary(['a'], { ...special, maxSize: 4 }),
    'countVocabulary: maxSize is 4, needs a whole number of at least 5',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});

test.each([-1, 1, 0.5, Number.NaN, '0'])('there is no token %s', (id) => {
  const vocabulary = new Vocabulary(['a']);
  expect(() => vocabulary.token(anything(id))).toThrow(IndexError);
});
