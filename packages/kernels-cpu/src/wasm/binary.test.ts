// Binaries as text: back to the byte, whatever they hold, in letters that no minifier, page or encoding touches.

import { Generator } from '@dl/autograd';
import { expect, test } from 'vitest';
import { bytesOf, textOf } from './binary.js';

const generator = new Generator(1);
const random = (size: number, below: number): Uint8Array =>
  Uint8Array.from({ length: size }, () => generator.integer(0, below));

test.each([
  ['nothing', new Uint8Array(0)],
  ['all bytes once', Uint8Array.from({ length: 256 }, (_, i) => i)],
  ['any bytes', random(5000, 256)],
  ['few kinds of bytes', random(5000, 7)],
  ['one byte', new Uint8Array(300).fill(255)],
])('%s', (_, bytes) => {
  const { text, order } = textOf(bytes);
  expect(text).toMatch(/^[ -~]*$/);
  expect(text).not.toMatch(/["'`\\$<]/);
  expect([...bytesOf({ text, order, memoryKind: 0 }, false)]).toEqual([...bytes]);
});

test('a frequent byte is one letter', () => {
  expect(textOf(new Uint8Array(1000).fill(200)).text).toHaveLength(1000);
});

test('for a memory that is shared one byte is 3', () => {
  const bytes = Uint8Array.of(9, 1, 9);
  const binary = { ...textOf(bytes), memoryKind: 1 };
  expect([...bytesOf(binary, true)]).toEqual([9, 3, 9]);
  expect([...bytesOf(binary, false)]).toEqual([9, 1, 9]);
});
