// Models as records: all kinds come back to the bit, or to seven digits, and what is damaged is refused by name.

import { ArgumentError, FormatError } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { describe, expect, test } from 'vitest';
import { addedOne, contexts, counted, discounted, sentences, total } from '../../../test/small-models.js';
import {
  goodTuring,
  jelinekMercer,
  katz,
  kneserNey,
  maximumLikelihood,
  modelFromState,
  modelState,
  NgramCounts,
  type NgramModel,
  prune,
  type StupidBackoffModel,
  stupidBackoff,
  wittenBell,
} from '../../index.js';

const models: readonly (readonly [string, NgramModel])[] = [
  ['that backs off', discounted(counted(4))],
  ['that backs off, of single tokens', discounted(counted(1))],
  ['that backs off, pruned', prune(discounted(counted(3)), { threshold: 0.001 })],
  ['with floors', addedOne(counted(3, 'full'))],
  ['of Kneser and Ney', kneserNey(counted(4))],
  ['of Katz', katz(counted(3))],
  ['of Witten and Bell', wittenBell(counted(3, 'full'))],
  ['of Jelinek and Mercer', jelinekMercer(counted(3), { weights: [0.1, 0.2, 0.3, 0.4] })],
  ['of Good and Turing', goodTuring(counted(2))],
  ['of relative frequencies', maximumLikelihood(counted(3))],
  ['with floors, of numbers', addedOne(new NgramCounts(4, { order: 2 }).add([0, 1, 2, 0, 1]))],
];

const throughBytes = (model: NgramModel, dtype?: 'float32' | 'float64'): NgramModel =>
  modelFromState(unpackState(packState(modelState(model, dtype === undefined ? {} : { dtype }))));

describe.each(models)('a model %s', (_, model) => {
  test('comes back to the bit', () => {
    const loaded = throughBytes(model);
    expect(loaded).toBeInstanceOf(model.constructor);
    expect(loaded.trie).toEqual(model.trie);
    expect(loaded.info).toEqual(model.info);
    const size = model.vocabularySize;
    for (const context of contexts(100, 4, 7, size))
      expect(loaded.distribution(context)).toEqual(model.distribution(context));
    const tokens = sentences(20, 9)
      .flat()
      .map((token) => token % size);
    expect(loaded.score(tokens)).toEqual(model.score(tokens));
  });

  test('in half the size to seven digits', () => {
    const loaded = throughBytes(model, 'float32');
    for (const context of contexts(100, 4, 7, model.vocabularySize)) {
      const [logs, rounded] = [model.distribution(context), loaded.distribution(context)];
      logs.forEach((log, token) => {
        if (Number.isFinite(log)) expect(Math.abs(log - rounded[token]!)).toBeLessThan(1e-6);
        else expect(rounded[token]).toBe(log);
      });
      expect(Math.abs(total(rounded) - total(logs))).toBeLessThan(1e-5);
    }
    expect(modelState(model, { dtype: 'float32' }).numbers['logProbabilities']!.data).toBeInstanceOf(Float32Array);
  });
});

test('stupid back-off comes back with its factor, exactly in float32, too', () => {
  const model = stupidBackoff(counted(3));
  expect(throughBytes(model)).toEqual(model);
  const loaded = throughBytes(model, 'float32') as StupidBackoffModel;
  expect(loaded.alpha).toBe(model.alpha);
  for (const context of contexts(100, 4))
    expect(throughBytes(model).distribution(context)).toEqual(model.distribution(context));
});

test('details come back as lists and numbers', () => {
  const model = discounted(counted(2));
  const details = {
    discounts: Float64Array.of(0.5, 0.25),
    of: [{ order: 1, what: undefined, isTold: true }],
    none: null,
  };
  const loaded = throughBytes(
    Object.assign(Object.create(Object.getPrototypeOf(model)), model, { info: { ...model.info, details } }),
  );
  expect(loaded.info.details).toEqual({ discounts: [0.5, 0.25], of: [{ order: 1, isTold: true }], none: null });
});

describe('modelState refuses', () => {
  test.each<[unknown, string]>([
    [undefined, 'modelState: got undefined, needs an n-gram model'],
    [{}, 'modelState: got an object of nothing, needs an n-gram model'],
  ])('%j', (model, message) => {
    expect(() => modelState(model as NgramModel)).toThrow(new RegExp(message));
    expect(() => modelState(model as NgramModel)).toThrow(ArgumentError);
  });

  test('details that no file holds', () => {
    const model = discounted(counted(2));
    const odd = Object.assign(Object.create(Object.getPrototypeOf(model)), model, {
      info: { ...model.info, details: { a: { b: new Map() } } },
    });
    expect(() => modelState(odd)).toThrow('modelState: details.a.b of the model is a Map, which no file holds');
  });

  test('another precision', () => {
    expect(() => modelState(discounted(counted(2)), { dtype: 'int32' as 'float32' })).toThrow(
      "modelState: dtype is 'int32', needs 'float32' or 'float64'",
    );
  });
});

