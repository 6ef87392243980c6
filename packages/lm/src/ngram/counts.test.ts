// NgramCounts: what one finds by looking, for all paddings and orders.

import { ArgumentError, IndexError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { padded, paddings, randomTexts, runOf, runsIn, vocabularyOf } from '../../test/texts.js';
import { NgramCounts, Vocabulary } from '../index.js';
import { CountLevel } from './count-level.js';

const WORDS = 6;
const vocabulary = vocabularyOf(WORDS);
const orders = [1, 2, 3, 4, 5, 6];

describe.each(paddings)('padding %s', (padding) => {
  const texts = randomTexts(1, { words: WORDS });

  test.each(orders)('order %i: every run as often as one finds it by looking, and no other', (order) => {
    const counts = new NgramCounts(vocabulary, { order, padding });
    for (const text of texts) counts.add(text);
    const runs = runsIn(
      texts.map((text) => padded(text, padding, order)),
      order,
    );
    let total = 0;
    const sizes = new Array<number>(order).fill(0);
    for (const [key, count] of runs) {
      const run = runOf(key);
      expect(counts.count(run), key).toBe(count);
      sizes[run.length - 1]!++;
      if (run.length === 1) total += count;
    }
    expect(counts.sizes).toEqual(sizes);
    expect(counts.total).toBe(total);
    expect(counts.count([])).toBe(total);
    expect(counts.sequences).toBe(texts.length);
    for (const run of randomTexts(2, { words: WORDS, sequences: 200, longest: order })) {
      if (run.length > 0) expect(counts.count(run)).toBe(runs.get(run.join(' ')) ?? 0);
    }
  });

  test.each(orders)('order %i: token by token is as sequence by sequence, and pieces go on', (order) => {
    const whole = new NgramCounts(vocabulary, { order, padding });
    const streamed = new NgramCounts(vocabulary, { order, padding });
    for (const text of texts) {
      whole.add(text);
      streamed.begin();
      for (const token of text) streamed.push(token);
      streamed.end();
    }
    expect(streamed.trie()).toEqual(whole.trie());
    expect(streamed.sequences).toBe(whole.sequences);
  });

  test.each([[[]], [[2]], [[1, 2]], [[1, 1, 3]], [[1, 2, 1]], [[1, 9]]])(
    'with cut-offs %j the runs that came so often stay, with those that they begin with',
    (cutoffs: number[]) => {
      const order = 4;
      const counts = new NgramCounts(vocabulary, { order, padding });
      for (const text of texts) counts.add(text);
      const runs = runsIn(
        texts.map((text) => padded(text, padding, order)),
        order,
      );
      const stays = (run: readonly number[]): boolean => {
        if (run.length === 1) return true;
        const cutoff = cutoffs[Math.min(run.length, cutoffs.length) - 1] ?? 1;
        return (runs.get(run.join(' ')) ?? 0) >= cutoff && stays(run.slice(0, -1));
      };
      const { trie, counts: often, totals } = counts.trie(cutoffs);
      const expected = [...runs.keys()].map(runOf).filter((run) => run.length > 1 && stays(run));
      expect(trie.size).toBe(1 + vocabulary.size + expected.length);
      for (const run of expected) expect(often[trie.find(run)], run.join(' ')).toBe(runs.get(run.join(' ')));
      expect(often[0]).toBe(counts.total);
      // What followed is counted, whether it stayed or not.
      for (let k = 1; k < order; k++) {
        trie.forEach(k, (context, node) => {
          const followed = Array.from({ length: vocabulary.size }, (_, token) => counts.count([...context, token]));
          expect(totals[node]).toBe(followed.reduce((sum, count) => sum + count, 0));
        });
      }
      expect(totals[0]).toBe(counts.total);
    },
  );

  test.each(orders)('order %i: how many came once, twice and so on, and how many contexts were followed', (order) => {
    const counts = new NgramCounts(vocabulary, { order, padding });
    for (const text of texts) counts.add(text);
    const runs = runsIn(
      texts.map((text) => padded(text, padding, order)),
      order,
    );
    const said = [...runs].filter(([key]) => padding === 'none' || runOf(key).at(-1) !== vocabulary.bos);
    for (let k = 1; k <= order; k++) {
      const expected = new Map<number, number>();
      const contexts = new Set<string>();
      for (const [key, count] of said) {
        const run = runOf(key);
        if (run.length !== k) continue;
        expected.set(count, (expected.get(count) ?? 0) + 1);
        contexts.add(run.slice(0, -1).join(' '));
      }
      expect(new Map(counts.countsOfCounts(k))).toEqual(expected);
      expect(counts.followed(k - 1)).toBe(contexts.size);
    }
  });
});

test('many different runs: the table grows, and forgets none', () => {
  const counts = new NgramCounts(300, { order: 2 });
  const text = Array.from({ length: 300 * 300 }, (_, i) => [Math.floor(i / 300), i % 300]).flat();
  counts.add(text);
  const runs = runsIn([text], 2);
  expect(counts.sizes[1]).toBe(90_000);
  let wrong = 0;
  for (const [key, count] of runs) wrong += Number(counts.count(runOf(key)) !== count);
  expect(wrong).toBe(0);
});

test('a count that its place does not hold is refused before it is wrong', () => {
  const level = new CountLevel(3);
  for (let times = 1; times <= 3; times++) expect(level.often(level.count(0, 1, 1))).toBe(times);
  expect(() => level.count(0, 1, 1)).toThrow(ArgumentError);
  expect(() => level.count(0, 1, 1)).toThrow('an n-gram came more than 3 times, and no larger count is held');
  expect(level.often(level.find(0, 1))).toBe(3);
});

test('padding is by one token where the vocabulary has both, and none where it has not', () => {
  expect(new NgramCounts(vocabulary, { order: 3 }).padding).toBe('ends');
  expect(new NgramCounts(new Vocabulary(['a', 'b']), { order: 3 }).padding).toBe('none');
  expect(new NgramCounts(4, { order: 3 }).padding).toBe('none');
});

describe('tokens that no model says', () => {
  const silentOf = (tokens: string[], roles: Record<string, string>, padding: 'none' | 'ends', text: number[] = [0]) =>
    new NgramCounts(new Vocabulary(tokens, roles), { order: 2, padding }).add(text).silent;

  test('the begin token of padded sequences, and begin and padding tokens that never came', () => {
    const tokens = ['a', '<s>', '</s>', '<pad>'];
    const roles = { bos: '<s>', eos: '</s>', pad: '<pad>' };
    expect(silentOf(tokens, roles, 'ends')).toEqual([1, 3]);
    expect(silentOf(tokens, roles, 'none')).toEqual([1, 3]);
    expect(silentOf(tokens, roles, 'none', [1, 0])).toEqual([3]);
    expect(silentOf(tokens, roles, 'ends', [0, 3])).toEqual([1]);
  });

  test('a begin token that is the end as well is said', () => {
    expect(silentOf(['a', '<|end|>'], { bos: '<|end|>', eos: '<|end|>', pad: '<|end|>' }, 'ends')).toEqual([]);
  });

  test('none of a vocabulary without special tokens', () => {
    expect(new NgramCounts(3, { order: 2 }).add([0]).silent).toEqual([]);
  });
});

test('a sequence with a bad token is not counted at all', () => {
  const counts = new NgramCounts(vocabulary, { order: 3 }).add([4, 5]);
  const before = counts.trie();
  expect(() => counts.add([4, 99])).toThrow(IndexError);
  expect(counts.trie()).toEqual(before);
  expect(counts.sequences).toBe(1);
});

describe('bad input', () => {
  const counted = new NgramCounts(3, { order: 2 }).add([0, 1]);
  test.each<[string, () => unknown, string]>([
    ['no order', () => new NgramCounts(3, {} as never), 'order is undefined, needs 1 … 100'],
    ['an order of 0', () => new NgramCounts(3, { order: 0 }), 'order is 0, needs 1 … 100'],
    ['half an order', () => new NgramCounts(3, { order: 2.5 }), 'order is 2.5, needs 1 … 100'],
    ['an order that no machine counts', () => new NgramCounts(3, { order: 1e6 }), 'order is 1000000, needs 1 … 100'],
    ['no tokens', () => new NgramCounts(0, { order: 2 }), 'vocabulary is 0, needs a whole number of at least 1'],
    [
      'padding without tokens for it',
      () => new NgramCounts(3, { order: 2, padding: 'full' }),
      'needs a vocabulary with bos and eos',
    ],
    [
      'padding of another name',
      () => new NgramCounts(3, { order: 2, padding: 'both' as never }),
      "needs 'none', 'ends' or 'full'",
    ],
    ['text for tokens', () => counted.add('01' as never), "got '01', needs a list of token numbers"],
    ['nothing for tokens', () => counted.add(undefined as never), 'got undefined, needs a list of token numbers'],
    [
      'runs that are longer than the order',
      () => counted.count([0, 1, 2]),
      'got 3 tokens, but runs of at most 2 are counted',
    ],
    ['nothing counted', () => new NgramCounts(3, { order: 2 }).trie(), 'nothing was counted yet; add a sequence first'],
    ['nothing in an empty text', () => new NgramCounts(3, { order: 2 }).add([]).trie(), 'nothing was counted yet'],
    ['text for a run', () => counted.count('01' as never), "NgramCounts.count: got '01', needs a list of token"],
    ['a number for a run', () => counted.count(5 as never), 'NgramCounts.count: got 5, needs a list of token numbers'],
    ['a number for cut-offs', () => counted.trie(5 as never), 'cutoffs is 5, needs a list of whole numbers'],
    ['null for cut-offs', () => counted.trie(null as never), 'cutoffs is null, needs a list of whole numbers'],
    ['text for cut-offs', () => counted.trie('12' as never), "cutoffs is '12', needs a list of whole numbers"],
    ['a cut-off of 0', () => counted.trie([0]), 'a cut-off is 0, needs a whole number of at least 1'],
    ['an order above the highest', () => counted.countsOfCounts(3), 'order is 3, but those from 1 to 2 are counted'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });

  test.each([3, -1, 0.5, Number.NaN, undefined, '0'])('token %j', (token) => {
    expect(() => counted.add([token as number])).toThrow(IndexError);
    expect(() => counted.push(token as number)).toThrow('is outside 0 … 2');
    expect(() => counted.count([token as number])).toThrow(IndexError);
    expect(() => counted.count([0, token as number])).toThrow('is outside 0 … 2');
  });
});
