// Adjustments that look back: by brute force over what was said, token by token, from a middle, and in branches.

import { Generator, IndexError } from '@dl/autograd';
import { functionModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import {
  type Adjustment,
  ban,
  bias,
  force,
  frequencyPenalty,
  generate,
  minLength,
  mirostat,
  noRepeatNgram,
  presencePenalty,
  repetitionPenalty,
} from '../index.js';
import { Adjusted } from './adjustment.js';

const SIZE = 4;
const draw = (generator: Generator, length: number): number[] =>
  Array.from({ length }, () => generator.integer(0, SIZE));
const applied = (adjusted: Adjusted, scores: readonly number[] = [0.5, 0.25, -0.25, -1]): number[] => {
  const now = Float64Array.from(scores);
  adjusted.apply(now);
  return Array.from(now);
};
/** Which tokens are out. */
const out = (adjusted: Adjusted): number[] => applied(adjusted).flatMap((score, i) => (score === -Infinity ? [i] : []));

/** Whether a list has another in it. */
const has = (all: readonly number[], some: readonly number[]): boolean =>
  all.some((_, at) => some.every((each, i) => each === all[at + i]));

test.each([[1], [2], [3], [4]])('noRepeatNgram(%i): what would say an n-gram again is out, nothing else', (n) => {
  const generator = new Generator(n);
  for (let trial = 0; trial < 200; trial++) {
    const prompt = draw(generator, generator.integer(0, 8));
    const tokens = draw(generator, generator.integer(0, 12));
    const all = [...prompt, ...tokens];
    const expected = [0, 1, 2, 3].filter(
      (next) => all.length >= n - 1 && has(all, [...all.slice(all.length - n + 1), next]),
    );
    const oneByOne = new Adjusted([noRepeatNgram(n)], prompt);
    for (const token of tokens) oneByOne.next(token, -1);
    expect(out(oneByOne)).toEqual(expected);
    expect(out(new Adjusted([noRepeatNgram(n)], prompt, tokens))).toEqual(expected);
  }
});

test('ban: tokens always, sequences where they would end', () => {
  const generator = new Generator(1);
  for (let trial = 0; trial < 300; trial++) {
    const sequences = Array.from({ length: 3 }, () => draw(generator, generator.integer(1, 4)));
    const prompt = draw(generator, generator.integer(0, 4));
    const tokens = draw(generator, generator.integer(0, 4));
    const all = [...prompt, ...tokens];
    const expected = [0, 1, 2, 3].filter((next) =>
      sequences.some((each) => {
        const end = [...all, next].slice(-each.length);
        return end.length === each.length && end.every((token, i) => token === each[i]);
      }),
    );
    const tidy = sequences.map((each) => (each.length === 1 ? each[0]! : each));
    expect(out(new Adjusted([ban(tidy)], prompt, tokens))).toEqual(expected);
  }
});

test('penalties by their formulas', () => {
  const generator = new Generator(2);
  const scores = [0.5, 0.25, -0.25, -1];
  for (let trial = 0; trial < 100; trial++) {
    const prompt = draw(generator, generator.integer(0, 4));
    const tokens = draw(generator, generator.integer(0, 6));
    const count = (token: number): number => tokens.filter((each) => each === token).length;
    const expected = scores.map((score, token) => {
      const isKnown = prompt.includes(token) || tokens.includes(token);
      const repeated = isKnown ? (score > 0 ? score / 1.2 : score * 1.2) : score;
      return repeated - 0.3 * count(token) - 0.7 * Number(count(token) > 0);
    });
    const adjusted = new Adjusted([repetitionPenalty(1.2), frequencyPenalty(0.3), presencePenalty(0.7)], prompt);
    for (const token of tokens) adjusted.next(token, -1);
    applied(adjusted, scores).forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 12));
  }
});

