// Classes by exchange: what was planted is found, and no token can gain by moving, by mutual information added up anew.

import { ArgumentError, Generator } from '@dl/autograd';
import { functionModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { sentences, total, words } from '../../../test/small-models.js';
import { brownClasses, classModel, NgramCounts } from '../../index.js';

/** The mutual information of the classes of neighbours. */
function information(texts: readonly (readonly number[])[], classes: ArrayLike<number>): number {
  const pairs = new Map<string, number>();
  const [firsts, seconds] = [new Map<number, number>(), new Map<number, number>()];
  const count = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1);
  let all = 0;
  for (const tokens of texts) {
    for (let t = 1; t < tokens.length; t++) {
      const [first, second] = [classes[tokens[t - 1]!]!, classes[tokens[t]!]!];
      count(pairs, `${first} ${second}`);
      count(firsts, first);
      count(seconds, second);
      all++;
    }
  }
  let sum = 0;
  for (const [key, n] of pairs) {
    const [first, second] = key.split(' ').map(Number);
    sum += (n / all) * Math.log((n * all) / (firsts.get(first!)! * seconds.get(second!)!));
  }
  return sum;
}

const countsOf = (texts: readonly (readonly number[])[], size: number): NgramCounts =>
  texts.reduce((counts, tokens) => counts.add(tokens), new NgramCounts(size, { order: 2 }));

test('classes that were planted are found', () => {
  // Twelve tokens of three kinds, which follow one another in turn.
  const random = new Generator(2);
  const text = Array.from({ length: 3000 }, (_, t) => (t % 3) + 3 * random.integer(0, 4));
  const classes = brownClasses(countsOf([text], 12), { classes: 3 });
  for (let token = 0; token < 12; token++) {
    for (let other = 0; other < 12; other++) expect(classes[token] === classes[other]).toBe(token % 3 === other % 3);
  }
});

describe.each([1, 2, 3, 5])('of %i classes', (count) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('no token gains by moving, in text %i', (seed) => {
    // From sentences with much structure to tokens that are drawn alone.
    const random = new Generator(seed);
    const texts = sentences(40, seed).map((tokens) =>
      tokens.map((token) => (random.uniform(0, 1) < seed / 8 ? random.integer(0, words.size) : token)),
    );
    const classes = brownClasses(countsOf(texts, words.size), { classes: count });
    expect(classes).toHaveLength(words.size);
    const best = information(texts, classes);
    for (let token = 0; token < words.size; token++) {
      for (let to = 0; to < count; to++)
        expect(information(texts, classes.with(token, to))).toBeLessThanOrEqual(best + 1e-9);
    }
    // All together say nothing.
    if (count > 1) expect(best).toBeGreaterThan(0);
  });
});

test('a few tokens that alternate are told apart', () => {
  const classes = brownClasses(countsOf([[0, 2, 1, 3, 0, 3, 1, 2, 0, 2]], 4), { classes: 2 });
  expect([classes[0] === classes[1], classes[2] === classes[3], classes[0] === classes[2]]).toEqual([
    true,
    true,
    false,
  ]);
});

test('as many classes as tokens leave each by itself, and say as much as the tokens', () => {
  const texts = sentences(80, 4);
  const classes = brownClasses(countsOf(texts, words.size), { classes: words.size });
  expect(information(texts, classes)).toBeCloseTo(information(texts, Array.from(classes.keys())), 12);
});

test('classes are numbered without gaps, also where some have lost all of their tokens', () => {
  // All words come in the same places, so that no classes gain anything.
  for (const texts of [[[0, 0, 0, 0]], [[0, 1, 0, 1, 0]], ...[1, 2, 3, 4, 5, 6].map((seed) => sentences(3, seed))]) {
    for (const size of [words.size, words.size + 3]) {
      for (const count of [2, 4, 7, size]) {
        const classes = brownClasses(countsOf(texts, size), { classes: count });
        const used = [...new Set(classes)].sort((a, b) => a - b);
        expect(used).toEqual(Array.from(used.keys()));
        expect(used.length).toBeLessThanOrEqual(count);
        // A model of so many classes takes them, and sums to 1.
        const logs = new Array<number>(used.length).fill(-Math.log(used.length));
        const model = classModel(
          functionModel(used.length, () => logs),
          { classes, counts: classes.map(() => 1) },
        );
        expect(total(model.start(1).logProbabilities as Float64Array)).toBeCloseTo(1, 12);
        // What never came is in the last one.
        expect(classes[size - 1]).toBe(texts.flat().includes(size - 1) ? classes[size - 1] : used.length - 1);
      }
    }
  }
});

describe('refuses', () => {
  const counts = countsOf([[0, 1, 2]], 3);
  test.each<[() => unknown, string]>([
    [() => brownClasses([[0, 1]] as never, { classes: 2 }), 'needs NgramCounts of order 2 or more'],
    [() => brownClasses(new NgramCounts(3, { order: 1 }).add([0]), { classes: 2 }), 'got counts of single tokens'],
    [() => brownClasses(counts, { classes: 0 }), 'brownClasses: classes is 0'],
    [() => brownClasses(counts, { classes: 4 }), 'brownClasses: classes is 4, but there are 3 tokens'],
    [() => brownClasses(counts, { classes: 2, iterations: 0 }), 'brownClasses: iterations is 0'],
    [() => brownClasses(new NgramCounts(3, { order: 2 }), { classes: 2 }), 'nothing was counted yet'],
  ])('%s', (act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });
});
