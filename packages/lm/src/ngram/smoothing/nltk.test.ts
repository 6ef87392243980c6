// The numbers of NLTK, of its own run in golden/nltk.json.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../tokens/vocabulary.js';
import { NgramCounts } from '../counts.js';
import type { NgramModel } from '../model.js';
import { absoluteDiscounting } from './absolute-discounting.js';
import { kneserNey } from './kneser-ney.js';
import { laplace, lidstone } from './lidstone.js';
import { maximumLikelihood } from './maximum-likelihood.js';
import { stupidBackoff } from './stupid-backoff.js';
import { wittenBell } from './witten-bell.js';

interface Case {
  readonly corpus: string;
  readonly order: number;
  readonly vocabulary: readonly string[];
  readonly queries: readonly {
    readonly context: readonly string[];
    readonly word: string;
    /** By model; null where NLTK divides by zero. */
    readonly scores: readonly (number | null)[];
  }[];
}

interface Golden {
  readonly corpora: Readonly<Record<string, { readonly sentences: readonly (readonly string[])[] }>>;
  readonly models: readonly { readonly name: string; readonly options: Readonly<Record<string, number>> }[];
  readonly cases: readonly Case[];
  readonly sumBehindBegin: number;
}

const golden = JSON.parse(readFileSync(new URL('../../../golden/nltk.json', import.meta.url), 'utf8')) as Golden;
const conventions = 'nltk';

type Estimator = (counts: NgramCounts, options: Readonly<Record<string, number>>) => NgramModel;

/** Ours by NLTK's names. */
const estimators: Readonly<Record<string, Estimator>> = {
  MLE: (counts) => maximumLikelihood(counts, { conventions }),
  Laplace: (counts) => laplace(counts, { conventions }),
  Lidstone: (counts, { gamma }) => lidstone(counts, { conventions, gamma: gamma! }),
  StupidBackoff: (counts, options) => stupidBackoff(counts, { conventions, ...options }),
  WittenBellInterpolated: (counts) => wittenBell(counts, { conventions }),
  AbsoluteDiscountingInterpolated: (counts, options) => absoluteDiscounting(counts, { conventions, ...options }),
  KneserNeyInterpolated: (counts, options) => kneserNey(counts, { conventions, ...options }),
};

/** Counts as `padded_everygram_pipeline` makes them: NLTK pads nothing at order 1. */
function counted({ corpus, order, vocabulary: tokens }: Case): NgramCounts {
  const isPadded = tokens.includes('<s>');
  const vocabulary = new Vocabulary(tokens, { unk: '<UNK>', ...(isPadded && { bos: '<s>', eos: '</s>' }) });
  const counts = new NgramCounts(vocabulary, { order, padding: isPadded ? 'full' : 'none' });
  const { sentences } = golden.corpora[corpus]!;
  for (const sentence of sentences) counts.add(sentence.map((word) => vocabulary.id(word)));
  return counts;
}

describe.each(golden.models.map((model, i) => ({ ...model, i })))('$name $options', ({ name, options, i }) => {
  const estimator = estimators[name]!;
  const isKneserNey = name === 'KneserNeyInterpolated';

  it.each(golden.cases)('scores as NLTK: $corpus, order $order', (one) => {
    const counts = counted(one);
    if (isKneserNey && one.order === 1) {
      // It divides by 0 there, whatever is asked.
      expect(one.queries.map(({ scores }) => scores[i])).toEqual(one.queries.map(() => null));
      expect(() => estimator(counts, options)).toThrow(/count to order 2 or more/);
      return;
    }
    const model = estimator(counts, options);
    const id = (word: string): number => counts.vocabulary!.id(word);
    let compared = 0;
    for (const { context, word, scores } of one.queries) {
      // There NLTK's sums are not 1, see below.
      if (isKneserNey && context.at(-1) === '<s>') continue;
      const ours = model.probability(id(word), context.map(id));
      expect(Math.abs(ours - scores[i]!), `${word} behind ${context}`).toBeLessThan(1e-9);
      compared++;
    }
    // All of them, and of Kneser-Ney the 3 and more that do not stand behind a begin token.
    expect(compared).toBeGreaterThan(isKneserNey ? 2 : 6);
  });
});

it('sums to 1 behind begin tokens, where Kneser-Ney of NLTK does not', () => {
  expect(golden.sumBehindBegin).toBeGreaterThan(1.1);
  const one = golden.cases.find(({ corpus, order }) => corpus === 'books' && order === 3)!;
  const counts = counted(one);
  const begin = counts.vocabulary!.id('<s>');
  const sum = kneserNey(counts, { conventions, discount: 0.6 })
    .distribution([begin])
    .reduce((all, x) => all + Math.exp(x), 0);
  expect(sum).toBeCloseTo(1, 12);
});
