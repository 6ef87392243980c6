// katz: the definition, computed a second time from runs that were counted by hand.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import {
  FIRST,
  padded,
  paddings,
  randomContexts,
  randomTexts,
  runOf,
  runsIn,
  vocabularyOf,
} from '../../../test/texts.js';
import { katz, NgramCounts, type Vocabulary } from '../../index.js';

interface Corpus {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly texts: readonly (readonly number[])[];
  /** How each order is discounted. */
  readonly methods: readonly string[];
}

/** Words of which the i-th is about as frequent as 1 / i, half of them by the word before. */
function zipfTexts(words: number, sequences: number): number[][] {
  const generator = new Generator(4);
  return Array.from({ length: sequences }, () => {
    let last = 0;
    return Array.from({ length: 12 }, () => {
      last = generator.uniform() < 0.5 ? (7 * last + 3) % words : Math.floor(words ** generator.uniform()) - 1;
      return FIRST + last;
    });
  });
}

const corpora: readonly Corpus[] = [
  {
    name: 'a large corpus',
    vocabulary: vocabularyOf(420),
    texts: zipfTexts(400, 90),
    methods: ['Good-Turing', 'Good-Turing', 'Good-Turing'],
  },
  {
    name: 'a small one',
    vocabulary: vocabularyOf(6),
    texts: randomTexts(1, { words: 5, sequences: 8 }),
    methods: ['absolute discounting'],
  },
];

/** The probability of a token behind a context, by the definition. */
function definitionOf({ vocabulary, texts }: Corpus, padding: 'none' | 'ends' | 'full', order: number, most: number) {
  const runs = runsIn(
    texts.map((text) => padded(text, padding, order)),
    order,
  );
  const said = Array.from({ length: vocabulary.size }, (_, token) => token).filter(
    (token) => token !== vocabulary.pad && token !== vocabulary.bos,
  );
  const came = (context: readonly number[], token: number): number => runs.get([...context, token].join(' ')) ?? 0;
  const discounts = Array.from({ length: order }, (_, i) => {
    const n = new Array<number>(most + 2).fill(0);
    for (const [key, count] of runs) {
      const run = runOf(key);
      if (run.length === i + 1 && said.includes(run.at(-1)!) && count <= most + 1) n[count]!++;
    }
    for (let k = most; k > 1; k--) {
      const common = ((k + 1) * n[k + 1]!) / n[1]!;
      const d = Array.from({ length: k }, (_, j) => {
        const r = j + 1;
        return (((r + 1) * n[r + 1]!) / n[r]! / r - common) / (1 - common);
      });
      if (common < 1 && d.every((each) => each > 0 && each <= 1)) return (r: number) => (r <= k ? d[r - 1]! * r : r);
    }
    const discount = n[1]! > 0 && n[2]! > 0 ? n[1]! / (n[1]! + 2 * n[2]!) : 0.75;
    return (r: number) => r - discount;
  });
  const known = new Map<string, Map<number, number>>();
  const distribution = (context: readonly number[]): Map<number, number> => {
    const key = context.join(' ');
    const found = known.get(key);
    if (found) return found;
    const lower = context.length > 0 ? distribution(context.slice(1)) : undefined;
    const followers = said.filter((token) => came(context, token) > 0);
    const others = said.filter((token) => came(context, token) === 0);
    const below = (token: number): number => (lower ? lower.get(token)! : 1);
    const total = followers.reduce((sum, token) => sum + came(context, token), 0);
    const weight = (token: number): number => discounts[context.length]!(came(context, token));
    const kept = followers.reduce((sum, token) => sum + weight(token), 0);
    let divisor = total;
    if (others.length === 0) divisor = kept;
    else if (total > 0 && !(kept < total)) divisor = total + 1;
    const result = new Map<number, number>();
    for (const token of followers) result.set(token, weight(token) / divisor);
    const left = total > 0 ? 1 - kept / divisor : 1;
    const all = others.reduce((sum, token) => sum + below(token), 0);
    for (const token of others) result.set(token, (left * below(token)) / all);
    known.set(key, result);
    return result;
  };
  return { said, distribution };
}

describe.each(corpora)('$name', (corpus) => {
  describe.each(paddings)('padding %s', (padding) => {
    test.each([
      [1, 5],
      [2, 5],
      [3, 5],
      [3, 2],
      [4, 7],
    ])('order %i, k %i: the definition', (order, k) => {
      const { vocabulary, texts, methods } = corpus;
      const counts = new NgramCounts(vocabulary, { order, padding });
      for (const text of texts) counts.add(text);
      const model = katz(counts, { k });
      const { said, distribution } = definitionOf(corpus, padding, order, k);
      const contexts = randomContexts(order, 60, { size: vocabulary.size, longest: order - 1, texts });
      for (const context of [[], ...contexts]) {
        const expected = distribution(context);
        let worst = 0;
        for (const token of said)
          worst = Math.max(worst, Math.abs(model.probability(token, context) / expected.get(token)! - 1));
        expect(worst, `behind ${context}`).toBeLessThan(1e-9);
      }
      if (order !== 3 || k !== 5) return;
      const orders = model.info.details['orders'] as { method: string }[];
      methods.forEach((method, i) => {
        expect(orders[i]).toMatchObject({ order: i + 1, method });
      });
    });
  });
});

