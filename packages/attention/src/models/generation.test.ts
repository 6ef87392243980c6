// Generation: what comes with a cache is what comes without one, at every position, and memory stays as it is.

import {
  ArgumentError,
  Generator,
  IndexError,
  manualSeed,
  memory,
  noGrad,
  randint,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, type NextToken, type StepModel } from '@dl/layers';
import { generate } from '@dl/lm';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ALiBiPositions,
  GPT,
  type GPTConfig,
  KeyValueCache,
  RelativeBias,
  RelativePositions,
  RotaryPositions,
  Transformer,
  type TransformerConfig,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(3));

const SIZE = 11;
const base = { vocabularySize: SIZE, dModel: 16, nhead: 4, numLayers: 2, dimFeedforward: 24 };
const none = { ...base, inputPositions: 'none' } as const;

const configs: Readonly<Record<string, () => GPTConfig>> = {
  learned: () => ({ ...base, maxLength: 16 }),
  sinusoidal: () => ({ ...base, inputPositions: 'sinusoidal' }),
  rotary: () => ({ ...none, positions: new RotaryPositions(4) }),
  ALiBi: () => ({ ...none, positions: new ALiBiPositions(4) }),
  'buckets of distances': () => ({
    ...none,
    positions: new RelativeBias(4, { bidirectional: false, buckets: 8, maxDistance: 8 }),
  }),
  'relative vectors': () => ({ ...none, positions: new RelativePositions(4, 3) }),
  'grouped queries': () => ({ ...none, keyHeads: 2, positions: new RotaryPositions(4) }),
  'a window': () => ({ ...base, inputPositions: 'sinusoidal', window: 3 }),
  'a window and rotary': () => ({ ...none, window: 4, keyHeads: 1, positions: new RotaryPositions(4) }),
  "Llama's kind": () => ({
    ...none,
    ...{ norm: 'rms', activation: 'swiglu', bias: false, keyHeads: 2, headDim: 8, tied: false, qkNorm: true },
    positions: new RotaryPositions(8, { layout: 'pairs' }),
  }),
};

/** A model whose weights are large enough for the order of tokens to show. */
function made(config: GPTConfig): GPT {
  const model = new GPT(config).eval();
  noGrad(() => {
    for (const parameter of model.parameters()) if (parameter.rank > 1) parameter.assign(parameter.mul(8));
  });
  return model;
}

const ints = (rows: readonly (readonly number[])[]): Tensor => tensor(rows as number[][], { dtype: 'int32' });
const tokensOf = (batch: number, length: number, seed = 1): number[][] =>
  randint(0, SIZE, [batch, length], { generator: new Generator(seed) }).toArray() as number[][];

/** The logits after each token, all in one pass without a cache: [batch][length][SIZE]. */
const without = (model: GPT, rows: readonly (readonly number[])[]): number[][][] =>
  scope(() => noGrad(() => model.forward(ints(rows)).toArray() as number[][][]));

/** The same in pieces of these lengths with a cache. */
function withCache(
  model: GPT,
  rows: readonly (readonly number[])[],
  pieces: readonly number[],
  cache: KeyValueCache,
): number[][][] {
  const all: number[][][] = rows.map(() => []);
  let from = 0;
  for (const length of pieces) {
    const part = rows.map((row) => row.slice(from, from + length));
    const logits = scope(() => noGrad(() => model.forward(ints(part), { cache }).toArray() as number[][][]));
    logits.forEach((row, i) => void all[i]!.push(...row));
    from += length;
  }
  return all;
}

const flat = (values: unknown): number[] =>
  ArrayBuffer.isView(values) ? Array.from(values as Float32Array) : ([values].flat(9) as number[]);

