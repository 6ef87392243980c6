// beamSearch: with a beam for each sequence the exact best, with one the greedy one; penalties, ends, groups, batches, adjustments, memory.

import { GPT } from '@dl/attention';
import { Generator, manualSeed, memory, noGrad, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, functionModel, type NextToken, type StepModel } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  allSequences,
  logSoftmax,
  randomBigrams,
  randomFunction,
  randomNetwork,
  sum,
  type Whole,
} from '../../../test/every-sequence.js';
import { type Adjustment, type BeamSearchOptions, beamSearch, noRepeatNgram, topK } from '../../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(5));

const kinds: readonly (readonly [string, () => StepModel])[] = [
  ['a function', () => randomFunction(3, 1)],
  ['another function', () => randomFunction(3, 77)],
  ['bigrams', () => randomBigrams(3, 2)],
  ['a network', () => randomNetwork(3)],
];

/** The formulas, written once more. */
const penalties: Readonly<Record<string, (length: number, alpha: number) => number>> = {
  wu: (length, alpha) => (5 + length) ** alpha / 6 ** alpha,
  power: (length, alpha) => Math.exp(alpha * Math.log(length)),
};

/** The best of all sequences; of those that end by several tokens alike, the best end counts. */
function ranked(
  all: readonly Whole[],
  score: (whole: Whole) => number,
): { readonly tokens: readonly number[]; readonly score: number }[] {
  const best = new Map<string, { tokens: readonly number[]; score: number }>();
  for (const whole of all) {
    const key = `${whole.tokens} ${whole.end === undefined}`;
    const former = best.get(key);
    if (former === undefined || score(whole) > former.score)
      best.set(key, { tokens: whole.tokens, score: score(whole) });
  }
  return [...best.values()].sort((a, b) => b.score - a.score);
}

/** The same scores in the same order, each of a sequence that has it: of those that are equal but for rounding any may come first. */
function expectBest(
  found: readonly { readonly tokens: readonly number[]; readonly score: number }[],
  wanted: readonly { readonly score: number }[],
  all: readonly { readonly tokens: readonly number[]; readonly score: number }[],
): void {
  expect(found.length).toBe(wanted.length);
  expect(new Set(found.map(({ tokens }) => `${tokens}`)).size).toBe(found.length);
  found.forEach(({ tokens, score }, i) => {
    expect(score).toBeCloseTo(wanted[i]!.score, 5);
    const alike = all.filter((each) => Math.abs(each.score - score) < 1e-5).map((each) => each.tokens);
    expect(alike).toContainEqual(tokens);
  });
}

describe.each(kinds)('%s, with a beam for each sequence', (_, make) => {
  test.each<[string, BeamSearchOptions]>([
    ['no penalty', { end: 0 }],
    ["Wu's, 0.7", { end: 0, lengthPenalty: 0.7 }],
    ["Wu's, 2", { end: [2], lengthPenalty: 2 }],
    ['the power 1', { end: 0, lengthPenalty: 1, lengthFormula: 'power' }],
    ['several ends', { end: [0, 2], lengthPenalty: 0.5, lengthFormula: 'power' }],
    ['no end', {}],
  ])('the exact best, %s', async (_, options) => {
    const model = make();
    const ends = [options.end ?? []].flat() as number[];
    const { lengthPenalty = 0, lengthFormula = 'wu' } = options;
    const all = await allSequences(model, ends, 4);
    const wanted = ranked(
      all,
      ({ logProbabilities }) =>
        sum(logProbabilities) / penalties[lengthFormula]!(logProbabilities.length, lengthPenalty),
    );
    const beams = 3 ** 4;
    const [found] = await beamSearch(model, { ...options, beams, nBest: 10, maxLength: 4 });
    expectBest(found!, wanted.slice(0, 10), wanted);
    // Each is what the model says of it.
    for (const { tokens, end, logProbabilities, logProbability } of found!) {
      const own = all.find((each) => `${each.tokens}` === `${tokens}` && each.end === end)!;
      expect(logProbabilities.length).toBe(own.logProbabilities.length);
      own.logProbabilities.forEach((each, i) => void expect(logProbabilities[i]).toBeCloseTo(each, 5));
      expect(logProbability).toBeCloseTo(sum(own.logProbabilities), 5);
    }
  });
});

