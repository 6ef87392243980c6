// tokenizerFromState: every kind comes back, others join, and states that lie are refused in a sentence.

import { ArgumentError, DlError, FormatError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { mutate } from '../../../../tools/hostile/mutate.js';
import {
  ByteTokenizer,
  CharacterTokenizer,
  Tokenizer,
  type TokenizerState,
  tokenizerFromState,
  trainCharacters,
  trainWords,
} from '../index.js';

const anything = (value: unknown): never => value as never;

const special = { unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>' };
const states: readonly TokenizerState[] = [
  new ByteTokenizer({ bos: '<s>', eos: '</s>', special: ['<x>'] }).state(),
  trainCharacters('abc é 👩‍👩‍👧', special).state(),
  trainWords('The cat, the dog.', { ...special, special: ['<x>'], lowerCase: true }).state(),
];

test.each(states)('$kind', (state) => {
  const before = JSON.stringify(state);
  const tokenizer = tokenizerFromState(state);
  expect(tokenizer).toBeInstanceOf(Tokenizer);
  expect(JSON.stringify(tokenizer.state())).toBe(before);
  expect(JSON.stringify(state)).toBe(before);
});

test('a kind of one’s own joins, and comes before one of that name', () => {
  const [bytes, characters] = [new ByteTokenizer(), trainCharacters('ab')];
  const kinds = { mine: { fromState: () => bytes }, words: { fromState: () => characters } };
  expect(tokenizerFromState({ kind: 'mine' }, { kinds })).toBe(bytes);
  expect(tokenizerFromState({ kind: 'words' }, { kinds })).toBe(characters);
  expect(tokenizerFromState(characters.state(), { kinds })).toBeInstanceOf(CharacterTokenizer);
  expect(() => tokenizerFromState({ kind: 'mine' }, { kinds: { mine: anything({}) } })).toThrow(ArgumentError);
});

const vocabulary = { tokens: ['<unk>', 'a', 'b'], unk: '<unk>' };
const characters = { kind: 'characters', unit: 'graphemes', vocabulary };
const sparse = [];
sparse[5] = 'a';

test.each<[title: string, state: unknown, message: string]>([
  ['nothing', undefined, 'tokenizerFromState: the state is undefined, needs an object'],
  ['null', null, 'tokenizerFromState: the state is null, needs an object'],
  ['a list', [], 'tokenizerFromState: the state is [], needs an object'],
  ['no kind', {}, 'tokenizerFromState: there is no kind of tokenizer undefined, only '],
  ['an unknown kind', { kind: 'morphemes' }, "there is no kind of tokenizer 'morphemes', only "],
  ['a kind that every object has', { kind: 'constructor' }, "there is no kind of tokenizer 'constructor'"],
  ['another one', { kind: '__proto__' }, "there is no kind of tokenizer '__proto__'"],
  ['a kind that is a list', { kind: ['bytes'] }, "there is no kind of tokenizer ['bytes']"],
  [
    'no vocabulary',
    { kind: 'characters', unit: 'graphemes' },
    'CharacterTokenizer.fromState: vocabulary is undefined, needs an object',
  ],
  ['no unit', { ...characters, unit: undefined }, "unit is undefined, needs 'graphemes' or 'codePoints'"],
  ['an unknown unit', { ...characters, unit: 'bits' }, "unit is 'bits', needs 'graphemes' or 'codePoints'"],
  ['a vocabulary that is a list', { ...characters, vocabulary: ['a'] }, "vocabulary is ['a'], needs an object"],
  [
    'tokens that are a text',
    { ...characters, vocabulary: { tokens: 'ab' } },
    "vocabulary.tokens is 'ab', needs an array",
  ],
  [
    'tokens that only have a length',
    { ...characters, vocabulary: { tokens: { length: 2 ** 40 } } },
    'vocabulary.tokens is an object of length, needs an array',
  ],
  ['no tokens', { ...characters, vocabulary: { tokens: [] } }, 'Vocabulary: got no tokens, needs at least 1'],
  [
    'a number among tokens',
    { ...characters, vocabulary: { tokens: ['a', 1e308] } },
    'Vocabulary: token 1 is 1e+308, needs a text',
  ],
  ['holes', { ...characters, vocabulary: { tokens: sparse } }, 'Vocabulary: token 0 is undefined, needs a text'],
  [
    'a token twice',
    { ...characters, vocabulary: { tokens: ['a', 'b', 'a'] } },
    "Vocabulary: 'a' is token 0 and token 2; each may come once",
  ],
  [
    'a role for no token',
    { ...characters, vocabulary: { ...vocabulary, eos: '</s>' } },
    "Vocabulary: eos is '</s>', which is not one of the tokens",
  ],
  [
    'a role that is a number',
    { ...characters, vocabulary: { ...vocabulary, eos: 1 } },
    'Vocabulary: eos is 1, needs a string',
  ],
  [
    'special tokens that are a text',
    { ...characters, vocabulary: { ...vocabulary, special: 'a' } },
    "Vocabulary: special is 'a', needs an array",
  ],
  [
    'a special number',
    { ...characters, vocabulary: { ...vocabulary, special: [2 ** 40] } },
    'Vocabulary: special is 1099511627776, which is not',
  ],
  [
    'a special byte',
    { kind: 'bytes', special: ['<0x00>'] },
    "ByteTokenizer.fromState: Vocabulary: '<0x00>' is token 0 and token 256",
  ],
  [
    'a role that is null',
    { kind: 'bytes', eos: null },
    'ByteTokenizer.fromState: ByteTokenizer: eos is null, needs a string',
  ],
  [
    'words without a rule',
    { kind: 'words', vocabulary },
    "WordTokenizer.fromState: split is undefined, needs 'unicode' or 'whitespace' or 'own'",
  ],
  [
    'words that are half lower case',
    { kind: 'words', vocabulary, split: 'unicode', lowerCase: 1, keepBlanks: false },
    'lowerCase is 1, needs false or true',
  ],
])('%s', (_, state, message) => {
  expect(() => tokenizerFromState(anything(state))).toThrow(FormatError);
  expect(() => tokenizerFromState(anything(state))).toThrow(message);
});

test('a class refuses the states of others', () => {
  expect(() => ByteTokenizer.fromState(characters)).toThrow(
    "ByteTokenizer.fromState: kind is 'characters', needs 'bytes'",
  );
});

describe('changed states are read, or refused in a sentence', () => {
  const random = new Generator(21);
  const lies = [
    null,
    true,
    -1,
    0,
    2 ** 40,
    1e308,
    '',
    'a',
    '<s>',
    '__proto__',
    'own',
    'bytes',
    [],
    ['a', 'a'],
    {},
    { tokens: ['a'] },
    { length: 1e9 },
  ];

  /** A copy with one value in it replaced, taken out or doubled. */
  function lying(value: unknown): unknown {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (entries.length === 0 || random.integer(0, 5) === 0) return lies[random.integer(0, lies.length)];
    const [key, inner] = entries[random.integer(0, entries.length)]!;
    if (Array.isArray(value)) {
      const at = Number(key);
      return [
        ...value.slice(0, at),
        ...[[], [lying(inner)], [inner, inner]][random.integer(0, 3)]!,
        ...value.slice(at + 1),
      ];
    }
    const { [key]: _, ...others } = value as Record<string, unknown>;
    return random.integer(0, 4) === 0 ? others : { ...others, [key]: lying(inner) };
  }

  /** Whether a tokenizer came of it, which works. */
  function isRead(state: unknown): boolean {
    let tokenizer: Tokenizer;
    try {
      tokenizer = tokenizerFromState(anything(state));
    } catch (error) {
      if (!(error instanceof DlError)) throw error;
      expect(error.message).toMatch(/^.{10,400}$/);
      return false;
    }
    expect(tokenizer.decode(Array.from({ length: tokenizer.vocabularySize }, (_, id) => id))).toBeTypeOf('string');
    return true;
  }

  test.each(states)('$kind: values', (state) => {
    let read = 0;
    for (let trial = 0; trial < 4000; trial++) read += Number(isRead(lying(state)));
    expect(read).toBeGreaterThan(50);
    expect(read).toBeLessThan(3900);
  });

  test.each(states)('$kind: bytes of its JSON', (state) => {
    const json = new TextEncoder().encode(JSON.stringify(state));
    const utf8 = new TextDecoder();
    let parsed = 0;
    for (let trial = 0; trial < 1500; trial++) {
      let changed: unknown;
      try {
        changed = JSON.parse(utf8.decode(mutate(json, trial)));
      } catch {
        continue;
      }
      isRead(changed);
      parsed++;
    }
    expect(parsed).toBeGreaterThan(20);
  });
});