function expectClose(found: unknown, wanted: unknown): void {
  const [a, b] = [flat(found), flat(wanted)];
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => void expect(Math.abs(x - b[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(b[i]!))));
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  test('a prompt, then token by token, gives what one pass gives', () => {
    const model = made(config());
    const rows = tokensOf(3, 12);
    using cache = model.newCache();
    expectClose(withCache(model, rows, [5, 1, 1, 3, 1, 1], cache), without(model, rows));
    expect(cache.length).toBe(12);
    // Each token counts for those behind it, and none for those before.
    const changed = rows.map((row) => row.map((token, t) => (t === 9 ? (token + 1) % SIZE : token)));
    const [first, second] = [without(model, rows), without(model, changed)];
    expect(first[0]!.slice(0, 9)).toEqual(second[0]!.slice(0, 9));
    expect(first[0]![9]).not.toEqual(second[0]![9]);
  });

  test('sequences that are put in another order half-way go on as if they had always been in it', () => {
    const model = made(config());
    const [rows, rest] = [tokensOf(3, 7), tokensOf(4, 5, 2)];
    using cache = model.newCache();
    withCache(model, rows, [4, 1, 1, 1], cache);
    using other = cache.select([2, 0, 0, 1]);
    const all = [2, 0, 0, 1].map((row, i) => [...rows[row]!, ...rest[i]!]);
    const wanted = without(model, all).map((row) => row.slice(7));
    expectClose(withCache(model, rest, [1, 1, 2, 1], other), wanted);
    // The former one is still good.
    const longer = rows.map((row, i) => [...row, ...rest[i]!]);
    expectClose(
      withCache(model, rest.slice(0, 3), [5], cache),
      without(model, longer).map((row) => row.slice(7)),
    );
  });

  test('generate says what the best token is each time, from all before', async () => {
    const model = made(config());
    const prompts = tokensOf(2, 3);
    const said = await generate(model, { prompts, maxLength: 8 });
    prompts.forEach((prompt, i) => {
      const row = [0, ...prompt];
      for (const token of said[i]!.tokens) {
        const last = without(model, [row])[0]!.at(-1)!;
        expect(token).toBe(last.indexOf(Math.max(...last)));
        row.push(token);
      }
    });
  });
});

describe('through Decoding', () => {
  const logSoftmax = (row: readonly number[]): number[] => {
    const most = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
    return row.map((x) => x - most - Math.log(sum));
  };

  test.each(['learned', 'a window and rotary'])('GPT, %s: read, step and select', async (name) => {
    const model = made(configs[name]!()).train();
    const rows = tokensOf(2, 8);
    using decoding = new Decoding(model, { batch: 2 });
    decoding.read(rows.map((row) => row.slice(0, 4)));
    decoding.select([1, 0, 1]);
    for (let t = 4; t < 8; t++) decoding.step([rows[1]![t]!, rows[0]![t]!, rows[0]![t]!]);
    // In use nothing is dropped, whatever mode the model is in.
    expect(model.training).toBe(true);
    model.eval();
    const all = [rows[1]!, rows[0]!, [...rows[1]!.slice(0, 4), ...rows[0]!.slice(4)]].map((row) => [0, ...row]);
    expectClose(
      await decoding.logProbabilities(),
      without(model, all).flatMap((row) => logSoftmax(row.at(-1)!)),
    );
  });

  const transformers: Readonly<Record<string, () => TransformerConfig>> = {
    'of 2017': () => ({ ...transformer }),
    'of learned positions': () => ({ ...transformer, inputPositions: 'learned', maxLength: 12, normFirst: true }),
    'of rotary positions and grouped queries': () => ({
      ...transformer,
      ...{ inputPositions: 'none', keyHeads: 2, tied: false, positions: new RotaryPositions(4) },
    }),
  };
  const transformer = {
    ...{ sourceVocabulary: 9, targetVocabulary: SIZE, dModel: 16, nhead: 4, dimFeedforward: 24 },
    ...{ numEncoderLayers: 2, numDecoderLayers: 2, dropout: 0 },
  };

  test.each(Object.entries(transformers))(
    'Transformer %s: every position, and in another order half-way',
    async (_, config) => {
      const model = new Transformer(config()).eval();
      const source = randint(0, 9, [3, 6], { generator: new Generator(5) });
      const lengths = [6, 3, 5];
      const targets = tokensOf(3, 7);
      /** The log-probabilities behind all tokens of these rows, of these sources. */
      const wanted = (rows: readonly (readonly number[])[], sources: readonly number[]): number[][][] =>
        scope(() =>
          noGrad(() => {
            const chosen = sources.map((row) => (source.toArray() as number[][])[row]!);
            const options = { sourceLengths: sources.map((row) => lengths[row]!) };
            const logits = model.forward(ints(chosen), ints(rows.map((row) => [0, ...row])), options);
            return (logits.toArray() as number[][][]).map((row) => row.map(logSoftmax));
          }),
        );
      using decoding = new Decoding(model.from(source, { lengths }));
      const first = wanted(targets, [0, 1, 2]);
      for (let t = 0; t < 4; t++) {
        expectClose(
          await decoding.logProbabilities(),
          first.flatMap((row) => row[t]!),
        );
        decoding.step(targets.map((row) => row[t]!));
      }
      const order = [1, 1, 2];
      decoding.select(order);
      const turned = order.map((row, i) => [...targets[row]!.slice(0, 4), ...targets[i]!.slice(4)]);
      const second = wanted(turned, order);
      for (let t = 4; t < 7; t++) {
        expectClose(
          await decoding.logProbabilities(),
          second.flatMap((row) => row[t]!),
        );
        decoding.step(turned.map((row) => row[t]!));
      }
      expectClose(
        await decoding.logProbabilities(),
        second.flatMap((row) => row[7]!),
      );
    },
  );
});

