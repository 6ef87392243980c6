// maximumLikelihood, laplace, lidstone: their formulas, by counting what follows a context.

import { describe, expect, test } from 'vitest';
import { FIRST, padded, paddings, randomContexts, randomTexts, runsIn, vocabularyOf } from '../../../test/texts.js';
import { laplace, lidstone, maximumLikelihood, NgramCounts, type NgramModel, Vocabulary } from '../../index.js';

const vocabulary = vocabularyOf(7);
const texts = randomTexts(11, { words: 5, sequences: 30 });
const ORDER = 3;

describe.each(paddings)('padding %s', (padding) => {
  const counts = new NgramCounts(vocabulary, { order: ORDER, padding });
  for (const text of texts) counts.add(text);
  const runs = runsIn(
    texts.map((text) => padded(text, padding, ORDER)),
    ORDER,
  );
  const contexts = [[], ...randomContexts(1, 400, { size: vocabulary.size, longest: ORDER - 1, texts })];
  const came = (context: readonly number[], token: number): number => runs.get([...context, token].join(' ')) ?? 0;
  const said = (isNltk: boolean): number[] =>
    Array.from({ length: vocabulary.size }, (_, token) => token).filter(
      (token) => isNltk || !(token === vocabulary.pad || token === vocabulary.bos),
    );

  test.each([false, true])('(c + gamma) / (c(h) + gamma V), as NLTK: %s', (isNltk) => {
    const options = isNltk ? { conventions: 'nltk' as const } : {};
    const models: readonly [NgramModel, number][] = [
      [maximumLikelihood(counts, options), 0],
      [laplace(counts, options), 1],
      [lidstone(counts, { gamma: 0.3, ...options }), 0.3],
      [lidstone(counts, { gamma: 0, ...options }), 0],
    ];
    const tokens = said(isNltk);
    for (const context of contexts) {
      const sum = tokens.reduce((all, token) => all + came(context, token), 0);
      for (const [model, gamma] of models) {
        for (let token = 0; token < vocabulary.size; token++) {
          const divisor = sum + gamma * tokens.length;
          const isSaid = tokens.includes(token) && divisor > 0;
          const expected = isSaid ? (came(context, token) + gamma) / divisor : 0;
          expect(Math.abs(model.probability(token, context) - expected)).toBeLessThan(1e-14);
        }
      }
    }
  });

  test('what is cut off is shared evenly among what is not in the tree, and the rest stays as it was', () => {
    const cutoffs = [1, 3];
    const whole = lidstone(counts, { gamma: 0.3 });
    const cut = lidstone(counts, { gamma: 0.3, cutoffs });
    const tokens = said(false);
    for (const context of contexts) {
      const last = cut.trie.find(context);
      if (context.length === 0 || last < 0 || cut.trie.children[last] === cut.trie.children[last + 1]) continue;
      const stayed = tokens.filter((token) => came(context, token) >= 3);
      const others = tokens.filter((token) => came(context, token) < 3);
      const left = 1 - stayed.reduce((sum, token) => sum + whole.probability(token, context), 0);
      for (const token of stayed)
        expect(cut.probability(token, context)).toBeCloseTo(whole.probability(token, context), 13);
      for (const token of others) expect(cut.probability(token, context)).toBeCloseTo(left / others.length, 13);
    }
  });
});

test('a model says what it does where nothing came', () => {
  const counts = new NgramCounts(4, { order: 2 }).add([0, 1, 0]);
  expect(maximumLikelihood(counts).info.details).toEqual({ unseenContexts: 'probability 0 for every token' });
  expect([...maximumLikelihood(counts).distribution([3])]).toEqual(new Array(4).fill(-Infinity));
  expect(laplace(counts).info.details).toEqual({ gamma: 1, unseenContexts: 'each token alike' });
  for (const score of laplace(counts).distribution([3])) expect(Math.exp(score)).toBeCloseTo(1 / 4, 15);
  expect(lidstone(counts, { gamma: 0.5 }).info).toMatchObject({ smoothing: 'Lidstone', isDistribution: true });
});

test('perplexity of the counted text is lowest under maximum likelihood', () => {
  const counts = new NgramCounts(vocabulary, { order: 2, padding: 'none' });
  for (const text of texts) counts.add(text);
  const logLikelihood = (model: NgramModel): number =>
    texts.flatMap((text) => [...model.score(text)].slice(1)).reduce((sum, score) => sum + score, 0);
  const best = logLikelihood(maximumLikelihood(counts));
  let last = best;
  for (const gamma of [0.01, 0.1, 1, 10]) {
    const next = logLikelihood(lidstone(counts, { gamma }));
    expect(next).toBeLessThan(last);
    last = next;
  }
});

describe('bad input', () => {
  const counts = new NgramCounts(3, { order: 2 }).add([0, 1, FIRST % 3]);
  test.each([-1, Number.POSITIVE_INFINITY])('gamma %s', (gamma) => {
    expect(() => lidstone(counts, { gamma })).toThrow(
      `lidstone: gamma is ${gamma}, needs a finite number of at least 0`,
    );
  });

  test.each<[string, () => unknown, string]>([
    ['gamma NaN', () => lidstone(counts, { gamma: Number.NaN }), 'lidstone: gamma is NaN, needs a number'],
    ['a text as gamma', () => lidstone(counts, { gamma: '1' as never }), "lidstone: gamma is '1', needs a number"],
    [
      'no gamma',
      () => lidstone(counts, {} as never),
      'lidstone: gamma is undefined, needs a finite number of at least 0',
    ],
    ['no options', () => lidstone(counts, undefined as never), 'lidstone: gamma is undefined'],
    [
      'gamma in its own place',
      () => lidstone(counts, 0.5 as never),
      'but options go in one object: lidstone(counts, { gamma: 0.5 })',
    ],
    ['an unknown option', () => laplace(counts, { gamma: 2 } as never), 'laplace: there is no option gamma'],
    [
      'other conventions',
      () => laplace(counts, { conventions: 'srilm' as never }),
      "conventions is 'srilm', needs 'nltk'",
    ],
    [
      'text for counts',
      () => maximumLikelihood('a b' as never),
      "maximumLikelihood: counts is 'a b', needs NgramCounts",
    ],
    ['no counts', () => laplace(undefined as never), 'laplace: counts is undefined, needs NgramCounts'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  test('NLTK has an unknown label in every vocabulary', () => {
    const closed = new NgramCounts(new Vocabulary(['a', 'b']), { order: 2 }).add([0, 1]);
    expect(() => laplace(closed, { conventions: 'nltk' })).toThrow(
      'laplace: the vocabulary has no unk, but NLTK counts an unknown label',
    );
    expect(laplace(closed).probability(0)).toBe(0.5);
  });

  test('a vocabulary of which nothing can be said', () => {
    const nothing = new NgramCounts(new Vocabulary(['<s>', '</s>'], { bos: '<s>', eos: '</s>' }), { order: 2 }).add([]);
    expect(laplace(nothing).probability(1)).toBe(1);
    const only = new Vocabulary(['<pad>'], { pad: '<pad>' });
    expect(() => laplace(new NgramCounts(only, { order: 1 }))).toThrow(
      'laplace: all tokens of the vocabulary are begin or padding',
    );
  });
});
