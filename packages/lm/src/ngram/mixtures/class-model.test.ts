// Models by classes: their formula, on the host and on a backend, over n-grams of classes.

import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, functionModel, type StepModel } from '@dl/layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { discounted, sentences, total } from '../../../test/small-models.js';
import { classModel, NgramCounts, Vocabulary } from '../../index.js';

beforeAll(() => useBackend(cpu()));

// Of the words of the small models: <unk>, <s> and </s> have classes of their own, the others two.
const classes = [0, 1, 2, 3, 3, 4, 3, 4, 4, 3];
const classWords = new Vocabulary(['<unk>', '<s>', '</s>', 'first', 'second'], {
  unk: '<unk>',
  bos: '<s>',
  eos: '</s>',
});
const text = sentences(60);
const counts = classes.map((_, token) => text.flat().filter((each) => each === token).length);
counts[2] = text.length;
const ofClasses = discounted(
  text.reduce(
    (all, sentence) => all.add(sentence.map((token) => classes[token]!)),
    new NgramCounts(classWords, { order: 3 }),
  ),
);

const within = (token: number, add = 0): number => {
  const members = classes.flatMap((each, other) => (each === classes[token] ? [other] : []));
  const all = members.reduce((sum, other) => sum + counts[other]! + add, 0);
  return all === 0 ? 1 / members.length : (counts[token]! + add) / all;
};

describe('a model of words by their classes', () => {
  test.each([0, 1])('has the probability of the class times that in it, with %s added', async (add) => {
    const decoding = new Decoding(classModel(ofClasses, { classes, counts, add }), { batch: 2 });
    expect(decoding.vocabularySize).toBe(10);
    const rows = [
      [3, 5],
      [9, 9],
    ];
    decoding.read(rows);
    decoding.select([1, 0]);
    decoding.step([6, 7]);
    const behind = [
      [9, 9, 6],
      [3, 5, 7],
    ];
    const all = Array.from(await decoding.logProbabilities(), Math.exp);
    behind.forEach((tokens, row) => {
      const context = [1, ...tokens.map((token) => classes[token]!)];
      const p = all.slice(10 * row, 10 * row + 10);
      p.forEach((each, token) => {
        expect(each).toBeCloseTo(ofClasses.probability(classes[token]!, context) * within(token, add), 13);
      });
      expect(total(p.map(Math.log))).toBeCloseTo(1, 12);
    });
  });

  test('is where its model is, and frees its states', async () => {
    let live = 0;
    const inner: StepModel<{ readonly free: boolean }> = {
      vocabularySize: 2,
      batch: 3,
      maxTokens: 7,
      start: (batch) => {
        live++;
        const row = tensor(Array.from({ length: batch }, () => [Math.log(0.25), Math.log(0.75)]));
        return { logProbabilities: row, state: { free: true } };
      },
      step: (tokens) => inner.start(tokens.length),
      select: (state) => state,
      release: () => void live--,
    };
    const model = classModel(inner, { classes: [0, 1, 1], counts: [4, 1, 3] });
    expect([model.batch, model.maxTokens, model.read]).toEqual([3, 7, undefined]);
    scope(() => {
      const { logProbabilities, state } = model.start(1);
      const p = Array.from((logProbabilities as Tensor).dataSync(), Math.exp);
      [0.25, 0.1875, 0.5625].forEach((each, token) => void expect(p[token]).toBeCloseTo(each, 6));
      expect(live).toBe(1);
      model.release!(state);
      expect(live).toBe(0);
    });
  });

  test('gives all of a class that never came the same', () => {
    const even = functionModel(2, () => [Math.log(0.5), Math.log(0.5)]);
    const model = classModel(even, { classes: [0, 1, 1], counts: [0, 0, 5] });
    expect(Array.from(model.start(1).logProbabilities as Float64Array, Math.exp)).toEqual([0.5, 0, 0.5]);
  });

  const two = functionModel(2, () => [0, -Infinity]);
  test.each<[() => unknown, string]>([
    [() => classModel({} as never, { classes: [0], counts: [1] }), 'classModel: model 0 has no start() and step()'],
    [() => classModel(two, {} as never), 'classModel: needs classes and counts'],
    [() => classModel(two, { classes: [], counts: [] }), 'classModel: needs classes and counts'],
    [() => classModel(two, { classes: [0, 1], counts: [1] }), 'classModel: got 1 counts and 2 classes'],
    [() => classModel(two, { classes: [0, 2], counts: [1, 1] }), 'classModel: the class of token 1 is 2, needs 0 … 1'],
    [
      () => classModel(two, { classes: [1, 1], counts: [1, 1] }),
      'classModel: class 0 has no token, and its share would be lost; needs at least one in each of the 2 classes',
    ],
    [() => classModel(undefined as never, { classes: [0], counts: [1] }), 'classModel: model 0 is undefined, needs a'],
    [() => classModel(two, { classes: [0, 0.5], counts: [1, 1] }), 'the class of token 1 is 0.5'],
    [
      () => classModel(two, { classes: [0, 1], counts: [1, -1] }),
      'classModel: the count of token 1 is -1, needs a number of at least 0',
    ],
    [() => classModel(two, { classes: [0, 1], counts: [1, 1], add: -1 }), 'classModel: add is -1'],
  ])('%s is refused', (act, message) => {
    expect(act).toThrow(message);
  });
});
