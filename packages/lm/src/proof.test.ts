// That nothing is exported without proof and documentation: a golden file of another program, or a test that computes it a second time.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleTests } from '../../layers/test/documented.js';
import * as lm from './index.js';
import * as node from './node.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

type Proof = readonly [file: string, title: string];
const bleu: Proof = ['evaluation/bleu.test.ts', 'up to order %i, smoothing %s (%s)'];
const characters: Proof = ['evaluation/characters.test.ts', '%j'];
const model: Proof = [
  'language-model.test.ts',
  'each token with its place, its text and its probability behind those before it',
];
const files: Proof = ['node.test.ts', 'come back exactly, and nothing is left beside them'];

/** The file and the title of the test. */
const proofs: Readonly<Record<string, Proof>> = {
  bleu,
  tokenize13a: ['evaluation/bleu.test.ts', 'the words of %j'],
  selfBleu: ['evaluation/bleu.test.ts', 'is the mean of each text with all others, smoothing %s'],
  bitsPerCharacter: characters,
  bitsPerByte: characters,
  chrf: [
    'evaluation/chrf.test.ts',
    'characters $charOrder, words $wordOrder, beta $beta, blanks $whitespace, lower $lowercase',
  ],
  distinctN: ['evaluation/distinct.test.ts', '%j, n %i'],
  perplexity: ['evaluation/perplexity.test.ts', 'the figures, with unknown words and without'],
  scoreTokens: ['evaluation/perplexity.test.ts', 'the scores of each token'],
  LanguageModel: model,
  languageModelFromState: ['language-model.test.ts', '%s: a state comes back exactly'],
  trainNgram: ['train-ngram.test.ts', 'one text: characters, without ends'],
  saveModel: files,
  loadModel: files,
  readText: ['node.test.ts', 'pieces are the text, and are cut before white space, never in it or in a word'],
  beamSearch: ['decoding/search/beam-search.test.ts', 'the exact best, %s'],
  contrastiveSearch: ['decoding/search/contrastive-search.test.ts', '%s: the formula, prompts of any lengths at once'],
  sampleSequences: [
    'decoding/search/sample-sequences.test.ts',
    'the order of what is drawn has the distribution of drawing one after the other',
  ],
  constrain: ['decoding/constraints/constrain.test.ts', '%s: as by trying them all'],
  regularExpression: ['decoding/constraints/regular-expression.test.ts', '%s, as RegExp has it'],
  grammar: [
    'decoding/constraints/grammar.test.ts',
    'grammars by chance: every text up to 7 characters, every beginning',
  ],
  trainNgramFile: ['node.test.ts', 'is trainNgram of the text, though it comes in pieces'],
};

const exported = [...Object.keys(lm), ...Object.keys(node)];

test('every export is proved', () => {
  expect([...exported].sort()).toEqual(Object.keys(proofs).sort());
});

test.each(Object.entries(proofs))('%s: its test is there, and names it', (name, [file, title]) => {
  const source = read(`./${file}`);
  expect(source).toContain(`'${title}'`);
  expect(source).toMatch(new RegExp(`\\b${name}\\b`));
});

describe('documentation', () => {
  exampleTests(import.meta.url, exported);

  test('README.md names everything, types too', () => {
    const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
    const all = ['./index.ts', './node.ts'].flatMap((file) => [
      ...read(file).matchAll(/export (?:type )?\{([^}]*)\}/g),
    ]);
    const names = all.flatMap(([, list]) => list!.split(',').map((name) => name.replace(/\btype\b/, '').trim()));
    expect(names.filter((name) => name !== '' && !named.has(name))).toEqual([]);
  });
});