test('the factors of the paper: d(r) = (r* / r - q) / (1 - q), and 1 above k', () => {
  // n_1 … n_4 = 60, 20, 9, 4 tokens.
  const text: number[] = [];
  let token = 0;
  for (const [i, howMany] of [60, 20, 9, 4].entries()) {
    for (let j = 0; j < howMany; j++, token++) for (let times = 0; times <= i; times++) text.push(token);
  }
  const counts = new NgramCounts(100, { order: 1 }).add(text);
  const total = text.length;
  const model = katz(counts, { k: 3 });
  const q = (4 * 4) / 60;
  const factors = [(2 * 20) / 60, (3 * 9) / 20 / 2, (4 * 4) / 9 / 3].map((ratio) => (ratio - q) / (1 - q));
  expect(model.probability(0)).toBeCloseTo(factors[0]! / total, 15);
  expect(model.probability(60)).toBeCloseTo((2 * factors[1]!) / total, 15);
  expect(model.probability(80)).toBeCloseTo((3 * factors[2]!) / total, 15);
  expect(model.probability(89)).toBeCloseTo(4 / total, 15);
  // Katz made the factors so that what never came has n_1 / N, as Turing has it.
  const never = Array.from({ length: 7 }, (_, i) => model.probability(93 + i));
  expect(never.reduce((sum, each) => sum + each, 0)).toBeCloseTo(60 / total, 14);
  expect(model.info.details).toMatchObject({ orders: [{ order: 1, method: 'Good-Turing', k: 3 }] });
});

test('where the counts do not allow k, the largest smaller one that they allow', () => {
  // Nothing came 5 times.
  const text: number[] = [];
  let token = 0;
  for (const [i, howMany] of [60, 20, 9, 4].entries()) {
    for (let j = 0; j < howMany; j++, token++) for (let times = 0; times <= i; times++) text.push(token);
  }
  const { info } = katz(new NgramCounts(100, { order: 1 }).add(text));
  expect(info.details).toMatchObject({ orders: [{ k: 3 }] });
});

test('a large k costs nothing where there are no such counts', () => {
  const counts = new NgramCounts(100, { order: 2 });
  for (let i = 0; i < 60; i++) for (let times = 0; times <= i % 7; times++) counts.add([i, i + 1]);
  const [small, large] = [katz(counts, { k: 7 }), katz(counts, { k: Number.MAX_SAFE_INTEGER })];
  expect(large.logProbabilities).toEqual(small.logProbabilities);
  expect(large.backoffs).toEqual(small.backoffs);
});

test('where all that followed came more often than k, one is added to what is divided by', () => {
  const text: number[] = [];
  // Factors are fine, and behind 0 came 1 alone, 8 times; so did 0 behind 1, and three of the others behind their context.
  for (let i = 0; i < 8; i++) text.push(0, 1);
  const pairs: readonly (readonly number[])[] = [...Array.from({ length: 20 }, (_, i) => [2 + i, 22 + i])];
  const repeats = (i: number): number => (i < 12 ? 1 : i < 17 ? 2 : 3);
  const counts = new NgramCounts(50, { order: 2 }).add(text);
  pairs.forEach((pair, i) => {
    for (let times = 0; times < repeats(i); times++) counts.add(pair);
  });
  const model = katz(counts, { k: 2 });
  expect(model.info.details).toMatchObject({ contextsWithOneAdded: 5 });
  expect(model.probability(1, [0])).toBeCloseTo(8 / 9, 14);
  expect(model.probability(49, [0])).toBeGreaterThan(0);
});

test('what is cut off goes to the lower order, and the rest stays as it was', () => {
  const { vocabulary, texts } = corpora[0]!;
  const counts = new NgramCounts(vocabulary, { order: 3 });
  for (const text of texts) counts.add(text);
  const whole = katz(counts);
  const cut = katz(counts, { cutoffs: [1, 1, 2] });
  expect(cut.trie.size).toBeLessThan(whole.trie.size);
  expect(cut.info.details['orders']).toEqual(whole.info.details['orders']);
  cut.trie.forEach(3, (tokens) => {
    const [last, context] = [tokens.at(-1)!, tokens.slice(0, -1)];
    expect(cut.logProbability(last, context)).toBeCloseTo(whole.logProbability(last, context), 12);
  });
});

test.each<[string, object, string]>([
  ['a k of 1', { k: 1 }, 'katz: k is 1, needs a whole number of at least 2'],
  ['half a k', { k: 2.5 }, 'katz: k is 2.5, needs a whole number of at least 2'],
  ['k NaN', { k: Number.NaN }, 'katz: k is NaN, needs a number'],
  ['an unknown option', { discount: 0.5 }, 'katz: there is no option discount'],
])('bad input: %s', (_, options, message) => {
  const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 2]);
  expect(() => katz(counts, options)).toThrow(message);
});
