// WordPiece: BERT's rules one by one. Texts of all kinds beside Hugging Face's library: read-tokenizer.golden.test.ts.

import { ArgumentError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { tokenizerFromState, Vocabulary, WordPieceTokenizer } from '../index.js';

const tokens = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'want',
  '##want',
  '##ed',
  'wa',
  'un',
  'runn',
  '##ing',
  ',',
  '.',
  '!',
  "'",
  's',
  'n',
  '##n',
  "n't",
  'e',
  '##e',
  '中',
  '国',
  '##国',
  '[',
  'ab',
  '##c',
  'abc',
];
const vocabulary = new Vocabulary(tokens, { unk: '[UNK]', special: ['[CLS]', '[SEP]'] });
const make = (options = {}) => new WordPieceTokenizer(vocabulary, options);
const said = (text: string, options = {}, how = {}): string[] =>
  Array.from(make(options).encode(text, how), (id) => tokens[id]!);

describe('encoding', () => {
  test('the longest token each time, or the word is unknown', () => {
    expect(said('UNwant\u00e9d,running')).toEqual(['un', '##want', '##ed', ',', 'runn', '##ing']);
    expect(said('unwantedX running')).toEqual(['[UNK]', 'runn', '##ing']);
    expect(said('abc abcc')).toEqual(['abc', 'abc', '##c']);
    expect(said('')).toEqual([]);
    expect(said(' \t\u0000 ')).toEqual([]);
  });

  test('case and accents', () => {
    expect(said('\u00c9 e\u0301', {})).toEqual(['e', 'e']);
    expect(said('E', { lowerCase: false })).toEqual(['[UNK]']);
    expect(said('\u00e9 e', { stripAccents: false })).toEqual(['[UNK]', 'e']);
    expect(said('\u00e9', { lowerCase: false, stripAccents: true })).toEqual(['e']);
  });

  test('Chinese characters are words, control characters are nothing, punctuation stands alone', () => {
    expect(said('中国')).toEqual(['中', '国']);
    expect(said('中国', { spaceChinese: false })).toEqual(['中', '##国']);
    expect(said('u\u0000n\u200d')).toEqual(['un']);
    expect(said('u\u0000n', { cleanText: false })).toEqual(['[UNK]']);
    expect(said('un!,.un')).toEqual(['un', '!', ',', '.', 'un']);
  });

  test('a word of too many characters is unknown', () => {
    const most = `un${'ed'.repeat(49)}`;
    expect(said(most)).toHaveLength(50);
    expect(said(`${most}n`)).toEqual(['[UNK]']);
    expect(said('unwant', { maxWordLength: 5 })).toEqual(['[UNK]']);
    expect(said('un'.repeat(1e6))).toEqual(['[UNK]']);
    const much = make({ maxWordLength: 2e6 }).encode(`un${'ed'.repeat(5e5)}`);
    expect(much).toHaveLength(5e5 + 1);
  });

  test('places are those of the text as it was', () => {
    const text = ' UN\u0000want\u00e9d中e\u0301\u0301!';
    const { ids, starts, ends } = make().encodeWithOffsets(text);
    const found = Array.from(ids, (id, i) => [tokens[id], text.slice(starts[i], ends[i])]);
    expect(found).toEqual([
      ['un', 'UN'],
      ['##want', 'want'],
      ['##ed', '\u00e9d'],
      ['中', '中'],
      ['e', 'e'],
      ['!', '!'],
    ]);
  });

  test('text is no special token unless allowed', () => {
    expect(said('[SEP]')).toEqual(['[', '[UNK]', '[UNK]']);
    expect(said('un [SEP] un', {}, { allowSpecial: true })).toEqual(['un', '[SEP]', 'un']);
    const lower = new WordPieceTokenizer(new Vocabulary(['unk', 'a'], { unk: 'unk' }));
    expect([...lower.encode('a unk')]).toEqual([1, 0]);
  });
});

describe('decoding', () => {
  const ids = (...list: string[]): number[] => list.map((token) => tokens.indexOf(token));

  test('words are joined by blanks, which stand before no full stop', () => {
    const list = ids('[CLS]', 'un', '##want', '##ed', ',', 'runn', '##ing', '!', 's', '[SEP]');
    expect(make().decode(list)).toBe('unwanted, running! s');
    expect(make({ cleanUp: false }).decode(list)).toBe('unwanted , running ! s');
    expect(make().decode(list, { keepSpecial: true })).toBe('[CLS] unwanted, running! s [SEP]');
    expect(make().decode(ids('un', "n't", "'", 's'))).toBe("unn't ' s");
    expect(make().decode(ids('##ed', '##ed', '[UNK]', '##ed'))).toBe('##eded \ufffded');
    expect(make().decode(ids('un', '[UNK]'), { keepSpecial: true })).toBe('un [UNK]');
  });
});

test('another sign for what goes on with a word', () => {
  const tokenizer = new WordPieceTokenizer(new Vocabulary(['?', 'un', '@ed'], { unk: '?' }), { continuation: '@' });
  expect([...tokenizer.encode('uneded')]).toEqual([1, 2, 2]);
  expect(tokenizer.decode([1, 2, 2])).toBe('uneded');
});

test('its state makes it again, with all that was set', () => {
  const texts = ['UNwant\u00e9d,running 中国', 'u\u0000n [SEP]', 'abcabc'];
  for (const options of [
    {},
    { lowerCase: false, stripAccents: true },
    { cleanText: false, spaceChinese: false, cleanUp: false },
    { maxWordLength: 3, begin: ['[CLS]'], end: ['[SEP]'] },
  ]) {
    const tokenizer = make(options);
    const again = tokenizerFromState(JSON.parse(JSON.stringify(tokenizer.state())));
    expect(again).toBeInstanceOf(WordPieceTokenizer);
    expect(again.state()).toEqual(tokenizer.state());
    for (const text of texts) {
      const encoded = tokenizer.encodeWithOffsets(text, { allowSpecial: true });
      expect(again.encodeWithOffsets(text, { allowSpecial: true })).toEqual(encoded);
      expect(again.decode(encoded.ids)).toBe(tokenizer.decode(encoded.ids));
    }
  }
});

describe('bad input', () => {
  test('a vocabulary without unk, and lengths that are none', () => {
    expect(() => new WordPieceTokenizer(new Vocabulary(['a']))).toThrow(
      new ArgumentError(
        "WordPieceTokenizer: the vocabulary has no unk, which words become that no tokens make; make it with unk, such as '[UNK]'",
      ),
    );
    expect(() => make({ maxWordLength: 0 })).toThrow('WordPieceTokenizer: maxWordLength');
    expect(() => make({ lowercase: true })).toThrow('did you mean lowerCase?');
    expect(() => new WordPieceTokenizer(['a'] as never)).toThrow('WordPieceTokenizer: vocabulary is');
  });
});