interface Numbers {
  data: Int32Array | Float32Array | Float64Array;
}

/** A state that is to be changed. */
interface Damaged {
  format?: string;
  version: number;
  kind: string;
  levels: Numbers;
  words: Numbers;
  children: Numbers;
  numbers: Record<string, Numbers>;
  info: Record<string, unknown>;
  vocabulary: { tokens: unknown[]; options: Record<string, unknown> } | null;
}

/** A tree of one token that follows itself, over and over. */
function tower(order: number): Pick<Damaged, 'levels' | 'words' | 'children'> {
  return {
    levels: { data: Int32Array.from({ length: order + 2 }, (_, k) => k) },
    words: { data: new Int32Array(order + 1).fill(-1, 0, 1) },
    children: { data: Int32Array.from({ length: order + 1 }, (_, node) => node + 1) },
  };
}

const changeable = (model: NgramModel): Damaged => structuredClone(modelState(model)) as unknown as Damaged;

describe('modelFromState refuses', () => {
  const whole = (): Damaged => changeable(discounted(counted(3)));
  const floors = (): Damaged => changeable(addedOne(counted(2)));

  test('what the others are made of is right', () => {
    expect(modelFromState(whole()).order).toBe(3);
    expect(modelFromState(floors()).order).toBe(2);
  });

  test.each<[string, (state: Damaged) => void, string]>([
    ['another file', (state) => void delete state.format, 'needs what modelState made'],
    ['a version to come', (state) => void (state.version = 2), 'its version is 2, this package reads 1'],
    [
      'another kind',
      (state) => void (state.kind = 'toString'),
      "the kind is 'toString', needs one of backoff, floor, stupid-backoff",
    ],
    ['no levels', (state) => void delete (state as Partial<Damaged>).levels, 'levels is undefined, needs a record'],
    [
      'levels of floats',
      (state) => void (state.levels.data = Float32Array.of(0, 1, 5)),
      'levels has a Float32Array, needs an Int32Array',
    ],
    ['too few levels', (state) => void (state.levels.data = Int32Array.of(0, 1)), 'levels begin with 0, 1, needs'],
    ['levels that begin elsewhere', (state) => void (state.levels.data[0] = 1), 'levels begin with 1, 1, 11, needs'],
    ['no tokens', (state) => void (state.levels.data[2] = 1), 'levels begin with 0, 1, 1, needs'],
    ['levels that go back', (state) => void (state.levels.data[3] = 5), 'order 2 begins at 11 and ends at 5'],
    ['an order without end', (state) => void Object.assign(state, tower(101)), 'the order is 101, needs 1 … 100'],
    ['levels beyond the words', (state) => void state.levels.data[4]!++, 'words, but the levels end at'],
    ['2^31 nodes', (state) => void (state.levels.data[4] = 2 ** 31 - 1), 'but the levels end at 2147483647'],
    ['children too few', (state) => void (state.children.data = state.children.data.slice(1)), 'children, needs'],
    ['children of another order', (state) => void state.children.data[11]!++, 'what follows order 2 begins at'],
    [
      'children that overlap',
      (state) => void (state.children.data[5] = -5),
      'the children of node 4 end before they begin',
    ],
    ['a root with a word', (state) => void (state.words.data[0] = 0), 'the word of the root is 0, needs -1'],
    ['words out of range', (state) => void (state.words.data[state.words.data.length - 1] = 10), 'has word 10 behind'],
    [
      'words that are negative',
      (state) => void (state.words.data[3] = -2),
      'node 3 has word -2 behind 1, needs words in ascending order below 10',
    ],
    ['words that come twice', (state) => void (state.words.data[3] = 1), 'node 3 has word 1 behind 1'],
    ['no numbers', (state) => void (state.numbers = {}), 'logProbabilities is undefined, needs a record'],
    [
      'too few numbers',
      (state) => void (state.numbers['backoffs']!.data = new Float64Array(3)),
      'backoffs has 3 numbers, needs',
    ],
    [
      'whole numbers',
      (state) => void (state.numbers['backoffs']!.data = new Int32Array(3)),
      'backoffs has an Int32Array, needs a Float32Array or',
    ],
    [
      'NaN',
      (state) => void (state.numbers['logProbabilities']!.data[7] = Number.NaN),
      'logProbabilities has NaN at 7, needs logarithms of at most 0',
    ],
    [
      'a probability above 1',
      (state) => void (state.numbers['logProbabilities']!.data[7] = 0.5),
      'logProbabilities has 0.5 at 7',
    ],
    [
      'an infinite weight',
      (state) => void (state.numbers['backoffs']!.data[2] = Infinity),
      'backoffs has Infinity at 2, needs logarithms of at most 1000;',
    ],
    [
      'a weight that makes sums infinite',
      (state) => void (state.numbers['backoffs']!.data[2] = 1e308),
      'backoffs has 1e+308 at 2, needs logarithms of at most 1000;',
    ],
    [
      'a weight too small for any quotient',
      (state) => void (state.numbers['backoffs']!.data[2] = -1e4),
      'backoffs has -10000 at 2, needs',
    ],
    ['no info', (state) => void (state.info = null as never), 'info is null, needs a record'],
    ['no name', (state) => void (state.info['smoothing'] = 3), 'the smoothing is 3, needs a text'],
    ['no answer', (state) => void (state.info['isDistribution'] = 1), 'isDistribution is 1, needs true or false'],
    [
      'another padding',
      (state) => void (state.info['padding'] = 'half'),
      "the padding is 'half', needs one of none, ends, full",
    ],
    ['no details', (state) => void (state.info['details'] = []), 'details is [], needs a record'],
    [
      'padding without its tokens',
      (state) => void (state.vocabulary = null),
      "the padding is 'ends', but the vocabulary has no begin",
    ],
    [
      'tokens too few',
      (state) => void state.vocabulary!.tokens.pop(),
      'the vocabulary has 9 tokens, needs a list of 10',
    ],
    ['tokens that are none', (state) => void (state.vocabulary!.tokens[3] = 4), 'token 3 is 4, needs a text'],
    ['tokens that come twice', (state) => void (state.vocabulary!.tokens[4] = 'the'), "'the' is token 3 and token 4"],
    [
      'special tokens that are none',
      (state) => void (state.vocabulary!.options['unk'] = 'no'),
      "unk is 'no', which is not one of the tokens",
    ],
    ['options of something else', (state) => void (state.vocabulary!.options = { a: 1 }), 'there is no option a'],
  ])('%s', (_, damage, message) => {
    const state = whole();
    damage(state);
    let error: unknown;
    try {
      modelFromState(state);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(/^modelFromState: [^\n]{1,500}$/);
  });

  test.each<[string, (state: Damaged) => void, string]>([
    ['a floor above 1', (state) => void (state.numbers['floors']!.data[1] = 1), 'floors has 1 at 1'],
    [
      'no answer to what never came',
      (state) => void (state.numbers['unseen']!.data = new Float64Array(0)),
      'unseen has 0 numbers, needs 1',
    ],
    [
      'no factor',
      (state) =>
        void Object.assign(state, changeable(stupidBackoff(counted(2))), {
          numbers: { ...state.numbers, alpha: { data: Float64Array.of(0) } },
        }),
      'alpha is 0, needs a number above 0',
    ],
    ['numbers of another kind', (state) => void (state.kind = 'backoff'), 'backoffs is undefined, needs a record'],
  ])('of floors: %s', (_, damage, message) => {
    const state = floors();
    damage(state);
    expect(() => modelFromState(state)).toThrow(message);
  });

  test.each([
    ['that backs off', 'logProbabilities', whole],
    ['that backs off, of its weights', 'backoffs', whole],
    ['with floors', 'logProbabilities', floors],
    ['with floors, of those', 'floors', floors],
  ])('that a model %s sums to 1 where it does not', (_, name, make) => {
    expect(modelFromState(make()).info.isDistribution).toBe(true);
    const state = make();
    state.numbers[name]!.data = state.numbers[name]!.data.map((log) => Math.min(0, log + 0.3));
    expect(modelFromState(state).info.isDistribution).toBe(false);
  });

  test('no order up to 100', () => {
    const order = 100;
    const numbers = { logProbabilities: new Float64Array(order + 1), backoffs: new Float64Array(order) };
    const state = Object.assign(whole(), tower(order), {
      numbers: Object.fromEntries(Object.entries(numbers).map(([name, data]) => [name, { data }])),
      info: { ...whole().info, padding: 'none' },
      vocabulary: null,
    });
    expect(modelFromState(state).order).toBe(order);
  });

  test.each([[undefined], [null], [3], ['a'], [[]], [new Map()], [{}]])('%j', (state) => {
    expect(() => modelFromState(state)).toThrow(FormatError);
  });
});
