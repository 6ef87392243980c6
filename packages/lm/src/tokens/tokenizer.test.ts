// The frame of all tokenisers: special tokens in text, unknown words, streams of bytes, and what is refused.

import { ArgumentError, Generator, IndexError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText } from '../../test/random-text.js';
import {
  ByteTokenizer,
  CharacterTokenizer,
  type Pieces,
  Tokenizer,
  type TokenizerState,
  type TokenList,
  trainCharacters,
  Vocabulary,
} from '../index.js';

const anything = (value: unknown): never => value as never;

describe('special tokens in text', () => {
  const tokenizer = new ByteTokenizer({
    bos: '<s>',
    eos: '</s>',
    special: ['<s><s>', '<|a.b|>', '[x]', '(y|z)*', '\\'],
  });
  const { vocabulary } = tokenizer;
  /** The text, with what became a special token in braces. */
  const shownSpecial = (text: string, allowSpecial?: boolean | readonly string[]): string => {
    const { ids, starts, ends } = tokenizer.encodeWithOffsets(text, allowSpecial === undefined ? {} : { allowSpecial });
    let out = '';
    for (const [i, id] of ids.entries()) {
      const slice = text.slice(starts[i], ends[i]);
      if (vocabulary.isSpecial(id)) expect(vocabulary.token(id)).toBe(slice);
      out += vocabulary.isSpecial(id) ? `{${slice}}` : slice;
    }
    return out;
  };

  test('are text where nothing is said, and where none is allowed', () => {
    for (const text of ['<s>', 'a</s>b', '[x](y|z)*\\<|a.b|>']) {
      expect(shownSpecial(text)).toBe(text);
      expect(shownSpecial(text, false)).toBe(text);
      expect(shownSpecial(text, [])).toBe(text);
      expect(tokenizer.encode(text)).toHaveLength(text.length);
    }
  });

  test('are tokens where allowed, the longest first, and read as they are written', () => {
    expect(shownSpecial('a<s>b</s>', true)).toBe('a{<s>}b{</s>}');
    expect(shownSpecial('<s><s><s>', true)).toBe('{<s><s>}{<s>}');
    expect(shownSpecial('<|a.b|><|acb|>', true)).toBe('{<|a.b|>}<|acb|>');
    expect(shownSpecial('[x]x\\(y|z)*yz', true)).toBe('{[x]}x{\\}{(y|z)*}yz');
    expect(shownSpecial('<s', true)).toBe('<s');
  });

  test('only those listed, and each list by itself', () => {
    expect(shownSpecial('<s>a</s>', ['</s>'])).toBe('<s>a{</s>}');
    expect(shownSpecial('<s>a</s>', ['<s>'])).toBe('{<s>}a</s>');
    expect(shownSpecial('<s><s>', ['<s>'])).toBe('{<s>}{<s>}');
    expect(shownSpecial('<s>a</s>', true)).toBe('{<s>}a{</s>}');
    expect(shownSpecial('<s>a</s>')).toBe('<s>a</s>');
  });

  test('one that is no text is never found in text', () => {
    const empty = new CharacterTokenizer(new Vocabulary(['', 'a'], { bos: '' }));
    expect(empty.encode('aa', { allowSpecial: true })).toEqual(Int32Array.of(1, 1));
    expect(empty.decode([0, 1], { keepSpecial: true })).toBe('a');
  });

  test('a character that is one is unknown as text, and refused where nothing stands for that', () => {
    const closed = new CharacterTokenizer(new Vocabulary(['.', 'a'], { eos: '.' }));
    expect(closed.encode('a.', { allowSpecial: true })).toEqual(Int32Array.of(1, 0));
    expect(() => closed.encode('a.')).toThrow(
      "encode: '.', which stands at 1, is a special token, and text is none unless allowed; set allowSpecial, or make the vocabulary with unk",
    );
    const open = new CharacterTokenizer(new Vocabulary(['?', '.', 'a'], { unk: '?', eos: '.' }));
    expect(open.encode('a.?')).toEqual(Int32Array.of(2, 0, 0));
  });
});

