// sampleSequences: as if one sequence were drawn after the other, none twice, by the exact distribution of that.

import { Generator, manualSeed, memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { functionModel, type StepModel } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectFits } from '../../../test/chi-squared.js';
import { allSequences, randomBigrams, randomFunction, randomNetwork, sum } from '../../../test/every-sequence.js';
import { type Adjustment, ban, sampleSequences } from '../../index.js';

beforeAll(() => useBackend(cpu()));

/** Of all ordered choices of `count` different outcomes the probability: one after the other, each of what is left. */
function withoutReplacement(p: readonly number[], count: number): Map<string, number> {
  const all = new Map<string, number>();
  const choose = (chosen: readonly number[], probability: number, left: number): void => {
    if (chosen.length === count) {
      all.set(`${chosen}`, probability);
      return;
    }
    p.forEach((each, i) => {
      if (!chosen.includes(i)) choose([...chosen, i], (probability * each) / left, left - each);
    });
  };
  choose([], 1, 1);
  return all;
}

/** All different sequences, those of several ends as one, with their probabilities. */
async function outcomes(model: StepModel, ends: readonly number[], maxLength: number): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (const { tokens, logProbabilities } of await allSequences(model, ends, maxLength)) {
    all.set(`${tokens}`, (all.get(`${tokens}`) ?? 0) + Math.exp(sum(logProbabilities)));
  }
  return all;
}