/** The best token each time. */
async function greedy(
  model: StepModel,
  end: number,
  maxLength: number,
  prompt: readonly number[] = [],
): Promise<number[]> {
  const decoding = new Decoding(model);
  if (prompt.length > 0) decoding.read([prompt]);
  const tokens: number[] = [];
  while (tokens.length < maxLength) {
    const scores = Array.from(await decoding.logProbabilities());
    const token = scores.indexOf(Math.max(...scores));
    if (token === end) break;
    tokens.push(token);
    decoding.step([token]);
  }
  decoding.dispose();
  return tokens;
}

test.each(kinds)('%s, one beam: the best token each time', async (_, make) => {
  const model = make();
  for (const prompt of [[], [1], [2, 1, 1], [2, 2]]) {
    const [found] = await beamSearch(model, { beams: 1, end: 0, maxLength: 9, prompts: [prompt] });
    expect(found![0]!.tokens).toEqual(await greedy(model, 0, 9, prompt));
  }
});

test.each(kinds)('%s: many prompts at once give what each gives alone', async (_, make) => {
  const model = make();
  const prompts = [[1, 2, 1], [], [2], [1, 1], [], [2, 2, 2, 2]];
  const options: BeamSearchOptions = { beams: 3, nBest: 3, end: 0, maxLength: 6, lengthPenalty: 0.8 };
  const all = await beamSearch(model, { ...options, prompts });
  for (const [i, prompt] of prompts.entries()) {
    const [alone] = await beamSearch(model, { ...options, prompts: [prompt] });
    expect(all[i]!.map(({ tokens, end }) => [tokens, end])).toEqual(alone!.map(({ tokens, end }) => [tokens, end]));
    all[i]!.forEach(({ score }, k) => void expect(score).toBeCloseTo(alone![k]!.score, 5));
  }
});

/** A beam search as the definition has it, slowly, with a whole pass for each sequence and nothing that stops it but the length. */
async function byHand(model: StepModel, beams: number, end: number, maxLength: number): Promise<number[][]> {
  const of = new Map<string, number>();
  for (let length = 1; length <= maxLength; length++) {
    for (const { tokens, end: last, logProbabilities } of await allSequences(model, [end], length)) {
      of.set(`${last === undefined ? tokens : [...tokens, last]}`, sum(logProbabilities));
    }
  }
  const score = (tokens: readonly number[]): number => of.get(`${tokens}`)!;
  const ended: number[][] = [];
  let live: number[][] = [[]];
  for (let length = 1; length <= maxLength; length++) {
    const next = live
      .flatMap((tokens) => Array.from({ length: model.vocabularySize }, (_, token) => [...tokens, token]))
      .sort((a, b) => score(b) - score(a));
    next.slice(0, beams).forEach((tokens) => {
      if (tokens.at(-1) === end || length === maxLength) ended.push(tokens);
    });
    live = next.filter((tokens) => tokens.at(-1) !== end).slice(0, beams);
  }
  return ended.sort((a, b) => score(b) - score(a)).map((tokens) => tokens.filter((token) => token !== end));
}

test.each(kinds)('%s, few beams: what the definition gives, sorted and all different', async (_, make) => {
  const model = make();
  for (const beams of [2, 3, 5]) {
    const [found] = await beamSearch(model, { beams, nBest: beams, end: 0, maxLength: 5 });
    const wanted = (await byHand(model, beams, 0, 5)).slice(0, beams);
    expect(found!.map(({ tokens }) => tokens)).toEqual(wanted);
    expect(new Set(found!.map(({ tokens }) => `${tokens}`)).size).toBe(beams);
    for (let i = 1; i < beams; i++) expect(found![i]!.score).toBeLessThanOrEqual(found![i - 1]!.score);
  }
});

