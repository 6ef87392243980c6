// The guesser knows sentences that it has not seen, and is sure of them.

import { expect, test } from 'vitest';
import { accuracy, Guesser } from './main.js';
import { held, training } from './texts.js';

const guesser = new Guesser(training);

test('whole sentences, and the first letters of them', async () => {
  expect(Object.keys(held).sort()).toEqual(Object.keys(training).sort());
  const whole = await accuracy(guesser);
  expect(whole.all).toBe(32);
  expect(whole.right).toBeGreaterThanOrEqual(29);
  expect((await accuracy(guesser, 20)).right).toBeGreaterThanOrEqual(28);
  // By chance it would be 4.
  expect((await accuracy(guesser, 5)).right).toBeGreaterThanOrEqual(22);
});

test('what it says of the languages sums to 1, the likeliest first', async () => {
  const { language, probabilities } = await guesser.guess('The weather is lovely today, so let us go for a walk.');
  const all = Object.values(probabilities);
  expect(language).toBe('English');
  expect(Object.keys(probabilities)[0]).toBe('English');
  expect(all.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  expect(all).toEqual([...all].sort((a, b) => b - a));
});

test('held-back sentences are not in what it learned from', () => {
  for (const [language, sentences] of Object.entries(held)) {
    for (const sentence of sentences) expect(training[language]).not.toContain(sentence);
  }
});
