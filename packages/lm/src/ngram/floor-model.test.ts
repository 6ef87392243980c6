// FloorModel: its definition, by looking for each n-gram; the same in each way of asking.

import { Generator, IndexError, ShapeError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { expectAgreement } from '../../test/agreement.js';
import { FIRST, paddings, randomContexts, randomTexts, vocabularyOf } from '../../test/texts.js';
import { FloorModel, NgramCounts, type NgramInfo } from '../index.js';

const WORDS = 5;
const vocabulary = vocabularyOf(WORDS);
const NEVER = 3;

/** A model with numbers that tell each node and each floor from all others, and one token that never comes. */
function modelOf(order: number, padding: 'none' | 'ends' | 'full', cutoffs: readonly number[] = []) {
  const counts = new NgramCounts(vocabulary, { order, padding });
  const texts = randomTexts(order, { words: WORDS });
  for (const text of texts) counts.add(text);
  const { trie } = counts.trie(cutoffs);
  const generator = new Generator(order);
  const logProbabilities = new Float64Array(trie.size).map(() => -generator.uniform53());
  logProbabilities[1 + NEVER] = -Infinity;
  const floors = new Float64Array(trie.contexts).map(() => -2 - generator.uniform53());
  const info: NgramInfo = { smoothing: 'none', isDistribution: false, padding, vocabulary, details: {} };
  return { model: new FloorModel(trie, { logProbabilities, floors, unseen: -9 }, info), texts };
}

/** By the definition: what stands in the tree, the floor of a context that something follows there, and one answer otherwise. */
function defined(
  { trie, logProbabilities, floors, unseen, order }: FloorModel,
  context: readonly number[],
  token: number,
): number {
  if (token === NEVER) return -Infinity;
  const last = context.slice(Math.max(0, context.length - order + 1));
  const node = trie.find(last);
  if (node < 0 || trie.children[node] === trie.children[node + 1]) return unseen;
  const child = trie.find([...last, token]);
  return child < 0 ? floors[node]! : logProbabilities[child]!;
}

describe.each(paddings)('padding %s', (padding) => {
  test.each([1, 2, 3, 4, 5, 6])(
    'order %i: the definition, in contexts of any length, also those that never came',
    (order) => {
      for (const cutoffs of [[], [1, 2]]) {
        const { model, texts } = modelOf(order, padding, cutoffs);
        const contexts = randomContexts(order, 300, { size: vocabulary.size, longest: order + 2, texts });
        const kinds = new Set<string>();
        for (const context of contexts) {
          const expected = Array.from({ length: vocabulary.size }, (_, token) => defined(model, context, token));
          expect([...model.distribution(context)], context.join(' ')).toEqual(expected);
          for (const value of expected) kinds.add(value === -9 ? 'unseen' : value < -2 ? 'floor' : 'own');
        }
        if (order > 2) expect(kinds).toEqual(new Set(['unseen', 'floor', 'own']));
      }
    },
  );

  test.each([1, 2, 3, 5])(
    'order %i: run, one by one, all at once, and as a StepModel are the same bits',
    async (order) => {
      const { model, texts } = modelOf(order, padding);
      await expectAgreement(model, [
        ...texts.slice(0, 4),
        ...randomTexts(9, { words: vocabulary.size, first: 0, sequences: 3 }),
      ]);
    },
  );

  test.each([1, 2, 3, 5])(
    'order %i: a sequence begins behind what stands in front, and has shorter contexts there',
    (order) => {
      const { model, texts } = modelOf(order, padding);
      const times = padding === 'none' ? 0 : padding === 'ends' ? 1 : order - 1;
      for (const text of texts) {
        const all = [
          ...new Array<number>(times).fill(vocabulary.bos!),
          ...text,
          ...(padding === 'none' ? [] : [vocabulary.eos!]),
        ];
        const expected = all.slice(times).map((token, i) => defined(model, all.slice(0, times + i), token));
        expect([...model.score(text)]).toEqual(expected);
      }
    },
  );
});

test('numbers that do not fit the tree are refused', () => {
  const { model } = modelOf(2, 'none');
  const { trie, info, logProbabilities, floors } = model;
  const make = (a: number, b: number): FloorModel =>
    new FloorModel(trie, { logProbabilities: logProbabilities.slice(a), floors: floors.slice(b), unseen: 0 }, info);
  expect(() => make(1, 0)).toThrow(ShapeError);
  expect(() => make(0, 1)).toThrow(`FloorModel: got ${trie.size} probabilities and ${trie.contexts - 1} floors, needs`);
});

test('tokens that there are not are refused', () => {
  const { model } = modelOf(2, 'none');
  for (const token of [-1, vocabulary.size, 0.5, Number.NaN]) {
    expect(() => model.logProbability(token)).toThrow(IndexError);
    expect(() => model.distribution([FIRST, token])).toThrow(IndexError);
    expect(() => model.score([token])).toThrow(`is outside 0 … ${vocabulary.size - 1}`);
  }
});
