// Kneser–Ney against the definition, computed a second time with maps of texts, and by hand.

import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../tokens/vocabulary.js';
import { NgramCounts, type Padding } from '../counts.js';
import { kneserNey, modifiedKneserNey } from './kneser-ney.js';

type Sentences = readonly (readonly string[])[];
const BOS = '<s>';
const EOS = '</s>';
const UNK = '<unk>';

/** A stream of numbers from 0 to 1 (Park and Miller 1988). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Sentences in which what comes next depends on the word before. */
function sentences(count: number, words: number, seed: number): string[][] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const length = Math.floor(9 * next());
    let word = 0;
    return Array.from({ length }, () => {
      word = next() < 0.5 ? (3 * word + 1) % words : Math.floor(words ** next()) - 1;
      return `w${word}`;
    });
  });
}

interface Given {
  readonly order: number;
  /** How many begin and end tokens stand around a sentence. */
  readonly ends: number;
  readonly vocabulary: readonly string[];
  readonly cutoffs: readonly number[];
}

/**
 * The definition of Chen and Goodman (1998, section 3) as it stands there, with what KenLM adds: the uniform distribution below, begin tokens that are never
 * said, raw counts behind them, and cut-offs whose share goes down.
 */
function direct(text: Sentences, { order, ends, vocabulary, cutoffs }: Given) {
  const raw = Array.from({ length: order + 1 }, () => new Map<string, number>());
  for (const sentence of text) {
    const padded = [...new Array<string>(ends).fill(BOS), ...sentence, ...new Array<string>(ends).fill(EOS)];
    for (let n = 1; n <= order; n++) {
      for (let at = 0; at + n <= padded.length; at++) {
        const key = padded.slice(at, at + n).join(' ');
        raw[n]!.set(key, (raw[n]!.get(key) ?? 0) + 1);
      }
    }
  }
  const adjusted = raw.map((counts, n) => {
    if (n === 0 || n === order) return counts;
    const before = new Map<string, Set<string>>();
    for (const longer of raw[n + 1]!.keys()) {
      const [first, ...rest] = longer.split(' ');
      const key = rest.join(' ');
      before.set(key, (before.get(key) ?? new Set()).add(first!));
    }
    return new Map(
      [...counts].map(([key, count]): [string, number] => [
        key,
        n > 1 && ends > 0 && key.split(' ')[0] === BOS ? count : (before.get(key)?.size ?? 0),
      ]),
    );
  });
  // In these texts it stands in front of sentences, or nowhere.
  const isSaid = (word: string): boolean => word !== BOS;
  const fallbacks: number[] = [];
  const discounts = adjusted.map((counts, n) => {
    if (n === 0) return [0];
    const all = [...counts].filter(([key]) => isSaid(key.split(' ').at(-1)!)).map(([, count]) => count);
    const [n1, n2, n3, n4] = [1, 2, 3, 4].map((r) => all.filter((count) => count === r).length) as number[];
    const y = n1! / (n1! + 2 * n2!);
    const found = [1 - 2 * y * (n2! / n1!), 2 - 3 * y * (n3! / n2!), 3 - 4 * y * (n4! / n3!)];
    const isOfUse = n1! * n2! * n3! > 0 && found.every((d, i) => d >= 0 && d <= i + 1);
    if (!isOfUse) fallbacks.push(n);
    return [0, ...(isOfUse ? found : [0.5, 1, 1.5])];
  });
  const said = vocabulary.filter(isSaid);
  const leastOf = (n: number): number => (n === 1 ? 1 : (cutoffs[Math.min(n, cutoffs.length) - 1] ?? 1));
  const isKept = (words: readonly string[]): boolean =>
    words.every((_, i) => (raw[i + 1]!.get(words.slice(0, i + 1).join(' ')) ?? 0) >= leastOf(i + 1));
  const probability = (word: string, context: readonly string[]): number => {
    const n = context.length + 1;
    const below = n === 1 ? 1 / said.length : probability(word, context.slice(1));
    let [sum, free, own] = [0, 0, 0];
    for (const each of said) {
      const count = adjusted[n]!.get([...context, each].join(' ')) ?? 0;
      const gift = isKept([...context, each]) ? discounts[n]![Math.min(count, 3)]! : count;
      sum += count;
      free += gift;
      if (each === word) own = count - gift;
    }
    return sum === 0 ? below : own / sum + (free / sum) * below;
  };
  return { probability, discounts: discounts.slice(1).map((d) => d.slice(1)), fallbacks };
}

function counted(text: Sentences, tokens: readonly string[], order: number, padding: Padding): NgramCounts {
  const vocabulary = new Vocabulary(tokens, { unk: UNK, bos: BOS, eos: EOS });
  const counts = new NgramCounts(vocabulary, { order, padding });
  for (const sentence of text) counts.add(sentence.map((word) => vocabulary.id(word)));
  return counts;
}