describe('where a search ends', () => {
  /** Counts how often the model is asked. */
  const counting = (model: StepModel): { readonly model: StepModel; steps: number } => {
    const counted = {
      steps: 0,
      model: {
        ...model,
        step(tokens: ArrayLike<number>, state: unknown): NextToken<unknown> {
          counted.steps++;
          return model.step(tokens, state);
        },
      },
    };
    return counted;
  };
  // The end has 0.6 at first, and 0.99 behind every 1.
  const table = [0.6, 0.3, 0.1];
  const model = functionModel(3, (tokens) => (tokens.at(-1) === 1 ? [0.99, 0.005, 0.005] : table).map(Math.log));

  test('when no beam can become better: at once for probabilities, later for a penalty that likes length', async () => {
    const plain = counting(model);
    expect((await beamSearch(plain.model, { beams: 2, end: 0 }))[0]![0]!.tokens).toEqual([]);
    expect(plain.steps).toBe(0);
    // log 0.6 = -0.51, and for [1]: log 0.297 / 2 = -0.61: at length 100 log 0.3 / 100 could be better.
    const penalised = counting(model);
    await beamSearch(penalised.model, { beams: 2, end: 0, lengthPenalty: 1, lengthFormula: 'power' });
    expect(penalised.steps).toBeGreaterThan(1);
  });

  test('early when asked: as many have ended as there are beams', async () => {
    const early = counting(model);
    const options: BeamSearchOptions = { beams: 2, end: 0, lengthPenalty: 1, lengthFormula: 'power', earlyStop: true };
    expect((await beamSearch(early.model, options))[0]![0]!.tokens).toEqual([]);
    expect(early.steps).toBeLessThanOrEqual(2);
  });

  test('at the greatest length, of each prompt by itself, and of the model', async () => {
    const only = functionModel(4, ([last = 0]) => [0, 1, 2, 3].map((n) => (n === (last + 1) % 4 ? 0 : -Infinity)), {
      context: 1,
    });
    expect((await beamSearch(only, { maxLength: 5 }))[0]![0]!.tokens).toEqual([1, 2, 3, 0, 1]);
    expect((await beamSearch(only, { maxLength: 0, nBest: 1 }))[0]).toEqual([
      { tokens: [], end: undefined, logProbabilities: new Float64Array(), logProbability: 0, score: 0 },
    ]);
    const ended = await beamSearch({ ...only, maxTokens: 4 }, { prompts: [[3, 0], [], [1, 2, 3, 0]] });
    expect(ended.map(([best]) => best!.tokens)).toEqual([[1, 2, 3], [1, 2, 3, 0, 1], [1]]);
  });

  test('fewer are given where there are not as many', async () => {
    const single = functionModel(3, (tokens) =>
      tokens.length < 2 ? [-Infinity, 0, -Infinity] : [0, -Infinity, -Infinity],
    );
    const [found] = await beamSearch(single, { beams: 4, nBest: 4, end: 0 });
    expect(found!.map(({ tokens, end, score }) => [tokens, end, score])).toEqual([[[1, 1], 0, 0]]);
  });
});

test('of equal ones the first token and the first beam', async () => {
  const even = functionModel(3, () => [-1, -1, -1]);
  const [found] = await beamSearch(even, { beams: 4, nBest: 4, maxLength: 2 });
  expect(found!.map(({ tokens }) => tokens.join(''))).toEqual(['00', '01', '02', '10']);
});

describe('groups', () => {
  test('each takes the penalty of what those before it took at the same step, and of no other', async () => {
    const first = [-0.5, -0.9, -3];
    const second = [-0.7, -1, -1.2];
    const model = functionModel(3, (tokens) => (tokens.length === 0 ? first : second));
    const run = async (diversityPenalty: number): Promise<[string, number][]> => {
      const [found] = await beamSearch(model, { beams: 2, groups: 2, diversityPenalty, maxLength: 2 });
      return found!.map(({ tokens, score }): [string, number] => [tokens.join(''), score]);
    };
    // The second group has -0.7 for 0 and -0.9 for 1, then -0.9 for 0 and -1 for 1: the same sequence, which is given once.
    expect((await run(0.2)).map(([tokens]) => tokens)).toEqual(['00']);
    expect((await run(0.35)).map(([tokens]) => tokens)).toEqual(['00', '01']);
    expect((await run(0.5)).map(([tokens]) => tokens)).toEqual(['00', '11']);
    // The penalty is no part of the score.
    expect((await run(0.5)).map(([, score]) => score)).toEqual([-1.2, -1.9]);
  });

  test('without a penalty each finds what one finds alone; given are all different ones of each', async () => {
    const model = randomFunction(4, 9);
    const [alone] = await beamSearch(model, { beams: 3, nBest: 3, end: 0, maxLength: 5 });
    const [found] = await beamSearch(model, {
      beams: 6,
      groups: 2,
      nBest: 6,
      diversityPenalty: 0,
      end: 0,
      maxLength: 5,
    });
    const tokens = found!.map((each) => `${each.tokens}`);
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const each of alone!) expect(tokens).toContain(`${each.tokens}`);
    // In a batch as alone.
    const options: BeamSearchOptions = { beams: 4, groups: 2, nBest: 4, end: 0, maxLength: 5 };
    const prompts = [[1], [2, 3], [3]];
    const all = await beamSearch(model, { ...options, prompts });
    for (const [i, prompt] of prompts.entries())
      expect([all[i]]).toEqual(await beamSearch(model, { ...options, prompts: [prompt] }));
  });
});