describe('memory', () => {
  /** The same model, with what is in memory at each step. */
  function watched<State>(model: StepModel<State>): { readonly model: StepModel<State>; readonly seen: Set<string> } {
    const seen = new Set<string>();
    const step = (tokens: ArrayLike<number>, state: State): NextToken<State> => {
      seen.add(`${memory().buffers} ${memory().bytes}`);
      return model.step(tokens, state);
    };
    const { vocabularySize } = model;
    return {
      seen,
      model: {
        vocabularySize,
        step,
        start: (batch) => model.start(batch),
        select: (state, rows) => model.select(state, rows),
        release: (state) => model.release?.(state),
      },
    };
  }
  const small = { vocabularySize: 5, dModel: 8, nhead: 2, numLayers: 1, dimFeedforward: 8 };

  test('is flat over 10,000 tokens within a window, and nothing is left', async () => {
    const gpt = made({ ...small, inputPositions: 'sinusoidal', window: 20 });
    const before = await settledMemory();
    const { model, seen } = watched(gpt);
    const said = await generate(model, { maxLength: 10_000, temperature: 1, generator: new Generator(1) });
    expect(said[0]!.tokens).toHaveLength(10_000);
    // The first step has what start made; all others have the same.
    expect(seen.size).toBeLessThanOrEqual(2);
    expect(memory()).toMatchObject(before);
  });

  test('is what it was after each of many sequences that a limit ends', async () => {
    const model = made({ ...small, maxLength: 100 });
    const before = await settledMemory();
    for (let i = 0; i < 20; i++) {
      await generate(model, { batch: 2, maxLength: 99, temperature: 1 });
      expect(memory()).toMatchObject(before);
    }
  });

  test('of a Transformer is free when its decoding ends, also after select', async () => {
    const model = new Transformer({
      sourceVocabulary: 9,
      dModel: 8,
      nhead: 2,
      numEncoderLayers: 1,
      numDecoderLayers: 1,
    });
    const source = randint(0, 9, [2, 4]);
    const before = await settledMemory();
    await generate(model.from(source, { lengths: [4, 2] }), { maxLength: 80, temperature: 1, end: 1 });
    expect(memory()).toMatchObject(before);
  });

  test('of a cache grows in place, by twice each time', () => {
    const model = made({ ...small, inputPositions: 'sinusoidal' });
    const before = memory();
    const cache = model.newCache();
    const sizes = new Set<number>();
    for (let t = 0; t < 300; t++) {
      scope(() => {
        noGrad(() => model.forward(ints([[t % 5]]), { cache }));
      });
      expect(memory().buffers).toBe(before.buffers + 2);
      sizes.add((memory().bytes - before.bytes) / (2 * 8 * 4));
    }
    expect([...sizes]).toEqual([64, 128, 256, 512]);
    cache.dispose();
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });
});

