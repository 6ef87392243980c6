// contrastiveSearch: the formula, step by step by hand; what is greedy; prompts, ends, memory.

import { GPT } from '@dl/attention';
import { Generator, manualSeed, memory, noGrad, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, functionModel, type StepModel } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { logSoftmax, randomFunction, randomNetwork } from '../../../test/every-sequence.js';
import { type Adjustment, contrastiveSearch } from '../../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(3));

const SIZE = 5;
const gpt = (beginPrompts = true): StepModel => {
  const config = { vocabularySize: SIZE, dModel: 8, nhead: 2, numLayers: 2, maxLength: 14, dropout: 0, beginPrompts };
  const model = new GPT(config).eval();
  noGrad(() => {
    for (const parameter of model.parameters()) if (parameter.rank > 1) parameter.assign(parameter.mul(30));
  });
  return model as unknown as StepModel;
};
const kinds: readonly (readonly [string, () => StepModel])[] = [
  ['a network', () => randomNetwork(SIZE)],
  ['a transformer', () => gpt()],
  ['a transformer that begins with its prompts', () => gpt(false)],
];

/** p of the next token and the representation of the last one: the prompt in one pass, then token by token. */
async function read(
  model: StepModel,
  prompt: readonly number[],
  tokens: readonly number[] = [],
): Promise<{ p: number[]; h: number[] }> {
  const decoding = new Decoding(model, { representation: true });
  if (prompt.length > 0) decoding.read([prompt]);
  for (const token of tokens) decoding.step([token]);
  const p = Array.from(await decoding.logProbabilities(), Math.exp);
  const h = Array.from(await decoding.representation());
  decoding.dispose();
  return { p, h };
}

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, each, i) => sum + each * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** Su et al., equation 5. */
async function byHand(
  model: StepModel,
  prompt: readonly number[],
  topK: number,
  alpha: number,
  maxLength: number,
): Promise<number[]> {
  const tokens: number[] = [];
  const before = await Promise.all(prompt.map(async (_, i) => (await read(model, prompt.slice(0, i + 1))).h));
  while (tokens.length < maxLength) {
    const { p } = await read(model, prompt, tokens);
    const candidates = p
      .map((_, token) => token)
      .sort((a, b) => p[b]! - p[a]!)
      .slice(0, topK);
    const values = await Promise.all(
      candidates.map(async (token) => {
        const { h } = await read(model, prompt, [...tokens, token]);
        const alike = before.length === 0 ? 0 : Math.max(...before.map((each) => cosine(each, h)));
        return (1 - alpha) * p[token]! - alpha * alike;
      }),
    );
    tokens.push(candidates[values.indexOf(Math.max(...values))]!);
    before.push((await read(model, prompt, tokens)).h);
  }
  return tokens;
}

test('adjustments go on in place: nothing is copied', async () => {
  let copies = 0;
  const said: number[] = [];
  const counting: Adjustment<number[]> = {
    ...{ name: 'counting', isBounded: true, readsTokens: false },
    begin: () => said,
    apply: (scores) => void (scores[said.at(-1) ?? 0]! -= 1),
    next: (all, token) => {
      all.push(token);
      return all;
    },
    copy: (all) => {
      copies++;
      return [...all];
    },
  };
  const adjustments = [counting as Adjustment];
  const [found] = await contrastiveSearch(randomNetwork(SIZE), { topK: 3, maxLength: 20, adjustments });
  expect([copies, said]).toEqual([0, found!.tokens]);
});

test.each(kinds)('%s: the formula, prompts of any lengths at once', async (_, make) => {
  const model = make();
  const prompts = [[1, 2, 3], [], [4]];
  for (const [topK, alpha] of [
    [3, 0.6],
    [SIZE, 0.3],
    [2, 1],
  ] as const) {
    const found = await contrastiveSearch(model, { prompts, topK, alpha, maxLength: 5 });
    for (const [i, prompt] of prompts.entries()) {
      expect(found[i]!.tokens).toEqual(await byHand(model, prompt, topK, alpha, 5));
    }
  }
});

test.each(kinds)('%s: greedy for alpha 0, and for one candidate', async (_, make) => {
  const model = make();
  const greedy = await byHand(model, [2, 1], 1, 0, 7);
  for (const options of [{ alpha: 0, topK: 4 }, { topK: 1 }]) {
    const [found] = await contrastiveSearch(model, { ...options, prompts: [[2, 1]], maxLength: 7 });
    expect(found!.tokens).toEqual(greedy);
    for (const [t, token] of greedy.entries()) {
      const { p } = await read(model, [2, 1], greedy.slice(0, t));
      expect(found!.logProbabilities[t]).toBeCloseTo(Math.log(p[token]!), 4);
    }
  }
});