describe('adjustments', () => {
  /** No token twice in one sequence. */
  const noneTwice: Adjustment<ReadonlySet<number>> = {
    name: 'none twice',
    isBounded: true,
    begin: ({ tokens }) => new Set(tokens),
    apply: (scores, _, seen) => {
      for (const token of seen) if (token !== 0) scores[token] = -Infinity;
    },
    next: (seen, token) => new Set([...seen, token]),
  };

  test('the best of what is left, with states that beams share, and the log-probabilities of the model', async () => {
    const model = randomFunction(4, 21);
    const all = (await allSequences(model, [0], 5)).filter(({ tokens }) => new Set(tokens).size === tokens.length);
    const wanted = ranked(all, ({ logProbabilities }) => sum(logProbabilities));
    const [found] = await beamSearch(model, {
      beams: 200,
      nBest: 8,
      end: 0,
      maxLength: 5,
      adjustments: [noneTwice] as Adjustment[],
    });
    expect(found!.map(({ tokens }) => tokens)).toEqual(wanted.slice(0, 8).map(({ tokens }) => tokens));
    found!.forEach(({ logProbability }, i) => void expect(logProbability).toBeCloseTo(wanted[i]!.score, 12));
  });

  test('scores are summed as they are, and one above 0 ends nothing early', async () => {
    // Token 1 is worth more each time than the end costs.
    const model = functionModel(2, () => [Math.log(0.9), Math.log(0.1)]);
    const bias: Adjustment = { name: 'bias', apply: (scores) => void (scores[1]! += 3) };
    const [found] = await beamSearch(model, { beams: 2, end: 0, maxLength: 6, adjustments: [bias] });
    const best = found![0]!;
    expect(best.tokens).toEqual([1, 1, 1, 1, 1, 1]);
    expect(best.score).toBeCloseTo(6 * (Math.log(0.1) + 3), 12);
    expect(best.logProbability).toBeCloseTo(6 * Math.log(0.1), 12);
  });

  test('`next` is told the log-probability on the die that was thrown', async () => {
    const seen: number[] = [];
    const double: Adjustment = {
      name: 'double',
      apply: (scores) => void scores.forEach((score, i) => (scores[i] = 2 * score)),
      next: (state, _, logProbability) => {
        seen.push(logProbability);
        return state;
      },
    };
    const model = functionModel(2, () => [Math.log(0.75), Math.log(0.25)]);
    await beamSearch(model, { beams: 1, maxLength: 2, adjustments: [double] });
    expect(seen[0]).toBeCloseTo(Math.log(0.9), 12); // 0.75² / (0.75² + 0.25²)
  });
});

