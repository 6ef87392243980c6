// GloVe: losses and steps against PyTorch's (golden/glove.py), rows alone, and a structure that was planted.

import { readFileSync } from 'node:fs';
import { ArgumentError, Generator, memory, noGrad, ShapeError, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adagrad } from '@dl/optim';
import { assertAllClose, settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { plantedQuestions, plantedTexts, plantedWords } from '../../../test/planted-corpus.js';
import { countCooccurrences } from '../../index.js';
import { GloVe, type GloVeEvent, type TrainGloVeOptions, trainGloVe } from '../../neural.js';

const names = ['words', 'contexts', 'wordBiases', 'contextBiases'] as const;
type Tables<T> = Readonly<Record<(typeof names)[number], T>>;

interface Trained {
  readonly losses: readonly number[];
  readonly end: Tables<number[]>;
}

const golden = JSON.parse(readFileSync(new URL('../../../golden/glove.json', import.meta.url), 'utf8')) as {
  readonly problem: {
    readonly start: Tables<number[][]>;
    readonly batches: readonly { readonly words: number[]; readonly contexts: number[]; readonly counts: number[] }[];
  };
  readonly cases: readonly {
    readonly options: {
      readonly xMax: number;
      readonly alpha: number;
      readonly lr: number;
      readonly initialAccumulatorValue: number;
    };
    readonly float32: Trained;
    readonly float64: Trained;
  }[];
};

beforeAll(() => useBackend(cpu()));

const numbers = (values: readonly number[]) => tensor([...values], { dtype: 'int32' });

describe.each(golden.cases)('PyTorch, $options', ({ options, ...wanted }) => {
  const { xMax, alpha, ...optimizing } = options;
  const { start, batches } = golden.problem;

  test.each(['float32', 'float64'] as const)('losses and tables of GloVe, %s', (dtype) => {
    const model = new GloVe(start.words.length, start.words[0]!.length, { xMax, alpha, dtype });
    noGrad(() => scope(() => names.forEach((name) => model[name].assign(tensor(start[name], { dtype })))));
    const optimizer = new Adagrad(model.parameters(), optimizing);
    const losses = batches.map(({ words, contexts, counts }) =>
      scope(() => {
        const loss = model.loss({
          words: numbers(words),
          contexts: numbers(contexts),
          counts: tensor([...counts], { dtype }),
        });
        loss.backward();
        // A gradient for the rows of the batch, and of no others.
        const rows = (of: readonly number[]): number[] => [...new Set(of)].sort((a, b) => a - b);
        for (const name of names) {
          expect(model[name].rowGrad!.indices.toArray()).toEqual(rows(name.startsWith('word') ? words : contexts));
        }
        optimizer.step();
        optimizer.zeroGrad();
        return loss.item();
      }),
    );
    const { losses: theirs, end } = wanted[dtype];
    const digits = dtype === 'float64' ? 1e-10 : 1e-5;
    losses.forEach((loss, i) => expect(Math.abs(loss / theirs[i]! - 1)).toBeLessThan(digits));
    for (const name of names) {
      assertAllClose(model[name].reshape([-1]), tensor(end[name], { dtype }), { rtol: digits, atol: digits });
    }
    optimizer.dispose();
    model.dispose();
  });
});

test('the start is within half a share of the size, and from the generator', () => {
  const made = (): GloVe => new GloVe(50, 8, { generator: new Generator(3) });
  const model = made();
  for (const name of names) {
    const values = Array.from(model[name].dataSync());
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.5 / 8);
    expect(Math.max(...values)).toBeGreaterThan(0.4 / 8);
    expect(values).toEqual(Array.from(made()[name].dataSync()));
  }
});

/** Every pair comes, some often and some seldom: what never came GloVe does not learn from. */
const ASTRAY = 0.3;
const small: TrainGloVeOptions = { size: 16, minCount: 1, window: 4, epochs: 60, batch: 64, lr: 0.1 };