/** Tokens point in directions; 1 and 2 are the same one. */
const pointing = (p: readonly number[], directions: readonly (readonly number[])[]): StepModel => ({
  vocabularySize: p.length,
  start: (batch) => next(p, new Array<readonly number[]>(batch).fill([0, 0])),
  step: (tokens) =>
    next(
      p,
      Array.from(tokens, (token) => directions[token]!),
    ),
  select: (state) => state,
});
const next = (p: readonly number[], rows: readonly (readonly number[])[]) => ({
  logProbabilities: Float64Array.from(rows.flatMap(() => p.map(Math.log))),
  representation: Float64Array.from(rows.flat()),
  state: undefined,
});

test('what is like anything before is kept away from, and an end token ends', async () => {
  const model = pointing(
    [0.05, 0.4, 0.35, 0.2],
    [
      [-1, 0],
      [1, 0],
      [2, 0],
      [0, 1],
    ],
  );
  // 1 first; then 1 and 2 have 0.4 · p - 0.6, and 3 has 0.08.
  const [found] = await contrastiveSearch(model, { topK: 3, maxLength: 2 });
  expect(found!.tokens).toEqual([1, 3]);
  // With all candidates 0 is best behind 1: 0.4 · 0.05 + 0.6.
  const [ended] = await contrastiveSearch(model, { topK: 4, end: 0 });
  expect([ended!.tokens, ended!.end, ended!.logProbabilities.length]).toEqual([[1], 0, 2]);
  // A vector of zeros is like nothing.
  const [zeros] = await contrastiveSearch(
    pointing(
      [0.6, 0.4],
      [
        [0, 0],
        [1, 0],
      ],
    ),
    { maxLength: 3, alpha: 0.5 },
  );
  expect(zeros!.tokens).toEqual([0, 0, 0]);
});

test('adjustments come before the candidates', async () => {
  const none: Adjustment = { name: 'no 1', apply: (scores) => void (scores[1] = -Infinity) };
  const model = pointing(
    [0.05, 0.4, 0.35, 0.2],
    [
      [-1, 0],
      [1, 0],
      [2, 0],
      [0, 1],
    ],
  );
  const [found] = await contrastiveSearch(model, { topK: 2, maxLength: 2, adjustments: [none] });
  expect(found!.tokens).toEqual([2, 3]);
});

test('a model with an end says one token less than others, and a prompt up to it nothing', async () => {
  const found = await contrastiveSearch(gpt(), {
    prompts: [[1], [2, 3, 4], new Array<number>(13).fill(1)],
    maxLength: 50,
  });
  expect(found.map(({ tokens }) => tokens.length)).toEqual([12, 10, 0]);
});

test('nothing is left in memory, also after an error', async () => {
  const model = gpt();
  const before = await settledMemory();
  await contrastiveSearch(model, { prompts: [[1, 2], []], maxLength: 6, end: 0 });
  expect(memory()).toMatchObject(before);
  const broken: Adjustment = { name: 'broken', apply: (scores) => void scores.fill(Number.NaN) };
  await expect(contrastiveSearch(model, { adjustments: [broken] })).rejects.toThrow(
    'broken makes the score of token 0 NaN',
  );
  expect(memory()).toMatchObject(before);
});

test('what is drawn elsewhere has no part in it', async () => {
  const model = randomNetwork(SIZE);
  const first = await contrastiveSearch(model, { maxLength: 5 });
  new Generator(1).uniform();
  expect(await contrastiveSearch(model, { maxLength: 5 })).toEqual(first);
});

const plain = randomFunction(3, 1);
test.each<[string, () => Promise<unknown>]>([
  [
    'Decoding: the model gave undefined as representation, needs a Tensor, Float32Array or Float64Array of [1, size]: a row for each sequence; SequenceGenerator and GPT give one',
    () => contrastiveSearch(plain),
  ],
  ['contrastiveSearch: topK is 0, needs a whole number of at least 1', () => contrastiveSearch(plain, { topK: 0 })],
  ['contrastiveSearch: alpha is 1.2, needs a number from 0 to 1', () => contrastiveSearch(plain, { alpha: 1.2 })],
  ['contrastiveSearch: alpha is -0.1, needs a number from 0 to 1', () => contrastiveSearch(plain, { alpha: -0.1 })],
  [
    'contrastiveSearch: the representation that the model gives has numbers that are not finite',
    () => contrastiveSearch(pointing([0.5, 0.5], [[Number.NaN], [1]])),
  ],
  ['Decoding: the model gave 3 numbers as representation, needs [2, size]', () => contrastiveSearch(odd, { batch: 2 })],
])('%s', async (message, run) => {
  await expect(run()).rejects.toThrow(message);
});
const odd = {
  ...functionModel(2, () => logSoftmax([0, 0])),
  start: () => ({ logProbabilities: new Float64Array(4), representation: new Float64Array(3), state: 0 }),
} as StepModel;