test('bias by an object or a Map, force at its places alone, minLength until there are enough', () => {
  const none = new Adjusted([bias({ 1: 2, 3: -Infinity })], []);
  expect(applied(none)).toEqual([0.5, 2.25, -0.25, -Infinity]);
  expect(applied(new Adjusted([bias(new Map([[0, -0.5]]))], []))).toEqual([0, 0.25, -0.25, -1]);
  const forced = new Adjusted([force({ 1: 2 })], [3, 3]);
  expect(out(forced)).toEqual([]);
  forced.next(0, -1);
  expect(out(forced)).toEqual([0, 1, 3]);
  forced.next(2, 0);
  expect(out(forced)).toEqual([]);
  const long = new Adjusted([minLength(2, [0, 3])], [1, 1, 1]);
  expect(out(long)).toEqual([0, 3]);
  long.next(1, -1);
  expect(out(long)).toEqual([0, 3]);
  long.next(1, -1);
  expect(out(long)).toEqual([]);
});

const all: readonly (readonly [string, () => Adjustment])[] = [
  ['repetitionPenalty', () => repetitionPenalty(1.5)],
  ['frequencyPenalty', () => frequencyPenalty(0.5)],
  ['presencePenalty', () => presencePenalty(0.5)],
  ['noRepeatNgram', () => noRepeatNgram(2)],
  ['ban', () => ban([[1, 2], 3])],
  ['force', () => force({ 3: 1 })],
  ['minLength', () => minLength(3, 0)],
  ['mirostat', () => mirostat({ tau: 1, eta: 0.5 })],
];

test.each(all)('%s: branches know nothing of each other', (_, make) => {
  const generator = new Generator(3);
  const grown = (tokens: readonly number[]): Adjusted => {
    const adjusted = new Adjusted([make()], [1]);
    for (const token of tokens) {
      applied(adjusted);
      adjusted.next(token, -0.7);
    }
    return adjusted;
  };
  for (let trial = 0; trial < 50; trial++) {
    const [trunk, left, right] = [draw(generator, 3), draw(generator, 3), draw(generator, 3)];
    const one = grown(trunk);
    const other = one.branch();
    for (let i = 0; i < 3; i++) {
      for (const [adjusted, tokens] of [
        [one, left],
        [other, right],
      ] as const) {
        applied(adjusted);
        adjusted.next(tokens[i]!, -0.7);
      }
    }
    expect(applied(one)).toEqual(applied(grown([...trunk, ...left])));
    expect(applied(other)).toEqual(applied(grown([...trunk, ...right])));
  }
});

test('tokens are there for those that read them, in branches, too; where none does they are not kept', () => {
  const reads: Adjustment = { name: 'reads', apply: () => undefined };
  const one = new Adjusted([frequencyPenalty(1), reads], [1], [2]);
  one.next(3, -1);
  const other = one.branch();
  one.next(0, -1);
  other.next(1, -1);
  expect([one.sequence.tokens, other.sequence.tokens]).toEqual([
    [2, 3, 0],
    [2, 3, 1],
  ]);
  const bare = new Adjusted([frequencyPenalty(1), { ...reads, readsTokens: false }], [1], [2]);
  bare.next(3, -1);
  expect(bare.sequence.tokens).toEqual([]);
});