describe('a transformer with a cache', () => {
  const gpt = (): StepModel => {
    const model = new GPT({ vocabularySize: 5, dModel: 8, nhead: 2, numLayers: 2, maxLength: 12, dropout: 0 }).eval();
    noGrad(() => {
      for (const parameter of model.parameters()) if (parameter.rank > 1) parameter.assign(parameter.mul(30));
    });
    return model as unknown as StepModel;
  };

  test('beams that change places keep their own past', async () => {
    const model = gpt();
    const prompts = [[1, 2], [3], []];
    const all = await beamSearch(model, { beams: 4, nBest: 4, end: 0, maxLength: 7, prompts });
    for (const [i, prompt] of prompts.entries()) {
      for (const { tokens, end, logProbabilities } of all[i]!) {
        // The same sequence, read at once without any search.
        const said = end === undefined ? tokens : [...tokens, end];
        for (const [t, token] of said.entries()) {
          const decoding = new Decoding(model);
          const read = [...prompt, ...said.slice(0, t)];
          if (read.length > 0) decoding.read([read]);
          expect(logProbabilities[t]).toBeCloseTo((await decoding.logProbabilities())[token]!, 4);
          decoding.dispose();
        }
      }
    }
  });

  test('memory is free when the search ends, also by an error', async () => {
    const model = gpt();
    const before = await settledMemory();
    await beamSearch(model, { beams: 3, end: 0, maxLength: 8, prompts: [[1], [2, 2], []] });
    expect(memory()).toMatchObject(before);
    const none: Adjustment = { name: 'nothing', apply: (scores) => void scores.fill(-Infinity) };
    await expect(beamSearch(model, { adjustments: [none] })).rejects.toThrow(
      'nothing is left to choose from: nothing took all tokens out',
    );
    expect(memory()).toMatchObject(before);
  });
});

test('memory is flat over a long search, and free at its end', async () => {
  const model = randomNetwork(6, 'LSTM');
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
  const [found] = await beamSearch(watched, { beams: 4, maxLength: 600, lengthPenalty: 1 });
  expect(found![0]!.tokens).toHaveLength(600);
  // The first steps have what start made, and fewer rows.
  expect(seen.size).toBeLessThanOrEqual(3);
  expect(memory()).toMatchObject(before);
});