describe('trainGloVe', () => {
  test('finds the structure that was planted: all analogies, and each word beside its kin', async () => {
    const vectors = await trainGloVe(plantedTexts(6000, 1, ASTRAY), small);
    for (const method of ['add', 'multiply'] as const) {
      const report = await vectors.evaluateAnalogies(plantedQuestions(), { method });
      expect(report).toMatchObject({ questions: plantedQuestions().length, unknown: 0, accuracy: 1 });
    }
    const others = vectors.words.filter((word) => !plantedWords.includes(word));
    for (const word of plantedWords) {
      const { word: best } = vectors.nearest(word, { count: 1, without: others })[0]!;
      expect(best.slice(0, 2) === word.slice(0, 2) || best.slice(-2) === word.slice(-2), `${word}: ${best}`).toBe(true);
    }
  });

  test('tells what it does; the seed says what comes; counts that are there are taken', async () => {
    const texts = plantedTexts(200, 2);
    const options: TrainGloVeOptions = { ...small, epochs: 3 };
    const events: GloVeEvent[] = [];
    for await (const event of trainGloVe(texts, options)) events.push(event);
    const pairs = await countCooccurrences(texts, { window: 4, minCount: 1 });
    const told = events.filter((event) => event.type !== 'end');
    const epochs = told.filter(({ type }) => type === 'epoch');
    expect(epochs.map(({ epoch, epochs: all, share, pairs: of }) => [epoch, all, share, of])).toEqual([
      [1, 3, 1 / 3, pairs.counts.length],
      [2, 3, 2 / 3, pairs.counts.length],
      [3, 3, 1, pairs.counts.length],
    ]);
    expect(epochs[2]!.loss).toBeLessThan(epochs[0]!.loss);
    expect(told.every(({ loss, pairsPerSecond }) => loss > 0 && pairsPerSecond > 0)).toBe(true);
    const end = events.at(-1)!;
    if (end.type !== 'end') throw new Error(`the last event is ${end.type}`);
    const { window: _, minCount: __, ...rest } = options;
    const again = await trainGloVe(pairs, rest);
    expect(again.words).toEqual(end.vectors.words);
    expect(again.vectors).toEqual(end.vectors.vectors);
    const other = await trainGloVe(pairs, { ...rest, seed: 2 });
    expect(other.vectors).not.toEqual(again.vectors);
  });

  test('a signal ends it with the vectors as they are, or stops the counting; no tensor is left behind', async () => {
    const texts = plantedTexts(50, 3);
    const { buffers: before } = await settledMemory();
    const whole = await trainGloVe(texts, { ...small, epochs: 2 });
    expect(memory().buffers).toBe(before);
    const stop = new AbortController();
    let end: GloVeEvent | undefined;
    for await (const event of trainGloVe(texts, { ...small, signal: stop.signal })) {
      if (event.type === 'epoch' && event.epoch === 2) stop.abort(new Error('enough'));
      end = event;
    }
    expect(end).toMatchObject({ type: 'end', reason: 'aborted' });
    expect(end?.type === 'end' && end.vectors.vectors).toEqual(whole.vectors);
    expect(memory().buffers).toBe(before);
    await expect(trainGloVe(texts, { ...small, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect(memory().buffers).toBe(before);
  });

  const pair = { words: ['a', 'b'], rows: Int32Array.of(0), columns: Int32Array.of(1), counts: Float64Array.of(1) };
  test.each([
    ['no seed', 'a b', { seed: -1 }, 'trainGloVe: seed is -1, needs a whole number of at least 0'],
    ['no size', 'a b', { size: 0 }, 'trainGloVe: size is 0, needs a whole number of at least 1'],
    ['half an epoch', 'a b', { epochs: 0.5 }, 'trainGloVe: epochs is 0.5, needs a whole number of at least 1'],
    ['no learning rate', 'a b', { lr: 0 }, 'trainGloVe: lr is 0, needs a number above 0'],
    ['no xMax', 'a b', { xMax: 0 }, 'trainGloVe: xMax is 0, needs a number above 0'],
    ['an infinite alpha', 'a b', { alpha: Infinity }, 'trainGloVe: alpha is Infinity, needs a number above 0'],
    ['no words', '', {}, 'trainGloVe: the texts have no words; give some with words in them'],
    [
      'a window for counts',
      pair,
      { window: 3 },
      'trainGloVe: window is given, but the pairs are counted already; give it to countCooccurrences',
    ],
    [
      'counts of words that are not there',
      { ...pair, columns: Int32Array.of(2) },
      {},
      'trainGloVe: pair 0 has the words 0 and 2 and the count 1, needs words from 0 to 1 and a count above 0',
    ],
    [
      'counts of 0',
      { ...pair, counts: Float64Array.of(0) },
      {},
      'trainGloVe: pair 0 has the words 0 and 1 and the count 0, needs words from 0 to 1 and a count above 0',
    ],
    [
      'lists of other lengths',
      { ...pair, rows: Int32Array.of(0, 1) },
      {},
      'trainGloVe: there are 2, 2, 1, 1 words, rows, columns and counts, needs as many of the last three, at least 1',
    ],
  ] as const)('refuses %s', async (_, texts, options, said) => {
    await expect((async () => trainGloVe(texts as never, options))()).rejects.toThrow(new ArgumentError(said));
  });

  test('refuses a learning rate by which it runs away', async () => {
    const texts = plantedTexts(50, 3);
    await expect(trainGloVe(texts, { ...small, lr: 1e30 })).rejects.toThrow(
      /^trainGloVe: the loss is .* lower lr, which was 1e\+30$/,
    );
  });
});

test('GloVe refuses pairs of other shapes, and words that are not as many', async () => {
  const model = new GloVe(3, 2);
  expect(() => model.forward(numbers([0, 1]), numbers([0]))).toThrow(
    new ShapeError('GloVe.forward: words are [2] and contexts [1], needs [pairs] of both'),
  );
  await expect(model.vectors(['a'])).rejects.toThrow(new ArgumentError('GloVe.vectors: there are 1 words, needs 3'));
  expect(() => new GloVe(3, 2, { xMax: -1 })).toThrow(new ArgumentError('GloVe: xMax is -1, needs a number above 0'));
});
