// Stop strings, by brute force: wherever the text is cut, what comes out is the same, and never too much or too little.

import { Generator } from '@dl/autograd';
import { expect, test } from 'vitest';
import { StopStrings } from './stop-strings.js';

/** Where a text ends, found letter by letter; and how much of a text that goes on is certain. */
function byHand(text: string, stops: readonly string[]): { readonly end: number; readonly isOver: boolean } {
  for (let until = 1; until <= text.length; until++) {
    const found = stops.filter((stop) => text.slice(0, until).endsWith(stop));
    if (found.length > 0) return { end: until - Math.max(...found.map(({ length }) => length)), isOver: true };
  }
  for (let from = 0; from < text.length; from++) {
    const tail = text.slice(from);
    if (stops.some((stop) => stop.startsWith(tail))) return { end: from, isOver: false };
  }
  return { end: text.length, isOver: false };
}

test('random texts, stops and cuts', () => {
  const generator = new Generator(1);
  const letters = (count: number): string =>
    Array.from({ length: count }, () => 'ab'[generator.integer(0, 2)]).join('');
  let stopped = 0;
  for (let trial = 0; trial < 3000; trial++) {
    const stops = Array.from({ length: generator.integer(1, 4) }, () => letters(generator.integer(1, 6)));
    const text = letters(generator.integer(0, 20));
    const strings = new StopStrings(stops);
    let [said, given] = ['', ''];
    while (given.length < text.length && !strings.isOver) {
      const piece = text.slice(given.length, given.length + generator.integer(0, 5));
      given += piece;
      said += strings.push(piece);
      const { end, isOver } = byHand(given, stops);
      expect(strings.isOver).toBe(isOver);
      expect(said).toBe(given.slice(0, end));
    }
    const whole = byHand(text, stops);
    expect(strings.isOver).toBe(whole.isOver);
    stopped += Number(whole.isOver);
    expect(said + strings.end()).toBe(whole.isOver ? text.slice(0, whole.end) : text);
  }
  expect(stopped).toBeGreaterThan(500);
  expect(stopped).toBeLessThan(2900);
});