test('a signal stops it, with its reason', async () => {
  const controller = new AbortController();
  let steps = 0;
  const model = functionModel(2, () => {
    if (++steps === 40) controller.abort(new Error('enough'));
    return logSoftmax([0, 1]);
  });
  await expect(beamSearch(model, { maxLength: 1e6, signal: controller.signal })).rejects.toThrow('enough');
  expect(steps).toBeLessThan(100);
  await expect(beamSearch(model, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
});

const plain = functionModel(3, () => logSoftmax([0, 1, 2]), { context: 0 });
const giving = (...numbers: number[]): StepModel => functionModel(numbers.length, () => numbers);

test.each<[string, () => Promise<unknown>]>([
  ...[null, undefined].map((prompt): [string, () => Promise<unknown>] => [
    `beamSearch: prompt 0 is ${prompt}, needs a list of token numbers`,
    () => beamSearch(plain, { prompts: [prompt as never] }),
  ]),
  [
    'beamSearch: signal is an AbortController, needs an AbortSignal, such as controller.signal',
    () => beamSearch(plain, { signal: new AbortController() as never }),
  ],
  [
    'beamSearch: the model gives NaN as log-probability of token 1',
    () => beamSearch(giving(-1, Number.NaN), { adjustments: [topK(1)] }),
  ],
  ['beamSearch: beams is 0, needs a whole number of at least 1', () => beamSearch(plain, { beams: 0 })],
  ['beamSearch: nBest is 1.5, needs a whole number', () => beamSearch(plain, { nBest: 1.5 })],
  ['beamSearch: nBest is 5 and beams 4; needs at least as many beams', () => beamSearch(plain, { nBest: 5 })],
  [
    'beamSearch: beams is 4 and nBest 3 for 3 groups; needs as many of both for each group',
    () => beamSearch(plain, { groups: 3 }),
  ],
  ['beamSearch: diversityPenalty is for several groups', () => beamSearch(plain, { diversityPenalty: 1 })],
  [
    'beamSearch: diversityPenalty is -1, needs a finite number of at least 0',
    () => beamSearch(plain, { groups: 2, diversityPenalty: -1 }),
  ],
  [
    'beamSearch: lengthPenalty is -0.5, needs a finite number of at least 0',
    () => beamSearch(plain, { lengthPenalty: -0.5 }),
  ],
  [
    "beamSearch: lengthFormula is 'gnmt', needs 'wu' or 'power'",
    () => beamSearch(plain, { lengthFormula: 'gnmt' as never }),
  ],
  ['beamSearch: maxLength is -1, needs a whole number of at least 0', () => beamSearch(plain, { maxLength: -1 })],
  ['beamSearch: end is 3, needs a token from 0 to 2, or several different ones', () => beamSearch(plain, { end: 3 })],
  ['beamSearch: end is [1, 1], needs a token', () => beamSearch(plain, { end: [1, 1] })],
  [
    'beamSearch: got 1 prompts for a batch of 2; needs one for each',
    () => beamSearch(plain, { prompts: [[1]], batch: 2 }),
  ],
  ['beamSearch: prompt 1 has token 7, which is outside 0 … 2', () => beamSearch(plain, { prompts: [[1], [2, 7]] })],
  ['beamSearch: prompt 0 is 5, needs a list of token numbers', () => beamSearch(plain, { prompts: [5 as never] })],
  [
    'beamSearch: prompt 0 has 3 tokens, but the model takes at most 2; cut the prompt',
    () => beamSearch({ ...plain, maxTokens: 2 }, { prompts: [[1, 1, 1]] }),
  ],
  ['beamSearch: adjustments[0] is 3, needs an Adjustment', () => beamSearch(plain, { adjustments: [3 as never] })],
  ['Decoding: the model is an object of nothing, which has no start()', () => beamSearch({} as never)],
  [
    'beamSearch: the model gives NaN as log-probability of token 1, needs at most 0',
    () => beamSearch(giving(-1, Number.NaN)),
  ],
  [
    'beamSearch: the model gives 2.5 as log-probability of token 0, needs at most 0; logSoftmax',
    () => beamSearch(giving(2.5, -1)),
  ],
  [
    'beamSearch: the largest log-probability that the model gives is -Infinity, needs a finite one, so that there is a token to say, at token 1 of sequence 0',
    () => beamSearch(giving(-Infinity, -Infinity)),
  ],
  [
    'beamSearch: broken makes the score of token 0 NaN, needs a finite number or -Infinity, at token 1 of sequence 0',
    () => beamSearch(plain, { adjustments: [{ name: 'broken', apply: (scores) => void scores.fill(Number.NaN) }] }),
  ],
])('%s', async (message, run) => {
  await expect(run()).rejects.toThrow(message);
});

describe('adjustments of branches', () => {
  /** Counts its copies, and knows what was said. */
  const counting = (): { readonly adjustment: Adjustment; copies: number } => {
    const counted = { copies: 0, adjustment: undefined as unknown as Adjustment };
    const adjustment: Adjustment<number[]> = {
      ...{ name: 'counting', isBounded: true, readsTokens: false },
      begin: () => [],
      apply: (scores, _, said) => void (scores[said.at(-1) ?? 0]! -= 0.5),
      next: (said, token) => {
        said.push(token);
        return said;
      },
      copy: (said) => {
        counted.copies++;
        return [...said];
      },
    };
    counted.adjustment = adjustment as Adjustment;
    return counted;
  };

  test('the last way on from a beam takes them over: one beam copies nothing', async () => {
    const model = randomFunction(6, 3);
    const one = counting();
    await beamSearch(model, { beams: 1, maxLength: 40, adjustments: [one.adjustment] });
    expect(one.copies).toBe(0);
    const four = counting();
    await beamSearch(model, { beams: 4, maxLength: 40, adjustments: [four.adjustment] });
    expect(four.copies).toBeGreaterThan(0);
    expect(four.copies).toBeLessThanOrEqual(3 * 40);
  });

  test('noRepeatNgram: twice the length is about twice the work', async () => {
    const model = randomFunction(40, 3);
    const work = async (maxLength: number): Promise<number> => {
      let count = 0;
      const set = vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, key, value) {
        count++;
        return original.call(this, key, value);
      });
      try {
        await beamSearch(model, { beams: 4, maxLength, adjustments: [noRepeatNgram(2)] });
      } finally {
        set.mockRestore();
      }
      return count;
    };
    const original = Map.prototype.set;
    const [short, long] = [await work(150), await work(600)];
    // Four times the length: n log n comes to about five, n² to sixteen.
    expect(long / short).toBeLessThan(8);
  });
});

test('the seed of all has no part in it', async () => {
  const model = randomFunction(4, 3);
  manualSeed(1);
  const first = await beamSearch(model, { end: 0 });
  new Generator(7).uniform();
  manualSeed(2);
  expect(await beamSearch(model, { end: 0 })).toEqual(first);
});
