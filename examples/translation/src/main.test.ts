// The example does what it says.

import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawPairs } from './grammar.js';
import { BEAMS, forGrammar, grammarCorpus, modelNames, run, translate } from './main.js';
import { readMulti30k } from './multi30k.js';
import { examplesOf, inBatches, Vocabulary, wordsOf } from './text.js';

beforeAll(() => useBackend(cpu()));

test.each(modelNames)('sentences that were held back are translated exactly: %s', async (name) => {
  const lines: string[] = [];
  const found = await run(name, grammarCorpus(), forGrammar[name], (line) => lines.push(line));
  for (const { exact, bleu } of [found.greedy, found.beams]) {
    expect(exact).toBeGreaterThanOrEqual(0.97);
    expect(bleu).toBeGreaterThan(98);
  }
  expect(lines).toHaveLength(1 + forGrammar[name].epochs + 2);
  // All that beams give differs, and the best comes first.
  expect(found.translations).toHaveLength(250);
  for (const ranked of found.translations) {
    expect(new Set(ranked.map(({ text }) => text)).size).toBe(BEAMS);
    expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).sort((a, b) => b - a));
  }
  const said = await translate(
    found.model,
    [
      'gestern',
      'heute macht die alte frau die türen nicht auf .',
      'ich weiß , dass der hund einen roten ball sucht .',
      'die kinder haben ein altes buch gefunden .',
    ],
    found.vocabularies,
  );
  // The first is no sentence and no word that it knows: only that something comes is asked.
  expect(said.slice(1)).toEqual([
    'today the old woman does not open the doors .',
    'i know that the dog looks for a red ball .',
    'the children have found an old book .',
  ]);
});

describe('the grammar', () => {
  const pairs = drawPairs(3000, new Generator(7));

  test('a sentence has one translation, and those of the test are not learned from', () => {
    expect(new Set(pairs.map(({ source }) => source)).size).toBe(3000);
    const { train, validation, test } = grammarCorpus();
    const learned = new Set(train.map(({ source }) => source));
    expect([...validation, ...test].some(({ source }) => learned.has(source))).toBe(false);
    expect([train.length, validation.length, test.length]).toEqual([4000, 250, 250]);
  });

  test('verbs agree, negations stay, and what is split is joined', () => {
    for (const { source, target } of pairs) {
      const [german, english] = [source.split(' '), target.split(' ')];
      expect([source, german.includes('nicht')]).toEqual([source, english.includes('not')]);
      expect([german.at(-1), english.at(-1)]).toEqual(['.', '.']);
      // A particle stands at the end of a main clause, or is one word with its verb.
      if (german.includes('auf') || german.includes('an')) expect(['auf', 'an']).toContain(german.at(-2));
      if (german.includes('dass')) expect(german.at(-2)).toMatch(/(t|d|en)$/);
      if (english.includes('have') || english.includes('do')) expect(english).not.toContain('has');
      expect([source, german.includes('wird') || german.includes('werden')]).toEqual([
        source,
        english.includes('will'),
      ]);
      expect(target).not.toMatch(/\ba [aeiou]|\ban [^aeiou]|_| {2}/);
      // Only what is done to may be in the accusative, once.
      expect(german.filter((word) => word === 'den' || word === 'einen').length).toBeLessThanOrEqual(1);
      expect(source).not.toMatch(/\b(den|einen) \w*e \w|\bdie \w+en (mann|frau|katze|tür) /);
    }
  });
});

describe('words as numbers', () => {
  test('what is rare is unknown, and 0 ends a sentence', () => {
    const vocabulary = new Vocabulary(['Ein Hund.', 'ein Ball, ein Hund'], 2);
    expect(vocabulary.words).toEqual(['<end>', '<unk>', 'ein', 'hund']);
    expect(vocabulary.tokens('Ein Ball und ein HUND')).toEqual([2, 1, 1, 2, 3, 0]);
    expect(vocabulary.text([2, 3, 1])).toBe('ein hund <unk>');
    expect(wordsOf("It's 3.5, OK?")).toEqual(["it's", '3.5', ',', 'ok', '?']);
  });

  test('batches have each sentence once, beside others of its length, and no more tokens than asked for', () => {
    const pairs = drawPairs(400, new Generator(3));
    const vocabularies = [pairs.map(({ source }) => source), pairs.map(({ target }) => target)].map(
      (texts) => new Vocabulary(texts, 1),
    );
    const examples = examplesOf(pairs, vocabularies[0]!, vocabularies[1]!);
    const batches = inBatches(examples, 300, new Generator(1));
    expect(batches.flat()).toHaveLength(400);
    expect(new Set(batches.flat())).toEqual(new Set(examples));
    for (const batch of batches) {
      const lengths = batch.map(({ target }) => target.length);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(6);
      expect(
        batch.length * Math.max(...batch.flatMap((each) => [each.source.length, each.target.length])),
      ).toBeLessThanOrEqual(300);
    }
    expect(inBatches(examples, 300, new Generator(1))).toEqual(batches);
    expect(inBatches(examples, 300, new Generator(2))).not.toEqual(batches);
  });
});

describe('with the captions', () => {
  test('there are as many as their description says', async ({ skip }) => {
    const root = process.env['DL_DATA'];
    if (root === undefined)
      skip('needs Multi30k: set DL_DATA to a folder that has multi30k/train_10k.de.gz and its like');
    const { train, validation, test } = await readMulti30k(`${root}/multi30k`);
    expect([train.length, validation.length, test.length]).toEqual([10_000, 1014, 1000]);
    expect(test[0]).toEqual({
      source: 'Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt.',
      target: 'A man in an orange hat starring at something.',
    });
  });
});