describe('the order of what is drawn has the distribution of drawing one after the other', () => {
  test.each<[string, StepModel, number[], number, number]>([
    ['a function, 2 of 15', randomFunction(3, 1), [0], 3, 2],
    ['bigrams, 3 of 8', randomBigrams(2, 4), [], 3, 3],
    ['several ends, 2', randomFunction(4, 8), [0, 3], 2, 2],
    ['one', randomFunction(3, 5), [0], 3, 1],
  ])('%s', async (_, model, end, maxLength, count) => {
    const exact = await outcomes(model, end, maxLength);
    const names = [...exact.keys()];
    expect(sum([...exact.values()])).toBeCloseTo(1, 12);
    const probabilities = withoutReplacement([...exact.values()], count);
    const draws = 8_000;
    const seen = new Map<string, number>();
    const batch = 500;
    const generator = new Generator(11);
    for (let i = 0; i < draws / batch; i++) {
      for (const row of await sampleSequences(model, { count, batch, end, maxLength, generator })) {
        const key = `${row.map(({ tokens }) => names.indexOf(`${tokens}`))}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    }
    for (const key of seen.keys()) expect(probabilities.has(key)).toBe(true);
    // Those that are rare are one.
    const often = [...probabilities].filter(([, p]) => p * draws > 10);
    const counts = often.map(([key]) => seen.get(key) ?? 0);
    const p = often.map(([, each]) => each);
    if (often.length < probabilities.size) {
      counts.push(draws - sum(counts));
      p.push(1 - sum(p));
    }
    expect(often.length).toBeGreaterThan(3);
    expectFits(counts, p);
  });
});

test('what is given of each: its log-probabilities, by the model, and what it was drawn by, the largest first', async () => {
  const model = randomFunction(3, 4);
  const exact = await allSequences(model, [0], 4);
  const [drawn] = await sampleSequences(model, { count: 10, end: 0, maxLength: 4, generator: new Generator(2) });
  expect(new Set(drawn!.map(({ tokens }) => `${tokens}`)).size).toBe(10);
  drawn!.forEach(({ tokens, end, logProbabilities, logProbability, dieLogProbability, perturbed }, i) => {
    const own = exact.find((each) => `${each.tokens}` === `${tokens}` && each.end === end)!;
    own.logProbabilities.forEach((each, k) => void expect(logProbabilities[k]).toBeCloseTo(each, 12));
    expect(logProbability).toBeCloseTo(sum(own.logProbabilities), 12);
    expect(dieLogProbability).toBeCloseTo(logProbability, 12);
    if (i > 0) expect(perturbed).toBeLessThan(drawn![i - 1]!.perturbed);
  });
});

test('several ends are one, with the probability of all', async () => {
  const model = functionModel(4, () => [0.2, 0.3, 0.1, 0.4].map(Math.log));
  const [drawn] = await sampleSequences(model, { count: 3, end: [2, 0], maxLength: 1, generator: new Generator(2) });
  const ended = drawn!.find(({ tokens }) => tokens.length === 0)!;
  expect([drawn!.length, ended.end, ended.logProbabilities.length]).toEqual([3, 0, 1]);
  expect(Math.exp(ended.logProbability)).toBeCloseTo(0.3, 12);
  expect(Math.exp(ended.dieLogProbability)).toBeCloseTo(0.3, 12);
});

test('an end that adjustments took out has no part in the probability of ending', async () => {
  const model = functionModel(4, () => [0.2, 0.3, 0.1, 0.4].map(Math.log));
  const adjustments = [ban([2])];
  const options = { count: 3, end: [2, 0], maxLength: 1, adjustments, generator: new Generator(2) };
  const [drawn] = await sampleSequences(model, options);
  const ended = drawn!.find(({ tokens }) => tokens.length === 0)!;
  expect([drawn!.length, ended.end]).toEqual([3, 0]);
  expect(Math.exp(ended.logProbability)).toBeCloseTo(0.2, 12);
  expect(Math.exp(ended.dieLogProbability)).toBeCloseTo(0.2 / 0.9, 12);
});

describe('beginnings behind which adjustments leave nothing', () => {
  /** Behind 1 comes nothing. */
  const dead: Adjustment = {
    name: 'dead',
    apply: (scores, { tokens }) => void (tokens.at(-1) === 1 && scores.fill(-Infinity)),
  };
  const coin = functionModel(2, () => [0.5, 0.5].map(Math.log));

  test('are dropped: what lives is drawn', async () => {
    const rows = await sampleSequences(coin, {
      ...{ count: 4, batch: 200, maxLength: 3, adjustments: [dead], generator: new Generator(1) },
    });
    for (const row of rows) {
      expect(row.map(({ tokens }) => tokens.join('')).sort()).toEqual(['000', '001']);
      for (const { dieLogProbability } of row) expect(Math.exp(dieLogProbability)).toBeCloseTo(1 / 8, 12);
    }
  });

  test('are an error where nothing else is there', async () => {
    const adjustments = [ban([0]), dead];
    await expect(sampleSequences(coin, { count: 2, maxLength: 3, adjustments })).rejects.toThrow(
      'sampleSequences: nothing is left to choose from: ban of 1, then dead took all tokens out; loosen one of them, at token 2 of sequence 0',
    );
  });
});

test('all of them where as many are asked for, and no more where there are not', async () => {
  const model = randomFunction(2, 6);
  const [drawn] = await sampleSequences(model, { count: 50, maxLength: 4, generator: new Generator(1) });
  expect(drawn).toHaveLength(16);
  expect(sum(drawn!.map(({ logProbability }) => Math.exp(logProbability)))).toBeCloseTo(1, 12);
});

test('the mean of a function by the weights of the documentation is without bias', async () => {
  const model = randomFunction(3, 13);
  const exact = await outcomes(model, [0], 3);
  const length = (tokens: readonly number[]): number => tokens.length;
  let wanted = 0;
  for (const [key, p] of exact) wanted += p * (key === '' ? 0 : key.split(',').length);
  const rows = await sampleSequences(model, {
    count: 4,
    batch: 2000,
    end: 0,
    maxLength: 3,
    generator: new Generator(3),
  });
  const means = rows.map((row) => {
    const kappa = row.at(-1)!.perturbed;
    return sum(
      row.slice(0, -1).map(({ tokens, logProbability }) => {
        return (length(tokens) * Math.exp(logProbability)) / -Math.expm1(-Math.exp(logProbability - kappa));
      }),
    );
  });
  const mean = sum(means) / means.length;
  const deviation = Math.sqrt(sum(means.map((each) => (each - mean) ** 2)) / means.length ** 2);
  expect(Math.abs(mean - wanted)).toBeLessThan(4 * deviation);
});

test('adjustments are part of the die: half the temperature squares the probabilities', async () => {
  const squared: Adjustment = {
    name: 'squared',
    apply: (scores) => void scores.forEach((each, i) => (scores[i] = 2 * each)),
  };
  const model = functionModel(2, () => [Math.log(0.75), Math.log(0.25)]);
  const rows = await sampleSequences(model, {
    ...{ count: 1, batch: 10_000, maxLength: 1, adjustments: [squared], generator: new Generator(4) },
  });
  const first = rows[0]![0]!;
  const isFirst = first.tokens[0] === 0;
  expect(first.dieLogProbability).toBeCloseTo(Math.log(isFirst ? 0.9 : 0.1), 12);
  expect(first.logProbability).toBeCloseTo(Math.log(isFirst ? 0.75 : 0.25), 12);
  const share = rows.filter(([one]) => one!.tokens[0] === 0).length / 10_000;
  expect(Math.abs(share - 0.9)).toBeLessThan(4 * Math.sqrt(0.09 / 10_000));
});

test('the seed says what comes, and a row does not depend on the others; prompts of any lengths', async () => {
  const model = randomFunction(5, 3);
  const draw = (prompts: readonly number[][], seed = 9) =>
    sampleSequences(model, { count: 3, prompts, end: 0, maxLength: 5, generator: new Generator(seed) });
  const all = await draw([[1, 2, 3], [], [4]]);
  expect(await draw([[1, 2, 3], [], [4]])).toEqual(all);
  expect((await draw([[1, 2, 3]]))[0]).toEqual(all[0]);
  expect((await draw([[2, 2], [], [4], [3]])).slice(1, 3)).toEqual(all.slice(1));
  expect(await draw([[1, 2, 3], [], [4]], 10)).not.toEqual(all);
  manualSeed(4);
  const first = await sampleSequences(model, { count: 2, maxLength: 5 });
  manualSeed(4);
  expect(await sampleSequences(model, { count: 2, maxLength: 5 })).toEqual(first);
  expect(await sampleSequences(model, { count: 2, maxLength: 5 })).not.toEqual(first);
});

test('memory is flat, and free at the end', async () => {
  manualSeed(2);
  const model = randomNetwork(6);
  const before = await settledMemory();
  const seen = new Set<string>();
  const watched: StepModel = {
    vocabularySize: 6,
    start: (batch) => model.start(batch),
    step: (tokens, state) => {
      seen.add(`${memory().buffers} ${memory().bytes}`);
      return model.step(tokens, state);
    },
    select: (state, rows) => model.select(state, rows),
  };
  await sampleSequences(watched, { count: 4, maxLength: 400, generator: new Generator(1) });
  expect(seen.size).toBeLessThanOrEqual(3);
  expect(memory()).toMatchObject(before);
});

const plain = functionModel(3, () => [-1, -1, -1]);
test.each<[string, () => Promise<unknown>]>([
  ['sampleSequences: count is 0, needs a whole number of at least 1', () => sampleSequences(plain, { count: 0 })],
  ['sampleSequences: count is undefined, needs a whole number', () => sampleSequences(plain, {} as never)],
  ['sampleSequences: count is undefined, needs a whole number', () => sampleSequences(plain, undefined as never)],
  [
    'sampleSequences: generator is 3, needs a Generator',
    () => sampleSequences(plain, { count: 1, generator: 3 as never }),
  ],
  [
    'sampleSequences: the largest log-probability that the model gives is -Infinity, needs a finite one, so that there is a token to say, at token 2 of sequence 0',
    () =>
      sampleSequences(
        functionModel(2, (tokens) => (tokens.length === 0 ? [-0.7, -0.7] : [-Infinity, -Infinity])),
        { count: 2 },
      ),
  ],
])('%s', async (message, run) => {
  await expect(run()).rejects.toThrow(message);
});
