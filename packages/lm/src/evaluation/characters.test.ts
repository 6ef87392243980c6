// Bits for a character and a byte, for texts whose characters and bytes other functions count.

import { expect, test } from 'vitest';
import { bitsPerByte, bitsPerCharacter } from './characters.js';

const texts = ['für', '你好', '👍🏽', 'plain\ntext', ''];

test.each(texts.filter((text) => text !== ''))('%j', (text) => {
  const nats = -10 * Math.LN2;
  expect(bitsPerCharacter(nats, text)).toBeCloseTo(10 / Array.from(text).length, 12);
  expect(bitsPerByte(nats, text)).toBeCloseTo(10 / new TextEncoder().encode(text).length, 12);
});

test('half of a pair has the bytes of what it is written as', () => {
  const text = 'a\ud83d';
  expect(bitsPerByte(-Math.LN2, text)).toBeCloseTo(1 / new TextEncoder().encode(text).length, 12);
});

test('several texts count together, and their ends where those are predicted', () => {
  expect(bitsPerCharacter(-14 * Math.LN2, ['abc', 'abcd'])).toBeCloseTo(2, 12);
  expect(bitsPerCharacter(-18 * Math.LN2, ['abc', 'abcd'], { ends: true })).toBeCloseTo(2, 12);
  expect(bitsPerByte(-Math.LN2, ['', ''], { ends: true })).toBeCloseTo(0.5, 12);
});

test('the same text in other tokens has the same figure: two tokens of a half are one of a quarter', () => {
  expect(bitsPerCharacter(2 * Math.log(0.5), 'ab')).toBe(bitsPerCharacter(Math.log(0.25), 'ab'));
});

test.each([
  [
    () => bitsPerCharacter(1, 'a'),
    'bitsPerCharacter: logProbability is 1, needs the logarithm of a probability, at most 0',
  ],
  [() => bitsPerCharacter(-1, ''), 'bitsPerCharacter: the texts are empty, needs at least one character'],
  [() => bitsPerByte(-1, []), 'bitsPerByte: got no texts, needs at least 1'],
  [() => bitsPerByte(-1, [1] as never), 'bitsPerByte: text 0 is 1, needs a text'],
  [() => bitsPerByte('1' as never, 'a'), "bitsPerByte: logProbability is '1', needs a number"],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
