// The numbers that the example prints are those of the lecture's formulas, and the package gives the same.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { given, ownSentences } from './given.js';
import {
  byPackage,
  counts,
  makeSentence,
  models,
  probabilityOf,
  sentences,
  shareOf,
  throwDie,
  unseen,
  words,
} from './main.js';

test('counts and shares as on paper', () => {
  expect(words).toEqual(['the', 'dog', 'barks', '</s>', 'cat', 'sleeps', 'a', 'sees']);
  expect(Object.fromEntries(counts.get('the')!)).toEqual({ dog: 3, cat: 1 });
  expect(Object.fromEntries(counts.get('dog')!)).toEqual({ barks: 1, sleeps: 1, '</s>': 1 });
  expect(shareOf('dog', 'the')).toBe(3 / 4);
  for (const before of counts.keys()) {
    for (const added of [0, 1]) {
      expect(words.reduce((sum, word) => sum + shareOf(word, before, added), 0)).toBeCloseTo(1, 12);
    }
  }
});

test('the chain rule', () => {
  expect(probabilityOf('the dog sleeps').probability).toBeCloseTo(((3 / 4) * 3) / 4 / 3, 12);
  expect(probabilityOf(unseen).probability).toBe(0);
  // (3 + 1) / (4 + 8) · (1 + 1) / (4 + 8) · (0 + 1) / (2 + 8) · (1 + 1) / (1 + 8)
  expect(probabilityOf(unseen, 1).probability).toBeCloseTo((((4 / 12) * 2) / 12) * (1 / 10) * (2 / 9), 12);
});

test('the package gives what was computed by hand', () => {
  for (const sentence of [...sentences, 'the cat sees a dog', unseen]) {
    expect(byPackage('shares', sentence)).toBeCloseTo(probabilityOf(sentence).probability, 12);
    expect(byPackage('added', sentence)).toBeCloseTo(probabilityOf(sentence, 1).probability, 12);
  }
  const { vocabulary } = models.added.info;
  const after = [vocabulary!.id('the')];
  for (const word of words) {
    expect(models.added.probability(vocabulary!.id(word), after)).toBeCloseTo(shareOf(word, 'the', 1), 12);
  }
});

test('the die falls on the side that the throw says, and sentences end', () => {
  expect([0, 0.74, 0.76, 0.99].map((thrown) => throwDie('the', thrown))).toEqual(['dog', 'dog', 'cat', 'cat']);
  const throws = [0, 0.9, 0.2, 0.5];
  expect(
    makeSentence(
      () => throws.shift()!,
      () => {},
    ),
  ).toBe('the cat sleeps');
});

test('sentences of a file, and what is asked of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-by-hand-'));
  try {
    const file = join(folder, 'own.txt');
    writeFileSync(file, 'we  count words\r\n\nwe throw dice\n');
    const own = { sentences: ['we count words', 'we throw dice'], said: 'we count words' };
    expect(given(['--file', file])).toEqual({ ...own, unseen: 'words count we', seed: 4 });
    expect(given(['7', '--file', file, '--ask', 'we throw words'])).toEqual({
      ...own,
      unseen: 'we throw words',
      seed: 7,
    });
    expect(() => given(['--file', file, '--ask', 'we run'])).toThrow('No sentence has the word "run"');
    writeFileSync(file, '\n');
    expect(() => given(['--file', file])).toThrow('own.txt has no sentences, needs one in each line');
    expect(() => given(['--file', join(folder, 'none.txt')])).toThrow(/^Cannot read .*none\.txt: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(given([])).toEqual(ownSentences);
  for (const seed of ['x', '1.5', '', '1e99']) {
    expect(() => given([seed])).toThrow('needs one whole number of at least 0');
  }
});
