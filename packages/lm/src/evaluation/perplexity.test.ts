// Perplexity by the formula, for models whose probabilities are known: the same by the fast way and through any StepModel.

import { functionModel, type StepModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { NgramCounts, type Padding } from '../ngram/counts.js';
import { BackoffModel, infoOf } from '../ngram/model.js';
import { stupidBackoff } from '../ngram/smoothing/stupid-backoff.js';
import { wittenBell } from '../ngram/smoothing/witten-bell.js';
import { Vocabulary } from '../tokens/vocabulary.js';
import { perplexity, scoreTokens } from './perplexity.js';

/** Pairs of tokens by their shares plus one each, as a table that backs off: computed here, not by a smoothing. */
function bigrams(padding: Padding, texts: readonly (readonly number[])[]): BackoffModel {
  const options = padding === 'none' ? {} : { bos: '<s>', eos: '</s>' };
  const vocabulary = new Vocabulary(['<s>', '</s>', '<unk>', 'a', 'b', 'c'], { unk: '<unk>', ...options });
  const counts = new NgramCounts(vocabulary, { order: 2, padding });
  for (const text of texts) counts.add(text);
  const { trie, counts: often } = counts.trie();
  const parents = trie.parents();
  const logProbabilities = new Float64Array(trie.size).map((_, node) =>
    node === 0
      ? 0
      : Math.log(
          (often[node]! + (node < trie.contexts ? 1 : 0)) / (often[parents[node]!]! + (node < trie.contexts ? 6 : 2)),
        ),
  );
  const backoffs = new Float64Array(trie.contexts).map((_, node) => (node === 0 ? 0 : -0.5));
  return new BackoffModel(trie, { logProbabilities, backoffs }, infoOf(counts, 'by hand'));
}

const texts = [[3, 4, 3, 4, 5], [3], [5, 5, 4], [4, 2, 3]];
const asked = [[3, 4, 4], [], [2, 3, 5, 5], [5]];

/** The same model, that nobody takes for an NgramModel. */
const disguised = (model: BackoffModel): StepModel => ({
  vocabularySize: model.vocabularySize,
  start: (batch) => model.start(batch),
  step: (tokens, state) => model.step(tokens, state as Float64Array),
  select: (state, rows) => model.select(state as Float64Array, rows),
});

/** The definition: token after token, each asked for with all before it. */
function byDefinition(model: BackoffModel, tokens: readonly number[], ends: boolean): number[] {
  const before = ends ? [0] : [];
  const all = ends ? [...tokens, 1] : tokens;
  return all.map((token, i) => model.logProbability(token, [...before, ...all.slice(0, i)]));
}

describe.each(['none', 'ends'] as const)('padding %s', (padding) => {
  const model = bigrams(padding, texts);
  const ends = padding === 'ends';
  const wanted = asked.map((tokens) => byDefinition(model, tokens, ends));
  const end = ends ? { end: 1 } : {};

  test('the scores of each token', async () => {
    const fast = await scoreTokens(model, asked);
    expect(fast.map((row) => Array.from(row))).toEqual(wanted.map((row) => row.map((x) => expect.closeTo(x, 12))));
    for (const batch of [1, 2, 3, 32]) {
      expect(await scoreTokens(disguised(model), asked, { ...end, batch })).toEqual(fast);
    }
  });

  test('the figures, with unknown words and without', async () => {
    const all = wanted.flat();
    const tokens = asked.flatMap((row) => (ends ? [...row, 1] : row));
    const known = all.filter((_, i) => tokens[i] !== 2);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    for (const report of [
      await perplexity(model, asked),
      await perplexity(disguised(model), asked, { ...end, unknown: 2 }),
    ]) {
      expect(report).toMatchObject({ tokens: all.length, unknown: 1, sequences: 4, base: 2 });
      expect(report.logProbability).toBeCloseTo(sum(all), 10);
      expect(report.entropy).toBeCloseTo(-sum(all) / all.length / Math.LN2, 10);
      expect(report.perplexity).toBeCloseTo(2 ** report.entropy, 10);
      expect(report.known).toMatchObject({ tokens: known.length });
      expect(report.known.perplexity).toBeCloseTo(Math.exp(-sum(known) / known.length), 10);
    }
  });
});

test('the base is that of the entropy, and of nothing else', async () => {
  const die = functionModel(6, () => new Array<number>(6).fill(Math.log(1 / 6)));
  for (const base of [2, Math.E, 10]) {
    const report = await perplexity(die, [[0, 1, 2], [5]], { base });
    expect(report).toMatchObject({ base, tokens: 4, unknown: 0 });
    expect(report.entropy).toBeCloseTo(Math.log(6) / Math.log(base), 12);
    expect(report.perplexity).toBeCloseTo(6, 12);
  }
});

test('what cannot be makes it infinite', async () => {
  const sure = functionModel(2, () => [0, -Infinity]);
  expect((await perplexity(sure, [[0, 0]])).perplexity).toBe(1);
  expect(await perplexity(sure, [[0, 1]])).toMatchObject({
    perplexity: Infinity,
    entropy: Infinity,
    logProbability: -Infinity,
  });
  // The impossible one is not known.
  expect((await perplexity(sure, [[0, 1]], { unknown: 1 })).known.perplexity).toBe(1);
});

test('sequences come one by one, and are asked for when they are needed', async () => {
  const model = bigrams('none', texts);
  async function* some(): AsyncGenerator<readonly number[]> {
    for (const tokens of asked) yield tokens;
  }
  expect(await perplexity(model, some())).toEqual(await perplexity(model, asked));
});

test.each(['none', 'ends'] as const)('a buffer that is filled again, padding %s', async (padding) => {
  const model = bigrams(padding, texts);
  function* refilled(): Generator<Int32Array> {
    const buffer = new Int32Array(2);
    for (const tokens of [
      [3, 4],
      [5, 5],
      [2, 3],
    ]) {
      buffer.set(tokens);
      yield buffer;
    }
  }
  const wanted = await scoreTokens(model, [
    [3, 4],
    [5, 5],
    [2, 3],
  ]);
  const end = padding === 'ends' ? { end: 1 } : {};
  expect(await scoreTokens(model, refilled())).toEqual(wanted);
  expect(await scoreTokens(disguised(model), refilled(), end)).toEqual(wanted);
  expect(await perplexity(disguised(model), refilled(), { ...end, unknown: 2 })).toMatchObject({ unknown: 1 });
});

test('says whether the model is a distribution', async () => {
  const counts = new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]);
  expect((await perplexity(stupidBackoff(counts), [[0, 1]])).isDistribution).toBe(false);
  expect((await perplexity(wittenBell(counts), [[0, 1]])).isDistribution).toBe(true);
  const coin = functionModel(2, () => [-Math.LN2, -Math.LN2]);
  expect((await perplexity(coin, [[0, 1]])).isDistribution).toBe(true);
});

