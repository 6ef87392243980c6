// Pruning, beside the definition: distributions without an n-gram, by adding up, and their distance from those with it.

import { ArgumentError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { addedOne, contexts, counted, discounted, total, words } from '../../test/small-models.js';
import {
  absoluteDiscounting,
  BackoffModel,
  jelinekMercer,
  katz,
  kneserNey,
  modifiedKneserNey,
  NgramCounts,
  type NgramModel,
  prune,
  readArpa,
  stupidBackoff,
  wittenBell,
  writeArpa,
} from '../index.js';
import { probabilitySums } from './sums.js';

const EOS = words.eos!;
const BOS = words.bos!;

/** The n-grams of an order. */
function ngrams(model: NgramModel, order: number): number[][] {
  const all: number[][] = [];
  model.trie.forEach(order, (tokens) => void all.push([...tokens]));
  return all;
}

/** The probability of a sequence of tokens by the chain rule, in which the begin is as likely as the end. */
function probabilityOf(model: NgramModel, tokens: readonly number[]): number {
  return tokens.reduce((product, token, i) => {
    if (token !== BOS) return product * model.probability(token, tokens.slice(0, i));
    return i === 0 ? product * model.probability(EOS) : product;
  }, 1);
}

/** The distribution behind a context, where one token has lost its probability of its own and gets that of the shorter context, and all sums to 1 anew. */
function without(model: BackoffModel, context: readonly number[], lost: number): number[] {
  const own = new Set(
    ngrams(model, context.length + 1)
      .filter((ngram) => context.every((token, i) => ngram[i] === token))
      .map((ngram) => ngram.at(-1)!),
  );
  own.delete(lost);
  const [p, below] = [context, context.slice(1)].map((each) => Array.from(model.distribution(each), Math.exp));
  const sum = (list: readonly number[], isIn: (token: number) => boolean): number =>
    list.reduce((all, each, token) => all + (isIn(token) ? each : 0), 0);
  const kept = sum(p!, (token) => own.has(token));
  const rest = sum(below!, (token) => !own.has(token));
  return p!.map((each, token) => (own.has(token) ? each : ((1 - kept) * below![token]!) / rest));
}

/** By how much the perplexity of the model grows, as a part of it, without one n-gram. */
function growth(model: BackoffModel, ngram: readonly number[]): number {
  const context = ngram.slice(0, -1);
  const p = Array.from(model.distribution(context), Math.exp);
  const q = without(model, context, ngram.at(-1)!);
  const distance = p.reduce((sum, each, token) => sum + (each > 0 ? each * Math.log(each / q[token]!) : 0), 0);
  return Math.exp(probabilityOf(model, context) * distance) - 1;
}

describe.each([
  ['pairs', 2, 'ends'],
  ['triples', 3, 'ends'],
  ['runs of four with as much padding', 4, 'full'],
  ['triples without padding', 3, 'none'],
] as const)('of %s', (_, order, padding) => {
  const model = discounted(counted(order, padding));
  /** Computed once. */
  const growths = new Map<string, number>();
  const growthOf = (ngram: readonly number[]): number => {
    const key = ngram.join(' ');
    if (!growths.has(key)) growths.set(key, growth(model, ngram));
    return growths.get(key)!;
  };

  test.each([1e-4, 1e-3, 1e-2, 0.1])('n-grams stay that the definition keeps at %s', (threshold) => {
    const pruned = prune(model, { threshold });
    let stayed = new Set<string>();
    for (let k = order; k >= 2; k--) {
      const needed = new Set([...stayed].map((text) => text.slice(0, text.lastIndexOf(' '))));
      stayed = new Set(
        ngrams(model, k)
          .filter((ngram) => needed.has(ngram.join(' ')) || growthOf(ngram) >= threshold)
          .map((ngram) => ngram.join(' ')),
      );
      expect(new Set(ngrams(pruned, k).map((ngram) => ngram.join(' ')))).toEqual(stayed);
    }
    if (threshold > 0.001) expect(pruned.trie.size).toBeLessThan(model.trie.size);
    expect(pruned.info.details['pruned']).toMatchObject({ threshold });
  });

  test('each context sums to 1, and what stays has the probability that it had', () => {
    for (const threshold of [1e-4, 1e-3, 1e-2, 0.1]) {
      const pruned = prune(model, { threshold });
      for (const context of contexts(300, order)) expect(total(pruned.distribution(context))).toBeCloseTo(1, 11);
      for (const sum of probabilitySums(pruned)) expect(sum).toBeCloseTo(1, 11);
      for (let k = 1; k <= order; k++) {
        for (const ngram of ngrams(pruned, k)) {
          const context = ngram.slice(0, -1);
          expect(pruned.logProbability(ngram.at(-1)!, context)).toBe(model.logProbability(ngram.at(-1)!, context));
        }
      }
    }
  });

  test('at 0 nothing changes, not a bit', () => {
    const same = prune(model, { threshold: 0 });
    expect(same.trie).toEqual(model.trie);
    expect(same.logProbabilities).toEqual(model.logProbabilities);
    expect(same.backoffs).toEqual(model.backoffs);
  });

  test('at a large threshold single tokens are left', () => {
    const least = prune(model, { threshold: 1e6 });
    expect(least.trie.size).toBe(1 + words.size);
    expect(least.order).toBe(order);
    for (const context of contexts(50, 3)) expect(least.distribution(context)).toEqual(model.distribution());
  });
});

test('without one n-gram the perplexity grows as predicted', () => {
  const model = discounted(counted(2, 'none'));
  const growths = ngrams(model, 2).map((ngram) => growth(model, ngram));
  const [first, second] = growths.toSorted((a, b) => a - b);
  const pruned = prune(model, { threshold: (first! + second!) / 2 });
  expect(pruned.trie.size).toBe(model.trie.size - 1);
  // Of pairs drawn by the model itself: the mean over all contexts and tokens of what each model says of them.
  const entropy = (of: NgramModel): number => {
    let sum = 0;
    for (let context = 0; context < words.size; context++) {
      for (let token = 0; token < words.size; token++) {
        const p = model.probability(context) * model.probability(token, [context]);
        if (p > 0) sum -= p * of.logProbability(token, [context]);
      }
    }
    return sum;
  };
  expect(Math.exp(entropy(pruned) - entropy(model)) - 1).toBeCloseTo(first!, 12);
});

test.each([
  ['modified Kneser–Ney', modifiedKneserNey(counted(4))],
  ['Kneser–Ney', kneserNey(counted(3))],
  ['Katz', katz(counted(3))],
  ['Witten–Bell', wittenBell(counted(3))],
  ['absolute discounting', absoluteDiscounting(counted(3, 'full'))],
  ['Jelinek–Mercer', jelinekMercer(counted(3), { weights: [0.1, 0.2, 0.3, 0.4] })],
] as const)('of %s, each context sums to 1, also behind what came once', (_, model) => {
  for (const threshold of [0, 1e-4, 1e-2]) {
    const pruned = prune(model as BackoffModel, { threshold });
    for (const context of contexts(200, 4)) expect(total(pruned.distribution(context))).toBeCloseTo(1, 9);
  }
});

test('goes through files', async () => {
  const pruned = prune(discounted(counted(4)), { threshold: 1e-3 });
  const read = await readArpa(writeArpa(pruned, { exact: true }));
  expect(read.trie).toEqual(pruned.trie);
  for (const context of contexts(100, 4)) expect(read.distribution(context)).toEqual(pruned.distribution(context));
});

test('once more prunes on', () => {
  const model = discounted(counted(3));
  const twice = prune(prune(model, { threshold: 1e-4 }), { threshold: 1e-2 });
  expect(twice.trie.size).toBeLessThan(prune(model, { threshold: 1e-4 }).trie.size);
  for (const context of contexts(100, 3)) expect(total(twice.distribution(context))).toBeCloseTo(1, 11);
});

describe('refuses', () => {
  const model = discounted(counted(2));
  const scores = new BackoffModel(model.trie, model, {
    ...model.info,
    smoothing: 'stupid back-off',
    isDistribution: false,
  });
  test.each<[string, () => unknown, string]>([
    [
      'a model with floors',
      () => prune(addedOne(new NgramCounts(3, { order: 2 }).add([0, 1])) as never, { threshold: 1 }),
      'prune: got a FloorModel, needs a model that backs off',
    ],
    [
      'scores that are no distribution',
      () => prune(scores, { threshold: 1 }),
      'the probabilities of the model (stupid back-off) do not sum to 1',
    ],
    [
      'stupid back-off',
      () => prune(stupidBackoff(counted(2)) as never, { threshold: 1 }),
      'prune: got a StupidBackoffModel, needs',
    ],
    ['a threshold below 0', () => prune(model, { threshold: -1 }), 'threshold is -1, needs a number of at least 0'],
    ['an infinite threshold', () => prune(model, { threshold: Infinity }), 'threshold is Infinity, needs'],
    ['no threshold', () => prune(model, {} as never), 'threshold is undefined, needs'],
    ['no options', () => (prune as (model: unknown) => unknown)(model), 'threshold is undefined, needs'],
    [
      'a number for options',
      () => (prune as (...given: unknown[]) => unknown)(model, 0.1),
      'prune(model, { threshold: 0.1 })',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });
});
