// encodeWords: words with their tokens, by every kind of tokenizer.

import { ArgumentError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import {
  ByteTokenizer,
  encodeWords,
  type Tokenizer,
  trainBpe,
  trainCharacters,
  trainWords,
  Vocabulary,
  WordPieceTokenizer,
} from '../index.js';
import { wordsOf } from './encode-words.js';

const text = "the unaffable lowest cat isn't lower than the lowered cafe 12 :) lower";
const pieces = [
  '[UNK]',
  'the',
  'un',
  '##aff',
  '##able',
  'low',
  '##est',
  '##er',
  '##ed',
  'cat',
  'is',
  '##n',
  "'",
  't',
  'than',
  'cafe',
  '12',
  ':',
  ')',
];
const tokenizers: Readonly<Record<string, Tokenizer>> = {
  'byte pairs of bytes': trainBpe(text, { merges: 30 }),
  'byte pairs of characters, blanks before words': trainBpe(text, {
    merges: 30,
    level: 'characters',
    words: 'blanks',
    blank: '▁',
    prefix: 'first',
    unk: '<unk>',
  }),
  'parts of words': new WordPieceTokenizer(new Vocabulary(pieces, { unk: '[UNK]' })),
  characters: trainCharacters(text, { unk: '<unk>' }),
  words: trainWords(text, { unk: '<unk>' }),
  'words and blanks': trainWords(text, { unk: '<unk>', keepBlanks: true }),
  bytes: new ByteTokenizer(),
};
const words = text.split(' ');

describe.each(Object.entries(tokenizers))('%s', (_, tokenizer) => {
  test.each([
    ['as they are', words],
    ['one', ['lower']],
    ['signs', [':)', 'the', ':)', ':)']],
    ['others', ['zzz', '🙂', 'naïve', 'lower']],
  ])('%s: words have the tokens of the whole text, each its own', (_title, some) => {
    const whole = some.join(' ');
    const { ids, words: of, firsts } = encodeWords(tokenizer, some);
    const { ids: expected, starts, ends } = tokenizer.encodeWithOffsets(whole);
    expect(ids).toEqual(expected);
    expect([of.length, firsts.length]).toEqual([ids.length, some.length]);
    // By looking at each character: a token is of the word that has a character of it.
    const wordAt = (at: number): number => (whole[at] === ' ' ? -1 : whole.slice(0, at).split(' ').length - 1);
    const byLooking = Array.from(ids, (_id, t) => {
      for (let at = starts[t]!; at < ends[t]!; at++) if (wordAt(at) >= 0) return wordAt(at);
      return -1;
    });
    expect([...of]).toEqual(byLooking);
    expect([...firsts]).toEqual(some.map((_word, i) => byLooking.indexOf(i)));
  });
});

test('a token of several words is the first one of each', () => {
  // The whole text is one token.
  const tokenizer = trainBpe('a b a b', { merges: 10, level: 'characters', words: 'whole', minCount: 1 });
  const { ids, words: of, firsts } = encodeWords(tokenizer, ['a', 'b', 'a', 'b']);
  expect([ids.length, [...of], [...firsts]]).toEqual([1, [0], [0, 0, 0, 0]]);
});

test('words of a text are those of WordTokenizer, without the blanks', () => {
  const tokenizer = tokenizers['byte pairs of bytes']!;
  const given = "The cat, isn't it?";
  const encoding = tokenizer.encodeWithOffsets(given);
  const found = ['The', 'cat', ',', "isn't", 'it', '?'];
  const byWord = found.map((_word, i) =>
    Array.from(wordsOf(given, encoding), (word, t) =>
      word === i ? given.slice(encoding.starts[t], encoding.ends[t]) : '',
    ).join(''),
  );
  expect(byWord.map((word) => word.trim())).toEqual(found);
  const characters = tokenizers['characters']!;
  expect([...wordsOf('a  b', characters.encodeWithOffsets('a  b'))]).toEqual([0, -1, -1, 1]);
});

test.each<[string, () => unknown]>([
  [
    "encodeWords: word 1, ' ', has no token; leave it out",
    () => encodeWords(tokenizers['words']!, ['cat', ' ', 'the']),
  ],
  ["encodeWords: word 0, '', has no token", () => encodeWords(tokenizers['bytes']!, ['', 'the'])],
  ['encodeWords: word 1 is 7, needs a string', () => encodeWords(tokenizers['bytes']!, ['a', 7 as never])],
  ['encodeWords: tokenizer is an object of nothing, needs a Tokenizer', () => encodeWords({} as never, ['a'])],
])('%s', (message, run) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});
