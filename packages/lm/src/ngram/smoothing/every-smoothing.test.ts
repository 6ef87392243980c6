// What is true of every smoothing: it sums to 1, says nothing that cannot come, gives unknown words a share, and is the same however it is asked.

import { ArgumentError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { expectAgreement } from '../../../test/agreement.js';
import { FIRST, paddings, randomContexts, randomTexts, vocabularyOf } from '../../../test/texts.js';
import {
  absoluteDiscounting,
  goodTuring,
  jelinekMercer,
  katz,
  kneserNey,
  laplace,
  lidstone,
  maximumLikelihood,
  modifiedKneserNey,
  NgramCounts,
  type NgramModel,
  type Padding,
  stupidBackoff,
  wittenBell,
} from '../../index.js';

interface Row {
  readonly name: string;
  readonly make: (counts: NgramCounts, cutoffs?: readonly number[]) => NgramModel;
  /** What never came has probability 0, and so has everything in contexts that never came. */
  readonly isUnsmoothed?: boolean;
  /** Begin tokens are said as all others, and unknown words may have no share. */
  readonly isNltk?: boolean;
  /** Scores that are no probabilities. */
  readonly isScores?: boolean;
  /** The lowest order. Default 1. */
  readonly least?: number;
}

const heldOut = randomTexts(77, { words: 6, sequences: 5 });
const conventions = 'nltk';

/** Weights from the uniform distribution up: 1, 2, … out of their sum. */
function rising(order: number): number[] {
  const sum = ((order + 1) * (order + 2)) / 2;
  return Array.from({ length: order + 1 }, (_, i) => (i + 1) / sum);
}

const all: readonly Row[] = [
  {
    name: 'maximumLikelihood',
    make: (counts, cutoffs = []) => maximumLikelihood(counts, { cutoffs }),
    isUnsmoothed: true,
  },
  {
    name: 'maximumLikelihood as NLTK',
    make: (counts, cutoffs = []) => maximumLikelihood(counts, { cutoffs, conventions }),
    isUnsmoothed: true,
    isNltk: true,
  },
  { name: 'laplace', make: (counts, cutoffs = []) => laplace(counts, { cutoffs }) },
  { name: 'laplace as NLTK', make: (counts, cutoffs = []) => laplace(counts, { cutoffs, conventions }), isNltk: true },
  { name: 'lidstone', make: (counts, cutoffs = []) => lidstone(counts, { gamma: 0.1, cutoffs }) },
  {
    name: 'lidstone as NLTK',
    make: (counts, cutoffs = []) => lidstone(counts, { gamma: 0.1, cutoffs, conventions }),
    isNltk: true,
  },
  { name: 'goodTuring', make: (counts, cutoffs = []) => goodTuring(counts, { cutoffs }) },
  { name: 'katz', make: (counts, cutoffs = []) => katz(counts, { cutoffs }) },
  { name: 'katz, k 2', make: (counts, cutoffs = []) => katz(counts, { k: 2, cutoffs }) },
  {
    name: 'jelinekMercer, given weights',
    make: (counts, cutoffs = []) => jelinekMercer(counts, { weights: rising(counts.order), cutoffs }),
  },
  {
    name: 'jelinekMercer, held-out text',
    make: (counts, cutoffs = []) =>
      jelinekMercer(counts, { heldOut: counts.vocabularySize > 9 ? heldOut : [[0], [0, 0]], cutoffs }),
  },
  {
    name: 'jelinekMercer, buckets',
    make: (counts, cutoffs = []) =>
      jelinekMercer(counts, { heldOut: counts.vocabularySize > 9 ? heldOut : [[0], [0, 0]], buckets: 4, cutoffs }),
  },
  { name: 'absoluteDiscounting', make: (counts, cutoffs = []) => absoluteDiscounting(counts, { cutoffs }) },
  {
    name: 'absoluteDiscounting as NLTK',
    make: (counts, cutoffs = []) => absoluteDiscounting(counts, { cutoffs, conventions }),
    isNltk: true,
  },
  { name: 'wittenBell', make: (counts, cutoffs = []) => wittenBell(counts, { cutoffs }) },
  {
    name: 'wittenBell as NLTK',
    make: (counts, cutoffs = []) => wittenBell(counts, { cutoffs, conventions }),
    isNltk: true,
  },
  { name: 'kneserNey', make: (counts, cutoffs = []) => kneserNey(counts, { cutoffs }) },
  {
    name: 'kneserNey as NLTK',
    make: (counts, cutoffs = []) => kneserNey(counts, { cutoffs, conventions }),
    isNltk: true,
    least: 2,
  },
  { name: 'modifiedKneserNey', make: (counts, cutoffs = []) => modifiedKneserNey(counts, { cutoffs }) },
  { name: 'stupidBackoff', make: (counts, cutoffs = []) => stupidBackoff(counts, { cutoffs }), isScores: true },
];

/** Words 6 and 7 never come, and of the special tokens none but what stands around. */
const vocabulary = vocabularyOf(8);
const texts = randomTexts(3, { words: 6, sequences: 40 });

function counted(order: number, padding: Padding, sequences: readonly (readonly number[])[] = texts): NgramCounts {
  const counts = new NgramCounts(vocabulary, { order, padding });
  for (const text of sequences) counts.add(text);
  return counts;
}

/** The sum of probabilities behind a context; NaN where one is no number from 0 to 1. */
function sumBehind(model: NgramModel, context: readonly number[]): number {
  let sum = 0;
  for (const score of model.distribution(context)) sum += score <= 1e-12 ? Math.exp(score) : Number.NaN;
  return sum;
}

function expectSums(
  { isUnsmoothed, isScores }: Row,
  model: NgramModel,
  contexts: readonly (readonly number[])[],
): void {
  const { trie, order, info } = model;
  expect(info.isDistribution).toBe(!isScores);
  const wrong = contexts.filter((context) => {
    const sum = sumBehind(model, context);
    if (isScores) return !(sum > 0);
    // Nothing at all is what maximum likelihood says in contexts that never came, and there alone.
    if (!isUnsmoothed || sum !== 0) return !(Math.abs(sum - 1) < 1e-11);
    const node = trie.find(context.slice(Math.max(0, context.length - order + 1)));
    return node >= 0 && trie.children[node] !== trie.children[node + 1];
  });
  expect(wrong.map((context) => [context, sumBehind(model, context)])).toEqual([]);
}

describe.each(all)('$name', (row) => {
  const { least = 1 } = row;
  const orders = [1, 2, 3, 5].filter((order) => order >= least);
  const few = [1, 2, 4].filter((order) => order >= least);
  describe.each(paddings)('padding %s', (padding) => {
    test.each(orders)('order %i sums to 1 in 1,000 random contexts, also those that never came', (order) => {
      const model = row.make(counted(order, padding));
      const contexts = randomContexts(order, 1000, { size: vocabulary.size, longest: order, texts });
      expectSums(row, model, [[], ...contexts]);
    });

    test.each([[[1, 2]], [[1, 1, 2]], [[1, 2, 1]], [[1, 1000]]])('and with cut-offs %j', (cutoffs: number[]) => {
      const model = row.make(counted(4, padding), cutoffs);
      expectSums(row, model, [[], ...randomContexts(4, 300, { size: vocabulary.size, longest: 4, texts })]);
    });

    test('what is never said has probability 0, and every other token a share', () => {
      const model = row.make(counted(3, padding));
      const { bos, pad } = vocabulary;
      const silent = [bos!, pad!];
      const wrong: string[] = [];
      for (const context of [[], ...randomContexts(5, 200, { size: vocabulary.size, longest: 3, texts })]) {
        model.distribution(context).forEach((score, token) => {
          if (
            !row.isNltk && silent.includes(token)
              ? score !== -Infinity
              : !row.isUnsmoothed && !row.isNltk && score === -Infinity
          ) {
            wrong.push(`${token} behind ${context}`);
          }
        });
      }
      expect(wrong).toEqual([]);
    });

    test.each(few)('order %i: run, one by one, all at once, and as a StepModel are the same bits', async (order) => {
      const others = randomTexts(8, { words: vocabulary.size, first: 0, sequences: 3 });
      await expectAgreement(row.make(counted(order, padding)), [...texts.slice(0, 3), ...others]);
    });

    test.each<[string, number[][]]>([
      ['one token', [[FIRST]]],
      ['one token over and over', [new Array<number>(30).fill(FIRST)]],
      ['each token once', [[0, 4, 5, 6, 7, 8, 9, 10, 11]]],
      ['all in every context', randomTexts(4, { words: 3, sequences: 30, longest: 60 })],
      ['a text that is shorter than the order', [[FIRST, FIRST + 1]]],
      ['empty sequences among others', [[], [FIRST], []]],
    ])('small corpora: %s', (_, corpus) => {
      for (const order of orders) {
        const model = row.make(counted(order, padding, corpus));
        expectSums(row, model, [
          [],
          ...randomContexts(6, 100, { size: vocabulary.size, longest: order, texts: corpus }),
        ]);
        expect(corpus.flatMap((text) => [...model.score(text)]).filter((score) => !(score <= 1e-12))).toEqual([]);
      }
    });
  });

  test('nothing but what stands around an empty text', () => {
    const model = row.make(counted(2, 'ends', [[]]));
    expectSums(row, model, [[], [1], [2], [FIRST]]);
    expect(model.logProbability(vocabulary.eos!, [vocabulary.bos!])).toBeGreaterThan(-Infinity);
  });

  test.each([1, 2, 3])('a vocabulary of %i tokens, by their numbers alone', (size) => {
    for (const order of few) {
      const counts = new NgramCounts(size, { order }).add(
        randomTexts(1, { words: size, first: 0, longest: 90 }).flat(),
      );
      const model = row.make(counts);
      const written = [Array.from({ length: 9 }, (_, i) => i % size)];
      expectSums(row, model, [[], ...randomContexts(7, 100, { size, longest: order, texts: written })]);
    }
  });

  test('scoring 100,000 tokens leaves nothing behind', () => {
    const gc = (globalThis as { gc?: () => void }).gc!;
    const model = row.make(counted(3, 'none'));
    const tokens = Array.from({ length: 1000 }, (_, i) => texts[i % texts.length]![0] ?? FIRST);
    const scores = new Float64Array(tokens.length);
    const held = (): number => {
      gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    let { state } = model.start(1);
    const round = (): void => {
      model.run(model.begin, tokens, scores);
      for (const token of tokens.slice(0, 100)) ({ state } = model.step([token], state));
    };
    for (let i = 0; i < 10; i++) round();
    // What compiles in between is not the model's: the least of some spans counts.
    let last = held();
    const grown = [1, 2, 3, 4].map(() => {
      for (let i = 0; i < 25; i++) round();
      const before = last;
      last = held();
      return last - before;
    });
    // Less than two bytes a token, and a quarter of the distributions of the steps.
    expect(Math.min(...grown)).toBeLessThan(50_000);
  });

  test('bad input', () => {
    expect(() => row.make(new NgramCounts(3, { order: 2 }))).toThrow(ArgumentError);
    expect(() => row.make(new NgramCounts(3, { order: 2 }))).toThrow('nothing was counted yet');
    for (const counts of [undefined, null, [[0, 1]], 'text'] as never[]) {
      expect(() => row.make(counts)).toThrow();
    }
    expect(() => row.make(counted(2, 'none'), [0])).toThrow('a cut-off is 0, needs a whole number of at least 1');
  });
});

describe('stupid back-off with cut-offs, by hand', () => {
  const counts = (order: number) => new NgramCounts(4, { order }).add([0, 1, 0, 2, 0, 1]);

  test('pairs that came once go to the shorter context, and what stays keeps its share of all', () => {
    // 0 1 came twice; 1 0, 0 2 and 2 0 once.
    const model = stupidBackoff(counts(2), { cutoffs: [1, 2] });
    expect(model.trie.size).toBe(1 + 4 + 1);
    expect(model.probability(1, [0])).toBeCloseTo(2 / 3, 14);
    expect(model.probability(2, [0])).toBeCloseTo((0.4 * 1) / 6, 14);
    expect(model.probability(0, [1])).toBeCloseTo((0.4 * 3) / 6, 14);
    expect(model.probability(0, [2])).toBeCloseTo((0.4 * 3) / 6, 14);
    // 3 never came.
    expect(model.probability(3, [0])).toBeCloseTo((0.4 * 0.4) / 4, 14);
    expect(model.probability(3)).toBeCloseTo(0.4 / 4, 14);
  });

  test('a factor for each token of the context that is given up', () => {
    // All triples came once: 0 1 0, 1 0 2, 0 2 0, 2 0 1.
    const model = stupidBackoff(counts(3), { cutoffs: [1, 1, 2], alpha: 0.5 });
    expect(model.trie.size).toBe(1 + 4 + 4);
    expect(model.probability(0, [0, 1])).toBeCloseTo(0.5 * (1 / 1), 14);
    expect(model.probability(1, [2, 0])).toBeCloseTo((0.5 * 2) / 3, 14);
    expect(model.probability(2, [0, 1])).toBeCloseTo((0.25 * 1) / 6, 14);
    expect(model.probability(1, [3, 3])).toBeCloseTo((0.25 * 2) / 6, 14);
  });
});