interface Compared {
  readonly name: string;
  readonly text: Sentences;
  readonly padding: Padding;
  readonly orders: readonly number[];
  /** Orders for which the formula may give nothing of use in this text: elsewhere it is what is tested. */
  readonly mayFallBack: readonly number[];
  readonly cutoffs?: readonly number[];
}

const tokensOf = (text: Sentences): string[] => [UNK, BOS, EOS, ...new Set(text.flat())];

describe('modifiedKneserNey', () => {
  const large = sentences(700, 25, 11);
  const small = sentences(12, 8, 5);

  it.each<Compared>([
    { name: 'large', text: large, padding: 'ends', orders: [1, 2, 3, 4], mayFallBack: [1] },
    { name: 'large, without padding', text: large, padding: 'none', orders: [2, 3], mayFallBack: [1] },
    { name: 'large, padded in full', text: large, padding: 'full', orders: [2, 4], mayFallBack: [1] },
    { name: 'large, cut off', text: large, padding: 'ends', orders: [3, 4], mayFallBack: [1], cutoffs: [1, 2, 3, 2] },
    // As many words come behind one, two, three and four others as the formula needs.
    { name: 'of many words', text: sentences(250, 80, 11), padding: 'ends', orders: [1, 2, 3], mayFallBack: [] },
    { name: 'small', text: small, padding: 'ends', orders: [1, 2, 3, 5], mayFallBack: [1, 2, 3, 4, 5] },
  ])('is its definition: $name', ({ text, padding, orders, mayFallBack, cutoffs = [] }) => {
    const vocabulary = tokensOf(text);
    for (const order of orders) {
      const ends = padding === 'none' ? 0 : padding === 'ends' ? 1 : order - 1;
      const counts = counted(text, vocabulary, order, padding);
      const model = modifiedKneserNey(counts, cutoffs.length === 0 ? {} : { cutoffs });
      const definition = direct(text, { order, ends, vocabulary, cutoffs });
      const { fallbacks, discounts } = model.info.details as { fallbacks: number[]; discounts: number[][] };
      expect(fallbacks).toEqual(definition.fallbacks);
      expect(mayFallBack).toEqual(expect.arrayContaining(fallbacks));
      discounts.flat().forEach((d, i) => {
        expect(d).toBeCloseTo(definition.discounts.flat()[i]!, 12);
      });
      const id = (word: string): number => counts.vocabulary!.id(word);
      const expectSame = (word: string, context: readonly string[]): void => {
        const expected = word === BOS ? 0 : definition.probability(word, context);
        const ours = model.probability(id(word), context.map(id));
        expect(Math.abs(ours - expected), `order ${order}: ${word} behind ${context}`).toBeLessThan(1e-12);
      };
      const next = random(order);
      const anyWord = (): string => vocabulary[Math.floor(vocabulary.length * next())]!;
      for (let i = 0; i < 40; i++) {
        const sentence = [BOS, BOS, ...text[Math.floor(text.length * next())]!, EOS];
        const at = Math.floor(sentence.length * next());
        const came = i < 25 ? sentence.slice(Math.max(0, at - order + 1), at) : [];
        const context = i < 25 ? came : Array.from({ length: i % order }, anyWord);
        for (const word of [sentence[at]!, anyWord(), UNK]) expectSame(word, context);
      }
      // The longest n-grams of the tree, whose ends a cut-off may have taken out.
      model.trie.forEach(order, (tokens, node) => {
        const words = tokens.map((token) => vocabulary[token]!);
        if (node % 3 === 0 || cutoffs.length > 0) expectSame(words.at(-1)!, words.slice(0, -1));
      });
    }
  });

  it('takes other discounts, for all orders or for each', () => {
    const counts = counted(small, tokensOf(small), 2, 'ends');
    const all = modifiedKneserNey(counts, { discounts: [0.4, 0.9, 1.2] });
    const each = modifiedKneserNey(counts, {
      discounts: [
        [0.4, 0.9, 1.2],
        [0.4, 0.9, 1.2],
      ],
    });
    expect(each.logProbabilities).toEqual(all.logProbabilities);
    expect(all.info.details['fallbacks']).toEqual([]);
    const one = kneserNey(counts, { discount: 0.6 });
    const three = modifiedKneserNey(counts, { discounts: [0.6, 0.6, 0.6] });
    expect(three.logProbabilities).toEqual(one.logProbabilities);
  });

  it('has told discounts where the formula gives nothing', () => {
    const counts = counted([['a', 'b']], [UNK, BOS, EOS, 'a', 'b'], 2, 'ends');
    expect(modifiedKneserNey(counts).info.details).toMatchObject({
      discounts: [
        [0.5, 1, 1.5],
        [0.5, 1, 1.5],
      ],
      fallbacks: [1, 2],
    });
    expect(modifiedKneserNey(counts, { fallback: [0.1, 0.2, 0.3] }).info.details['discounts']).toEqual([
      [0.1, 0.2, 0.3],
      [0.1, 0.2, 0.3],
    ]);
  });

  it('says what is wrong with discounts', () => {
    const counts = counted(small, tokensOf(small), 2, 'ends');
    for (const discounts of [[0.5, 1], [1.1, 1, 1], [0.5, 2.1, 1], [0.5, 1, -1], [[0.5, 1, 1.5]], [Number.NaN, 1, 1]]) {
      expect(() => modifiedKneserNey(counts, { discounts: discounts as never })).toThrow(
        /discounts is .*needs three numbers, from 0 to 1, 2 and 3, or such a list for each of 2 orders/,
      );
    }
    expect(() => modifiedKneserNey(counts, { fallback: [0.5, 1, 4] })).toThrow(/fallback is .*needs three numbers/);
  });
});