test('figures of nothing but unknown words, and of what is certain', async () => {
  const sure = functionModel(2, () => [0, -Infinity]);
  const { entropy, known } = await perplexity(sure, [[0, 0]], { unknown: 0 });
  expect(entropy).toBe(0);
  expect(known).toEqual({ tokens: 0, logProbability: 0, entropy: Number.NaN, perplexity: Number.NaN });
});

test('a model that stands on a source has a sequence for each of it', async () => {
  const model: StepModel<undefined> = {
    vocabularySize: 2,
    batch: 2,
    maxTokens: 2,
    start: (batch) => ({ logProbabilities: new Float64Array(2 * batch).fill(-Math.LN2), state: undefined }),
    step: (tokens) => ({ logProbabilities: new Float64Array(2 * tokens.length).fill(-Math.LN2), state: undefined }),
    select: () => undefined,
  };
  expect((await perplexity(model, [[0], [1, 1, 0]])).perplexity).toBeCloseTo(2, 12);
  await expect(perplexity(model, [[0]])).rejects.toThrow(
    'perplexity: got 1 sequences, but the model stands on a source of 2; needs one for each',
  );
  let asked = 0;
  function* many(): Generator<number[]> {
    for (; asked < 100; asked++) yield [0];
  }
  await expect(perplexity(model, many())).rejects.toThrow(
    'perplexity: got more than 2 sequences, but the model stands on a source of 2; needs one for each',
  );
  expect(asked).toBe(2);
  await expect(perplexity(model, [[0], [1, 1, 0, 1]])).rejects.toThrow(
    'perplexity: a sequence has 4 tokens, but the model reads at most 2; cut the text into shorter sequences',
  );
});

const model = bigrams('ends', texts);
test.each([
  [() => perplexity(model, []), 'perplexity: got no tokens, needs at least 1'],
  [
    () =>
      perplexity(
        functionModel(1, () => [0]),
        [[]],
      ),
    'perplexity: got no tokens, needs at least 1',
  ],
  [() => perplexity(model, [[1]], { base: 1 }), 'perplexity: base is 1, needs a number above 1'],
  [
    () => perplexity(model, [[1]], { end: 1 }),
    'the model was counted with padding and scores its own end; leave end out',
  ],
  [() => perplexity(model, 'text' as never), "perplexity: sequences is 'text', needs a list of lists of token numbers"],
  [() => perplexity(model, ['text'] as never), "perplexity: got 'text' as a sequence, needs a list of token numbers"],
  [() => perplexity(model, [3, 4] as never), 'perplexity: got 3 as a sequence, needs a list of token numbers'],
  [() => perplexity(model, [[6]]), 'perplexity: token 6 is outside 0 … 5'],
  [() => scoreTokens(disguised(model), [[0], [6]]), 'scoreTokens: token 6 is outside 0 … 5'],
  [
    () => scoreTokens(disguised(model), [[0]], { batch: 0 }),
    'scoreTokens: batch is 0, needs a whole number of at least 1',
  ],
  [() => scoreTokens({} as never, [[0]]), 'needs a StepModel'],
])('bad input %#', async (call, message) => {
  await expect(call()).rejects.toThrow(message);
});