describe('a cache', () => {
  const call = (model: GPT, cache: KeyValueCache, tokens: Tensor = ints([[1]])): Tensor =>
    noGrad(() => model.forward(tokens, { cache }));

  test('that is full is told, and goes on to be good', () => {
    const model = made({ ...none, positions: new RotaryPositions(4) });
    using cache = new KeyValueCache(2, { limit: 4 });
    call(model, cache, ints([[1, 2, 3]]));
    const words = 'KeyValueCache: it is full: 3 of 4 positions are taken, and 2 more come; begin anew by reset(), or';
    expect(() => call(model, cache, ints([[4, 5]]))).toThrow(ArgumentError);
    expect(() => call(model, cache, ints([[4, 5]]))).toThrow(words);
    expectClose(call(model, cache, ints([[4]])).toArray(), without(model, [[1, 2, 3, 4]])[0]![3]);
  });

  test.each<[string, GPTConfig]>([
    ['learned', { ...base, maxLength: 4 }],
    ['sinusoidal', { ...base, inputPositions: 'sinusoidal', maxLength: 4 }],
  ])('of a model of %s positions with a longest sequence ends with that, and leaves nothing', async (_, config) => {
    const model = made(config);
    const { buffers: before } = await settledMemory();
    // Behind the begin token three more, and what is said after these.
    expect((await generate(model, { maxLength: 10 }))[0]!.tokens).toHaveLength(4);
    const decoding = new Decoding(model);
    decoding.read([[1, 2, 3]]);
    expect(() => decoding.step([4])).toThrow(IndexError);
    decoding.dispose();
    expect(memory().buffers).toBe(before);
  });

  test('of a model that begins with its prompts has nothing before them', async () => {
    using _ = scope();
    const model = made({ ...none, positions: new RotaryPositions(4), beginPrompts: false });
    const decoding = new Decoding(model, { batch: 2 });
    const [first, second] = [
      [3, 1],
      [2, 2],
    ];
    decoding.read([second!, first!]);
    decoding.select([1, 0]);
    decoding.read([[4], [4]]);
    const all = Array.from(await decoding.logProbabilities());
    const hand = noGrad(() =>
      model
        .forward(
          ints([
            [...first!, 4],
            [...second!, 4],
          ]),
        )
        .slice([null, -1])
        .logSoftmax(1),
    );
    expectClose(all, (hand.toArray() as number[][]).flat());
    decoding.dispose();
  });

  test('a prompt is read alike whether or not others have none', async () => {
    for (const beginPrompts of [true, false]) {
      const model = made({ ...none, positions: new RotaryPositions(4), beginPrompts });
      const [[alone], [without]] = [
        await generate(model, { prompts: [[3, 1]], maxLength: 4 }),
        await generate(model, { maxLength: 4 }),
      ];
      expect(await generate(model, { prompts: [[], [3, 1], []], maxLength: 4 })).toEqual([without, alone, without]);
    }
  });

  test('that a failed call left half-way is refused until it is reset', () => {
    const model = made({ ...base, inputPositions: 'sinusoidal' });
    using cache = model.newCache();
    call(model, cache);
    cache.layers[1]!.reset();
    expect(() => call(model, cache)).toThrow('a call before this one failed half-way, and left the cache so');
    cache.reset();
    expect(call(model, cache).shape.slice(0, 2)).toEqual([1, 1]);
  });

  test('of another model, layer count or batch is refused', () => {
    const config = { ...base, inputPositions: 'sinusoidal' } as const;
    const [model, twin, deep] = [made(config), made(config), made({ ...config, numLayers: 3 })];
    using cache = model.newCache();
    call(model, cache);
    expect(() => call(twin, cache)).toThrow('a cache is for one model');
    expect(() => call(deep, cache)).toThrow('cache is of 2 layers, but the model has 3');
    expect(() => call(model, cache, ints([[1], [2]]))).toThrow(ShapeError);
    expect(() => call(model, cache, ints([[1], [2]]))).toThrow('a cache is for one model and one batch');
    expect(() => call(model, {} as never)).toThrow('needs a KeyValueCache, as newCache() makes it');
    expect(cache.length).toBe(1);
  });
});