describe('unknown characters', () => {
  const tokenizer = trainCharacters('abc', { unk: '<unk>' });

  test('become U+FFFD again, and the name of their token only where that is asked for', () => {
    const ids = tokenizer.encode('axb👍🏽');
    expect(tokenizer.decode(ids)).toBe('a\ufffdb\ufffd');
    expect(tokenizer.decode(ids, { keepSpecial: true })).toBe('a<unk>b<unk>');
  });

  test('are refused with their place where nothing stands for them', () => {
    const closed = trainCharacters('ab<>', { bos: '<s>' });
    const { size } = closed.vocabulary;
    expect(() => closed.encode('<s>ab')).toThrow(`encode: 's', which stands at 1, is not one of the ${size} tokens`);
    expect(() => closed.encode('<s>a👍🏽', { allowSpecial: true })).toThrow("encode: '👍🏽', which stands at 4,");
    expect(() => closed.encode('x')).toThrow(
      'no token stands for unknown ones; make the vocabulary with unk, or of more text',
    );
  });
});

describe('streams of bytes', () => {
  const tokenizer = new ByteTokenizer({ eos: '</s>' });
  const EOS = 256;

  test('give a character when its last byte is there, and not before', () => {
    for (const character of ['a', 'é', '漢', '😀']) {
      const stream = tokenizer.stream();
      const pieces = [...tokenizer.encode(character)].map((id) => stream.push(id));
      expect(pieces).toEqual([...pieces.slice(0, -1).map(() => ''), character]);
      expect(stream.end()).toBe('');
    }
  });

  test('cut anywhere, they have given all whole characters; the rest becomes U+FFFD at the end', () => {
    const text = 'né 漢字 👩‍👩‍👧 😀!';
    const ids = tokenizer.encode(text);
    const { starts, ends } = tokenizer.encodeWithOffsets(text);
    for (let cut = 0; cut <= ids.length; cut++) {
      const stream = tokenizer.stream();
      let given = '';
      for (const id of ids.subarray(0, cut)) given += stream.push(id);
      const isWhole = cut === 0 || cut === ids.length || starts[cut] !== starts[cut - 1];
      expect(given).toBe(text.slice(0, cut === 0 ? 0 : isWhole ? ends[cut - 1] : starts[cut - 1]));
      expect(stream.end()).toBe(isWhole ? '' : '\ufffd');
    }
  });

  test('what never becomes a character is U+FFFD, for each longest part that could have, as the standard of encodings says', () => {
    // Unicode Standard, section 3.9, table 3-8 and the next ones.
    const cases: readonly (readonly [readonly number[], string])[] = [
      [[0xc0, 0xaf, 0xe0, 0x80, 0xbf, 0xf0, 0x81, 0x82, 0x41], '\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA'],
      [[0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf, 0xed, 0xaf, 0x41], '\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA'],
      [[0xf4, 0x91, 0x92, 0x93, 0xff, 0x41, 0x80, 0xbf, 0x42], '\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB'],
      [[0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41], '\ufffd\ufffd\ufffd\ufffdA'],
    ];
    for (const [bytes, text] of cases) {
      expect(tokenizer.decode(bytes)).toBe(text);
      const stream = tokenizer.stream();
      expect(bytes.map((byte) => stream.push(byte)).join('') + stream.end()).toBe(text);
    }
  });

  test('random bytes: as the decoder of the platform reads them whole, and no piece with half a character', () => {
    const random = new Generator(11);
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let trial = 0; trial < 300; trial++) {
      const valid = new TextEncoder().encode(randomText(random, 6));
      const bytes = valid.map((byte) => (random.integer(0, 12) === 0 ? random.integer(0, 256) : byte));
      const stream = tokenizer.stream();
      const pieces = [...bytes].map((byte) => stream.push(byte));
      expect(pieces.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
      expect(pieces.join('') + stream.end()).toBe(utf8.decode(bytes));
      expect(tokenizer.decode(bytes)).toBe(utf8.decode(bytes));
    }
  });

  test('a special token that is not written does not part the bytes of a character, one that is written does', () => {
    const [first, second] = tokenizer.encode('é');
    expect(tokenizer.decode([first!, EOS, second!])).toBe('é');
    expect(tokenizer.decode([first!, EOS, second!], { keepSpecial: true })).toBe('\ufffd</s>\ufffd');
  });

  test('a mark of byte order is text like all other', () => {
    const text = '\ufeffa\ufeff';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  test('streams know nothing of one another', () => {
    const [one, other] = [tokenizer.stream(), tokenizer.stream()];
    const [first, second] = tokenizer.encode('é');
    expect(one.push(first!)).toBe('');
    expect(other.push(0x61)).toBe('a');
    expect(one.push(second!)).toBe('é');
  });
});

test('a tokenizer of one’s own says how text is cut, and what tokens write', () => {
  class Sizes extends Tokenizer {
    state(): TokenizerState {
      return { kind: 'sizes' };
    }
    protected cut(text: string, at: number, into: TokenList): void {
      for (const { 0: word, index } of text.matchAll(/\w+/g)) {
        into.push(this.idOf(word.length > 2 ? 'long' : 'short', at + index), at + index, at + index + word.length);
      }
    }
    protected write(id: number, into: Pieces, isFirst: boolean): void {
      into.text(`${isFirst ? '' : ' '}${this.vocabulary.token(id)}`);
    }
  }
  const tokenizer = new Sizes(new Vocabulary(['short', 'long', '|'], { special: ['|'] }));
  const { ids, starts, ends } = tokenizer.encodeWithOffsets('an|ant', { allowSpecial: ['|'] });
  expect([[...ids], [...starts], [...ends]]).toEqual([
    [0, 2, 1],
    [0, 2, 3],
    [2, 3, 6],
  ]);
  expect(tokenizer.decode([0, 2, 1])).toBe('short long');
  expect(tokenizer.vocabularySize).toBe(3);
});

test('long texts', () => {
  const text = 'aé漢😀\r\n'.repeat(20_000);
  for (const tokenizer of [new ByteTokenizer(), trainCharacters(text)]) {
    const ids = tokenizer.encode(text);
    expect(tokenizer.decode(ids) === text).toBe(true);
  }
});

const bytes = new ByteTokenizer({ eos: '</s>' });

test.each<[title: string, call: () => unknown, message: string]>([
  ['no text', () => bytes.encode(anything(undefined)), 'encode: got no text, needs a string'],
  ['a number', () => bytes.encode(anything(5)), 'encode: text is 5, needs a string'],
  [
    'a list of texts',
    () => bytes.encodeWithOffsets(anything(['a'])),
    "encodeWithOffsets: text is ['a'], needs a string",
  ],
  [
    'an unknown option',
    () => bytes.encode('a', anything({ addSpecial: true })),
    'encode: there is no option addSpecial',
  ],
  [
    'a text to allow',
    () => bytes.encode('a', anything({ allowSpecial: '</s>' })),
    "encode: allowSpecial is '</s>', needs",
  ],
  [
    'to allow what is no special token',
    () => bytes.encode('a', { allowSpecial: ['<0x41>'] }),
    "encode: allowSpecial has '<0x41>', which is no special token of this vocabulary",
  ],
  [
    'to allow a number',
    () => bytes.encode('a', { allowSpecial: anything([256]) }),
    'encode: allowSpecial has 256, which is no',
  ],
  [
    'an unknown option of a stream',
    () => bytes.stream(anything({ skipSpecial: true })),
    'stream: there is no option skipSpecial',
  ],
  ['no tokens', () => bytes.decode(anything(undefined)), 'decode: got no tokens, needs an array of their numbers'],
  ['one token that is not in an array', () => bytes.decode(anything(5)), 'decode: ids is 5, needs an array'],
  [
    'a vocabulary that is a list',
    () => new CharacterTokenizer(anything(['a'])),
    "Tokenizer: vocabulary is ['a'], needs a Vocabulary",
  ],
  [
    'no vocabulary',
    () => new CharacterTokenizer(anything(undefined)),
    'Tokenizer: vocabulary is undefined, needs a Vocabulary',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});

test.each([-1, 257, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '65', undefined, 65n])('there is no token %s', (id) => {
  const message = /^decode: there is no token .+, needs 0 … 256$/;
  expect(() => bytes.decode([anything(id)])).toThrow(IndexError);
  expect(() => bytes.decode([anything(id)])).toThrow(message);
  expect(() => bytes.stream().push(anything(id))).toThrow(message);
});
