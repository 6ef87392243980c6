// generate: what it takes, where it ends, what it draws, and how much memory it needs.

import { Generator, manualSeed, memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { functionModel, type NextToken, type StepModel } from '@dl/layers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GRU, generate, LSTM, SequenceGenerator } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const SIZE = 5;
const only = (token: number): number[] => Array.from({ length: SIZE }, (_, i) => (i === token ? 0 : -Infinity));
/** Counts on: after n comes n + 1, after 4 comes 0. */
const counting = functionModel(SIZE, ([last = 0]) => only((last + 1) % SIZE), { context: 1 });

describe('where sequences end', () => {
  test('at the end token, which is not given out, each by itself', async () => {
    expect(await generate(counting, { end: 0 })).toEqual([[1, 2, 3, 4]]);
    expect(await generate(counting, { prompts: [[3], [1], [4]], end: 0 })).toEqual([[4], [2, 3, 4], []]);
  });

  test('at the largest length, of what comes behind the prompt', async () => {
    expect(await generate(counting, { maxLength: 7 })).toEqual([[1, 2, 3, 4, 0, 1, 2]]);
    expect(await generate(counting, { prompts: [[3, 3, 3], []], maxLength: 2 })).toEqual([
      [4, 0],
      [1, 2],
    ]);
    expect(await generate(counting, { maxLength: 0, batch: 2 })).toEqual([[], []]);
    expect((await generate(counting))[0]).toHaveLength(100);
  });

  test('no sequences', async () => {
    expect(await generate(counting, { batch: 0 })).toEqual([]);
  });

  test('an end token in a prompt ends nothing', async () => {
    expect(await generate(counting, { prompts: [[0, 2]], end: 0 })).toEqual([[3, 4]]);
  });
});

test('the best token is taken, the first of equal ones', async () => {
  const rows = [
    [-3, -1, -1, -2],
    [-1, -9, -9, -9],
    [-9, -9, -9, -0.1],
  ];
  const model = functionModel(4, (tokens) => rows[tokens.length]!);
  expect(await generate(model, { maxLength: 3 })).toEqual([[1, 0, 3]]);
});

/** What goes in is seen by a model of tensors, a step at a time. */
const network = (): SequenceGenerator => new SequenceGenerator(new LSTM(4, 8, { numLayers: 2 }), 7, { begin: 1 });

test('prompts of different lengths in one batch give what each gives alone', async () => {
  const model = network();
  const prompts = [[2, 3, 4, 5], [6], [], [3, 3]];
  const together = await generate(model, { prompts, maxLength: 6 });
  for (const [i, prompt] of prompts.entries()) {
    expect(together[i]).toEqual((await generate(model, { prompts: [prompt], maxLength: 6 }))[0]);
  }
  // By hand: the best token again and again.
  let next = model.start(1);
  for (const token of prompts[0]!) next = model.step([token], next.state);
  const byHand: number[] = [];
  for (let i = 0; i < 6; i++) {
    const scores = Array.from((next.logProbabilities as { dataSync(): ArrayLike<number> }).dataSync());
    byHand.push(scores.indexOf(Math.max(...scores)));
    next = model.step([byHand[i]!], next.state);
  }
  expect(together[0]).toEqual(byHand);
});

describe('drawing', () => {
  const probabilities = [0.5, 0.25, 0.2, 0.05];
  const model = functionModel(4, () => probabilities.map(Math.log), { context: 0 });

  test.each([[1], [0.5], [2]])(
    'at temperature %f tokens come as often as p^(1/temperature) says',
    async (temperature) => {
      const count = 8000;
      const generator = new Generator(7);
      const tokens = (await generate(model, { batch: 8, maxLength: count / 8, temperature, generator })).flat();
      const weights = probabilities.map((p) => p ** (1 / temperature));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const chiSquared = weights
        .map((weight, i) => {
          const expected = (count * weight) / sum;
          return (tokens.filter((token) => token === i).length - expected) ** 2 / expected;
        })
        .reduce((total, part) => total + part, 0);
      // Of three degrees of freedom: above 16.3 once in a thousand seeds.
      expect(chiSquared).toBeLessThan(16.3);
    },
  );

  test('the seed says what comes, and a row does not depend on the others', async () => {
    const draw = (batch: number, seed: number) =>
      generate(model, { batch, maxLength: 50, temperature: 1, generator: new Generator(seed) });
    const three = await draw(3, 5);
    expect(await draw(3, 5)).toEqual(three);
    expect((await draw(2, 5))[1]).toEqual(three[1]);
    expect(await draw(3, 6)).not.toEqual(three);
    expect(three[0]).not.toEqual(three[1]);
    // Some end early.
    const ending = await generate(model, {
      batch: 3,
      maxLength: 50,
      temperature: 1,
      end: 3,
      generator: new Generator(5),
    });
    ending.forEach((row, i) => expect(row).toEqual(three[i]!.slice(0, row.length)));
    expect(new Set(ending.map(({ length }) => length)).size).toBeGreaterThan(1);
  });

  test('two calls draw differently, and by the seed of all', async () => {
    const draw = () => generate(model, { maxLength: 50, temperature: 1 });
    manualSeed(3);
    const [first, second] = [await draw(), await draw()];
    expect(second).not.toEqual(first);
    manualSeed(3);
    expect(await draw()).toEqual(first);
  });
});

/** The same model, with what is in memory at each step. */
function watched<State>(model: StepModel<State>): { readonly model: StepModel<State>; readonly seen: Set<string> } {
  const seen = new Set<string>();
  const step = (tokens: ArrayLike<number>, state: State): NextToken<State> => {
    seen.add(`${memory().buffers} ${memory().bytes}`);
    return model.step(tokens, state);
  };
  return { model: { ...pick(model), step }, seen };
}
const pick = <State>(model: StepModel<State>): StepModel<State> => ({
  vocabularySize: model.vocabularySize,
  start: (batch) => model.start(batch),
  step: (tokens, state) => model.step(tokens, state),
  select: (state, rows) => model.select(state, rows),
});

test.each([
  ['a network', () => network() as unknown as StepModel<never>],
  ['a function', () => counting as StepModel<never>],
])('memory is flat over 2,000 tokens of %s, and nothing is left', async (_, make) => {
  const { model, seen } = watched(make());
  const before = memory();
  await generate(model, { batch: 2, maxLength: 1000, temperature: 1 });
  // The first step has what start made; all others have the same.
  expect(seen.size).toBeLessThanOrEqual(2);
  expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
});

test('nothing is left after an error, either', async () => {
  const model = new SequenceGenerator(new GRU(2, 3), 4);
  const before = memory().buffers;
  await expect(generate(model, { prompts: [[1, 9]] })).rejects.toThrow('token 9 is outside 0 … 3');
  expect(memory().buffers).toBe(before);
});

test.each<[string, () => Promise<unknown>]>([
  ['generate: maxLength is -1, needs a whole number of at least 0', () => generate(counting, { maxLength: -1 })],
  [
    'generate: temperature is -1, needs a finite number of at least 0; 0 takes the best token',
    () => generate(counting, { temperature: -1 }),
  ],
  ['generate: temperature is Infinity, needs a finite number', () => generate(counting, { temperature: Infinity })],
  [
    'generate: end is 5, needs a token from 0 to 4; leave it out if none ends a sequence',
    () => generate(counting, { end: 5 }),
  ],
  [
    'generate: got 1 prompts for a batch of 2; needs one for each',
    () => generate(counting, { prompts: [[1]], batch: 2 }),
  ],
  ['Decoding.read: token 7 is outside 0 … 4', () => generate(counting, { prompts: [[7]] })],
  ['Decoding: the model is an object of nothing, which has no start()', () => generate({} as never)],
  [
    'generate: the model gives NaN as log-probability of token 1',
    () => generate(functionModel(2, () => [0, Number.NaN])),
  ],
  [
    'generate: the largest log-probability that the model gives is -Infinity, needs a finite one, so that there is a token to say',
    () =>
      generate(
        functionModel(2, () => [-Infinity, -Infinity]),
        { temperature: 1 },
      ),
  ],
])('%s', async (message, run) => {
  await expect(run()).rejects.toThrow(message);
});