describe('knobs of generate', () => {
  const flat = functionModel(SIZE, () => [-1, -1.1, -1.2, -1.3], { context: 0 });

  test('are the adjustments of their names, in the documented order', async () => {
    const seen: string[][] = [];
    const own: Adjustment = { name: 'mine', apply: () => undefined };
    const options = {
      ...{
        mirostat: {},
        eta: 0.01,
        typical: 0.9,
        minP: 0.01,
        topP: 0.99,
        topK: 4,
        temperature: 1.1,
        adjustments: [own],
      },
      ...{ force: { 9: 1 }, minLength: 1, ban: [[0, 0, 0, 0]], noRepeatNgram: 9, presencePenalty: 0.1 },
      ...{ frequencyPenalty: 0.1, repetitionPenalty: 1.1, bias: { 0: 0.1 }, end: 3, maxLength: 1 },
    };
    const names = (die: string): void => {
      seen.push(
        die
          .split('\n')[1]!
          .trim()
          .split(' → ')
          .map((each) => each.replace(/ \(.*/, '')),
      );
    };
    await generate(flat, { ...options, explain: names });
    expect(seen).toEqual([
      [
        ...[
          'bias of 1',
          'repetition penalty 1.1',
          'frequency penalty 0.1',
          'presence penalty 0.1',
          'no repeat of 9 tokens',
        ],
        ...['ban of 1', 'at least 1 tokens', 'force of 1', 'mine', 'temperature 1.1', 'top-k 4', 'top-p 0.99'],
        ...['min-p 0.01', 'typical 0.9', 'eta 0.01', 'mirostat 5 bits'],
      ],
    ]);
  });

  test('greedy unless something says how to draw; a temperature of 0 is greedy whatever else is there', async () => {
    const tokens = async (options: object): Promise<number> => {
      const rows = await generate(flat, { ...options, batch: 50, maxLength: 1, generator: new Generator(1) });
      return new Set(rows.map((row) => row.tokens[0])).size;
    };
    expect(await tokens({})).toBe(1);
    expect(await tokens({ bias: { 1: 0 } })).toBe(1);
    expect(await tokens({ temperature: 0, topP: 0.9 })).toBe(1);
    expect(await tokens({ topK: 3 })).toBe(3);
    expect(await tokens({ adjustments: [mirostat()] })).toBe(4);
    expect(await tokens({ temperature: 1 })).toBe(4);
  });

  test('greedy decoding minds what is banned, forced and penalised', async () => {
    const said = async (options: object): Promise<readonly number[]> =>
      (await generate(flat, { maxLength: 6, ...options }))[0]!.tokens;
    expect(await said({ ban: [0] })).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await said({ noRepeatNgram: 1, maxLength: 4 })).toEqual([0, 1, 2, 3]);
    expect(await said({ force: { 2: 3 } })).toEqual([0, 0, 3, 0, 0, 0]);
    expect(await said({ frequencyPenalty: 0.15 })).toEqual([0, 1, 0, 2, 1, 0]);
    expect(await said({ end: 0, minLength: 2 })).toEqual([1, 1]);
  });
});

test.each<[() => unknown, string]>([
  [() => noRepeatNgram(0), 'noRepeatNgram: n is 0, needs a whole number of at least 1'],
  [() => ban([[]]), 'ban: one of the sequences is empty, needs tokens'],
  [() => ban([-1]), 'ban: got -1 as a token, needs a whole number of at least 0'],
  [() => ban([[1, 0.5]]), 'ban: got 0.5 as a token, needs a whole number of at least 0'],
  [() => force({ 1: -1 }), 'force: got -1 as a token, needs a whole number of at least 0'],
  [() => force({ a: 1 } as never), "force: a place is 'a', needs a whole number of at least 0"],
  [() => force({ '': 1 } as never), "force: a place is '', needs a whole number of at least 0"],
  [() => bias({ '': 5 } as never), "bias: got '' as a token, needs a whole number of at least 0"],
  [() => bias({ ' 1': 5 } as never), "bias: got ' 1' as a token, needs a whole number of at least 0"],
  [() => bias({ '0x1': 5 } as never), "bias: got '0x1' as a token, needs a whole number of at least 0"],
  [() => minLength(2, []), 'minLength: no token ends a sequence, so that none of 2 tokens can be asked for; give end'],
  [() => force(3 as never), 'force: tokens is 3, needs an object or a Map, such as { 5: 1 }'],
  [() => bias({ 1: Number.NaN }), 'bias: token 1 has NaN, needs a finite number, or -Infinity'],
  [() => bias({ 1: Infinity }), 'bias: token 1 has Infinity, needs a finite number, or -Infinity'],
  [() => minLength(-1, 0), 'minLength: length is -1, needs a whole number of at least 0'],
  [() => minLength(1, [0.5]), 'minLength: got 0.5 as a token, needs a whole number of at least 0'],
])('%s', (make, message) => {
  expect(make).toThrow(message);
});

test.each([
  [ban([9]), 'ban'],
  [force({ 0: 9 }), 'force'],
  [bias({ 9: 1 }), 'bias'],
  [minLength(2, 9), 'minLength'],
])('%o: a token outside of the vocabulary is named when it is used', (adjustment, name) => {
  expect(() => applied(new Adjusted([adjustment], []))).toThrow(new IndexError(`${name}: token 9 is outside 0 … 3`));
});
