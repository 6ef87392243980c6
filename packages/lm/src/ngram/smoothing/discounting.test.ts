// Absolute discounting, Witten–Bell and stupid back-off by hand, and what all of them refuse.

import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../tokens/vocabulary.js';
import { NgramCounts } from '../counts.js';
import { absoluteDiscounting } from './absolute-discounting.js';
import { stupidBackoff } from './stupid-backoff.js';
import { wittenBell } from './witten-bell.js';

// a b a b c, twice; 6 can be said: all but the begin token.
const vocabulary = new Vocabulary(['<unk>', '<s>', '</s>', 'a', 'b', 'c', 'd'], {
  unk: '<unk>',
  bos: '<s>',
  eos: '</s>',
});
const [UNK, BOS, EOS, A, B, C, D] = [0, 1, 2, 3, 4, 5, 6];
const text = [A, B, A, B, C];
const counted = (order: number): NgramCounts => new NgramCounts(vocabulary, { order }).add(text).add(text);

describe('absoluteDiscounting', () => {
  it('is what one computes by hand', () => {
    const model = absoluteDiscounting(counted(2), { discount: 0.5 });
    // 12 tokens of 4 kinds: a 4, b 4, c 2, end 2.
    const given = (0.5 * 4) / 12 / 6;
    expect(model.probability(D)).toBeCloseTo(given, 12);
    expect(model.info.details['unknown']).toBeCloseTo(given, 12);
    expect(model.probability(A)).toBeCloseTo(3.5 / 12 + given, 12);
    // Behind b: a 2, c 2.
    expect(model.probability(A, [B])).toBeCloseTo(1.5 / 4 + 0.25 * (3.5 / 12 + given), 12);
    expect(model.probability(UNK, [B])).toBeCloseTo(0.25 * given, 12);
    expect(model.probability(A, [D])).toBe(model.probability(A));
    expect(model.probability(BOS, [B])).toBe(0);
  });

  it('estimates n1 / (n1 + 2 n2)', () => {
    const counts = new NgramCounts(6, { order: 2 }).add([0, 1, 0, 1, 2, 3, 0, 4]);
    // Of tokens: 2, 3, 4 once, 1 twice, 0 three times. Of pairs: 10, 12, 23, 30, 04 once, 01 twice.
    expect(absoluteDiscounting(counts).info.details).toMatchObject({ discounts: [3 / 5, 5 / 7], fallbacks: [] });
  });

  it('says what is wrong with a discount', () => {
    expect(() => absoluteDiscounting(counted(2), { discount: 1.5 })).toThrow(
      /discount is 1.5, needs a number from 0 to 1/,
    );
    expect(() => absoluteDiscounting(counted(2), { discount: 'half' as never })).toThrow(/discount is 'half', needs/);
    expect(() => absoluteDiscounting(counted(2), { conventions: 'NLTK' as never })).toThrow(
      /conventions is 'NLTK', needs 'nltk'/,
    );
  });
});

describe('wittenBell', () => {
  it('is what one computes by hand', () => {
    const model = wittenBell(counted(2));
    const given = 4 / 16 / 6;
    expect(model.probability(D)).toBeCloseTo(given, 12);
    expect(model.probability(A)).toBeCloseTo(4 / 16 + given, 12);
    expect(model.probability(A, [B])).toBeCloseTo((2 + 2 * (4 / 16 + given)) / 6, 12);
    expect(model.probability(D, [B])).toBeCloseTo((2 / 6) * given, 12);
    expect(model.probability(BOS)).toBe(0);
  });

  it('gives what is cut off to the order below', () => {
    const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 0, 1, 0, 2]);
    const [all, cut] = [wittenBell(counts), wittenBell(counts, { cutoffs: [1, 2] })];
    // Behind 0: 1 twice, 2 once, which is cut off.
    const below = (1 + 3 / 3) / (6 + 3);
    expect(all.probability(2, [0])).toBeCloseTo((1 + 2 * below) / 5, 12);
    expect(cut.probability(2, [0])).toBeCloseTo((3 / 5) * below, 12);
    expect(cut.trie.size).toBeLessThan(all.trie.size);
  });
});

describe('stupidBackoff', () => {
  it('is what one computes by hand', () => {
    const model = stupidBackoff(counted(3));
    expect(model.info).toMatchObject({ isDistribution: false, smoothing: 'stupid back-off', details: { alpha: 0.4 } });
    expect(model.probability(A)).toBeCloseTo(4 / 12, 12);
    expect(model.probability(D)).toBeCloseTo(0.4 / 6, 12);
    expect(model.probability(A, [B])).toBeCloseTo(1 / 2, 12);
    expect(model.probability(A, [A, B])).toBeCloseTo(1 / 2, 12);
    expect(model.probability(B, [A, B])).toBeCloseTo(0.4 ** 2 * (4 / 12), 12);
    // A context that never came costs its factor, too.
    expect(model.probability(A, [D, B])).toBeCloseTo(0.4 / 2, 12);
    expect(model.probability(A, [B, D])).toBeCloseTo(0.4 ** 2 * (4 / 12), 12);
    expect(model.probability(D, [D, D])).toBeCloseTo(0.4 ** 3 / 6, 12);
    expect(model.probability(EOS, [C])).toBe(1);
    expect(model.probability(BOS)).toBe(0);
  });

  it('counts contexts as before where n-grams are cut off', () => {
    const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 0, 1, 0, 2]);
    const model = stupidBackoff(counts, { cutoffs: [1, 2] });
    expect(model.probability(1, [0])).toBeCloseTo(2 / 3, 12);
    expect(model.probability(2, [0])).toBeCloseTo(0.4 / 6, 12);
  });

  it('does not count begin tokens as what comes next', () => {
    const counts = new NgramCounts(vocabulary, { order: 3, padding: 'full' }).add([A]).add([B]);
    const model = stupidBackoff(counts);
    // Behind one begin token come a and b, and another begin token.
    expect(model.probability(A, [BOS])).toBeCloseTo(1 / 2, 12);
    expect(model.probability(BOS, [BOS])).toBe(0);
  });

  it('says what is wrong with alpha', () => {
    for (const alpha of [0, -1, 1.5, Number.POSITIVE_INFINITY]) {
      expect(() => stupidBackoff(counted(2), { alpha })).toThrow(/alpha is .*needs a number above 0 and at most 1/);
    }
    expect(() => stupidBackoff(counted(2), { beta: 1 } as never)).toThrow(/there is no option beta/);
    expect(() => stupidBackoff(new NgramCounts(2, { order: 1 }))).toThrow(/nothing was counted yet/);
  });
});
