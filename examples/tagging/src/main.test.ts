// The example does what it says.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf, inBatches, vocabularyOf } from './batches.js';
import { drawSentences } from './grammar.js';
import { accuracyOf, forGrammar, mostFrequent, run, tagAll } from './main.js';
import { readSplit } from './treebank.js';

beforeAll(() => useBackend(cpu()));

test('sentences of the grammar are tagged rightly, words of two kinds and words that are new among them', async () => {
  const lines: string[] = [];
  const found = await run(drawSentences(600, 1), drawSentences(200, 2), forGrammar, (line) => lines.push(line));
  expect(found.tagger.all).toBeGreaterThan(0.99);
  expect(found.tagger.unseen).toBeGreaterThan(0.98);
  // Without neighbours and endings it cannot be done: every fifth word is wrong.
  expect(found.baseline.all).toBeLessThan(0.85);
  expect(lines).toHaveLength(1 + forGrammar.epochs + 3);
  expect(lines.at(-1)).toMatch(/^ {2}LSTM and CRF +\d+\.\d\d % +\d+\.\d\d %$/);
  const tagged = (text: string): string[] =>
    tagAll(found.model, found.vocabulary, [{ forms: text.split(' '), tags: text.split(' ').map(() => '') }])[0]!;
  expect(tagged('they watch the watch !')).toEqual(['PRON', 'VERB', 'DET', 'NOUN', 'PUNCT']);
  expect(tagged('her plan will watch her .')).toEqual(['DET', 'NOUN', 'AUX', 'VERB', 'PRON', 'PUNCT']);
});

test('the tag that is most frequent, and shares of all words and of those that are new', () => {
  const train = [
    { forms: ['they', 'watch', 'her'], tags: ['PRON', 'VERB', 'PRON'] },
    { forms: ['her', 'watch', 'and', 'her', 'plan'], tags: ['DET', 'NOUN', 'CCONJ', 'DET', 'NOUN'] },
    { forms: ['watch', 'it'], tags: ['VERB', 'PRON'] },
  ];
  // Of all ten words three are pronouns: what is new is taken for one.
  const given = { forms: ['watch', 'her', 'brotion'], tags: ['VERB', 'PRON', 'NOUN'] };
  const tags = mostFrequent(train)(given);
  expect(tags).toEqual(['VERB', 'DET', 'PRON']);
  const seen = new Set(train.flatMap(({ forms }) => forms));
  expect(accuracyOf([given], [tags], seen)).toEqual({ all: 1 / 3, unseen: 0 });
});

test('batches have each sentence once, beside others of its length', () => {
  const sentences = drawSentences(100, 3);
  const batches = inBatches(sentences, 16, new Generator(1));
  expect(new Set(batches.flat())).toEqual(new Set(sentences));
  expect(batches.flat()).toHaveLength(100);
  const spreads = batches
    .map((some) => some.map(({ forms }) => forms.length))
    .map((all) => Math.max(...all) - Math.min(...all));
  expect(spreads.reduce((a, b) => a + b) / spreads.length).toBeLessThan(4);
});

test('a batch has words, characters and tags as numbers', () => {
  using _ = scope();
  const train = ['The plan', 'the watch', 'a plan'].map((text) => ({ forms: text.split(' '), tags: ['DET', 'NOUN'] }));
  const vocabulary = vocabularyOf(train);
  expect([...vocabulary.words.keys()]).toEqual(['the', 'plan']); // twice or more, in lower case
  const { words, characters, forms, tags, lengths } = batchOf(
    [
      { forms: ['the', 'zig', 'the'], tags: ['DET', 'NOUN', 'DET'] },
      { forms: ['plan'], tags: ['NOUN'] },
    ],
    vocabulary,
  );
  expect(words.toArray()).toEqual([
    [2, 1, 2],
    [3, 0, 0],
  ]);
  expect(forms.toArray()).toEqual([
    [0, 1, 0],
    [2, 0, 0],
  ]);
  expect(characters.shape).toEqual([3, 6]); // four letters between two marks
  expect((characters.toArray() as number[][])[1]!.slice(1, 4)).toEqual([1, 1, 1]); // none of z, i, g is known
  expect(tags.toArray()).toEqual([
    [0, 1, 0],
    [1, 0, 0],
  ]);
  expect(lengths).toEqual([3, 1]);
});

test('a treebank is read from CoNLL-U as well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tagging-'));
  const rows = ['1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_', '2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_', '\n'];
  writeFileSync(join(folder, 'en_toy-ud-test.conllu'), rows.join('\n'));
  expect(readSplit(folder, 'test')).toEqual([{ forms: ['Dogs', 'bark'], tags: ['NOUN', 'VERB'] }]);
  expect(() => readSplit(folder, 'dev')).toThrow('has neither dev.tsv nor a file …-ud-dev.conllu; see README.md');
  rmSync(folder, { recursive: true });
});

describe('with the treebank', () => {
  const root = process.env['DL_DATA'];

  test('it has the sentences, words and tags that its own statistics say', ({ skip }) => {
    if (root === undefined)
      skip('needs UD English-EWT: set DL_DATA to a folder that has ud-ewt/train.tsv and its like');
    const counts = (['train', 'dev', 'test'] as const).map((split) => {
      const sentences = readSplit(`${root}/ud-ewt`, split);
      return [sentences.length, sentences.reduce((sum, { forms }) => sum + forms.length, 0)];
    });
    expect(counts).toEqual([
      [12544, 204577],
      [2001, 25147],
      [2077, 25094],
    ]);
    expect(vocabularyOf(readSplit(`${root}/ud-ewt`, 'train')).tags).toHaveLength(17);
  });
});
