// IRSTLM computes Witten–Bell and modified Kneser–Ney as we do from order 2 on; golden/irstlm.py says what it does otherwise at order 1.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Vocabulary } from '../../tokens/vocabulary.js';
import { NgramCounts } from '../counts.js';
import { modifiedKneserNey } from './kneser-ney.js';
import { wittenBell } from './witten-bell.js';

interface Share {
  readonly ngram: readonly (string | number)[];
  /** That of the context, and what the n-gram has of its own beside the order below. */
  readonly weight: number;
  readonly share: number;
  readonly probability: number;
}

interface Golden {
  readonly words: number;
  readonly order: number;
  readonly sentences: readonly string[];
  readonly wittenBell: readonly Share[];
  readonly modifiedKneserNey: readonly Share[];
}

const golden = JSON.parse(readFileSync(new URL('../../../golden/irstlm.json', import.meta.url), 'utf8')) as Golden;
const words = Array.from({ length: golden.words }, (_, i) => `w${i}`);
const vocabulary = new Vocabulary(['<unk>', '<s>', '</s>', ...words], { unk: '<unk>', bos: '<s>', eos: '</s>' });
const id = (word: string | number): number => vocabulary.id(typeof word === 'number' ? `w${word}` : word);

// IRSTLM begins a text, which has an end token in front here, behind begin tokens that it counts.
const [bos, eos] = [vocabulary.bos!, vocabulary.eos!];
const counts = new NgramCounts(vocabulary, { order: golden.order, padding: 'none' }).add([bos, bos, bos, eos]);
for (const sentence of golden.sentences) counts.add([bos, ...sentence.split(' ').map((word) => id(Number(word))), eos]);

it.each([
  ['wittenBell', wittenBell(counts), golden.wittenBell],
  ['modifiedKneserNey', modifiedKneserNey(counts), golden.modifiedKneserNey],
] as const)('%s has the shares and weights of IRSTLM', (_, model, shares) => {
  for (const { ngram, weight, share, probability } of shares) {
    const tokens = ngram.map(id);
    const [context, word] = [tokens.slice(0, -1), tokens.at(-1)!];
    const ours = Math.exp(model.backoffs[model.trie.find(context)]!);
    // IRSTLM writes logarithms of six digits.
    expect(Math.abs(ours / weight - 1), `weight of ${context}`).toBeLessThan(2e-5);
    const own = model.probability(word, context) - ours * model.probability(word, context.slice(1));
    expect(Math.abs(own - share), `${ngram}`).toBeLessThan(2e-5 * probability);
  }
});
