// The die: what each adjustment makes of it by its definition, and that a million throws fall as it says.

import { Generator } from '@dl/autograd';
import { functionModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { byDefinition, normalised } from '../../test/by-definition.js';
import { expectFits } from '../../test/chi-squared.js';
import {
  type Adjustment,
  bias,
  Die,
  eta,
  frequencyPenalty,
  generate,
  type Knobs,
  minP,
  mirostat,
  presencePenalty,
  repetitionPenalty,
  temperature,
  topK,
  topP,
  typical,
} from '../index.js';

const samplers = { temperature, topK, topP, minP, typical, eta } as const;
type Sampler = keyof typeof samplers;

/** Probabilities of all kinds: flat, steep, with equal ones, with some that are 0. */
function drawn(generator: Generator, size: number): number[] {
  const steepness = generator.uniform(0, 6);
  const weights = Array.from({ length: size }, () => Math.exp(steepness * generator.normal()));
  if (generator.uniform() < 0.3) weights[generator.integer(0, size)] = 0;
  if (generator.uniform() < 0.3) weights.fill(weights[0]!, 0, 3);
  return normalised(weights);
}

const settings: Readonly<Record<Sampler, (generator: Generator) => number>> = {
  temperature: (generator) => (generator.uniform() < 0.1 ? 0 : generator.uniform(0.2, 3)),
  topK: (generator) => generator.integer(1, 14),
  topP: (generator) => (generator.uniform() < 0.1 ? 1 : generator.uniform(0.01, 1)),
  minP: (generator) => generator.uniform(0, 1),
  typical: (generator) => (generator.uniform() < 0.1 ? 1 : generator.uniform(0.01, 1)),
  eta: (generator) => generator.uniform(1e-4, 0.3),
};

/** Where it is cut is the same, and so are the probabilities, to rounding. */
function expectSame(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(Array.from(actual, (p) => p > 0)).toEqual(expected.map((p) => p > 0));
  expect(Math.max(...expected.map((p, i) => Math.abs(p - actual[i]!)))).toBeLessThan(1e-12);
}

describe.each(Object.keys(samplers) as Sampler[])('%s', (name) => {
  test('gives what its definition says, of any die, whatever the scores sum to', () => {
    const generator = new Generator(2);
    for (let i = 0; i < 300; i++) {
      const p = drawn(generator, 12);
      const setting = settings[name](generator);
      const expected = byDefinition[name](p, setting);
      for (const shift of [0, 800, -800]) {
        const scores = p.map((each) => Math.log(each) + shift);
        expectSame(new Die(scores, { adjustments: [samplers[name](setting)] }).probabilities, expected);
      }
    }
  });
});

test('in any order, one after another', () => {
  const generator = new Generator(3);
  const names = Object.keys(samplers) as Sampler[];
  for (let i = 0; i < 200; i++) {
    const order = Array.from(generator.permutation(names.length), (at) => names[at]!).slice(0, 3);
    const chosen = order.map((name) => [name, name === 'temperature' ? 0.7 : settings[name](generator)] as const);
    const p = drawn(generator, 12);
    const expected = chosen.reduce<number[]>((now, [name, setting]) => byDefinition[name](now, setting), p);
    const adjustments = chosen.map(([name, setting]) => samplers[name](setting));
    expectSame(new Die(p.map(Math.log), { adjustments }).probabilities, expected);
  }
});

const tokens = [1, 1, 4];
const prompt = [0, 4];
const p = normalised([30, 22, 14, 10, 8, 6, 4, 3, 2, 1]);
const scores = p.map((each) => Math.log(each));
const logits = [2.5, 1.5, 0.5, 0, -0.5, -1, -1.5, -2, -2.5, -4];
const ofWeights = (change: (weight: number, token: number) => number): number[] => normalised(p.map(change));
const half = (times: number): number => Math.exp(-0.5 * times);

const dice: readonly (readonly [string, readonly Adjustment[], readonly number[]])[] = [
  ['nothing', [], p],
  ['temperature 0', [temperature(0)], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['temperature 0.5', [temperature(0.5)], byDefinition.temperature(p, 0.5)],
  ['temperature 2', [temperature(2)], byDefinition.temperature(p, 2)],
  ['top-k 4', [topK(4)], byDefinition.topK(p, 4)],
  ['top-p 0.8', [topP(0.8)], byDefinition.topP(p, 0.8)],
  ['min-p 0.25', [minP(0.25)], byDefinition.minP(p, 0.25)],
  ['typical 0.6', [typical(0.6)], byDefinition.typical(p, 0.6)],
  ['eta 0.05', [eta(0.05)], byDefinition.eta(p, 0.05)],
  ['mirostat of 2 bits', [mirostat({ tau: 2 })], byDefinition.mirostat(p, 4)],
  ['a repetition penalty', [repetitionPenalty(1.3)], ofWeights((w, i) => ([0, 1, 4].includes(i) ? w ** 1.3 : w))],
  [
    'a frequency penalty',
    [frequencyPenalty(0.5)],
    ofWeights((w, i) => (i === 1 ? w * half(2) : i === 4 ? w * half(1) : w)),
  ],
  ['a presence penalty', [presencePenalty(0.5)], ofWeights((w, i) => ([1, 4].includes(i) ? w * half(1) : w))],
  ['a bias', [bias({ 9: Math.log(10) })], ofWeights((w, i) => (i === 9 ? 10 * w : w))],
  ['top-k, then temperature', [topK(6), temperature(1.5)], byDefinition.temperature(byDefinition.topK(p, 6), 1.5)],
  ['temperature, then top-p', [temperature(1.5), topP(0.7)], byDefinition.topP(byDefinition.temperature(p, 1.5), 0.7)],
  [
    'penalty, temperature, top-k and min-p',
    [presencePenalty(0.5), temperature(0.8), topK(7), minP(0.1)],
    byDefinition.minP(
      byDefinition.topK(
        byDefinition.temperature(
          ofWeights((w, i) => ([1, 4].includes(i) ? w * half(1) : w)),
          0.8,
        ),
        7,
      ),
      0.1,
    ),
  ],
];

describe('a million throws fall as stated', () => {
  test.each(dice)('%s', (_, adjustments, expected) => {
    const die = new Die(scores, { adjustments, prompt, tokens });
    expectSame(die.probabilities, expected);
    const generator = new Generator(5);
    const counts = new Array<number>(p.length).fill(0);
    for (let i = 0; i < 1e6; i++) counts[die.throw(generator)]!++;
    expectFits(counts, expected);
  });
});

describe('what generate draws falls as stated', () => {
  const model = functionModel(p.length, () => scores, { context: 0 });
  const knobs: readonly (readonly [string, Knobs, readonly number[]])[] = [
    ['temperature 1', { temperature: 1 }, p],
    ['temperature 0.5', { temperature: 0.5 }, byDefinition.temperature(p, 0.5)],
    ['topK', { topK: 4 }, byDefinition.topK(p, 4)],
    ['topP', { topP: 0.8 }, byDefinition.topP(p, 0.8)],
    ['minP', { minP: 0.25 }, byDefinition.minP(p, 0.25)],
    ['typical', { typical: 0.6 }, byDefinition.typical(p, 0.6)],
    ['eta', { eta: 0.05 }, byDefinition.eta(p, 0.05)],
    ['mirostat', { mirostat: { tau: 2, eta: 0 } }, byDefinition.mirostat(p, 4)],
    ['bias', { temperature: 1, bias: { 9: Math.log(10) } }, ofWeights((w, i) => (i === 9 ? 10 * w : w))],
    [
      'temperature before topP, whatever order they are written in',
      { topP: 0.7, temperature: 1.5 },
      byDefinition.topP(byDefinition.temperature(p, 1.5), 0.7),
    ],
    [
      'in another order as adjustments',
      { adjustments: [topP(0.7), temperature(1.5)] },
      byDefinition.temperature(byDefinition.topP(p, 0.7), 1.5),
    ],
  ];
  test.each(knobs)('%s', async (_, options, expected) => {
    const counts = new Array<number>(p.length).fill(0);
    const all = await generate(model, { ...options, batch: 10, maxLength: 2000, generator: new Generator(4) });
    let farthest = 0;
    for (const { tokens: row, dieLogProbabilities } of all) {
      row.forEach((token, i) => {
        counts[token]!++;
        farthest = Math.max(farthest, Math.abs(dieLogProbabilities[i]! - Math.log(expected[token]!)));
      });
    }
    expect(farthest).toBeLessThan(1e-10);
    expectFits(counts, expected);
  });
});

test('a repetition penalty on logits divides those above 0, and multiplies those below', () => {
  const { probabilities } = new Die(logits, { adjustments: [repetitionPenalty(2)], tokens: [0, 3, 4, 9] });
  const penalised = [1.25, 1.5, 0.5, 0, -1, -1, -1.5, -2, -2.5, -8];
  expectSame(probabilities, normalised(penalised.map(Math.exp)));
});

describe('mirostat', () => {
  test('follows the surprise of what was chosen, on the die before its cut, and comes to it', async () => {
    const [tau, rate] = [2.5, 0.2];
    const after: number[][] = [];
    const look: Adjustment = { name: 'look', apply: (now) => void after.push(normalised(Array.from(now, Math.exp))) };
    const model = functionModel(p.length, () => scores, { context: 0 });
    const adjustments = [temperature(1.4), mirostat({ tau, eta: rate }), look];
    const [row] = await generate(model, { maxLength: 3000, adjustments, generator: new Generator(6) });
    const warm = byDefinition.temperature(p, 1.4);
    let [cut, sum] = [2 * tau, 0];
    row!.tokens.forEach((token, i) => {
      expectSame(after[i]!, byDefinition.mirostat(warm, cut));
      const surprise = -Math.log2(warm[token]!);
      cut -= rate * (surprise - tau);
      sum += surprise;
    });
    expect(sum / 3000).toBeCloseTo(tau, 1);
  });
});

describe('the numbers of a die', () => {
  test('ties: the first ones are kept, and the best is the first', () => {
    const even = [0, 0, 0, 0];
    expect(Array.from(new Die(even, { adjustments: [topK(2)] }).probabilities)).toEqual([0.5, 0.5, 0, 0]);
    expect(Array.from(new Die(even, { adjustments: [topP(0.5)] }).probabilities)).toEqual([0.5, 0.5, 0, 0]);
    expect(Array.from(new Die(even, { adjustments: [typical(0.5)] }).probabilities)).toEqual([0.5, 0.5, 0, 0]);
    expect(Array.from(new Die(even, { adjustments: [temperature(0)] }).probabilities)).toEqual([1, 0, 0, 0]);
    expect(Array.from(new Die(even, { adjustments: [minP(1)] }).probabilities)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('of an even die something is left, however small p is', () => {
    for (const size of [2, 3, 7, 49, 1000, 50_257]) {
      const even = new Array<number>(size).fill(-Math.log(size));
      for (const p of [1e-20, 1e-300, 1e-9 / size]) {
        const { probabilities } = new Die(even, { adjustments: [topP(p)] });
        expect([size, probabilities[0], probabilities.filter((each) => each > 0).length]).toEqual([size, 1, 1]);
      }
    }
  });

  test('the token that crosses p is kept, and one that meets it is the last', () => {
    const thirds = [0.5, 0.25, 0.25].map(Math.log);
    expect(Array.from(new Die(thirds, { adjustments: [topP(0.5)] }).probabilities)).toEqual([1, 0, 0]);
    expectSame(new Die(thirds, { adjustments: [topP(0.51)] }).probabilities, [2 / 3, 1 / 3, 0]);
  });

  test('tiny and huge temperatures, and scores far from 0', () => {
    expect(Array.from(new Die([-700, -710], { adjustments: [temperature(1e-320)] }).probabilities)).toEqual([1, 0]);
    expectSame(new Die([-700, -710], { adjustments: [temperature(1e300)] }).probabilities, [0.5, 0.5]);
    expectSame(new Die([1e5, 1e5 + Math.LN2]).probabilities, [1 / 3, 2 / 3]);
    expectSame(new Die([-1e5, -1e5 + Math.LN2, -Infinity]).probabilities, [1 / 3, 2 / 3, 0]);
  });

  test('what weighs nothing never falls, wherever it stands', () => {
    const die = new Die([-Infinity, 0, -Infinity, 0, -Infinity]);
    const generator = new Generator(1);
    const seen = new Set(Array.from({ length: 1000 }, () => die.throw(generator)));
    expect([...seen].sort()).toEqual([1, 3]);
  });

  test('the model’s own probabilities stay what they are', () => {
    const die = new Die(scores, { adjustments: [topK(1)] });
    expectSame(die.model, p);
    expect(die.probabilities[0]).toBe(1);
  });
});

describe('what no die can be made of', () => {
  test.each<[() => unknown, string]>([
    [() => new Die([]), 'Die: logProbabilities is [], needs a number for each token'],
    [() => new Die([0, Number.NaN]), 'Die: the model gives NaN as log-probability of token 1, behind 0 tokens'],
    [
      () => new Die([-Infinity, -Infinity]),
      'Die: the largest log-probability that the model gives is -Infinity, needs a finite one, so that there is a token to say',
    ],
    [() => new Die([0, Infinity]), 'Die: the largest log-probability that the model gives is Infinity'],
    [
      () => new Die([0, 0], { adjustments: [topK(1), bias({ 0: -Infinity })], tokens: [1] }),
      'Die: nothing is left to choose from: top-k 1, then bias of 1 took all tokens out; loosen one of them, behind 1 tokens',
    ],
    [
      () => new Die([0, 0], { adjustments: [{ name: 'mine', apply: (now) => void (now[1] = Number.NaN) }] }),
      'Die: mine makes the score of token 1 NaN, needs a finite number or -Infinity',
    ],
    [
      () => new Die([0, 0], { adjustments: [{ name: 'mine' } as never] }),
      'Die: adjustments[0] is an object of name, needs an Adjustment, such as topK(40), or { name, apply(scores) { … } }',
    ],
    [() => new Die([0, 0], { adjustments: [40 as never] }), 'Die: adjustments[0] is 40, needs an Adjustment'],
    [() => new Die([0]).throw({} as never), 'throw: generator is an object of nothing, needs a Generator'],
    [
      () => temperature(-1),
      'temperature: temperature is -1, needs a finite number of at least 0; 0 takes the best token',
    ],
    [() => temperature(Infinity), 'temperature: temperature is Infinity, needs a finite number of at least 0'],
    [() => topK(0), 'topK: k is 0, needs a whole number of at least 1'],
    [() => topK(2.5), 'topK: k is 2.5, needs a whole number of at least 1'],
    [() => topP(0), 'topP: p is 0, needs a number above 0 and at most 1; 1 cuts nothing'],
    [() => topP(1.1), 'topP: p is 1.1, needs a number above 0 and at most 1'],
    [() => topP(Number.NaN), 'topP: p is NaN, needs a number'],
    [() => minP(-0.1), 'minP: share is -0.1, needs a number from 0 to 1; 0 cuts nothing'],
    [() => typical(0), 'typical: mass is 0, needs a number above 0 and at most 1; 1 cuts nothing'],
    [() => eta(0), 'eta: epsilon is 0, needs a number above 0 and below 1, such as 3e-4'],
    [() => eta(1), 'eta: epsilon is 1, needs a number above 0 and below 1'],
    [() => mirostat({ tau: 0 }), 'mirostat: tau is 0, needs a finite number above 0, of bits'],
    [() => mirostat({ eta: -1 }), 'mirostat: eta is -1, needs a finite number of at least 0'],
    [() => repetitionPenalty(0), 'repetitionPenalty: penalty is 0, needs a finite number above 0; 1 changes nothing'],
    [() => frequencyPenalty(Infinity), 'frequencyPenalty: penalty is Infinity, needs a finite number'],
    [() => presencePenalty(Infinity), 'presencePenalty: penalty is Infinity, needs a finite number'],
  ])('%s', (make, message) => {
    expect(make).toThrow(message);
  });
});
