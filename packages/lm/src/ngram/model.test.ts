// What a model answers is the same in whatever way it is asked, to the last bit.

import { IndexError } from '@dl/autograd';
import { Decoding } from '@dl/layers';
import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../tokens/vocabulary.js';
import { NgramCounts } from './counts.js';
import { BackoffModel, type NgramModel } from './model.js';
import { kneserNey, modifiedKneserNey } from './smoothing/kneser-ney.js';
import { stupidBackoff } from './smoothing/stupid-backoff.js';
import { StupidBackoffModel } from './stupid-backoff-model.js';

const vocabulary = new Vocabulary(['<unk>', '<s>', '</s>', 'a', 'b', 'c', 'd'], {
  unk: '<unk>',
  bos: '<s>',
  eos: '</s>',
});
const BOS = 1;
const EOS = 2;

function tokens(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return 3 + (state % 4) - (state % 37 === 0 ? 3 : 0);
  });
}

function counted(order: number): NgramCounts {
  const counts = new NgramCounts(vocabulary, { order });
  for (let i = 0; i < 20; i++) counts.add(tokens(3 + (i % 9), 7 + i).filter((token) => token > 3));
  return counts;
}

/** Numbers of all kinds, -Infinity among them. */
function anyNumbers(order: number): BackoffModel {
  const { trie } = counted(order).trie();
  const numbers = (length: number) =>
    Float64Array.from({ length }, (_, i) => (i % 5 === 3 ? -Infinity : -Math.sqrt(i + 0.3)));
  const info = { smoothing: 'none', isDistribution: false, padding: 'ends', vocabulary, details: {} } as const;
  return new BackoffModel(trie, { logProbabilities: numbers(trie.size), backoffs: numbers(trie.contexts) }, info);
}

const models: readonly [string, NgramModel][] = [1, 2, 3, 5].flatMap((order): [string, NgramModel][] => [
  [`any numbers, order ${order}`, anyNumbers(order)],
  [`modified Kneser-Ney, order ${order}`, modifiedKneserNey(counted(order))],
  [`stupid back-off, order ${order}`, stupidBackoff(counted(order))],
]);

describe.each(models)('%s', (_, model) => {
  const size = model.vocabularySize;
  const text = [BOS, ...tokens(200, 99), EOS, ...tokens(20, 5)];

  it('gives one answer: run, fill, logProbabilityIn and logProbability', () => {
    const scores = new Float64Array(text.length);
    const last = model.run(model.empty, text, scores);
    const filled = new Float64Array(size + 1).fill(7);
    let context = model.empty;
    text.forEach((token, i) => {
      model.fill(context, filled, 1);
      expect(filled[1 + token]).toBe(scores[i]);
      for (let word = 0; word < size; word++) {
        expect(filled[1 + word]).toBe(model.logProbabilityIn(context, word));
        expect(filled[1 + word]).not.toBeNaN();
      }
      expect(model.logProbability(token, text.slice(0, i))).toBe(scores[i]);
      context = model.next(context, token);
    });
    expect(filled[0]).toBe(7);
    expect(context).toBe(last);
    expect(model.contextOf(text)).toBe(last);
  });

  it('goes on from a context as from its tokens', () => {
    const whole = new Float64Array(text.length);
    model.run(model.empty, text, whole);
    const parts = new Float64Array(text.length);
    let context = model.empty;
    for (let at = 0; at < text.length; at += 7) {
      const piece = text.slice(at, at + 7);
      context = model.run(context, piece, parts.subarray(at, at + piece.length));
    }
    expect(parts).toEqual(whole);
  });

  it('scores a sequence from the begin token to the end token', () => {
    const scores = model.score([3, 4]);
    expect([...scores]).toEqual([
      model.logProbability(3, [BOS]),
      model.logProbability(4, [BOS, 3]),
      model.logProbability(EOS, [BOS, 3, 4]),
    ]);
  });

  it.each([size, -1, 0.5, Number.NaN, undefined, '3'])('refuses token %j, and keeps its states', (token) => {
    const wrong = token as number;
    const { state } = model.start(2);
    const before = state.slice();
    for (const ask of [
      () => model.next(model.empty, wrong),
      () => model.logProbabilityIn(model.empty, wrong),
      () => model.contextOf([3, wrong]),
      () => model.logProbability(wrong),
      () => model.step([3, wrong], state),
      () =>
        model.read(
          [
            [3, 3],
            [3, wrong],
          ],
          state,
        ),
    ]) {
      expect(ask).toThrow(IndexError);
      expect(ask).toThrow(/token .* is outside 0 … 6/);
    }
    expect(state).toEqual(before);
  });

  it('is a StepModel', async () => {
    const decoding = new Decoding(model, { batch: 3 });
    const row = (i: number, all: ArrayLike<number>): number[] => Array.from(all).slice(i * size, (i + 1) * size);
    expect(row(2, await decoding.logProbabilities())).toEqual([...model.distribution([BOS])]);
    decoding.step([3, 4, 5]);
    decoding.select([2, 2, 0]);
    decoding.step([3, 4, 6]);
    decoding.read([
      [3, 4],
      [4, 4],
      [5, 3],
    ]);
    const all = await decoding.logProbabilities();
    expect(row(0, all)).toEqual([...model.distribution([BOS, 5, 3, 3, 4])]);
    expect(row(1, all)).toEqual([...model.distribution([BOS, 5, 4, 4, 4])]);
    expect(row(2, all)).toEqual([...model.distribution([BOS, 3, 6, 5, 3])]);
    decoding.dispose();
  });
});

describe('BackoffModel', () => {
  it('takes the n-gram where it is, and the weights of its contexts where it is not', () => {
    const counts = new NgramCounts(3, { order: 3 }).add([0, 1, 2]);
    const { trie } = counts.trie();
    const logProbabilities = Float64Array.from({ length: trie.size }, (_, i) => -i);
    const backoffs = Float64Array.from({ length: trie.contexts }, (_, i) => -100 * i);
    const info = { smoothing: '', isDistribution: false, padding: 'none', vocabulary: undefined, details: {} } as const;
    const model = new BackoffModel(trie, { logProbabilities, backoffs }, info);
    // Nodes: 1, 2, 3 the tokens; 4 is 0 1, 5 is 1 2; 6 is 0 1 2.
    expect(model.logProbability(2, [0, 1])).toBe(-6);
    expect(model.logProbability(2, [2, 1])).toBe(-5);
    expect(model.logProbability(0, [0, 1])).toBe(-400 - 200 - 1);
    expect(model.logProbability(0, [2])).toBe(-300 - 1);
    expect(model.logProbability(0)).toBe(-1);
  });

  it('refuses arrays of other sizes', () => {
    const { trie } = counted(2).trie();
    const { info } = kneserNey(counted(2));
    const short = { logProbabilities: new Float64Array(3), backoffs: new Float64Array(trie.contexts) };
    expect(() => new BackoffModel(trie, short, info)).toThrow(/got 3 probabilities and \d+ weights, needs/);
    expect(() => new StupidBackoffModel(trie, { logProbabilities: new Float64Array(3), alpha: 1 }, info)).toThrow(
      /got 3 probabilities, needs/,
    );
  });

  it('refuses what is no token', () => {
    const model = kneserNey(counted(2));
    expect(() => model.probability(7)).toThrow(/token 7 is outside 0 … 6/);
    expect(() => model.probability(0, [0.5])).toThrow(/token 0.5 is outside/);
    expect(() => model.score('ab' as never)).toThrow(/got 'ab' as tokens, needs a list of token numbers/);
  });
});
