// jelinekMercer: the mixture by its definition; weights that no others beat on the held-out text.

import { IndexError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { FIRST, padded, paddings, randomContexts, randomTexts, runsIn, vocabularyOf } from '../../../test/texts.js';
import { jelinekMercer, NgramCounts, type NgramModel } from '../../index.js';

const vocabulary = vocabularyOf(7);
const texts = randomTexts(21, { words: 6, sequences: 30 });
/** Like what was counted, and a word that never came, so that no weight is near 0 or 1. */
const heldOut = [
  ...randomTexts(22, { words: 6, sequences: 20 }),
  ...new Array<number[]>(6).fill([FIRST + 6, FIRST + 5, FIRST + 6]),
];

interface Found {
  readonly orders: readonly {
    readonly order: number;
    readonly from: readonly number[];
    readonly weights: readonly number[];
  }[];
  readonly heldOut: { readonly tokens: number; readonly perplexity: number; readonly iterations: number };
}
const foundBy = (model: NgramModel): Found => model.info.details as unknown as Found;

function counted(order: number, padding: 'none' | 'ends' | 'full'): NgramCounts {
  const counts = new NgramCounts(vocabulary, { order, padding });
  for (const text of texts) counts.add(text);
  return counts;
}

function perplexityOf(model: NgramModel, sequences: readonly (readonly number[])[]): number {
  const scores = sequences.flatMap((text) => [...model.score(text)]);
  return Math.exp(-scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

/** The shares of the orders, uniform first, of weights that each take their part of what the higher ones leave. */
function mixtureOf(weights: readonly number[]): number[] {
  const shares = [1];
  for (const weight of weights) {
    for (let i = 0; i < shares.length; i++) shares[i]! *= 1 - weight;
    shares.push(weight);
  }
  return shares;
}

describe.each(paddings)('padding %s', (padding) => {
  test.each([[[0.4, 0.6]], [[0.1, 0.2, 0.3, 0.4]], [[0.3, 0, 0.7]], [[0, 0.5, 0.5]], [[0, 0, 1]], [[1, 0, 0]]])(
    'weights %j: the mixture of maximum likelihood of all orders whose context came',
    (weights) => {
      const order = weights.length - 1;
      const model = jelinekMercer(counted(order, padding), { weights });
      const runs = runsIn(
        texts.map((text) => padded(text, padding, order)),
        order,
      );
      const said = Array.from({ length: vocabulary.size }, (_, token) => token).filter(
        (token) => token !== vocabulary.pad && token !== vocabulary.bos,
      );
      const came = (run: readonly number[]): number => runs.get(run.join(' ')) ?? 0;
      for (const context of [[], ...randomContexts(3, 200, { size: vocabulary.size, longest: order - 1, texts })]) {
        for (const token of said) {
          let sum = weights[0]! / said.length;
          let all = weights[0]!;
          for (let k = 1; k <= context.length + 1; k++) {
            const h = context.slice(context.length + 1 - k);
            const total = said.reduce((each, other) => each + came([...h, other]), 0);
            if (total === 0) continue;
            sum += (weights[k]! * came([...h, token])) / total;
            all += weights[k]!;
          }
          const expected = all > 0 ? sum / all : 1 / said.length;
          expect(Math.abs(model.probability(token, context) - expected)).toBeLessThan(1e-13);
        }
      }
      expect(model.info).toMatchObject({ smoothing: 'Jelinek-Mercer', details: { weights } });
    },
  );

  test.each([
    [1, undefined],
    [3, undefined],
    [3, [1, 2, 3]],
  ])('order %i, cut-offs %j: of the held-out text, no weights near by make a better model', (order, cutoffs) => {
    const counts = counted(order, padding);
    const model = jelinekMercer(counts, { heldOut, ...(cutoffs && { cutoffs }) });
    const { orders, heldOut: told } = foundBy(model);
    const best = perplexityOf(model, heldOut);
    expect(told.perplexity).toBeCloseTo(best, 10);
    expect(told.tokens).toBe(heldOut.reduce((sum, { length }) => sum + length + Number(padding !== 'none'), 0));
    const weights = orders.map((each) => each.weights[0]!);
    const withWeights = (list: readonly number[]): NgramModel =>
      jelinekMercer(counts, { weights: mixtureOf(list), ...(cutoffs && { cutoffs }) });
    // The same model, by weights that are given.
    expect(perplexityOf(withWeights(weights), heldOut)).toBeCloseTo(best, 10);
    for (let i = 0; i < order; i++) {
      for (const by of [-0.03, 0.03]) {
        const weight = weights[i]! + by;
        // The texts tell nothing of two tokens before that one does not: the weight of triples may be 0.
        if (weight < 0) continue;
        expect(weight).toBeLessThan(1);
        const other = weights.with(i, weight);
        expect(perplexityOf(withWeights(other), heldOut)).toBeGreaterThan(best);
      }
    }
  });

  test('buckets make the held-out text no less probable, and are told', () => {
    const counts = counted(3, padding);
    const one = jelinekMercer(counts, { heldOut });
    const several = jelinekMercer(counts, { heldOut, buckets: 4 });
    expect(perplexityOf(several, heldOut)).toBeLessThan(perplexityOf(one, heldOut) + 1e-6);
    const { orders, heldOut: told } = foundBy(several);
    expect(told.perplexity).toBeCloseTo(perplexityOf(several, heldOut), 10);
    for (const { order, from, weights } of orders) {
      expect(from.length).toBe(weights.length);
      expect(from.length).toBeLessThanOrEqual(order === 1 ? 1 : 4);
      if (order > 1) expect(from.length).toBeGreaterThan(1);
      expect([...from].sort((a, b) => a - b)).toEqual(from);
    }
  });
});

test('the weight of a coin has a closed form', () => {
  // Only token 0 was counted, and of the held-out tokens 1 in 10 is a 1: (1 - weight) / 2 = 1 / 10.
  const counts = new NgramCounts(2, { order: 1 }).add([0, 0, 0]);
  const tokens = Array.from({ length: 40 }, (_, i) => Number(i % 10 === 0));
  const model = jelinekMercer(counts, { heldOut: [tokens] });
  expect(foundBy(model).orders[0]!.weights[0]).toBeCloseTo(0.8, 3);
  expect(model.probability(1)).toBeCloseTo(0.1, 3);
});

test('contexts that came often and those that came once have weights of their own', () => {
  const counts = new NgramCounts(60, { order: 2 });
  const singles = Array.from({ length: 20 }, (_, i) => 10 + i);
  for (let i = 0; i < 100; i++) counts.add([0, 1]);
  for (const token of singles) counts.add([token, token + 20]);
  // What came once behind a token is no help, what came a hundred times is.
  const sequences = singles.flatMap((token) => [
    [0, 1],
    [token, token + 21],
  ]);
  const { orders } = foundBy(jelinekMercer(counts, { heldOut: sequences, buckets: 2 }));
  expect(orders[1]!.from).toEqual([1, 100]);
  expect(orders[1]!.weights[0]).toBeLessThan(0.01);
  expect(orders[1]!.weights[1]).toBeGreaterThan(0.9);
});

test('held-out text that was counted: no weight is 1, and unknown words keep a share', () => {
  const counts = new NgramCounts(vocabulary, { order: 3 }).add([4, 5, 6, 7]);
  const model = jelinekMercer(counts, { heldOut: [[4, 5, 6, 7]] });
  for (const { weights } of foundBy(model).orders) for (const weight of weights) expect(weight).toBeLessThan(1);
  for (const context of [[], [4], [4, 5], [vocabulary.bos!]]) {
    expect(model.probability(vocabulary.unk!, context)).toBeGreaterThan(0);
  }
});

test('an order of which nothing was held out keeps its weight', () => {
  const counts = new NgramCounts(8, { order: 2 }).add([0, 1, 0, 1]);
  // No context of a pair ever came.
  const { orders } = foundBy(jelinekMercer(counts, { heldOut: [[5], [0]] }));
  expect(orders[1]).toEqual({ order: 2, from: [1], weights: [0.5] });
});

describe('bad input', () => {
  const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 2]);
  test.each<[string, unknown, string]>([
    ['neither', {}, 'got neither weights nor heldOut, needs one of them'],
    ['nothing', undefined, 'got neither weights nor heldOut, needs one of them'],
    ['both', { weights: [0.2, 0.3, 0.5], heldOut: [[0]] }, 'got both weights and heldOut, needs one of them'],
    [
      'too few weights',
      { weights: [0.5, 0.5] },
      'weights has 2 numbers, needs 3: for the uniform distribution and for each of 2 orders',
    ],
    [
      'weights that sum to 2',
      { weights: [1, 0.5, 0.5] },
      'weights is [1, 0.5, 0.5], needs numbers of at least 0 that sum to 1',
    ],
    [
      'weights below 0',
      { weights: [-0.5, 1, 0.5] },
      'weights is [-0.5, 1, 0.5], needs numbers of at least 0 that sum to 1',
    ],
    ['NaN', { weights: [Number.NaN, 0.5, 0.5] }, 'weights is [NaN, 0.5, 0.5], needs an array of numbers'],
    ['no held-out text', { heldOut: [] }, 'heldOut has no tokens, needs text that was not counted'],
    ['empty held-out text', { heldOut: [[], []] }, 'heldOut has no tokens, needs text that was not counted'],
    ['tokens for sequences', { heldOut: [0, 1] }, 'heldOut holds 0, needs sequences: lists of token numbers'],
    ['text for sequences', { heldOut: ['0'] }, "heldOut holds '0', needs sequences"],
    ['no buckets', { heldOut: [[0]], buckets: 0 }, 'buckets is 0, needs a whole number of at least 1'],
    [
      'buckets of weights',
      { weights: [0.2, 0.3, 0.5], buckets: 2 },
      'buckets goes with heldOut, but weights are given',
    ],
  ])('%s', (_, options, message) => {
    expect(() => jelinekMercer(counts, options as never)).toThrow(`jelinekMercer: ${message}`);
  });

  test.each([3, -1, 0.5, Number.NaN])('held-out token %s', (token) => {
    expect(() => jelinekMercer(counts, { heldOut: [[0, token]] })).toThrow(IndexError);
    expect(() => jelinekMercer(counts, { heldOut: [[FIRST % 3, token]] })).toThrow('which is outside 0 … 2');
  });
});