describe('kneserNey', () => {
  // Chen and Goodman 1998, section 2.1.
  const books = [
    ['JOHN', 'READ', 'MOBY', 'DICK'],
    ['MARY', 'READ', 'A', 'DIFFERENT', 'BOOK'],
    ['SHE', 'READ', 'A', 'BOOK', 'BY', 'CHER'],
  ];

  it('is what one computes by hand', () => {
    const counts = counted(books, tokensOf(books), 2, 'ends');
    const model = kneserNey(counts, { discount: 0.75 });
    const p = (word: string, ...context: string[]): number =>
      model.probability(
        counts.vocabulary!.id(word),
        context.map((each) => counts.vocabulary!.id(each)),
      );
    // 17 pairs, and 12 words that come behind one: 11 and the end. With the unknown word 13 can be said.
    const given = (0.75 * 12) / 17 / 13;
    expect(p(UNK)).toBeCloseTo(given, 12);
    expect(model.info.details['unknown']).toBeCloseTo(given, 12);
    // A comes behind READ only, READ behind JOHN, MARY and SHE.
    expect(p('A')).toBeCloseTo(0.25 / 17 + given, 12);
    expect(p('READ')).toBeCloseTo(2.25 / 17 + given, 12);
    // Behind READ come A, A and MOBY.
    expect(p('A', 'READ')).toBeCloseTo(1.25 / 3 + 0.5 * (0.25 / 17 + given), 12);
    expect(p('READ', 'READ')).toBeCloseTo(0.5 * (2.25 / 17 + given), 12);
    // What never came is no context.
    expect(p('A', UNK)).toBe(p('A'));
    expect(p(BOS, 'READ')).toBe(0);
  });

  it('estimates a discount for each order, and says where it cannot', () => {
    const counts = counted(books, tokensOf(books), 2, 'ends');
    // Order 1: nine words came behind one other, BOOK behind two. Order 2: READ A twice, 16 pairs once.
    expect(kneserNey(counts).info.details).toMatchObject({ discounts: [9 / 11, 16 / 18], fallbacks: [] });
    const once = counted([['JOHN', 'READ']], tokensOf(books), 3, 'ends');
    expect(kneserNey(once).info.details).toMatchObject({ discounts: [0.75, 0.75, 0.75], fallbacks: [1, 2, 3] });
  });

  it('counts contexts, not occurrences: Francisco comes behind San only', () => {
    const text = [...Array.from({ length: 9 }, () => ['San', 'Francisco']), ['my', 'glasses'], ['his', 'glasses']];
    const counts = counted(text, tokensOf(text), 2, 'ends');
    const model = kneserNey(counts, { discount: 0.75 });
    const [francisco, glasses, reading] = ['Francisco', 'glasses', UNK].map((word) => counts.vocabulary!.id(word));
    expect(model.probability(glasses!, [reading!])).toBeGreaterThan(2 * model.probability(francisco!, [reading!]));
  });

  it('says what is wrong with a discount', () => {
    const counts = counted(books, tokensOf(books), 2, 'ends');
    for (const discount of [-0.1, 1.1, [0.5], [0.5, 0.5, 0.5], [0.5, 2]]) {
      expect(() => kneserNey(counts, { discount })).toThrow(
        /kneserNey: discount is .*needs a number from 0 to 1, or one for each of 2 orders/,
      );
    }
    expect(() => kneserNey(new NgramCounts(3, { order: 2 }))).toThrow(/nothing was counted yet/);
    expect(() => kneserNey([1, 2] as never)).toThrow(/kneserNey: counts is \[1, 2\], needs NgramCounts/);
  });
});
