// ByteTokenizer: UTF-8 as the platform writes it, with places, and special tokens behind the bytes.

import { ArgumentError, Generator } from '@dl/autograd';
import { expect, test } from 'vitest';
import { randomText, randomUnits } from '../../test/random-text.js';
import { ByteTokenizer } from '../index.js';

const anything = (value: unknown): never => value as never;
const tokenizer = new ByteTokenizer();

test('bytes are those of UTF-8, halves of surrogate pairs as U+FFFD', () => {
  const random = new Generator(8);
  const utf8 = new TextEncoder();
  for (let trial = 0; trial < 300; trial++) {
    const text = trial % 3 === 0 ? randomUnits(random, 12) : randomText(random, 12);
    expect([...tokenizer.encode(text)]).toEqual([...utf8.encode(text)]);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  }
  // The bounds of one, two, three and four bytes.
  for (const point of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]) {
    const text = String.fromCodePoint(point);
    const { ids, starts, ends } = tokenizer.encodeWithOffsets(`${text}a`);
    expect([...ids]).toEqual([...utf8.encode(text), 0x61]);
    expect([...starts]).toEqual([...utf8.encode(text)].map(() => 0).concat(text.length));
    expect([...ends]).toEqual([...utf8.encode(text)].map(() => text.length).concat(text.length + 1));
  }
});

test('the bytes of a character share its place', () => {
  const { starts, ends } = tokenizer.encodeWithOffsets('aé漢😀b');
  expect([...starts]).toEqual([0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 5]);
  expect([...ends]).toEqual([1, 2, 2, 3, 3, 3, 5, 5, 5, 5, 6]);
});

test('256 bytes, then special tokens in the order of their roles', () => {
  expect(tokenizer.vocabularySize).toBe(256);
  expect([0, 0x0a, 0x41, 0xff].map((byte) => tokenizer.vocabulary.token(byte))).toEqual([
    '<0x00>',
    '<0x0A>',
    '<0x41>',
    '<0xFF>',
  ]);
  const { vocabulary } = new ByteTokenizer({ special: ['<x>', '</s>'], pad: '<pad>', eos: '</s>', bos: '<s>' });
  expect(vocabulary.tokens.slice(256)).toEqual(['<s>', '</s>', '<pad>', '<x>']);
  expect([vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk]).toEqual([256, 257, 258, undefined]);
  expect(vocabulary.specialIds).toEqual([256, 257, 258, 259]);
});

test('the name of a byte in text is text', () => {
  expect([...tokenizer.encode('<0x41>')]).toEqual([...new TextEncoder().encode('<0x41>')]);
});

test.each<[title: string, call: () => unknown, message: string]>([
  [
    'a token for unknown ones',
    () => new ByteTokenizer(anything({ unk: '<unk>' })),
    'ByteTokenizer: there is no option unk',
  ],
  [
    'a vocabulary',
    () => new ByteTokenizer(anything(['a'])),
    "ByteTokenizer: the argument is ['a'], but options go in one object",
  ],
  [
    'a special token called as a byte',
    () => new ByteTokenizer({ eos: '<0x41>' }),
    "Vocabulary: '<0x41>' is token 65 and token 256",
  ],
  [
    'a number as special token',
    () => new ByteTokenizer({ special: anything([5]) }),
    'Vocabulary: token 256 is 5, needs a text',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});
